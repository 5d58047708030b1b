//! What agents that write mailboxes do before the first delivery: a bound on the size of files, and the mail system's
//! owner as the identity for everything that is not a recipient's.

use config::Config;
use params::{Long, Param};
use sys::process::Resource;
use sys::{EffectiveIds, User};

use crate::Fatal;

/// Limits the size of the files that this process writes to a mailbox size limit (bytes, 0 for none), which guards
/// against a process gone wild.
///
/// # Errors
/// The limit does not fit `message_size_limit`, or the system refuses it.
pub fn limit_file_size(config: &Config, limit: &Param<Long>) -> Result<(), Fatal> {
    let mailbox = config.get(limit);
    let message = config.get(&params::MESSAGE_SIZE_LIMIT);
    let (mailbox_name, message_name) = (limit.name(), params::MESSAGE_SIZE_LIMIT.name());
    if mailbox <= 0 {
        return Ok(());
    }
    if message <= 0 {
        return Err(Fatal(format!(
            "configuration error: {mailbox_name} is limited but {message_name} is unlimited"
        )));
    }
    if mailbox < message {
        return Err(Fatal(format!("configuration error: {mailbox_name} is smaller than {message_name}")));
    }
    sys::set_limit(Resource::RLIMIT_FSIZE, u64::try_from(mailbox).ok())
        .map_err(|error| Fatal(format!("setrlimit: {}", sys::error_text(&error))))
}

/// The mail system's owner: user and group. Looked up before the jail, where there are no users.
///
/// # Errors
/// There is no such user.
pub fn owner(config: &Config) -> Result<(u32, u32), Fatal> {
    let name = config.get(&params::MAIL_OWNER);
    let user = User::by_name(name).ok().flatten();
    let user = user.ok_or_else(|| Fatal(format!("unknown mail_owner user: {name}")))?;
    Ok((user.uid, user.gid))
}

/// Acts as the owner, with root's rights in reserve, for as long as the value lives.
///
/// # Errors
/// The system refuses it.
pub fn act_as((uid, gid): (u32, u32)) -> Result<EffectiveIds, Fatal> {
    EffectiveIds::become_user(uid, gid)
        .map_err(|error| Fatal(format!("set_eugid: euid {uid} egid {gid}: {}", sys::error_text(&error))))
}
