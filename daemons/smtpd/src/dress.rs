//! What configuration does to commands and answers on their way: `smtpd_command_filter`, `smtpd_reject_filter_maps`,
//! `smtpd_reject_footer` and its tables.

use bstr::ByteSlice;
use smtp::{Reply, dsn};

use crate::log_lines;
use crate::lookup::Part;
use crate::session::{Break, Session};

impl Session {
    /// What `smtpd_command_filter` puts in the place of a command line, if anything.
    pub(crate) async fn filtered_command(&self, line: &[u8]) -> Result<Option<Vec<u8>>, Break> {
        let Some(filter) = &self.server.tables.command_filter else { return Ok(None) };
        let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let key = line.get(blanks..).unwrap_or_default();
        match filter.find(key, Part::Whole).await {
            Ok(None) => Ok(None),
            Ok(Some(replacement)) => {
                log_lines::replaced_command(&self.client.name_address, line, &replacement);
                Ok(Some(replacement))
            }
            Err(_) => {
                log_lines::table_lookup_error(params::SMTPD_COMMAND_FILTER.name(), line);
                Err(Break::LocalData)
            }
        }
    }

    /// A refusal as the client shall read it.
    pub(crate) async fn dress(&self, reply: Reply) -> Reply {
        let tables = &self.server.tables;
        let mut reply = reply;
        if !tables.reject_filter.is_empty()
            && let Ok(Some(other)) = tables.reject_filter.find(reply.text(), Part::Whole).await
        {
            if is_refusal(&other) {
                log_lines::filtered_reply(self, &reply, &other);
                reply = Reply::new(other);
            } else {
                log_lines::bad_filtered_reply(self, &other);
            }
        }
        let mut footer = None;
        if !tables.reject_footer.is_empty() {
            footer = tables.reject_footer.find(reply.text(), Part::Whole).await.ok().flatten();
        }
        let footer = footer.as_deref().unwrap_or(&self.server.settings.reject_footer);
        if footer.is_empty() { reply } else { self.with_footer(reply, footer) }
    }

    /// Adds a footer's lines (`\n` separates them, `\c` at the start continues the reply's own last line).
    fn with_footer(&self, reply: Reply, footer: &[u8]) -> Reply {
        let text = reply.text();
        let last = match text.windows(2).rposition(|pair| pair == b"\r\n") {
            Some(end) => text.get(end + 2..).unwrap_or_default(),
            None => text,
        };
        let well_formed = last.get(..3).is_some_and(|code| code.iter().all(u8::is_ascii_digit))
            && matches!(last.get(3), Some(b' ' | b'-'));
        if !well_formed {
            return reply;
        }
        let code = last.get(..3).unwrap_or_default().to_vec();
        let rest = last.get(4..).unwrap_or_default();
        let status = dsn::status_len(rest).and_then(|len| rest.get(..len)).map(<[u8]>::to_vec);
        let mut dressed = text.to_vec();
        for (index, line) in footer.split_str("\\n").enumerate() {
            let line = match line.strip_prefix(b"\\c").filter(|_| index == 0) {
                Some(rest) => rest,
                None => {
                    dressed.extend_from_slice(b"\r\n");
                    dressed.extend_from_slice(&code);
                    dressed.push(b' ');
                    if let Some(status) = &status {
                        dressed.extend_from_slice(status);
                        dressed.push(b' ');
                    }
                    line
                }
            };
            match self.expand(line, |_| None) {
                Some(line) => dressed.extend_from_slice(&line),
                None => return reply,
            }
        }
        Reply::new(dressed)
    }
}

/// Whether a text can stand in for a refusal.
fn is_refusal(text: &[u8]) -> bool {
    let class = text.first().copied().unwrap_or_default();
    matches!(class, b'4' | b'5')
        && text.get(1..3).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
        && matches!(text.get(3), Some(b' ' | b'-'))
        && text.get(4).is_none_or(|byte| !byte.is_ascii_digit() || *byte == class)
}

#[cfg(test)]
mod tests {
    use super::is_refusal;

    #[test]
    fn refusals() {
        assert!(is_refusal(b"550 5.7.1 no"));
        assert!(is_refusal(b"450-try"));
        assert!(!is_refusal(b"550 4.7.1 no"));
        assert!(!is_refusal(b"250 ok"));
        assert!(!is_refusal(b"550"));
    }
}
