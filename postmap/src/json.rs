//! JSON strings as the reference writes them: bytes above ASCII stay as they are.

use std::io::{self, Write};

/// Writes a quoted string.
fn write_string(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    out.write_all(b"\"")?;
    for &byte in text {
        match byte {
            0x08 => out.write_all(b"\\b")?,
            0x0c => out.write_all(b"\\f")?,
            b'\n' => out.write_all(b"\\n")?,
            b'\r' => out.write_all(b"\\r")?,
            b'\t' => out.write_all(b"\\t")?,
            0..0x20 | 0x7f => write!(out, "\\u{byte:04X}")?,
            b'\\' | b'"' => out.write_all(&[b'\\', byte])?,
            _ => out.write_all(&[byte])?,
        }
    }
    out.write_all(b"\"")
}

/// Writes `{"key": "value"}` and a newline.
pub(crate) fn write_pair(out: &mut impl Write, key: &[u8], value: &[u8]) -> io::Result<()> {
    out.write_all(b"{")?;
    write_string(out, key)?;
    out.write_all(b": ")?;
    write_string(out, value)?;
    out.write_all(b"}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let mut out = Vec::new();
        write_pair(&mut out, b"a\"\\\x01", "ü\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\"a\\\"\\\\\\u0001\": \"ü\\n\"}\n");
    }
}
