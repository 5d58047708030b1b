//! Host names of letters and digits.

use crate::invalid::{Invalid, head, invalid};

const MAX_LABEL: usize = 63;
const MAX_NAME: usize = 255;

/// Checks a domain name of letters, digits, `_` and `-`. A name of digits and dots only is no host name.
pub fn check_hostname(name: &[u8]) -> Result<(), Invalid> {
    const CHECK: &str = "valid_hostname";
    if name.is_empty() {
        return Err(Invalid(format!("{CHECK}: empty hostname")));
    }
    let mut label = 0;
    let mut numeric = true;
    for (at, &byte) in name.iter().enumerate() {
        let next = name.get(at + 1).copied();
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                label += 1;
                if label > MAX_LABEL {
                    return invalid(CHECK, "hostname label too long", name);
                }
                numeric &= byte.is_ascii_digit();
            }
            b'.' if label == 0 || next.is_none() => return invalid(CHECK, "misplaced delimiter", name),
            b'.' => label = 0,
            b'-' => {
                numeric = false;
                label += 1;
                if label == 1 || matches!(next, None | Some(b'.')) {
                    return invalid(CHECK, "misplaced hyphen", name);
                }
            }
            other => return invalid(CHECK, format_args!("invalid character {other}(decimal)"), name),
        }
    }
    if numeric {
        return invalid(CHECK, "numeric hostname", name);
    }
    if name.len() > MAX_NAME {
        let shown = log::show(head(name));
        return Err(Invalid(format!("{CHECK}: bad length {} for {shown}...", name.len())));
    }
    Ok(())
}

/// Whether this is a host name, see [`check_hostname`].
pub fn is_hostname(name: &[u8]) -> bool {
    check_hostname(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Texts of Postfix 3.11.
    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(check_hostname(b"mail.example.com"), Ok(()));
        let why = |name: &str| check_hostname(name.as_bytes()).map_err(|why| why.to_string()).unwrap_err();
        assert_eq!(why(""), "valid_hostname: empty hostname");
        assert_eq!(why("a..b"), "valid_hostname: misplaced delimiter: a..b");
        assert_eq!(why("a b"), "valid_hostname: invalid character 32(decimal): a b");
        assert_eq!(why("-a"), "valid_hostname: misplaced hyphen: -a");
        assert_eq!(why("1.2.3"), "valid_hostname: numeric hostname: 1.2.3");
    }
}
