//! Header and body checks on the way out (smtp_header_checks and its fellows): a subset of what cleanup(8) does, because
//! a message that is being sent can no longer be rejected, held or redirected.

use config::Config;
use mime::HeaderClass;
use mime::header::{Info, name_length};
use server::Fatal;
use tables::{Ask, Flags, LookupError, Maps, Opener};

use crate::log_lines;
use crate::settings::{Protocol, pick_param};

/// The tables.
pub(crate) struct Checks {
    header: Maps,
    mime_header: Maps,
    nested_header: Maps,
    body: Maps,
}

/// What becomes of a header or body line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It stays.
    Keep,
    /// It goes.
    Drop,
    /// This takes its place.
    Replace(Vec<u8>),
    /// This goes in front of it.
    Prepend(Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Body,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Place::Header => "header",
            Place::Body => "body",
        }
    }
}

impl Checks {
    /// Opens the tables; none if there are no checks.
    pub(crate) fn open(
        config: &Config,
        protocol: Protocol,
        opener: &Opener,
    ) -> Result<Option<Checks>, Fatal> {
        let open = |param: &params::Param<params::Text>| {
            Maps::open(opener, param.name(), config.bytes(param), Flags::LOCK)
                .map_err(|error| Fatal::new(error.text))
        };
        let checks = Checks {
            header: open(pick_param!(protocol, SMTP_HEADER_CHECKS, LMTP_HEADER_CHECKS))?,
            mime_header: open(pick_param!(protocol, SMTP_MIME_HEADER_CHECKS, LMTP_MIME_HEADER_CHECKS))?,
            nested_header: open(pick_param!(protocol, SMTP_NESTED_HEADER_CHECKS, LMTP_NESTED_HEADER_CHECKS))?,
            body: open(pick_param!(protocol, SMTP_BODY_CHECKS, LMTP_BODY_CHECKS))?,
        };
        let all = [&checks.header, &checks.mime_header, &checks.nested_header, &checks.body];
        let is_empty = all.iter().all(|maps| maps.is_empty());
        Ok((!is_empty).then_some(checks))
    }

    /// Checks a header.
    pub(crate) fn header(
        &self,
        queue_id: &str,
        class: HeaderClass,
        info: Option<&Info>,
        text: &[u8],
    ) -> Result<Verdict, LookupError> {
        let maps = match class {
            _ if info.is_some_and(|info| info.mime) => &self.mime_header,
            HeaderClass::Primary => &self.header,
            HeaderClass::Multipart => &self.mime_header,
            HeaderClass::Nested => &self.nested_header,
        };
        check(queue_id, maps, Place::Header, text)
    }

    /// Checks a line of the body.
    pub(crate) fn body(&self, queue_id: &str, text: &[u8]) -> Result<Verdict, LookupError> {
        check(queue_id, &self.body, Place::Body, text)
    }
}

fn check(queue_id: &str, maps: &Maps, place: Place, text: &[u8]) -> Result<Verdict, LookupError> {
    let Some(action) = maps.find(text, Ask::All)? else { return Ok(Verdict::Keep) };
    let end = action.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(action.len());
    let (command, rest) = action.split_at(end);
    let argument = rest.trim_ascii_start();
    let log = |what: &str| log_lines::content_check(queue_id, what, place.name(), text, argument);
    let usable = |what: &str| {
        let title = maps.title();
        if argument.is_empty() {
            log_lines::check_without_text(what, title);
            false
        } else if place == Place::Header && name_length(argument).is_none() {
            log_lines::check_with_bad_header(what, argument, title);
            false
        } else {
            true
        }
    };
    Ok(match command.to_ascii_uppercase().as_slice() {
        b"WARN" => {
            log("warning");
            Verdict::Keep
        }
        b"INFO" => {
            log("info");
            Verdict::Keep
        }
        b"REPLACE" if usable("REPLACE") => {
            log("replace");
            Verdict::Replace(argument.to_vec())
        }
        b"PREPEND" if usable("PREPEND") => {
            log("prepend");
            Verdict::Prepend(argument.to_vec())
        }
        b"STRIP" => {
            log("strip");
            Verdict::Drop
        }
        b"IGNORE" => Verdict::Drop,
        b"DUNNO" | b"OK" | b"REPLACE" | b"PREPEND" => Verdict::Keep,
        _ => {
            log_lines::unsupported_check(maps.title(), &action);
            Verdict::Keep
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tables::Settings;

    fn verdict(action: &str) -> Verdict {
        let opener = Opener::new(Settings::default());
        let list = format!("inline:{{ {{ x = {action} }} }}");
        let maps = Maps::open(&opener, "smtp_header_checks", &list, Flags::LOCK).unwrap();
        check("id", &maps, Place::Header, b"x").unwrap()
    }

    #[test]
    fn actions() {
        assert_eq!(verdict("dunno"), Verdict::Keep);
        assert_eq!(verdict("IGNORE because"), Verdict::Drop);
        assert_eq!(verdict("REPLACE X: y"), Verdict::Replace(b"X: y".to_vec()));
        assert_eq!(verdict("REPLACE no header"), Verdict::Keep);
        assert_eq!(verdict("PREPEND X: y"), Verdict::Prepend(b"X: y".to_vec()));
        assert_eq!(verdict("REJECT"), Verdict::Keep);
    }
}
