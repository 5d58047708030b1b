//! Lists of users who may do something: authorized_submit_users and its like.

use crate::{MatchList, Opener};
use config::Config;
use params::{Param, Text};
use sys::User;

/// The name of the user, if the list that is the parameter's value does not permit that one. A user without a password file entry is `unknown`.
///
/// # Errors
/// The list cannot be opened, or a table cannot answer; the text is that of a fatal log line.
pub fn denied_user(
    opener: &Opener,
    config: &Config,
    param: &Param<Text>,
    uid: u32,
) -> Result<Option<String>, String> {
    let list = config.bytes(param);
    // The usual value, decided without a look at the password file.
    if list.starts_with(b"static:") {
        return Ok(None);
    }
    let name = match User::by_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => "unknown".to_owned(),
    };
    let users = MatchList::strings(opener, param.name(), list).map_err(|error| error.to_string())?;
    Ok(if users.matches_or_text(name.as_bytes())? { None } else { Some(name) })
}
