//! Tables without data of their own: `static:`, `environ:`, `unix:`, `fail:`.

use crate::syntax::{strip_group, trim};
use crate::{About, Entry, Flags, LookupError, Name, OpenError, Owner, Seek, Table, file_values, log_lines};
use bstr::ByteSlice;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// `static:value`, `static:{ value }`: one result for every key.
pub(crate) struct StaticTable {
    about: About,
    value: Vec<u8>,
}

impl StaticTable {
    /// Takes the value out of the name.
    pub(crate) fn open(name: &Name, flags: Flags) -> Result<StaticTable, OpenError> {
        let value = match name.as_bytes().first() {
            Some(b'{') => trim(
                strip_group(name.as_bytes())
                    .map_err(|why| OpenError::unavailable(format!("bad static:name syntax: {why}")))?,
            ),
            _ => name.as_bytes(),
        };
        let value = if flags.contains(Flags::SRC_RHS_IS_FILE) {
            file_values::read_base64(value).map_err(OpenError::unavailable)?
        } else {
            value.to_vec()
        };
        let about = About::new("static", name, flags | Flags::FIXED, Owner::Trusted);
        Ok(StaticTable { about, value })
    }
}

impl Table for StaticTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        Ok(Some(self.value.clone()))
    }
}

/// `environ:`: the process's environment.
pub(crate) struct EnvironTable {
    about: About,
}

impl EnvironTable {
    /// The name means nothing.
    pub(crate) fn open(name: &Name, flags: Flags) -> EnvironTable {
        EnvironTable { about: About::new("environ", name, flags | Flags::FIXED, Owner::Trusted) }
    }
}

impl Table for EnvironTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        // The environment of a set-gid command is its caller's to choose; names with these bytes cannot exist.
        if key.is_empty() || key.contains(&b'=') || key.contains(&0) || sys::environment::is_untrusted() {
            return Ok(None);
        }
        Ok(std::env::var_os(OsStr::from_bytes(key)).map(OsStringExt::into_vec))
    }

    /// Succeeds and changes nothing: nobody could see the change of this process's environment.
    fn update(&self, _key: &[u8], _value: &[u8]) -> Result<bool, LookupError> {
        Ok(true)
    }
}

/// Which database `unix:` asks.
#[derive(Clone, Copy)]
enum Database {
    Passwd,
    Group,
}

/// `unix:passwd.byname`, `unix:group.byname`.
pub(crate) struct UnixTable {
    about: About,
    database: Database,
}

impl UnixTable {
    /// Chooses the database.
    pub(crate) fn open(name: &Name, flags: Flags) -> Result<UnixTable, OpenError> {
        let database = match name.as_bytes() {
            b"passwd.byname" => Database::Passwd,
            b"group.byname" => Database::Group,
            _ => return Err(OpenError::unavailable(format!("unknown table: unix:{name}"))),
        };
        let about = About::new("unix", name, flags | Flags::FIXED, Owner::Trusted);
        Ok(UnixTable { about, database })
    }
}

/// A user's passwd(5) line.
fn passwd_line(name: &str) -> nix::Result<Option<Vec<u8>>> {
    Ok(nix::unistd::User::from_name(name)?.map(|user| {
        let mut line = Vec::new();
        let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
        let fields: [&[u8]; 7] = [
            user.name.as_bytes(),
            user.passwd.as_bytes(),
            uid.as_bytes(),
            gid.as_bytes(),
            user.gecos.as_bytes(),
            user.dir.as_os_str().as_bytes(),
            user.shell.as_os_str().as_bytes(),
        ];
        line.extend(fields.join(&b':'));
        line
    }))
}

/// A group's group(5) line.
fn group_line(name: &str) -> nix::Result<Option<Vec<u8>>> {
    Ok(nix::unistd::Group::from_name(name)?.map(|group| {
        let password = group.passwd.to_string_lossy();
        format!("{}:{password}:{}:{}", group.name, group.gid, group.mem.join(",")).into_bytes()
    }))
}

impl Table for UnixTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let Ok(name) = key.to_str() else {
            return Ok(None);
        };
        if name.contains('\0') {
            return Ok(None);
        }
        let (result, which) = match self.database {
            Database::Passwd => (passwd_line(name), "password"),
            Database::Group => (group_line(name), "group"),
        };
        use nix::errno::Errno;
        match result {
            Ok(found) => Ok(found),
            Err(Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM) => Ok(None),
            Err(error) => {
                log_lines::no_password_database(which);
                Err(LookupError::io(&error.into()))
            }
        }
    }
}

/// `fail:`: every request fails. For tests.
pub(crate) struct FailTable {
    about: About,
}

impl FailTable {
    /// The name is for messages.
    pub(crate) fn open(name: &Name, flags: Flags) -> FailTable {
        FailTable { about: About::new("fail", name, flags | Flags::PATTERN, Owner::Trusted) }
    }
}

impl Table for FailTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        Err(LookupError::Retry(None))
    }

    fn update(&self, _key: &[u8], _value: &[u8]) -> Result<bool, LookupError> {
        Err(LookupError::Retry(None))
    }

    fn delete(&self, _key: &[u8]) -> Result<bool, LookupError> {
        Err(LookupError::Retry(None))
    }

    fn sequence(&self, _seek: Seek) -> Result<Option<Entry>, LookupError> {
        Err(LookupError::Retry(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_values() {
        let value = |name: &str| StaticTable::open(&name.into(), Flags::NONE).unwrap().value;
        assert_eq!(value("a b"), b"a b");
        assert_eq!(value("{ a b }"), b"a b");
        let error = StaticTable::open(&"{a".into(), Flags::NONE).err().unwrap();
        assert_eq!(error.text, "bad static:name syntax: missing '}' in \"{a\"");
    }

    #[test]
    fn unix_lines() {
        let table = UnixTable::open(&"passwd.byname".into(), Flags::NONE).unwrap();
        let line = table.lookup(b"root").unwrap().unwrap();
        assert!(line.starts_with(b"root:x:0:0:"), "{}", line.as_bstr());
        assert_eq!(table.lookup(b"no such user here"), Ok(None));
    }
}
