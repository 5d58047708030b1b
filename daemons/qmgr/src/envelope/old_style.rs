//! Queue files of Postfix before 1.0 (2001). Their size record is one number, so where the content is and how many
//! recipients there are has to be found by a walk over the file.

use std::io::{Read, Seek};

use queue::{Reader, Type};

use super::Damaged;
use crate::log_lines;

/// What a size record says today.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Where the content starts.
    pub data_offset: u64,
    /// Bytes of the content segment.
    pub data_size: u64,
    /// Recipients, also those that are done.
    pub recipients: i64,
}

/// Walks over the whole file, and leaves the reader where it was. A missing end is for the caller to find.
pub(super) fn layout<R: Read + Seek>(id: &str, reader: &mut Reader<R>) -> Result<Layout, Damaged> {
    let back_to = reader.offset();
    let mut layout = Layout::default();
    reader.seek(0).map_err(|_| Damaged)?;
    while let Ok(Some(record)) = reader.next_raw() {
        match record.kind {
            Type::END => break,
            Type::RCPT | Type::DONE | Type::DRCP => layout.recipients += 1,
            // The first record of the content says where the last segment begins.
            Type::MESG if layout.data_offset == 0 => {
                let stated = record.data.to_vec();
                let extracted = u64::try_from(queue::file::leading_number(&stated)).unwrap_or(0);
                layout.data_offset = reader.offset();
                if extracted <= layout.data_offset {
                    log_lines::bad_extra_offset(id, &stated);
                    return Err(Damaged);
                }
                layout.data_size = extracted - layout.data_offset;
                reader.seek(extracted).map_err(|_| Damaged)?;
            }
            _ => {}
        }
    }
    reader.seek(back_to).map_err(|_| Damaged)?;
    Ok(layout)
}
