//! Which senders a user may use: local_login_sender_maps.

use address::{Delimiter, quote_822};
use config::Config;
use sys::User;
use tables::{Ask, Flags, Maps, Opener};

/// The answer.
pub(crate) enum Access {
    /// The user may.
    Granted,
    /// The user may not; the text says so.
    Denied(String),
    /// Nobody knows now; the text says why.
    Unknown(String),
}

/// Everybody may use every sender; no list had to be asked.
const UNRESTRICTED: &str = "static:*";

/// Whether a user may use a sender address (internal form). The error is the text of a fatal log line: the list cannot be
/// opened.
pub(crate) fn check(config: &Config, uid: u32, sender: &[u8]) -> Result<Access, String> {
    let param = &params::LOCAL_LOGIN_SENDER_MAPS;
    let list = config.bytes(param);
    if list == UNRESTRICTED.as_bytes() {
        return Ok(Access::Granted);
    }
    let login = match User::by_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => format!("uid:{uid}"),
    };
    let opener = Opener::for_command(config);
    let maps = Maps::open(&opener, param.name(), &list, Flags::LOCK | Flags::FOLD_FIX | Flags::UTF8_REQUEST)
        .map_err(|error| error.text)?;
    Ok(match maps.find(login.as_bytes(), Ask::All) {
        Err(_) => Access::Unknown(format!("{} table lookup error for '{}'", param.name(), log::bytes(&list))),
        Ok(Some(patterns)) if matches(config, &patterns, sender) => Access::Granted,
        Ok(_) => {
            Access::Denied(format!("not authorized to use sender='{}'", String::from_utf8_lossy(sender)))
        }
    })
}

fn matches(config: &Config, patterns: &[u8], sender: &[u8]) -> bool {
    let empty_key = config.get(&params::EMPTY_ADDRESS_LOCAL_LOGIN_SENDER_MAPS_LOOKUP_KEY);
    let double_bounce = config.get(&params::DOUBLE_BOUNCE_SENDER);
    let delimiter =
        Delimiter::new(config.get(&params::RECIPIENT_DELIMITER).as_bytes(), double_bounce.as_bytes());
    let stripped = delimiter.strip(sender).map_or_else(|| sender.to_vec(), |(stripped, _)| stripped);
    let external = quote_822(&stripped);
    let domain = sender.iter().rposition(|&byte| byte == b'@').and_then(|at| sender.get(at..));
    split_patterns(patterns).iter().any(|pattern| match pattern.as_slice() {
        [b'@', ..] => domain.is_some_and(|domain| address::eq_fold(pattern, domain)),
        b"*" => true,
        pattern if pattern.eq_ignore_ascii_case(empty_key.as_bytes()) => sender.is_empty(),
        pattern => address::eq_fold(pattern, &external),
    })
}

/// Words separated by commas and white space; what stands in double quotes is not split.
fn split_patterns(text: &[u8]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word = Vec::new();
    let mut quoted = false;
    let mut escaped = false;
    for &byte in text {
        let separates = matches!(byte, b',' | b' ' | b'\t' | b'\r' | b'\n');
        if separates && !quoted {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = byte == b'\\' && !escaped;
        word.push(byte);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::split_patterns;

    #[test]
    fn quotes_keep_a_pattern_together() {
        let words = split_patterns(b"a@b, \"c d\"@e  @f");
        assert_eq!(words, [&b"a@b"[..], b"\"c d\"@e", b"@f"]);
    }
}
