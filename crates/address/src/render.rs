//! Tokens back to text.

use crate::list::AddressList;
use crate::quote::quote_822_into;
use crate::token::{Address, Token};

/// Text around an address may be so long; old Sendmail versions overran a buffer with more (CERT CA-2003-07).
const MAX_TEXT_AROUND_ADDRESS: usize = 250;

impl Address {
    /// The address without quotes.
    pub fn internalize(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.internalize_into(&mut text);
        text
    }

    /// The address with its local part quoted where it must be.
    pub fn externalize(&self) -> Vec<u8> {
        let mut text = Vec::new();
        quote_822_into(&mut text, &self.internalize());
        text
    }

    /// The tokens with each one quoted by itself. A daemon that asks for rewriting of an address out of a header sends
    /// this form: it keeps quotes where the sender had them.
    pub fn externalize_tokens(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            push_external(&mut text, token);
            let apart = !self.cut_from_list && space_between(token, self.tokens.get(at + 1));
            if apart || token.is_op(b',') {
                text.push(b' ');
            }
        }
        text
    }

    fn internalize_into(&self, text: &mut Vec<u8>) {
        for (at, token) in self.tokens.iter().enumerate() {
            match token {
                Token::Op(op) => text.push(*op),
                Token::GroupStart => text.push(b':'),
                Token::Atom(word) | Token::Quoted(word) | Token::Comment(word) => {
                    text.extend_from_slice(word)
                }
                Token::DomainLiteral(literal) => {
                    text.push(b'[');
                    text.extend_from_slice(literal);
                    text.push(b']');
                }
                Token::Address(address) => address.internalize_into(text),
            }
            if !self.cut_from_list && space_between(token, self.tokens.get(at + 1)) {
                text.push(b' ');
            }
        }
    }
}

impl AddressList {
    /// The list as header text with a line feed after each comma. Where the text around one address is longer than
    /// 250 bytes it is reduced to `<address>`; `stripped` is told what stood there.
    pub fn to_header_text(&self, mut stripped: impl FnMut(&[u8])) -> Vec<u8> {
        let mut text = Vec::new();
        let mut entry = Entry::default();
        for (at, token) in self.tokens.iter().enumerate() {
            let next = self.tokens.get(at + 1);
            match token {
                Token::Op(b',') => {
                    entry.enforce_limit(&mut text, &mut stripped);
                    text.extend_from_slice(b",\n");
                    entry = Entry { start: text.len(), ..Entry::default() };
                    continue;
                }
                Token::Address(address) => {
                    let before = text.len();
                    quote_822_into(&mut text, &address.internalize());
                    entry.address = Some(Some(address));
                    entry.address_length = text.len() - before;
                }
                Token::Op(b'<') if next.is_some_and(|token| token.is_op(b'>')) => {
                    text.push(b'<');
                    entry.address = Some(None);
                    entry.address_length = 0;
                }
                token => push_external(&mut text, token),
            }
            if space_between(token, next) {
                text.push(b' ');
            }
        }
        entry.enforce_limit(&mut text, &mut stripped);
        text
    }
}

/// One entry of a list, as far as it was written.
#[derive(Default)]
struct Entry<'a> {
    start: usize,
    /// The last address seen; inside, `None` is the empty `<>`.
    address: Option<Option<&'a Address>>,
    address_length: usize,
}

impl Entry<'_> {
    fn enforce_limit(&self, text: &mut Vec<u8>, stripped: &mut impl FnMut(&[u8])) {
        let Some(address) = self.address else { return };
        if text.len() - self.address_length <= self.start + MAX_TEXT_AROUND_ADDRESS {
            return;
        }
        stripped(text.get(self.start..).unwrap_or_default());
        text.truncate(self.start);
        text.push(b'<');
        if let Some(address) = address {
            quote_822_into(text, &address.internalize());
        }
        text.push(b'>');
    }
}

fn push_external(text: &mut Vec<u8>, token: &Token) {
    match token {
        Token::Op(op) => text.push(*op),
        Token::GroupStart => text.push(b':'),
        Token::Atom(word) | Token::Comment(word) => text.extend_from_slice(word),
        Token::Quoted(word) => push_escaped(text, b'"', word, b"\"\\\r\n", b'"'),
        Token::DomainLiteral(literal) => push_escaped(text, b'[', literal, b"\\\r\n", b']'),
        Token::Address(address) => quote_822_into(text, &address.internalize()),
    }
}

fn push_escaped(text: &mut Vec<u8>, open: u8, content: &[u8], escape: &[u8], close: u8) {
    text.push(open);
    for &byte in content {
        if escape.contains(&byte) {
            text.push(b'\\');
        }
        text.push(byte);
    }
    text.push(close);
}

fn space_between(token: &Token, next: Option<&Token>) -> bool {
    let Some(next) = next else { return false };
    if token.is_op(b',') || *token == Token::GroupStart || next.is_op(b'<') {
        return true;
    }
    token.is_word() && next.is_word()
}
