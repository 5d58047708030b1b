//! Strings for JSON output.

/// Appends the text with what JSON wants escaped; bytes that are not UTF-8 stay as they are.
pub fn escape(text: &[u8], result: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            0x08 => result.extend_from_slice(b"\\b"),
            0x0c => result.extend_from_slice(b"\\f"),
            b'\n' => result.extend_from_slice(b"\\n"),
            b'\r' => result.extend_from_slice(b"\\r"),
            b'\t' => result.extend_from_slice(b"\\t"),
            b'"' | b'\\' => result.extend_from_slice(&[b'\\', byte]),
            0..0x20 | 0x7f => result.extend_from_slice(format!("\\u{byte:04X}").as_bytes()),
            _ => result.push(byte),
        }
    }
}

/// One object with one member, as a line.
pub fn member(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut line = b"{\"".to_vec();
    escape(name, &mut line);
    line.extend_from_slice(b"\": \"");
    escape(value, &mut line);
    line.extend_from_slice(b"\"}\n");
    line
}

#[cfg(test)]
mod tests {
    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(super::member(b"a", b"x\t\"\\\x01"), b"{\"a\": \"x\\t\\\"\\\\\\u0001\"}\n");
    }
}
