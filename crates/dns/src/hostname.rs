//! Names in zones, next to the host names of crate `hosts`.

use hosts::Invalid;

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
            hosts::check_hostname(rest.as_bytes())
        }
        _ => hosts::check_hostname(name.as_bytes()),
    }
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
}
