//! What a server answers.

/// A server's answer to one command: one line or several, with code and, where it has one, enhanced status code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The lines, separated by CR LF, the last without.
    text: Vec<u8>,
}

impl Reply {
    /// An answer from its finished text. Several lines are separated by CR LF; their separators after the code are
    /// put right when the answer is written.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Self { text: text.into() }
    }

    /// The text, lines separated by CR LF.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The first digit of the code.
    pub fn class(&self) -> u8 {
        self.text.first().copied().unwrap_or(b'0')
    }

    /// Whether the code means failure, now (4) or for good (5).
    pub fn is_failure(&self) -> bool {
        matches!(self.class(), b'4' | b'5')
    }

    /// Whether the server says good-bye: the connection ends after codes 421 and 521.
    pub fn hangs_up(&self) -> bool {
        self.text.starts_with(b"421") || self.text.starts_with(b"521")
    }

    /// Appends the answer as it goes over the wire. With `soft` (postconf(5) `soft_bounce`) a failure for good is
    /// turned into one for now.
    pub fn write_to(&self, soft: bool, out: &mut Vec<u8>) {
        let mut rest = self.text.as_slice();
        loop {
            let (line, tail) = match memchr::memmem::find(rest, b"\r\n") {
                Some(end) => (rest.get(..end).unwrap_or_default(), rest.get(end + 2..).unwrap_or_default()),
                None => (rest, &[][..]),
            };
            let start = out.len();
            out.extend_from_slice(line);
            if let Some(written) = out.get_mut(start..) {
                patch(written, soft, !tail.is_empty());
            }
            out.extend_from_slice(b"\r\n");
            if tail.is_empty() {
                return;
            }
            rest = tail;
        }
    }

    /// The lines as they are written, without their ends.
    pub fn lines_on_wire(&self, soft: bool) -> Vec<Vec<u8>> {
        let mut wire = Vec::new();
        self.write_to(soft, &mut wire);
        let lines = wire.strip_suffix(b"\r\n").unwrap_or(&wire).split(|&byte| byte == b'\n');
        lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec()).collect()
    }
}

fn patch(line: &mut [u8], soft: bool, continued: bool) {
    if soft && line.first() == Some(&b'5') {
        for index in [0, 4] {
            if let Some(class @ b'5') = line.get_mut(index) {
                *class = b'4';
            }
        }
    }
    if continued && let Some(separator) = line.get_mut(3) {
        *separator = b'-';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(text: &str, soft: bool) -> String {
        let mut out = Vec::new();
        Reply::new(text).write_to(soft, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_put_right() {
        assert_eq!(wire("250 2.1.0 Ok", false), "250 2.1.0 Ok\r\n");
        assert_eq!(wire("550 a\r\n550 b\r\n", false), "550-a\r\n550 b\r\n");
        assert_eq!(wire("550 5.1.1 a\r\n550 5.1.1 b", true), "450-4.1.1 a\r\n450 4.1.1 b\r\n");
        assert_eq!(wire("250 5", true), "250 5\r\n");
        assert_eq!(wire("", true), "\r\n");
    }

    #[test]
    fn good_byes() {
        assert!(Reply::new("421 4.4.2 x").hangs_up());
        assert!(Reply::new("521 5.5.2 x").hangs_up());
        assert!(!Reply::new("554 5.7.1 x").hangs_up());
    }
}
