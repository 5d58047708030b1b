//! Tables of types that are not in this crate: clients of servers, which are much code.
//!
//! A program has them in one of two ways. It has their code in it and says so with [`plug_in`], as all daemons do. Or
//! it has not, because it starts often or has more rights than its caller; then [`helper`] is a program that has, and
//! that is started only when main.cf names such a table.

pub mod helper;

use crate::{Access, Flags, Name, OpenError, Opener, Table};
use std::sync::{Arc, OnceLock};

/// Opens `kind:name` for one of the types of [`is_plug_in`].
pub type Plug = fn(&Opener, &str, &Name, Access, Flags) -> Result<Arc<dyn Table>, OpenError>;

static PLUG: OnceLock<Plug> = OnceLock::new();

/// Says what opens the types that are not in this crate, once and for all.
pub fn plug_in(plug: Plug) {
    // The first one stays.
    let _ = PLUG.set(plug);
}

/// Whether a type is one that this crate does not have itself.
pub fn is_plug_in(kind: &str) -> bool {
    matches!(kind, "ldap" | "memcache" | "mysql" | "pgsql" | "socketmap" | "sqlite" | "tcp")
}

/// Opens a table of one of these types.
///
/// # Errors
/// The parameters cannot be read or make no sense; or nothing has the type.
pub(crate) fn open(
    opener: &Opener,
    kind: &str,
    name: &Name,
    access: Access,
    flags: Flags,
) -> Result<Arc<dyn Table>, OpenError> {
    if access != Access::Read && kind != "memcache" {
        return Err(OpenError::unavailable(format!("{kind}:{name} map requires O_RDONLY access mode")));
    }
    match PLUG.get() {
        Some(plug) => plug(opener, kind, name, access, flags),
        None => Ok(Arc::new(helper::HelperTable::open(opener, kind, name, flags)?)),
    }
}
