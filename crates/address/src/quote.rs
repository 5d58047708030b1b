//! Quoting of local parts: RFC 822 for headers and tables, RFC 821 for SMTP commands.

use std::borrow::Cow;

/// Internal to external form by RFC 822. Eight-bit characters are left alone.
pub fn quote_822(internal: &[u8]) -> Vec<u8> {
    let mut external = Vec::with_capacity(internal.len() + 2);
    quote_822_into(&mut external, internal);
    external
}

/// As [`quote_822`]; a copy only if quotes are necessary.
pub fn quoted_822(internal: &[u8]) -> Cow<'_, [u8]> {
    let local = internal.get(local_part_range(internal, true)).unwrap_or_default();
    if is_dot_string(local, Rules::RFC_822) { internal.into() } else { quote_822(internal).into() }
}

/// As [`quote_822`], appended to a buffer.
pub fn quote_822_into(external: &mut Vec<u8>, internal: &[u8]) {
    quote(external, internal, local_part_range(internal, true), Rules::RFC_822);
}

/// As [`quote_822`], of a local part that has no domain: an `@` in it is quoted.
pub fn quote_822_localpart(local: &[u8]) -> Vec<u8> {
    let mut external = Vec::with_capacity(local.len() + 2);
    let start = route_length(local);
    quote(&mut external, local, start..local.len(), Rules::RFC_822);
    external
}

/// As [`quote_822`], but eight-bit characters make quotes necessary, each with a backslash.
pub fn quote_822_strict(internal: &[u8]) -> Vec<u8> {
    let mut external = Vec::with_capacity(internal.len() + 2);
    quote(
        &mut external,
        internal,
        local_part_range(internal, true),
        Rules { eight_bit: false, ..Rules::RFC_822 },
    );
    external
}

/// Internal form to what stands in an SMTP command, by RFC 821. Eight-bit characters are left alone.
pub fn quote_821(internal: &[u8]) -> Vec<u8> {
    let mut external = Vec::with_capacity(internal.len() + 2);
    quote(&mut external, internal, local_part_range(internal, false), Rules::RFC_821);
    external
}

/// External to internal form. Only quotes and backslashes before the last unquoted `@` are taken away.
pub fn unquote_822(external: &[u8]) -> Vec<u8> {
    let start = route_length(external);
    let (route, rest) = external.split_at(start);
    let mut internal = Vec::with_capacity(external.len());
    internal.extend_from_slice(route);
    let mut in_quotes = false;
    // The domain, from its `@`: where it starts in what is built, and where in what is read.
    let mut domain = None;
    let mut bytes = rest.iter().copied().enumerate();
    while let Some((at, mut byte)) = bytes.next() {
        match byte {
            b'"' => {
                in_quotes = !in_quotes;
                continue;
            }
            b'@' if !in_quotes => domain = Some((internal.len(), at)),
            b'\\' => match bytes.next() {
                Some((_, escaped)) => byte = escaped,
                None => continue,
            },
            _ => {}
        }
        internal.push(byte);
    }
    if let Some((built, read)) = domain {
        internal.truncate(built);
        internal.extend_from_slice(rest.get(read..).unwrap_or_default());
    }
    internal
}

#[derive(Clone, Copy)]
struct Rules {
    /// Eight-bit characters need no quotes.
    eight_bit: bool,
    /// RFC 821 wants a backslash before a line feed in quotes, RFC 822 does not.
    escape_line_feed: bool,
}

impl Rules {
    const RFC_822: Self = Self { eight_bit: true, escape_line_feed: false };
    const RFC_821: Self = Self { eight_bit: true, escape_line_feed: true };
}

/// The length of a source route (`@a,@b:`) in front of an address.
fn route_length(address: &[u8]) -> usize {
    match address.first() {
        Some(b'@') => memchr::memchr(b':', address).map_or(0, |colon| colon + 1),
        _ => 0,
    }
}

fn local_part_range(address: &[u8], skip_route: bool) -> std::ops::Range<usize> {
    let start = if skip_route { route_length(address) } else { 0 };
    let rest = address.get(start..).unwrap_or_default();
    start..memchr::memrchr(b'@', rest).map_or(address.len(), |at| start + at)
}

fn quote(external: &mut Vec<u8>, address: &[u8], local: std::ops::Range<usize>, rules: Rules) {
    let text = address.get(local.clone()).unwrap_or_default();
    if is_dot_string(text, rules) {
        external.extend_from_slice(address);
        return;
    }
    external.extend_from_slice(address.get(..local.start).unwrap_or_default());
    external.push(b'"');
    for &byte in text {
        let escape = matches!(byte, b'"' | b'\\' | b'\r')
            || (byte == b'\n' && rules.escape_line_feed)
            || (byte > 127 && !rules.eight_bit);
        if escape {
            external.push(b'\\');
        }
        external.push(byte);
    }
    external.push(b'"');
    external.extend_from_slice(address.get(local.end..).unwrap_or_default());
}

/// Which characters of ASCII no atom has.
static IS_NO_ATOM: [bool; 128] = {
    let mut table = [false; 128];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = matches!(
            byte,
            0..=b' '
                | 127
                | b'('
                | b')'
                | b'<'
                | b'>'
                | b'@'
                | b','
                | b';'
                | b':'
                | b'\\'
                | b'"'
                | b'['
                | b']'
        );
        byte += 1;
    }
    table
};

/// Whether a local part is atoms with single dots between them.
fn is_dot_string(local: &[u8], rules: Rules) -> bool {
    if local.is_empty() || local.starts_with(b".") || local.ends_with(b".") {
        return false;
    }
    let mut previous = 0;
    for &byte in local {
        if (byte == b'.' && previous == b'.')
            || (byte > 127 && !rules.eight_bit)
            || IS_NO_ATOM.get(usize::from(byte)).is_some_and(|is_it| *is_it)
        {
            return false;
        }
        previous = byte;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        for (internal, external) in [
            ("user@host", "user@host"),
            ("first last@host", "\"first last\"@host"),
            ("a\"b\\c@host", "\"a\\\"b\\\\c\"@host"),
            (".user@host", "\".user\"@host"),
            ("a..b@host", "\"a..b\"@host"),
            ("a@b@host", "\"a@b\"@host"),
            ("@r:first last@host", "@r:\"first last\"@host"),
            ("", "\"\""),
        ] {
            assert_eq!(quote_822(internal.as_bytes()), external.as_bytes());
            assert_eq!(unquote_822(external.as_bytes()), internal.as_bytes());
        }
    }
}
