//! Queue files of Postfix before 1.0 (2001). Their size record is one number, so where the content is and how many
//! recipients there are has to be found by a walk over the file.

use std::io::{Read, Seek};

use queue::file::leading_number;
use queue::{Reader, Type};

use super::{Damaged, QueueFile};
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

/// Walks over the whole file, and leaves the reader where it was. The reference's qmgr(8) ends when such a file is
/// damaged, and again with each new process.
pub(super) fn layout<R: Read + Seek>(
    file: &QueueFile<'_>,
    reader: &mut Reader<R>,
) -> Result<Layout, Damaged> {
    let back_to = reader.offset();
    let mut layout = Layout::default();
    let mut is_complete = false;
    reader.seek(0).map_err(|_| Damaged)?;
    while !is_complete {
        let record = match reader.next_record() {
            Ok(Some(record)) if record.kind != Type(0) => record,
            Ok(_) => break,
            Err(error) => {
                log_lines::record_error(file.path, &error);
                break;
            }
        };
        match record.kind {
            Type::END => is_complete = true,
            Type::RCPT | Type::DONE | Type::DRCP => layout.recipients += 1,
            // The first record of the content says where the last segment begins.
            Type::MESG if layout.data_offset == 0 => {
                let stated = record.text().to_vec();
                let extracted = u64::try_from(leading_number(&stated)).unwrap_or(0);
                layout.data_offset = reader.offset();
                if extracted <= layout.data_offset {
                    log_lines::bad_extra_offset(file.path, &stated);
                    return Err(Damaged);
                }
                layout.data_size = extracted - layout.data_offset;
                reader.seek(extracted).map_err(|_| Damaged)?;
            }
            _ => {}
        }
    }
    if layout.data_offset == 0 || !is_complete {
        log_lines::records_out_of_order(file.id);
        return Err(Damaged);
    }
    reader.seek(back_to).map_err(|_| Damaged)?;
    Ok(layout)
}
