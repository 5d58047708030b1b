//! VERP: the recipient's address inside the sender's, VERP_README.

/// `sender` with the recipient in it: `owner-list` + `user@example.com` gives `owner-list+user=example.com@domain` for the
/// delimiters `+=`. `original` is preferred to `address` if there is one.
pub fn sender(delimiters: &[u8], sender: &[u8], original: &[u8], address: &[u8]) -> Vec<u8> {
    let recipient = if original.is_empty() { address } else { original };
    let (sender_local, sender_domain) = address::split_at(sender);
    let (local, domain) = address::split_at(recipient);
    let mut out = sender_local.to_vec();
    out.extend(delimiters.first());
    out.extend_from_slice(local);
    if let Some(domain) = domain.filter(|domain| !domain.is_empty()) {
        out.extend(delimiters.get(1));
        out.extend_from_slice(domain);
    }
    if let Some(domain) = sender_domain.filter(|domain| !domain.is_empty()) {
        out.push(b'@');
        out.extend_from_slice(domain);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_recipient_is_in_the_sender() {
        let made = super::sender(b"+=", b"owner-list@example.org", b"", b"user@example.com");
        assert_eq!(made, b"owner-list+user=example.com@example.org");
        assert_eq!(super::sender(b"+=", b"owner", b"", b"user"), b"owner+user");
    }
}
