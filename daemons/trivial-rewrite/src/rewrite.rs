//! Rewriting of addresses to their complete form, `user@domain`.

use address::{Address, Token, scan};

/// Whose addresses are rewritten: what is appended to the incomplete ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    /// Appended to an address without domain (`myorigin`, or `remote_header_rewrite_domain`).
    pub(crate) origin: Vec<u8>,
    /// Appended to a domain without dot (`mydomain`, or `remote_header_rewrite_domain`).
    pub(crate) domain: Vec<u8>,
}

/// The rules that are the same for everybody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) swap_bangpath: bool,
    pub(crate) percent_hack: bool,
    pub(crate) append_at_myorigin: bool,
    pub(crate) append_dot_mydomain: bool,
}

/// The domain that got `mydomain` appended, for those who want to know that a backwards-compatible default did it.
pub(crate) type Completed = Option<Vec<u8>>;

impl Rules {
    /// Rewrites one address in place.
    pub(crate) fn rewrite(&self, context: &Context, address: &mut Address) -> Completed {
        let tokens = &mut address.tokens;
        match tokens.as_slice() {
            [] => return None,
            [Token::Quoted(text)] if text.is_empty() => return None,
            // A lone @ stands for the empty address.
            [Token::Op(b'@')] => {
                *tokens = vec![Token::Quoted(Vec::new())];
                return None;
            }
            _ => {}
        }
        strip_source_route(address);
        if address.rfind(b'@').is_none() {
            self.add_domain(context, address);
        }
        let completed = self.complete_domain(context, address);
        strip_trailing_dot(address);
        completed
    }

    /// Finds the domain of an address that has no `@`.
    fn add_domain(&self, context: &Context, address: &mut Address) {
        if self.swap_bangpath
            && let Some(bang) = address.find(b'!')
        {
            let user = address.tokens.split_off(bang + 1);
            address.tokens.pop();
            let site = std::mem::replace(&mut address.tokens, user);
            address.tokens.push(Token::Op(b'@'));
            address.tokens.extend(site);
        } else if self.percent_hack
            && let Some(percent) = address.rfind(b'%')
        {
            if let Some(operator) = address.tokens.get_mut(percent) {
                *operator = Token::Op(b'@');
            }
        } else if self.append_at_myorigin && !context.origin.is_empty() {
            address.tokens.push(Token::Op(b'@'));
            address.tokens.extend(scan(&context.origin, 0));
        }
    }

    /// Appends to a domain that has no dot. Broken forms that end in `@` are left alone, so that complaints about them
    /// show what was sent.
    fn complete_domain(&self, context: &Context, address: &mut Address) -> Completed {
        if !self.append_dot_mydomain || context.domain.is_empty() {
            return None;
        }
        let domain = address.tokens.get(address.rfind(b'@')? + 1..)?;
        let complete =
            domain.iter().any(|token| token.is_op(b'.') || matches!(token, Token::DomainLiteral(_)));
        if domain.is_empty() || complete {
            return None;
        }
        let completed = match domain.first() {
            Some(Token::Atom(text) | Token::Quoted(text) | Token::Comment(text)) => Some(text.clone()),
            _ => None,
        };
        address.tokens.push(Token::Op(b'.'));
        address.tokens.extend(scan(&context.domain, 0));
        completed
    }
}

fn strip_source_route(address: &mut Address) {
    if !address.tokens.first().is_some_and(|token| token.is_op(b'@')) {
        return;
    }
    if let Some(colon) = address.find(b':').filter(|colon| colon + 1 < address.tokens.len()) {
        address.tokens.drain(..=colon);
    }
}

/// Strips a dot at the end of the domain, but leaves `..` and `@.` alone.
fn strip_trailing_dot(address: &mut Address) {
    if let [.., before, Token::Op(b'.')] = address.tokens.as_slice()
        && !before.is_op(b'.')
        && !before.is_op(b'@')
    {
        address.tokens.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(input: &str) -> String {
        let rules = Rules {
            swap_bangpath: true,
            percent_hack: true,
            append_at_myorigin: true,
            append_dot_mydomain: true,
        };
        let context = Context { origin: b"mail.example.com".to_vec(), domain: b"example.com".to_vec() };
        let mut address = Address::scan(input.as_bytes());
        rules.rewrite(&context, &mut address);
        String::from_utf8(address.externalize()).unwrap()
    }

    // As the trivial-rewrite daemon of 3.11.6 answers with myorigin=mail.example.com, mydomain=example.com,
    // append_dot_mydomain=yes.
    #[test]
    fn complete_forms() {
        for (input, expected) in [
            ("\"\"", "\"\""),
            ("@", "\"\""),
            ("@@", "\"@\"@"),
            ("user", "user@mail.example.com"),
            ("user@host", "user@host.example.com"),
            ("user@host.", "user@host"),
            ("user@host.dom.", "user@host.dom"),
            ("user@", "user@"),
            ("user@..", "user@.."),
            ("site!user", "user@site.example.com"),
            ("site!user@dom.ain", "site!user@dom.ain"),
            ("a!b!user", "b!user@a.example.com"),
            ("user%host", "user@host.example.com"),
            ("user%h%i@j.k", "user%h%i@j.k"),
            ("@route.a,@route.b:user@dom.ain", "user@dom.ain"),
            ("\"first last\"@dom.ain", "\"first last\"@dom.ain"),
            ("user@[1.2.3.4]", "user@[1.2.3.4]"),
            ("first last", "\"first last\"@mail.example.com"),
        ] {
            assert_eq!(rewrite(input), expected, "{input}");
        }
    }
}
