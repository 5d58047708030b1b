//! Names in zones and names that people write, next to the host names of crate `address`.

use address::host::{self, Invalid};
use hickory_resolver::proto::rr::Name;

/// Checks a name that owns a record: a host name whose first label may be `*`.
pub(crate) fn check_zone_name(name: &str) -> Result<(), Invalid> {
    match name.strip_prefix('*') {
        Some("") => Ok(()),
        Some(rest) if rest.starts_with('.') => {
            let rest = rest.get(1..).unwrap_or_default();
            // What follows `*.` may be digits only: the star makes the whole name one that is not numeric.
            if rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !rest.is_empty() {
                return Ok(());
            }
            host::check_hostname(rest.as_bytes())
        }
        _ => host::check_hostname(name.as_bytes()),
    }
}

/// The ASCII form (RFC 5891) of an internationalised domain name; None if it has none.
pub fn to_ascii(name: &str) -> Option<String> {
    if name.is_ascii() {
        return Some(name.to_owned());
    }
    let ascii = Name::from_utf8(name).ok()?.to_ascii();
    Some(ascii.strip_suffix('.').unwrap_or(&ascii).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_names() {
        for good in ["a.b", "_dmarc.example.com", "*.example.com", "*"] {
            assert!(check_zone_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a.*", "1.2", "*a.b", "a b"] {
            assert!(check_zone_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn internationalised_names() {
        assert_eq!(to_ascii("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
    }
}
