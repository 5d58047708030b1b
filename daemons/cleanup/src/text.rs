//! Small readings of record data.

/// The data up to a NUL: records of the envelope hold C strings.
pub(crate) fn until_nul(data: &[u8]) -> &[u8] {
    data.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// At most the first `limit` bytes.
pub(crate) fn shorten(data: &[u8], limit: usize) -> &[u8] {
    data.get(..data.len().min(limit)).unwrap_or_default()
}

/// The number that the data starts with, 0 if there is none.
pub(crate) fn leading_number(data: &[u8]) -> i64 {
    queue::file::leading_number(data)
}

/// Digits and nothing else.
pub(crate) fn is_digits(data: &[u8]) -> bool {
    !data.is_empty() && data.iter().all(u8::is_ascii_digit)
}

/// Printable ASCII and nothing else.
pub(crate) fn is_printable(data: &[u8]) -> bool {
    !data.is_empty() && data.iter().all(|byte| (b' '..=b'~').contains(byte))
}

/// Resolves backslash sequences as in C: `\n`, `\012`.
pub(crate) fn unescape(text: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            result.push(byte);
            continue;
        }
        let Some(escaped) = rest.next() else { break };
        result.push(match escaped {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'0'..=b'7' => {
                let mut value = escaped - b'0';
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|digit| (b'0'..=b'7').contains(digit)) else { break };
                    value = value.wrapping_shl(3) | (digit - b'0');
                }
                value
            }
            other => other,
        });
    }
    result
}
