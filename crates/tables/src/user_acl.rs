//! Lists of users who may do something: authorized_submit_users and its like.

use crate::{MatchList, Opener};
use sys::User;

/// The name of the user, if the list does not permit that one. A user without a password file entry is `unknown`.
/// A list that cannot be read, or a table that cannot answer, permits nobody; why was logged, or is the error's
/// text.
///
/// # Errors
/// The list cannot be opened; the text is that of a fatal log line.
pub fn denied_user(opener: &Opener, title: &str, list: &str, uid: u32) -> Result<Option<String>, String> {
    // The usual value, decided without a look at the password file.
    if list.starts_with("static:") {
        return Ok(None);
    }
    let name = match User::by_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => "unknown".to_owned(),
    };
    let users = MatchList::strings(opener, title, list).map_err(|error| error.to_string())?;
    match users.matches(name.as_bytes()) {
        Ok(true) => Ok(None),
        _ => Ok(Some(name)),
    }
}
