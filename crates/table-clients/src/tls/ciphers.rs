//! Lists of ciphers as OpenSSL writes them: `ECDHE-RSA-AES256-GCM-SHA384:HIGH:!aECDSA`.
//!
//! They choose among the ciphers of TLS 1.2; those of TLS 1.3 are always there.

use rustls::{CipherSuite, SupportedCipherSuite};

/// A cipher of TLS 1.2, its name, and the groups that it is in.
const CIPHERS: &[(CipherSuite, &str, &[&str])] = &[
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        &["aECDSA", "ECDSA", "AES256", "AESGCM", "AES", "SHA384"],
    ),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        &["aECDSA", "ECDSA", "AES128", "AESGCM", "AES", "SHA256"],
    ),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        &["aECDSA", "ECDSA", "CHACHA20"],
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-RSA-AES256-GCM-SHA384",
        &["aRSA", "RSA", "AES256", "AESGCM", "AES", "SHA384"],
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-RSA-AES128-GCM-SHA256",
        &["aRSA", "RSA", "AES128", "AESGCM", "AES", "SHA256"],
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-RSA-CHACHA20-POLY1305",
        &["aRSA", "RSA", "CHACHA20"],
    ),
];

/// Groups that all of them are in.
const ALL: &[&str] =
    &["ALL", "COMPLEMENTOFDEFAULT", "DEFAULT", "HIGH", "kECDHE", "kEECDH", "ECDHE", "EECDH", "TLSv1.2"];

/// The ciphers that a list leaves; `None` if it leaves none of TLS 1.2, which OpenSSL calls `no cipher match`.
pub(super) fn choose(list: &str, all: &[SupportedCipherSuite]) -> Option<Vec<SupportedCipherSuite>> {
    let mut chosen: Vec<CipherSuite> = Vec::new();
    let mut banned: Vec<CipherSuite> = Vec::new();
    for word in list.split([':', ',', ' ', ';']).filter(|word| !word.is_empty()) {
        let (operator, words) = match word.as_bytes() {
            // The order and levels of security are the server's business.
            [b'@', ..] => continue,
            [operator @ (b'!' | b'-' | b'+'), ..] => (*operator, &word[1..]),
            _ => (b' ', word),
        };
        let named = members(words);
        match operator {
            b'!' => banned.extend(named),
            b'-' => chosen.retain(|suite| !named.contains(suite)),
            b'+' => {}
            _ => chosen.extend(named),
        }
    }
    chosen.retain(|suite| !banned.contains(suite));
    let has_any = all.iter().any(|suite| chosen.contains(&suite.suite()));
    let keeps = |suite: &&SupportedCipherSuite| suite.tls13().is_some() || chosen.contains(&suite.suite());
    has_any.then(|| all.iter().filter(keeps).copied().collect())
}

/// The ciphers of a name, or of all these groups: `kECDHE+AESGCM`.
fn members(words: &str) -> Vec<CipherSuite> {
    let is_member = |name: &str, groups: &[&str]| {
        words.split('+').all(|word| word == name || groups.contains(&word) || ALL.contains(&word))
    };
    CIPHERS.iter().filter(|(_, name, groups)| is_member(name, groups)).map(|(suite, ..)| *suite).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::crypto::ring::ALL_CIPHER_SUITES;

    fn count(list: &str) -> Option<usize> {
        let chosen = choose(list, ALL_CIPHER_SUITES)?;
        Some(chosen.iter().filter(|suite| suite.tls13().is_none()).count())
    }

    #[test]
    fn lists() {
        assert_eq!(count("HIGH"), Some(6));
        assert_eq!(count("ECDHE-RSA-AES256-GCM-SHA384:nonsense"), Some(1));
        assert_eq!(count("HIGH:!aRSA:-CHACHA20"), Some(2));
        assert_eq!(count("kECDHE+AESGCM+aRSA@x"), None);
        assert_eq!(count("kECDHE+AESGCM+aRSA"), Some(2));
        assert_eq!(count("NORMAL"), None);
    }
}
