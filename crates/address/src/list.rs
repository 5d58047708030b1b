//! Address lists: what stands in `To:`, `From:` and their fellows.

use crate::token::{Address, Token, scan};

/// A parsed list of addresses. Everything that stood in the text is kept, including phrases, comments, group names
/// and what made no sense; missing commas are put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList {
    /// The tokens on the list's own level; each address is one [`Token::Address`].
    pub tokens: Vec<Token>,
}

impl AddressList {
    /// Parses the text of an address header. Text after the first `limit` tokens is dropped (0: no limit).
    pub fn parse(text: &[u8], limit: usize) -> Self {
        Self { tokens: Parser::default().run(scan(text, limit)) }
    }

    /// The addresses of the list, in order.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Address(address) => Some(address),
            _ => None,
        })
    }

    /// The addresses of the list, to change them.
    pub fn addresses_mut(&mut self) -> impl Iterator<Item = &mut Address> {
        self.tokens.iter_mut().filter_map(|token| match token {
            Token::Address(address) => Some(address),
            _ => None,
        })
    }
}

/// Clusters tokens into addresses. It reads from right to left, because what a word is (a phrase, an address, the
/// name of a group) is decided by the `>` or `;` or `:` that follows it.
#[derive(Default)]
struct Parser {
    /// What is settled, last token first.
    done: Vec<Token>,
    /// The tokens of the address being collected, last token first.
    pending: Vec<Token>,
    /// The token to the left can not belong to the address being collected if it is a word.
    after_word: bool,
    in_group: bool,
}

impl Parser {
    fn run(mut self, mut tokens: Vec<Token>) -> Vec<Token> {
        while let Some(token) = tokens.pop() {
            match token {
                Token::Comment(_) => self.done.push(token),
                Token::Op(b';') => {
                    self.close_address_and_separate();
                    self.done.push(token);
                    self.in_group = true;
                    self.after_word = false;
                }
                Token::Op(b':') if self.in_group => {
                    self.close_address();
                    self.done.push(Token::GroupStart);
                    self.keep_while(&mut tokens, |token| !token.is_op(b','));
                }
                Token::Op(b'>') => {
                    self.close_address_and_separate();
                    self.done.push(token);
                    self.route(&mut tokens);
                }
                Token::Op(b',') => {
                    self.close_address();
                    self.done.push(token);
                    self.after_word = false;
                }
                Token::Op(_) | Token::GroupStart => {
                    self.pending.push(token);
                    self.after_word = false;
                }
                Token::Atom(_) | Token::Quoted(_) | Token::DomainLiteral(_) | Token::Address(_) => {
                    if self.after_word {
                        self.close_address_and_separate();
                    }
                    self.pending.push(token);
                    self.after_word = true;
                }
            }
        }
        self.close_address();
        self.done.reverse();
        self.done
    }

    /// Everything left of a `>`: the address up to `<`, and the phrase before that.
    fn route(&mut self, tokens: &mut Vec<Token>) {
        while let Some(token) = tokens.pop_if(|token| !token.is_op(b'<')) {
            match token {
                Token::Comment(_) => self.done.push(token),
                _ => self.pending.push(token),
            }
        }
        self.close_address();
        self.keep_while(tokens, |token| !matches!(token, Token::Op(b'>' | b';' | b',' | b':')));
        if !self.in_group
            && let Some(colon) = tokens.pop_if(|token| token.is_op(b':'))
        {
            self.done.push(colon);
        }
        self.after_word = false;
    }

    fn keep_while(&mut self, tokens: &mut Vec<Token>, wanted: impl Fn(&Token) -> bool) {
        while let Some(token) = tokens.pop_if(|token| wanted(token)) {
            self.done.push(token);
        }
    }

    fn close_address(&mut self) -> bool {
        if self.pending.is_empty() {
            return false;
        }
        let mut tokens = std::mem::take(&mut self.pending);
        tokens.reverse();
        self.done.push(Token::Address(Address { tokens, cut_from_list: true }));
        true
    }

    fn close_address_and_separate(&mut self) {
        if self.close_address() {
            self.done.push(Token::Op(b','));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> String {
        let list = AddressList::parse(text.as_bytes(), 0);
        String::from_utf8(list.to_header_text(|_| ())).unwrap().replace('\n', " ")
    }

    // Expectations: what cleanup of 3.11.6 leaves in a `To:` header when the addresses need no completion.
    #[test]
    fn lists_come_back() {
        for (input, expected) in [
            ("a@b.c, d@e.f", "a@b.c, d@e.f"),
            ("a@b.c d@e.f", "a@b.c, d@e.f"),
            ("First Last <a@b.c>", "First Last <a@b.c>"),
            ("First Last <a@b.c> (comment), x@y.z", "First Last <a@b.c>(comment), x@y.z"),
            ("a@b.c (com (nested) ment)", "a@b.c (com (nested) ment)"),
            ("group: a@b.c, d@e.f;", "group: a@b.c, d@e.f;"),
            ("<>", "<>"),
            ("\"a b\"@c.d", "\"a b\"@c.d"),
        ] {
            assert_eq!(header(input), expected, "{input}");
        }
    }

    #[test]
    fn addresses_are_found() {
        let list = AddressList::parse(b"phrase <u@d>, grp: x@y, \"q q\"@z;, bare", 0);
        let found: Vec<_> = list.addresses().map(|a| String::from_utf8(a.internalize()).unwrap()).collect();
        assert_eq!(found, ["u@d", "x@y", "q q@z", "bare"]);
    }
}
