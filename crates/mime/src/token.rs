//! Tokens of structured headers such as `Content-Type`.

/// RFC 2045 specials: what ends a token in `Content-*` headers.
pub(crate) const TSPECIALS: &[u8] = b"()<>@,;:\\\"/[]?=";
/// RFC 822 specials.
pub(crate) const SPECIALS: &[u8] = b"()<>@,;:\\\".[]";

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Word(Vec<u8>),
    Quoted(Vec<u8>),
    Special(u8),
}

impl Token {
    pub(crate) fn is_word(&self, text: &str) -> bool {
        matches!(self, Token::Word(word) if word.eq_ignore_ascii_case(text.as_bytes()))
    }

    /// The token's text, whatever it is.
    pub(crate) fn text(&self) -> &[u8] {
        match self {
            Token::Word(text) | Token::Quoted(text) => text,
            Token::Special(byte) => std::slice::from_ref(byte),
        }
    }
}

/// Reads a header's value item by item; items end at `;`.
pub(crate) struct Items<'a> {
    rest: &'a [u8],
    specials: &'static [u8],
}

impl<'a> Items<'a> {
    pub(crate) fn new(value: &'a [u8], specials: &'static [u8]) -> Self {
        Self { rest: value, specials }
    }

    /// The first `limit` tokens of the next item. `None` at the end of the value.
    pub(crate) fn next_item(&mut self, limit: usize) -> Option<Vec<Token>> {
        let mut tokens = Vec::new();
        loop {
            let Some((&byte, rest)) = self.rest.split_first() else {
                return if tokens.is_empty() { None } else { Some(tokens) };
            };
            let token = match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    self.rest = rest;
                    continue;
                }
                b';' => {
                    self.rest = rest;
                    return Some(tokens);
                }
                b'(' => {
                    self.rest = rest;
                    self.skip_comment();
                    continue;
                }
                b'"' => {
                    self.rest = rest;
                    Token::Quoted(self.quoted())
                }
                byte if self.is_special(byte) => {
                    self.rest = rest;
                    Token::Special(byte)
                }
                _ => {
                    let ends =
                        |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n') || self.is_special(*byte);
                    let length = self.rest.iter().position(ends).unwrap_or(self.rest.len());
                    let (word, rest) = self.rest.split_at(length);
                    self.rest = rest;
                    Token::Word(word.to_vec())
                }
            };
            if tokens.len() < limit {
                tokens.push(token);
            }
        }
    }

    fn is_special(&self, byte: u8) -> bool {
        byte.is_ascii_control() || self.specials.contains(&byte)
    }

    fn take(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn skip_comment(&mut self) {
        let mut depth = 1usize;
        while let Some(byte) = self.take() {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => {
                    self.take();
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    fn quoted(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        while let Some(byte) = self.take() {
            match byte {
                b'"' => break,
                // A folded line: what blanks stood before the fold are dropped.
                b'\n' => {
                    let kept = text.trim_ascii_end().len();
                    text.truncate(kept);
                }
                b'\\' => match self.take() {
                    Some(escaped) => text.push(escaped),
                    None => break,
                },
                byte => text.push(byte),
            }
        }
        text
    }
}
