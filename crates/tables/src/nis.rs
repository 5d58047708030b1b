//! `nis:`, as it is on a host that is in no NIS domain: empty. Debian's default for `alias_maps` names such a table, so
//! mail to users depends on it. There is no client for NIS; where a domain is set, such a table
//! cannot be opened.

use crate::{About, Flags, LookupError, Name, OpenError, Owner, Table, log_lines};
use std::sync::Once;

/// A NIS map that nobody serves.
pub(crate) struct NisTable {
    about: About,
}

impl NisTable {
    /// The map, if this host is in no NIS domain. The log says so once.
    ///
    /// # Errors
    /// The host is in a NIS domain.
    pub(crate) fn without_domain(name: &Name, flags: Flags) -> Result<NisTable, OpenError> {
        static WARNED: Once = Once::new();
        // Without this file the kernel has no notion of such a domain.
        let domain = std::fs::read_to_string("/proc/sys/kernel/domainname").unwrap_or_default();
        if !is_unset(&domain) {
            return Err(OpenError::unavailable(format!("nis:{name}: there is no client for NIS")));
        }
        WARNED.call_once(log_lines::no_nis_domain);
        Ok(NisTable { about: About::new("nis", name, flags | Flags::FIXED, Owner::Trusted) })
    }
}

impl Table for NisTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        Ok(None)
    }
}

fn is_unset(domain: &str) -> bool {
    let domain = domain.trim_end();
    domain.is_empty() || domain.eq_ignore_ascii_case("(none)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_domains() {
        for domain in ["", "\n", "(none)\n", "(None)"] {
            assert!(is_unset(domain), "{domain:?}");
        }
        assert!(!is_unset("example\n"));
    }
}
