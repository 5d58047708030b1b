//! What is known about the recipient that is being delivered to. Expansion goes down a tree of aliases, forward files and
//! include files; each level has a copy of its own, so that nothing leaks from one branch into another.

use std::path::PathBuf;

use ipc::deliver::Recipient;
use sys::User;

use crate::settings::Source;

/// The recipient, and how we came to it.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// Depth of the expansion.
    pub(crate) level: u32,
    /// The recipient of the moment.
    pub(crate) recipient: Recipient,
    /// Who is told about failures: the envelope sender, or a list's owner.
    pub(crate) sender: Vec<u8>,
    /// DSN envelope id, unless a list stands between.
    pub(crate) dsn_envid: Vec<u8>,
    /// DSN return flag, unless a list stands between.
    pub(crate) dsn_ret: i32,
    /// Local part, lower case.
    pub(crate) local: Vec<u8>,
    /// Domain, lower case.
    pub(crate) domain: Option<Vec<u8>>,
    /// Local part without extension.
    pub(crate) user: Vec<u8>,
    /// The extension, without its delimiter.
    pub(crate) extension: Option<Vec<u8>>,
    /// The extension that was not matched by a look-up, to be passed on.
    pub(crate) unmatched: Option<Vec<u8>>,
    /// The list owner, or user, on whose behalf mail is forwarded.
    pub(crate) owner: Option<Vec<u8>>,
    /// The address for the Delivered-To: header.
    pub(crate) delivered: Option<Vec<u8>>,
    /// From what this recipient was expanded.
    pub(crate) source: Option<Source>,
    /// The name that was expanded last: an alias that contains itself means the user.
    pub(crate) expanded_from: Option<Vec<u8>>,
}

impl State {
    /// A recipient as the queue manager sent it.
    pub(crate) fn new(recipient: Recipient, sender: &[u8], dsn_envid: &[u8], dsn_ret: i32) -> State {
        State {
            level: 0,
            recipient,
            sender: sender.to_vec(),
            dsn_envid: dsn_envid.to_vec(),
            dsn_ret,
            local: Vec::new(),
            domain: None,
            user: Vec::new(),
            extension: None,
            unmatched: None,
            owner: None,
            delivered: None,
            source: None,
            expanded_from: None,
        }
    }

    /// One level down.
    pub(crate) fn deeper(&self) -> State {
        State { level: self.level + 1, ..self.clone() }
    }

    /// The user as text, for look-ups in the password database.
    pub(crate) fn user_text(&self) -> String {
        String::from_utf8_lossy(&self.user).into_owned()
    }

    /// The character that split the extension off.
    pub(crate) fn delimiter(&self) -> Option<u8> {
        self.local.get(self.user.len()).copied()
    }
}

/// Whose rights files are opened and commands are run with. Nobody's in particular (`uid` 0) for root's aliases:
/// default_privs then.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) home: Option<PathBuf>,
    pub(crate) login: Option<String>,
    pub(crate) shell: Option<PathBuf>,
}

impl From<User> for Rights {
    fn from(user: User) -> Rights {
        Rights {
            uid: user.uid,
            gid: user.gid,
            home: Some(user.home),
            login: Some(user.name),
            shell: Some(user.shell),
        }
    }
}
