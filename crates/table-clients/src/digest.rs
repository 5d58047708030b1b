//! Message digests by OpenSSL's names, in hexadecimal, for keys that are too long for a server.

use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512To224,
    Sha512To256,
}

impl Algorithm {
    /// The algorithm of a name, in any case.
    pub(crate) fn by_name(name: &str) -> Option<Algorithm> {
        Some(match name.to_ascii_lowercase().as_str() {
            "md5" | "ssl3-md5" => Algorithm::Md5,
            "sha1" | "sha-1" | "ssl3-sha1" => Algorithm::Sha1,
            "sha224" | "sha-224" | "sha2-224" => Algorithm::Sha224,
            "sha256" | "sha-256" | "sha2-256" => Algorithm::Sha256,
            "sha384" | "sha-384" | "sha2-384" => Algorithm::Sha384,
            "sha512" | "sha-512" | "sha2-512" => Algorithm::Sha512,
            "sha512-224" | "sha-512/224" | "sha2-512/224" => Algorithm::Sha512To224,
            "sha512-256" | "sha-512/256" | "sha2-512/256" => Algorithm::Sha512To256,
            _ => return None,
        })
    }

    /// The digest of a text, in lower-case hexadecimal.
    pub(crate) fn hex(self, text: &[u8]) -> Vec<u8> {
        fn digest<D: Digest>(text: &[u8]) -> Vec<u8> {
            D::digest(text).iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
        }
        match self {
            Algorithm::Md5 => digest::<Md5>(text),
            Algorithm::Sha1 => digest::<Sha1>(text),
            Algorithm::Sha224 => digest::<Sha224>(text),
            Algorithm::Sha256 => digest::<Sha256>(text),
            Algorithm::Sha384 => digest::<Sha384>(text),
            Algorithm::Sha512 => digest::<Sha512>(text),
            Algorithm::Sha512To224 => digest::<Sha512_224>(text),
            Algorithm::Sha512To256 => digest::<Sha512_256>(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::ByteSlice;

    #[test]
    fn digests_by_name() {
        let hex = |name: &str| Algorithm::by_name(name).unwrap().hex(b"abc");
        assert_eq!(hex("MD5").as_bstr(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hex("sha1").as_bstr(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(hex("SHA2-256").starts_with(b"ba7816bf"));
        assert_eq!(Algorithm::by_name("nosuch"), None);
    }
}
