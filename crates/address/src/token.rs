//! Tokens: the atoms, quoted strings, comments, domain literals and operators that an address is made of.

/// Characters that are an operator of their own: RFC 822 specials, the routing operators `%` and `!`, and `|`,
/// which alias files know.
const OPERATORS: &[u8] = b"|%!()<>@,;:\\\".[]";

/// One token of an address or of an address list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A run of characters without meaning of their own.
    Atom(Vec<u8>),
    /// The text of a quoted string, unquoted.
    Quoted(Vec<u8>),
    /// A comment with its parentheses and backslashes as they stood.
    Comment(Vec<u8>),
    /// The text between `[` and `]`, unquoted.
    DomainLiteral(Vec<u8>),
    /// The `:` after the name of a group in an address list.
    GroupStart,
    /// A single-character operator.
    Op(u8),
    /// The tokens of one address within a list.
    Address(Address),
}

impl Token {
    /// Whether two of these in a row need a space between them to stay two.
    pub(crate) fn is_word(&self) -> bool {
        !matches!(self, Token::Op(_) | Token::GroupStart)
    }

    /// Whether this is the given operator.
    pub fn is_op(&self, op: u8) -> bool {
        *self == Token::Op(op)
    }
}

/// The tokens of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The tokens, in order.
    pub tokens: Vec<Token>,
    /// The address was cut out of a list and not rewritten since: its words are joined without spaces.
    pub(crate) cut_from_list: bool,
}

impl Address {
    /// Takes one address in external form apart. Nothing is thrown away: text around the address stays.
    pub fn scan(external: &[u8]) -> Self {
        Self { tokens: scan(external, 0), cut_from_list: false }
    }

    /// The tokens of one address, or of a phrase.
    pub fn from_tokens(tokens: Vec<Token>) -> Self {
        Self { tokens, cut_from_list: false }
    }

    /// The position of the last operator `op`.
    pub fn rfind(&self, op: u8) -> Option<usize> {
        self.tokens.iter().rposition(|token| token.is_op(op))
    }

    /// The position of the first operator `op`.
    pub fn find(&self, op: u8) -> Option<usize> {
        self.tokens.iter().position(|token| token.is_op(op))
    }
}

/// Splits text into tokens, at most `limit` of them (0: no limit). White space separates and vanishes.
pub fn scan(text: &[u8], limit: usize) -> Vec<Token> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let mut scanner = Scanner { rest: text };
    let mut tokens = Vec::new();
    while let Some(token) = scanner.next_token() {
        tokens.push(token);
        if limit > 0 && tokens.len() >= limit {
            break;
        }
    }
    tokens
}

fn is_operator(byte: u8) -> bool {
    OPERATORS.contains(&byte)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl Scanner<'_> {
    fn next_token(&mut self) -> Option<Token> {
        let blanks = self.rest.iter().take_while(|&&byte| is_space(byte)).count();
        self.advance(blanks);
        let first = *self.rest.first()?;
        if first != b'\\' && is_operator(first) {
            self.advance(1);
        }
        Some(match first {
            b'(' => Token::Comment(self.comment()),
            b'[' => Token::DomainLiteral(self.until(b']')),
            b'"' => Token::Quoted(self.until(b'"')),
            byte if byte != b'\\' && is_operator(byte) => Token::Op(byte),
            _ => self.atom(),
        })
    }

    /// The text before `end`, with backslashes taken away; `end` is skipped.
    fn until(&mut self, end: u8) -> Vec<u8> {
        let text = self.collect(|byte| byte != end);
        self.advance(1);
        text
    }

    fn atom(&mut self) -> Token {
        let text = self.collect(|byte| !is_space(byte) && !is_operator(byte));
        // A backslash let something in that an atom cannot hold. Eight-bit characters may stay as they are.
        let needs_quotes =
            text.iter().any(|&byte| byte == b' ' || byte.is_ascii_control() || is_operator(byte));
        if needs_quotes { Token::Quoted(text) } else { Token::Atom(text) }
    }

    fn collect(&mut self, wanted: impl Fn(u8) -> bool) -> Vec<u8> {
        let mut text = Vec::new();
        while let Some(&byte) = self.rest.first() {
            let literal = if byte == b'\\' {
                self.advance(1);
                match self.rest.first() {
                    Some(&escaped) => escaped,
                    None => break,
                }
            } else if wanted(byte) {
                byte
            } else {
                break;
            };
            text.push(if is_space(literal) { b' ' } else { literal });
            self.advance(1);
        }
        text
    }

    /// The rest of a comment whose `(` was taken. Comments nest; they are kept in external form, so that nothing has
    /// to be quoted again.
    fn comment(&mut self) -> Vec<u8> {
        let mut text = vec![b'('];
        let mut depth = 1usize;
        while let Some(&byte) = self.rest.first() {
            text.push(byte);
            self.advance(1);
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                b'\\' => {
                    let Some(&escaped) = self.rest.first() else { break };
                    text.push(escaped);
                    self.advance(1);
                }
                _ => {}
            }
        }
        text
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}
