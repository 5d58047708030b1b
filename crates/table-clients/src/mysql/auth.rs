//! How a client proves to a MySQL server that it knows a password.

use sha1::Sha1;
use sha2::Sha256;
use sha2::digest::Digest;

/// The answer to the server's challenge, by the name of the method. `None` for a method that we do not have.
pub(crate) fn answer(method: &[u8], password: &[u8], challenge: &[u8], is_private: bool) -> Option<Vec<u8>> {
    // The challenge is of 20 bytes; a null byte may follow.
    let challenge = challenge.get(..20).unwrap_or(challenge);
    match method {
        b"mysql_native_password" => Some(scramble::<Sha1>(password, challenge, true)),
        b"caching_sha2_password" => Some(scramble::<Sha256>(password, challenge, false)),
        b"mysql_clear_password" | b"dialog" if is_private => Some([password, b"\0"].concat()),
        _ => None,
    }
}

/// `hash(password) XOR hash(challenge, hash(hash(password)))`, nothing for no password. The two methods have the
/// challenge at different ends.
fn scramble<D: Digest>(password: &[u8], challenge: &[u8], challenge_first: bool) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let once = D::digest(password);
    let twice = D::digest(&once);
    let mask = match challenge_first {
        true => D::new().chain_update(challenge).chain_update(&twice).finalize(),
        false => D::new().chain_update(&twice).chain_update(challenge).finalize(),
    };
    once.iter().zip(mask.iter()).map(|(a, b)| a ^ b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let answer = |method: &[u8], password: &[u8]| answer(method, password, &[7; 21], false);
        assert_eq!(answer(b"mysql_native_password", b""), Some(Vec::new()));
        assert_eq!(answer(b"mysql_native_password", b"x").unwrap().len(), 20);
        assert_eq!(answer(b"caching_sha2_password", b"x").unwrap().len(), 32);
        assert_eq!(answer(b"mysql_clear_password", b"x"), None, "not where others can listen");
    }
}
