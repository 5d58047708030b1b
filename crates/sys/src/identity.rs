//! Who a process is: passwd and group look-ups, permanent and temporary changes of identity.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use nix::unistd::{Gid, Uid, getegid, geteuid, setegid, seteuid, setgid, setgroups, setuid};

/// A line of the passwd database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// The "gecos" field: full name and more.
    pub gecos: OsString,
    /// Home directory.
    pub home: PathBuf,
    /// Login shell.
    pub shell: PathBuf,
}

impl User {
    /// Looks a user up by name; `None` if there is no such user.
    ///
    /// # Errors
    /// The database could not be asked (which is not the same as "not there").
    pub fn by_name(name: &str) -> io::Result<Option<User>> {
        found(nix::unistd::User::from_name(name)).map(|user| user.map(User::from))
    }

    /// Looks a user up by id; `None` if there is no such user.
    ///
    /// # Errors
    /// The database could not be asked.
    pub fn by_uid(uid: u32) -> io::Result<Option<User>> {
        found(nix::unistd::User::from_uid(Uid::from_raw(uid))).map(|user| user.map(User::from))
    }
}

impl From<nix::unistd::User> for User {
    fn from(user: nix::unistd::User) -> User {
        use std::os::unix::ffi::OsStringExt;
        User {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            gecos: OsString::from_vec(user.gecos.into_bytes()),
            home: user.dir,
            shell: user.shell,
        }
    }
}

/// A line of the group database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Group name.
    pub name: String,
    /// Group id.
    pub gid: u32,
    /// Names of the members.
    pub members: Vec<String>,
}

impl Group {
    /// Looks a group up by name; `None` if there is no such group.
    ///
    /// # Errors
    /// The database could not be asked.
    pub fn by_name(name: &str) -> io::Result<Option<Group>> {
        found(nix::unistd::Group::from_name(name)).map(|group| group.map(Group::from))
    }

    /// Looks a group up by id; `None` if there is no such group.
    ///
    /// # Errors
    /// The database could not be asked.
    pub fn by_gid(gid: u32) -> io::Result<Option<Group>> {
        found(nix::unistd::Group::from_gid(Gid::from_raw(gid))).map(|group| group.map(Group::from))
    }
}

impl From<nix::unistd::Group> for Group {
    fn from(group: nix::unistd::Group) -> Group {
        Group { name: group.name, gid: group.gid.as_raw(), members: group.mem }
    }
}

// getpwnam_r(3) lists the errors that mean "not found" besides the plain empty answer.
fn found<T>(result: nix::Result<Option<T>>) -> io::Result<Option<T>> {
    use nix::errno::Errno;
    match result {
        Ok(entry) => Ok(entry),
        Err(Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives up the present identity for good: group, supplementary groups (just that group), then user.
///
/// # Errors
/// The kernel refused a step. The process is then in between, and should end.
pub fn set_ugid(uid: u32, gid: u32) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    if !geteuid().is_root() {
        // A process with a saved root id takes it back for the moment of the change.
        let _ = seteuid(Uid::from_raw(0));
    }
    setgid(gid)?;
    setgroups(&[gid])?;
    setuid(uid)?;
    Ok(())
}

/// The process acts as another user while this value lives (`seteuid(2)`): all threads of it.
#[derive(Debug)]
#[must_use = "the identity goes back when this value is dropped"]
pub struct EffectiveIds {
    uid: Uid,
    gid: Gid,
}

impl EffectiveIds {
    /// Takes on an effective user and group (and that group alone as supplementary group).
    ///
    /// # Errors
    /// The kernel refused a step; the identity from before is restored.
    pub fn become_user(uid: u32, gid: u32) -> io::Result<EffectiveIds> {
        let before = EffectiveIds { uid: geteuid(), gid: getegid() };
        // On failure `before` is dropped, which restores.
        take(Uid::from_raw(uid), Gid::from_raw(gid))?;
        Ok(before)
    }
}

impl Drop for EffectiveIds {
    fn drop(&mut self) {
        if take(self.uid, self.gid).is_err() {
            // Going on as somebody else would be a hole. There is no way to report from here.
            std::process::abort();
        }
    }
}

fn take(uid: Uid, gid: Gid) -> nix::Result<()> {
    if geteuid() == uid && getegid() == gid {
        return Ok(());
    }
    if !geteuid().is_root() {
        seteuid(Uid::from_raw(0))?;
    }
    setegid(gid)?;
    setgroups(&[gid])?;
    if !uid.is_root() {
        seteuid(uid)?;
    }
    Ok(())
}

/// Who started the process.
pub fn real_uid() -> u32 {
    nix::unistd::getuid().as_raw()
}

/// The group of who started the process.
pub fn real_gid() -> u32 {
    nix::unistd::getgid().as_raw()
}

/// Whose rights the process has.
pub fn effective_uid() -> u32 {
    geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_found_both_ways() {
        let user = User::by_name("root").unwrap().unwrap();
        assert_eq!((user.uid, user.gid), (0, 0));
        assert_eq!(User::by_uid(0).unwrap().unwrap().name, "root");
        assert_eq!(Group::by_gid(0).unwrap().unwrap().name, "root");
    }

    #[test]
    fn an_unknown_name_is_not_an_error() {
        assert_eq!(User::by_name("no-such-user-here").unwrap(), None);
    }
}
