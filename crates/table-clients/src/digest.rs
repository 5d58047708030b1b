//! Message digests by OpenSSL's names, in hexadecimal, for keys that are too long for a server.

use blake2::{Blake2b512, Blake2s256};
use md5::Md5;
use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use sha3::{Keccak224, Keccak256, Keccak384, Keccak512, Sha3_224, Sha3_256, Sha3_384, Sha3_512};
use sm3::Sm3;

/// Gives the digest of a text; nothing where OpenSSL fails to, because the digest has no length of its own.
type Compute = fn(&[u8]) -> Option<Vec<u8>>;

fn of<D: Digest>(text: &[u8]) -> Option<Vec<u8>> {
    Some(D::digest(text).to_vec())
}

fn sha256_to_192(text: &[u8]) -> Option<Vec<u8>> {
    Sha256::digest(text).get(..24).map(<[u8]>::to_vec)
}

fn md5_and_sha1(text: &[u8]) -> Option<Vec<u8>> {
    Some([Md5::digest(text).as_slice(), Sha1::digest(text).as_slice()].concat())
}

fn of_any_length(_text: &[u8]) -> Option<Vec<u8>> {
    None
}

fn empty(_text: &[u8]) -> Option<Vec<u8>> {
    Some(Vec::new())
}

/// The digests of OpenSSL's default provider, with all their names, without the inner half of KMAC. By experiment with
/// OpenSSL 3.6.
#[rustfmt::skip] // A digest a line.
const DIGESTS: &[(&[&str], Compute)] = &[
    (&["MD5", "SSL3-MD5", "1.2.840.113549.2.5"], of::<Md5>),
    (&["MD5-SHA1"], md5_and_sha1),
    (&["SHA1", "SHA-1", "SSL3-SHA1", "1.3.14.3.2.26"], of::<Sha1>),
    (&["SHA2-224", "SHA-224", "SHA224", "2.16.840.1.101.3.4.2.4"], of::<Sha224>),
    (&["SHA2-256", "SHA-256", "SHA256", "2.16.840.1.101.3.4.2.1"], of::<Sha256>),
    (&["SHA2-256/192", "SHA-256/192", "SHA256-192"], sha256_to_192),
    (&["SHA2-384", "SHA-384", "SHA384", "2.16.840.1.101.3.4.2.2"], of::<Sha384>),
    (&["SHA2-512", "SHA-512", "SHA512", "2.16.840.1.101.3.4.2.3"], of::<Sha512>),
    (&["SHA2-512/224", "SHA-512/224", "SHA512-224", "2.16.840.1.101.3.4.2.5"], of::<Sha512_224>),
    (&["SHA2-512/256", "SHA-512/256", "SHA512-256", "2.16.840.1.101.3.4.2.6"], of::<Sha512_256>),
    (&["SHA3-224", "2.16.840.1.101.3.4.2.7"], of::<Sha3_224>),
    (&["SHA3-256", "2.16.840.1.101.3.4.2.8"], of::<Sha3_256>),
    (&["SHA3-384", "2.16.840.1.101.3.4.2.9"], of::<Sha3_384>),
    (&["SHA3-512", "2.16.840.1.101.3.4.2.10"], of::<Sha3_512>),
    (&["SHAKE-128", "SHAKE128", "2.16.840.1.101.3.4.2.11"], of_any_length),
    (&["SHAKE-256", "SHAKE256", "2.16.840.1.101.3.4.2.12"], of_any_length),
    (&["KECCAK-224"], of::<Keccak224>),
    (&["KECCAK-256"], of::<Keccak256>),
    (&["KECCAK-384"], of::<Keccak384>),
    (&["KECCAK-512"], of::<Keccak512>),
    (&["BLAKE2B-512", "BLAKE2b512", "1.3.6.1.4.1.1722.12.2.1.16"], of::<Blake2b512>),
    (&["BLAKE2S-256", "BLAKE2s256", "1.3.6.1.4.1.1722.12.2.2.8"], of::<Blake2s256>),
    (&["RIPEMD-160", "RIPEMD160", "RIPEMD", "RMD160", "1.3.36.3.2.1"], of::<Ripemd160>),
    (&["SM3", "1.2.156.10197.1.401"], of::<Sm3>),
    (&["NULL"], empty),
];

/// Digests that OpenSSL knows by name only, with the numbers that it has for them in its messages.
const UNAVAILABLE: &[(&str, u32)] = &[("MD4", 98), ("WHIRLPOOL", 97)];

/// A digest algorithm.
#[derive(Debug)]
pub(crate) struct Algorithm {
    name: String,
    compute: Compute,
}

impl Algorithm {
    /// The algorithm of a name, in any case.
    ///
    /// # Errors
    /// There is none of that name; what OpenSSL says then.
    pub(crate) fn by_name(name: &str) -> Result<Algorithm, String> {
        let is_it = |known: &&str| known.eq_ignore_ascii_case(name);
        if let Some((_, compute)) = DIGESTS.iter().find(|(names, _)| names.iter().any(is_it)) {
            return Ok(Algorithm { name: name.to_owned(), compute: *compute });
        }
        let number = UNAVAILABLE.iter().find(|(known, _)| is_it(known)).map_or(0, |(_, number)| *number);
        Err(format!(
            "error:0308010C:digital envelope routines::unsupported:../crypto/evp/evp_fetch.c:376:\
             Global default library context, Algorithm ({name} : {number}), Properties (<null>):"
        ))
    }

    /// The name by which it was asked for.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The digest of a text, in lower-case hexadecimal; none where OpenSSL fails.
    pub(crate) fn hex(&self, text: &[u8]) -> Option<Vec<u8>> {
        let digest = (self.compute)(text)?;
        Some(digest.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By experiment with OpenSSL 3.6: the digests of `x`.
    #[test]
    fn digests_by_name() {
        let hex = |name: &str| {
            Algorithm::by_name(name).unwrap().hex(b"x").map(|hex| String::from_utf8(hex).unwrap())
        };
        for (name, start) in [
            ("md5-sha1", "9dd4e461268c8034f5c8564e155c67a611f6ad8ec52a2984abaafd7c3b516503785c2072"),
            ("1.3.14.3.2.26", "11f6ad8ec52a2984abaafd7c3b516503785c2072"),
            ("SHA2-256/192", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db"),
            ("sha3-256", "741efa311f97686956946758e0d95f70f11ff2da4f2feb7c54314f44134ac49f"),
            ("keccak-224", "7e6d991ea0763d4b1daa38caacb0b2f92c90f2b80cad75518bc8b544"),
            ("rmd160", "11ff33c6fb942655efb3e30cf4c0fd95f5ef483a"),
            ("sm3", "b9e036c07be7c1df36f69e63504da93b25f477601dc566253c0af43663583f84"),
            ("blake2s256", "ec308c07c83582c663e922066c44923bf71bc104ffb82479fb06dc22503c9b0c"),
            ("null", ""),
        ] {
            assert_eq!(hex(name).as_deref(), Some(start), "{name}");
        }
        assert_eq!(hex("shake128"), None);
        assert!(Algorithm::by_name("MD4").unwrap_err().contains("(MD4 : 98)"));
    }
}
