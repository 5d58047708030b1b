//! Words of a command line, the way Postfix's server takes a line apart: white space separates, `<...>` and `"..."`
//! hold white space, a backslash protects the next byte, and `to:` or `from:` ends a word of itself.

/// One word of a command line, quotes and angle brackets included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// The word.
    pub text: Vec<u8>,
    /// Whether a quote or angle bracket was never closed.
    pub unclosed: bool,
}

impl Token {
    /// Whether the word is `other`, in upper or lower case.
    pub fn is(&self, other: &str) -> bool {
        self.text.eq_ignore_ascii_case(other.as_bytes())
    }

    /// What follows `prefix` in the word, if it starts with it in upper or lower case.
    pub fn value(&self, prefix: &str) -> Option<&[u8]> {
        let (head, tail) = self.text.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix.as_bytes()).then_some(tail)
    }

    /// Whether the word is all digits, at least one.
    pub fn is_number(&self) -> bool {
        is_number(&self.text)
    }
}

/// Whether `text` is all digits, at least one.
pub fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// A non-negative number that fits a file offset; none if it is not all digits or too large.
pub fn offset(text: &[u8]) -> Option<i64> {
    if !is_number(text) {
        return None;
    }
    text.iter().try_fold(0i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
}

/// The words of `line`, which ends at its first NUL.
pub fn tokens(line: &[u8]) -> Vec<Token> {
    let line = line.split(|&byte| byte == 0).next().unwrap_or_default();
    let mut lexer = Lexer { rest: line.iter().copied() };
    std::iter::from_fn(|| lexer.next_token()).collect()
}

struct Lexer<I> {
    rest: I,
}

impl<I: Iterator<Item = u8> + Clone> Lexer<I> {
    fn next_token(&mut self) -> Option<Token> {
        let mut token = Token::default();
        while let Some(byte) = self.rest.next() {
            match byte {
                byte if is_space(byte) => {
                    if !token.text.is_empty() {
                        break;
                    }
                }
                b'<' => self.quoted(&mut token, byte, b'>'),
                b'"' => self.quoted(&mut token, byte, byte),
                b':' => {
                    token.text.push(byte);
                    if is_prefix_of(&token.text, b"to:") || is_prefix_of(&token.text, b"from:") {
                        break;
                    }
                }
                b'\\' => {
                    token.text.push(byte);
                    match self.rest.next() {
                        Some(next) => token.text.push(next),
                        None => break,
                    }
                }
                _ => token.text.push(byte),
            }
        }
        (!token.text.is_empty()).then_some(token)
    }

    /// Takes everything up to the closing byte; quotes nest in angle brackets, and angle brackets in each other.
    fn quoted(&mut self, token: &mut Token, start: u8, end: u8) {
        token.text.push(start);
        let mut wanted = vec![end];
        while let Some(byte) = self.rest.next() {
            token.text.push(byte);
            let innermost = wanted.last().copied().unwrap_or(end);
            if byte == b'\\' {
                match self.rest.next() {
                    Some(next) => token.text.push(next),
                    None => break,
                }
            } else if byte == innermost {
                wanted.pop();
                if wanted.is_empty() {
                    return;
                }
            } else if byte == b'"' {
                wanted.push(b'"');
            } else if byte == b'<' && innermost == b'>' {
                wanted.push(b'>');
            }
        }
        token.unclosed = true;
    }
}

/// `to:` and `from:` end a word when the word so far is the start of one of them, which a lone `:` is not.
fn is_prefix_of(word: &[u8], whole: &[u8]) -> bool {
    whole.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        tokens(line.as_bytes())
            .into_iter()
            .map(|token| {
                format!(
                    "{}{}",
                    String::from_utf8_lossy(&token.text),
                    if token.unclosed { " ERROR" } else { "" }
                )
            })
            .collect()
    }

    // Expectations from the table of examples that comes with Postfix 3.11 (smtpd_token).
    #[test]
    fn takes_lines_apart() {
        assert_eq!(words(""), [""; 0]);
        assert_eq!(words("mail from:<wietse@porcupine.org>"), ["mail", "from:", "<wietse@porcupine.org>"]);
        assert_eq!(
            words("mail from:<wietse@porcupine.org> SIZE=1"),
            ["mail", "from:", "<wietse@porcupine.org>", "SIZE=1"]
        );
        assert_eq!(words("mail from:wietse@porcupine.org"), ["mail", "from:", "wietse@porcupine.org"]);
        assert_eq!(
            words("mail from:<<wietse@porcupine.org>"),
            ["mail", "from:", "<<wietse@porcupine.org> ERROR"]
        );
        assert_eq!(words("mail from:\"wietse venema\"@x"), ["mail", "from:", "\"wietse venema\"@x"]);
        assert_eq!(words("mail from:<wietse\\ venema@x>"), ["mail", "from:", "<wietse\\ venema@x>"]);
        assert_eq!(words("mail from:<wietse @x"), ["mail", "from:", "<wietse @x ERROR"]);
        assert_eq!(words("ehlo [IPv6:::1]"), ["ehlo", "[IPv6:::1]"]);
        assert_eq!(words("MAIL FROM: <>"), ["MAIL", "FROM:", "<>"]);
    }

    #[test]
    fn numbers_stop_at_the_file_offset() {
        assert_eq!(offset(b"12"), Some(12));
        assert_eq!(offset(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(offset(b"9223372036854775808"), None);
        assert_eq!(offset(b""), None);
        assert_eq!(offset(b"-1"), None);
    }
}
