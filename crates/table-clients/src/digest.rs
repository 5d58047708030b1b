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

/// The inner half of KMAC: a Keccak sponge whose last block is padded as cSHAKE's (NIST SP 800-185). `RATE` is the length
/// of a block, bytes, and `LENGTH` that of the digest, which is less.
fn keccak_kmac<const RATE: usize, const LENGTH: usize>(text: &[u8]) -> Option<Vec<u8>> {
    let mut padded = [text, &[0x04]].concat();
    padded.resize(padded.len().next_multiple_of(RATE), 0);
    *padded.last_mut()? |= 0x80;
    let mut state = [0_u64; 25];
    for block in padded.chunks_exact(RATE) {
        for (lane, bytes) in state.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane ^= u64::from_le_bytes(*bytes);
        }
        keccak::Keccak::new().with_f1600(|permute| permute(&mut state));
    }
    Some(state.iter().flat_map(|lane| lane.to_le_bytes()).take(LENGTH).collect())
}

fn of_any_length(_text: &[u8]) -> Option<Vec<u8>> {
    None
}

fn empty(_text: &[u8]) -> Option<Vec<u8>> {
    Some(Vec::new())
}

/// The digests of OpenSSL's default provider, with all their names. By experiment with OpenSSL 3.6.
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
    (&["KECCAK-KMAC-128", "KECCAK-KMAC128"], keccak_kmac::<168, 32>),
    (&["KECCAK-KMAC-256", "KECCAK-KMAC256"], keccak_kmac::<136, 64>),
    (&["BLAKE2B-512", "BLAKE2b512", "1.3.6.1.4.1.1722.12.2.1.16"], of::<Blake2b512>),
    (&["BLAKE2S-256", "BLAKE2s256", "1.3.6.1.4.1.1722.12.2.2.8"], of::<Blake2s256>),
    (&["RIPEMD-160", "RIPEMD160", "RIPEMD", "RMD160", "1.3.36.3.2.1"], of::<Ripemd160>),
    (&["SM3", "1.2.156.10197.1.401"], of::<Sm3>),
    (&["NULL"], empty),
];

/// Digests that OpenSSL knows by name only, with the numbers that it has for them in its messages.
const UNAVAILABLE: &[(&str, u32)] = &[("MD4", 98), ("WHIRLPOOL", 97)];

fn known(name: &str) -> Option<Compute> {
    let has_name =
        |(names, _): &&(&[&str], Compute)| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    DIGESTS.iter().find(has_name).map(|(_, compute)| *compute)
}

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
    /// There is none of that name; the lines that OpenSSL says then.
    pub(crate) fn by_name(name: &str) -> Result<Algorithm, Vec<String>> {
        if let Some(compute) = known(name) {
            return Ok(Algorithm { name: name.to_owned(), compute });
        }
        let mut lines = Vec::new();
        // A colon ends names in OpenSSL's own tables, and so in its first look.
        if name.split_once(':').is_some_and(|(start, _)| known(start).is_some()) {
            lines.push(format!(
                "error:0308010D:digital envelope routines::fetch failed:../crypto/evp/evp_fetch.c:352:\
                 Algorithm {name} cannot be found:"
            ));
        }
        let unavailable = UNAVAILABLE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let number = unavailable.map_or(0, |(_, number)| *number);
        lines.push(format!(
            "error:0308010C:digital envelope routines::unsupported:../crypto/evp/evp_fetch.c:376:\
             Global default library context, Algorithm ({name} : {number}), Properties (<null>):"
        ));
        Err(lines)
    }

    /// The name by which it was asked for.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The digest of a text, in lower-case hexadecimal; none where OpenSSL fails.
    pub(crate) fn hex(&self, text: &[u8]) -> Option<Vec<u8>> {
        let digest = (self.compute)(text)?;
        Some(hex(&digest).map(|digit| digit as u8).collect())
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> impl Iterator<Item = char> {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(move |byte| [digit(byte >> 4), digit(byte & 15)])
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
        assert!(Algorithm::by_name("MD4").unwrap_err()[0].contains("(MD4 : 98)"));
        assert_eq!(Algorithm::by_name("sha1:x").unwrap_err().len(), 2);
        assert_eq!(Algorithm::by_name("x:sha1").unwrap_err().len(), 1);
    }

    /// By experiment with OpenSSL 3.6.
    #[test]
    fn inner_halves_of_kmac() {
        let hex = |name: &str, text: &[u8]| {
            Algorithm::by_name(name).unwrap().hex(text).map(|hex| String::from_utf8(hex).unwrap())
        };
        assert_eq!(
            hex("keccak-kmac-128", b"ax").as_deref(),
            Some("925f34c85ef0d8ea6cfdd9f940beead30cdc373e75d33e02b5fba61d60b1e998")
        );
        let long = [b'a'; 301];
        assert_eq!(
            hex("keccak-kmac128", &long).as_deref(),
            Some("56e2c4aa2e6293db0a263346878d5fcf93ef70f8a8acd9e5930c9f0a206f1f5e")
        );
        assert!(hex("keccak-kmac-256", b"a").unwrap().starts_with("9031d3b59bb339ac0bcd6254b5fdf146"));
    }
}
