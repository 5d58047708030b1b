//! Numbers in an alphabet without vowels, so that queue ids never spell words.

const ALPHABET: &[u8; 52] = b"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

/// Appends `value` in the given base (2 to 52), padded with zeros to at least `width` digits.
pub(crate) fn encode(out: &mut String, mut value: u64, base: u64, width: usize) {
    let mut digits = Vec::with_capacity(12);
    while value != 0 {
        let digit = ALPHABET.get((value % base) as usize).copied().unwrap_or(b'0');
        digits.push(digit);
        value /= base;
    }
    while digits.len() < width {
        digits.push(b'0');
    }
    out.extend(digits.iter().rev().map(|&digit| char::from(digit)));
}

/// The value of `text` in the given base, 0 for an empty one; nothing when it has other characters or does not fit.
pub(crate) fn decode(text: &str, base: u64) -> Option<u64> {
    text.bytes().try_fold(0u64, |sum, byte| {
        let digit = ALPHABET.iter().position(|&known| known == byte)? as u64;
        if digit >= base {
            return None;
        }
        sum.checked_mul(base)?.checked_add(digit)
    })
}
