//! What is said of names.

use crate::NoDomain;

/// Why a name that is not ASCII is no host's, if it was not said before.
pub(crate) fn no_domain(NoDomain(why): &NoDomain) {
    if let Some(why) = why {
        log::warn!("{why}");
    }
}
