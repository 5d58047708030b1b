//! Network addresses, bare and in the brackets that mail addresses give them.

use crate::invalid::{Invalid, invalid};

/// Checks a bare IPv4 or IPv6 address.
pub fn check_address(text: &[u8]) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid("valid_hostaddr: empty address".to_owned()));
    }
    if text.contains(&b':') { check_ipv6(text) } else { check_ipv4(text) }
}

/// Whether this is a bare IPv4 or IPv6 address.
pub fn is_address(text: &[u8]) -> bool {
    check_address(text).is_ok()
}

/// Checks four octets with dots. `0.0.0.0` is fine, other addresses that start with 0 are not.
pub fn check_ipv4(text: &[u8]) -> Result<(), Invalid> {
    const CHECK: &str = "valid_ipv4_hostaddr";
    let mut octets = 0;
    let mut value: Option<u32> = None;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                octets += u32::from(value.is_none());
                let sum = value.unwrap_or(0) * 10 + u32::from(byte - b'0');
                if sum > 255 {
                    return invalid(CHECK, "invalid octet value", text);
                }
                value = Some(sum);
            }
            b'.' => {
                let Some(octet) = value.take().filter(|_| at + 1 < text.len()) else {
                    return invalid(CHECK, "misplaced dot", text);
                };
                if octets == 1 && octet == 0 && text.iter().any(|byte| !b"0.".contains(byte)) {
                    return invalid(CHECK, "bad initial octet value", text);
                }
            }
            other => return invalid(CHECK, format_args!("invalid character {other}(decimal)"), text),
        }
    }
    if octets == 4 { Ok(()) } else { invalid(CHECK, "invalid octet count", text) }
}

/// Checks an IPv6 address: eight fields, or fewer with one `::`, the last two perhaps as IPv4.
pub fn check_ipv6(text: &[u8]) -> Result<(), Invalid> {
    const CHECK: &str = "valid_ipv6_hostaddr";
    let mut colons = 0;
    let mut double_colon = 0;
    let mut field: &[u8] = b"";
    let mut rest = text;
    loop {
        match rest.first() {
            None if colons < 2 => return invalid(CHECK, "too few `:' in IPv6 address", text),
            None if field.is_empty() && double_colon != colons - 1 => {
                return invalid(CHECK, "bad null last field in IPv6 address", text);
            }
            None => return Ok(()),
            Some(b'.') if !(2..=6).contains(&colons) => {
                return invalid(CHECK, "malformed IPv4-in-IPv6 address", text);
            }
            Some(b'.') => {
                let start = text.len() - rest.len() - field.len();
                return check_ipv4(text.get(start..).unwrap_or_default());
            }
            Some(b':') => {
                if colons == 0 && field.is_empty() && rest.get(1).is_some_and(u8::is_ascii_alphanumeric) {
                    return invalid(CHECK, "bad null first field in IPv6 address", text);
                }
                colons += 1;
                if colons > 7 {
                    return invalid(CHECK, "too many `:' in IPv6 address", text);
                }
                rest = rest.get(1..).unwrap_or_default();
                field = b"";
                if rest.first() == Some(&b':') {
                    if double_colon > 0 {
                        return invalid(CHECK, "too many `::' in IPv6 address", text);
                    }
                    double_colon = colons;
                }
            }
            Some(&byte) => {
                let length = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
                if length > 4 {
                    return invalid(CHECK, "malformed IPv6 address", text);
                }
                if length == 0 {
                    let what = format_args!("invalid character {byte}(decimal) in IPv6 address").to_string();
                    return invalid(CHECK, what, text);
                }
                (field, rest) = rest.split_at(length);
            }
        }
    }
}

/// The bare address in the inside of an SMTP address literal: `192.0.2.1` or `IPv6:2001:db8::1`.
pub fn literal_address(inside: &[u8]) -> Option<&[u8]> {
    match inside.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case(b"IPv6:") => {
            inside.get(5..).filter(|address| check_ipv6(address).is_ok())
        }
        _ => check_ipv4(inside).is_ok().then_some(inside),
    }
}

/// Whether this is an SMTP address literal with its brackets.
pub fn is_address_literal(text: &[u8]) -> bool {
    text.strip_prefix(b"[")
        .and_then(|rest| rest.strip_suffix(b"]"))
        .is_some_and(|inside| !inside.contains(&b']') && literal_address(inside).is_some())
}
