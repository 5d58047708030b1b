//! Tables whose values are the contents of files, kept as base64 (`postmap -F`).

use crate::cdb::up_to_null;
use crate::syntax::is_separator;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;

/// Base64 that does not mind stray bits at the end, as the reference.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Reads the files of a list and joins them with newlines. The error is Postfix's text.
fn read_all(names: &[u8]) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let mut count = 0;
    for name in names.split(|&byte| is_separator(byte)).filter(|name| !name.is_empty()) {
        if count > 0 {
            content.push(b'\n');
        }
        count += 1;
        let failed = |what: &str, error: io::Error| {
            format!("{what} {}: {}", log::bytes(name), sys::error_text(&error))
        };
        let mut file = File::open(OsStr::from_bytes(name)).map_err(|error| failed("open", error))?;
        file.read_to_end(&mut content).map_err(|error| failed("read", error))?;
    }
    if count == 0 {
        return Err(format!("empty pathname list: >>{}<<'", log::bytes(names)));
    }
    Ok(content)
}

/// The content of the files that a table's source names, in base64.
pub fn read_base64(names: &[u8]) -> Result<Vec<u8>, String> {
    Ok(BASE64.encode(read_all(names)?).into_bytes())
}

/// The content that a table keeps as base64, up to its first null byte: values are C strings.
pub fn decode(value: &[u8]) -> Result<Vec<u8>, String> {
    BASE64
        .decode(value)
        .map(up_to_null)
        .map_err(|_| format!("malformed BASE64 value: {}", log::bytes(&value[..value.len().min(30)])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn files_become_base64_and_back() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"hello\n").unwrap();
        let path = file.path().to_str().unwrap();
        let encoded = read_base64(format!("{path}, {path}").as_bytes()).unwrap();
        assert_eq!(decode(&encoded).unwrap(), b"hello\n\nhello\n");
        assert_eq!(read_base64(b" , ").unwrap_err(), "empty pathname list: >> , <<'");
        assert_eq!(read_base64(b"/nope").unwrap_err(), "open /nope: No such file or directory");
        assert_eq!(read_base64(b"/").unwrap_err(), "read /: Is a directory");
        assert_eq!(decode(b"a b").unwrap_err(), "malformed BASE64 value: a b");
    }
}
