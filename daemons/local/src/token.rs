//! What aliases, forward files and include files list: addresses, `/file`, `~/file`, `|command`, `:include:/file`.

use std::io::{BufRead, BufReader, Read};

use address::{Address, AddressList};
use delivery::Verdict;

use crate::agent::Work;
use crate::log_lines;
use crate::state::{Rights, State};

const INCLUDE: &[u8] = b":include:";

impl Work<'_> {
    /// Delivers to what a text lists; gives the number of its destinations, too.
    pub(crate) fn deliver_text(&mut self, state: &State, rights: &Rights, text: &[u8]) -> (Verdict, usize) {
        let list = AddressList::parse(text, 0);
        let mut whole = Verdict::Done;
        let mut count = 0;
        for address in list.addresses() {
            count += 1;
            whole = whole.and(self.deliver_token(state, rights, address));
        }
        (whole, count)
    }

    /// Delivers to what the lines of a file list, up to the first failure. Lines that begin with `#` are comments.
    pub(crate) fn deliver_lines(
        &mut self,
        state: &State,
        rights: &Rights,
        file: impl Read,
    ) -> (Verdict, usize) {
        let mut reader = BufReader::new(file);
        let limit = self.settings.line_limit.max(1);
        let mut line = Vec::new();
        let mut total = 0;
        loop {
            line.clear();
            match read_line(&mut reader, limit, &mut line) {
                Ok(true) => {}
                Ok(false) => return (Verdict::Done, total),
                Err(error) => {
                    let text = format!("error reading forwarding file: {}", sys::error_text(&error));
                    return (self.fail(state, "4.3.0", text), total);
                }
            }
            if line.first() == Some(&b'#') {
                continue;
            }
            let (verdict, count) = self.deliver_text(state, rights, &line);
            total += count;
            if verdict != Verdict::Done {
                return (verdict, total);
            }
        }
    }

    fn deliver_token(&mut self, state: &State, rights: &Rights, address: &Address) -> Verdict {
        let text = address.internalize();
        match text.first() {
            Some(b'/') => self.deliver_file(state, rights, &text),
            Some(b'~') => self.deliver_home_file(state, rights, &text),
            Some(b'|') if !self.settings.commands_from.allow(state.source) => {
                self.fail(state, "5.7.1", "mail to command is restricted")
            }
            Some(b'|') => {
                let command = text.get(1..).unwrap_or_default();
                self.deliver_command(state, rights, command)
            }
            _ => match text.get(..INCLUDE.len()) {
                Some(start) if start.eq_ignore_ascii_case(INCLUDE) => {
                    let path = text.get(INCLUDE.len()..).unwrap_or_default();
                    self.deliver_include(state, rights, path)
                }
                _ => self.deliver_resolve(state, rights, address),
            },
        }
    }

    /// `~/file`.
    fn deliver_home_file(&mut self, state: &State, rights: &Rights, text: &[u8]) -> Verdict {
        use std::os::unix::ffi::OsStrExt;
        if text.get(1) != Some(&b'/') {
            log_lines::bad_home_syntax(text);
            return self.fail(state, "5.3.5", "mail system configuration error");
        }
        let Some(home) = &rights.home else {
            log_lines::unknown_home(text);
            return self.fail(state, "5.3.5", "mail system configuration error");
        };
        let rest = text.get(1..).unwrap_or_default();
        let home = home.as_os_str().as_bytes();
        let path = if home == b"/" { rest.to_vec() } else { [home, rest].concat() };
        self.deliver_file(state, rights, &path)
    }
}

/// Reads a line, or as much of it as the limit allows; false at the end. The line feed stays: it ends nothing that a
/// quotation mark without a second one began.
fn read_line(reader: &mut impl BufRead, limit: usize, line: &mut Vec<u8>) -> std::io::Result<bool> {
    let size = u64::try_from(limit).unwrap_or(u64::MAX);
    Ok(reader.by_ref().take(size).read_until(b'\n', line)? > 0)
}
