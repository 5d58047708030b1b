//! Giving up rights: chroot(2) and the mail system's own user.

use std::path::Path;

use crate::Fatal;

/// Goes into the jail, if there is one, and becomes the user, if there is one. The user is looked up before.
pub(crate) fn enter(jail: Option<&Path>, user: Option<&str>) -> Result<(), Fatal> {
    let user = match user {
        None => None,
        Some(name) => Some(take_groups(name)?),
    };
    if let Some(directory) = jail {
        sys::chroot(directory).map_err(|error| {
            Fatal::new(format_args!("chroot({}): {}", directory.display(), sys::error_text(&error)))
        })?;
    }
    if let Some(uid) = user {
        nix::unistd::setuid(nix::unistd::Uid::from_raw(uid))
            .map_err(|errno| Fatal::new(format_args!("setuid({uid}): {}", sys::errno_text(errno))))?;
    }
    if log::verbose() > 1 {
        let jail = jail.map_or("(none)".into(), |path| path.to_string_lossy());
        log::info!("chroot {jail} user {}", user.map_or("(none)".to_owned(), |uid| uid.to_string()));
    }
    Ok(())
}

// The primary group and all supplementary groups of the user; gives the user id.
fn take_groups(name: &str) -> Result<u32, Fatal> {
    let user = sys::User::by_name(name)
        .ok()
        .flatten()
        .ok_or_else(|| Fatal::new(format_args!("unknown user: {name}")))?;
    let gid = nix::unistd::Gid::from_raw(user.gid);
    nix::unistd::setgid(gid)
        .map_err(|errno| Fatal::new(format_args!("setgid({gid}): {}", sys::errno_text(errno))))?;
    let name = std::ffi::CString::new(name).map_err(|_| Fatal::new("unknown user"))?;
    nix::unistd::initgroups(&name, gid)
        .map_err(|errno| Fatal::new(format_args!("initgroups: {}", sys::errno_text(errno))))?;
    Ok(user.uid)
}
