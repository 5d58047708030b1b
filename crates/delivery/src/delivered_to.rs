//! Delivered-To: headers: a message that comes by a second time for the same address is in a loop.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};

use queue::{Reader, Type};

/// Headers that are remembered; more are no sign of a mail loop but of an attack.
const LIMIT: usize = 1000;
const LABEL: &[u8] = b"delivered-to";

/// The addresses in a message's Delivered-To: headers, in lower case.
#[derive(Debug, Default)]
pub struct DeliveredTo(HashSet<Vec<u8>>);

impl DeliveredTo {
    /// Reads the message's headers.
    pub fn read(file: &File, data_offset: u64) -> Result<DeliveredTo, queue::record::Error> {
        let mut input = file;
        input.seek(SeekFrom::Start(0)).map_err(queue::record::Error::Io)?;
        let mut reader = Reader::new(input);
        reader.seek(data_offset)?;
        let mut found = HashSet::new();
        let mut continues_line = false;
        while found.len() < LIMIT {
            let Some(record) = reader.next_record()? else { break };
            if record.kind != Type::NORM && record.kind != Type::CONT {
                break;
            }
            let continued = std::mem::replace(&mut continues_line, record.kind == Type::CONT);
            if continued || record.data.first().is_some_and(u8::is_ascii_whitespace) {
                continue;
            }
            let Some((label, value)) = header(record.data) else { break };
            if label.eq_ignore_ascii_case(LABEL) {
                found.insert(address::fold(value.trim_ascii_start()));
            }
        }
        Ok(DeliveredTo(found))
    }

    /// Has the message been delivered to this address (in internal form) before?
    pub fn contains(&self, address: &[u8]) -> bool {
        self.0.contains(&address::fold(&address::quote_822(address)))
    }
}

fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|c| *c == b':')?;
    let (label, value) = line.split_at(colon);
    let label = label.trim_ascii_end();
    let is_label = !label.is_empty() && label.iter().all(u8::is_ascii_graphic);
    is_label.then(|| (label, value.get(1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn only_whole_header_lines_count() {
        let mut bytes = Vec::new();
        queue::record::encode(&mut bytes, Type::CONT, b"X: ");
        queue::record::encode(&mut bytes, Type::NORM, b"Delivered-To: two@example.com");
        queue::record::encode(&mut bytes, Type::NORM, b"Delivered-To: One@example.com");
        queue::record::encode(&mut bytes, Type::NORM, b"");
        queue::record::encode(&mut bytes, Type::NORM, b"Delivered-To: three@example.com");
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let seen = DeliveredTo::read(&file, 0).unwrap();
        assert!(seen.contains(b"one@example.com"));
        assert!(!seen.contains(b"two@example.com"));
        assert!(!seen.contains(b"three@example.com"));
    }
}
