//! Writes a notice into cleanup(8), piece by piece: logs and messages may be large.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};

use ipc::deliver::{Dsn, Recipient};
use ipc::post_mail::Posting;
use queue::{Reader, Type};

use crate::log_file::LogReader;
use crate::log_lines::{self, NoticeKind};
use crate::notice::{Attach, Notice, is_header};
use crate::original::Original;

/// One notice to one person.
pub struct Letter<'a> {
    /// As the log has it.
    pub kind: NoticeKind,
    /// The envelope sender.
    pub from: &'a [u8],
    /// The envelope recipient.
    pub to: &'a [u8],
    /// With the postmaster's subject.
    pub is_postmaster_copy: bool,
    /// With the template's text.
    pub has_boilerplate: bool,
    /// What of the message goes with it.
    pub attach: Attach,
}

/// About whom.
pub enum Entries<'a> {
    /// Those of a log who wanted to be told about this.
    Log(&'a mut Option<LogReader>, i32),
    /// This one.
    One(&'a Recipient, &'a Dsn),
}

/// Whether there was something to write about.
pub enum Composed {
    /// Yes, and it is written.
    Whole,
    /// No recipient wanted it.
    Nobody,
}

/// Text is handed to cleanup(8) in pieces of about this size.
const CHUNK: usize = 32 * 1024;

/// Writes a notice.
pub async fn compose(
    notice: &Notice<'_>,
    original: &Original,
    letter: &Letter<'_>,
    mut entries: Entries<'_>,
    posting: &mut Posting,
) -> Result<Composed, ipc::Error> {
    let mut out = Vec::new();
    notice.headers(&mut out, letter.to, letter.is_postmaster_copy);
    if letter.has_boilerplate {
        notice.boilerplate(&mut out);
    }
    let has_log = !matches!(entries, Entries::Log(None, _)) || notice.report_unavailable(&mut out);
    if !has_log || !list(notice, &mut entries, posting, &mut out, Notice::recipient_text).await? {
        put_lines(posting, &mut out).await?;
        return Ok(Composed::Nobody);
    }
    notice.report_headers(&mut out);
    if !list(notice, &mut entries, posting, &mut out, Notice::recipient_report).await? {
        return Ok(Composed::Nobody);
    }
    let attach = notice.attachment(letter.attach);
    let follows = notice.original_headers(&mut out, attach);
    put_lines(posting, &mut out).await?;
    if let Some(file) = original.file.as_ref().filter(|_| follows) {
        copy_original(file, original, attach, posting).await?;
        notice.end(&mut out);
        put_lines(posting, &mut out).await?;
    }
    Ok(Composed::Whole)
}

type Describe<'n> = fn(&Notice<'n>, &mut Vec<u8>, &Recipient, &Dsn);

/// Describes each recipient that the notice is about; false if there is none.
async fn list<'n>(
    notice: &Notice<'n>,
    entries: &mut Entries<'_>,
    posting: &mut Posting,
    out: &mut Vec<u8>,
    describe: Describe<'n>,
) -> Result<bool, ipc::Error> {
    let (reader, filter) = match entries {
        Entries::One(recipient, dsn) => {
            describe(notice, out, recipient, dsn);
            return Ok(true);
        }
        Entries::Log(reader, filter) => (reader, *filter),
    };
    // Without a log, the notice says so in place of a list.
    let Some(reader) = reader.as_mut() else { return Ok(true) };
    reader.rewind()?;
    let mut found = false;
    while let Some((recipient, dsn)) = reader.next_entry()? {
        if recipient.dsn_notify == 0 || recipient.dsn_notify & filter != 0 {
            found = true;
            describe(notice, out, &recipient, &dsn);
            if out.len() > CHUNK {
                put_lines(posting, out).await?;
            }
        }
    }
    Ok(found)
}

async fn put_lines(posting: &mut Posting, out: &mut Vec<u8>) -> Result<(), ipc::Error> {
    for line in out.split_inclusive(|c| *c == b'\n') {
        posting.line(line.strip_suffix(b"\n").unwrap_or(line)).await?;
    }
    out.clear();
    Ok(())
}

async fn copy_original(
    file: &File,
    original: &Original,
    attach: Attach,
    posting: &mut Posting,
) -> Result<(), ipc::Error> {
    let mut input = file;
    input.seek(SeekFrom::Start(0))?;
    let mut reader = Reader::new(input);
    reader.seek(original.data_offset)?;
    // A damaged message is returned as far as it can be read.
    loop {
        let record = match reader.next_record() {
            Ok(Some(record)) if [Type::NORM, Type::CONT].contains(&record.kind) => record,
            Ok(_) => return Ok(()),
            Err(error) => {
                log_lines::record_error(&original.path, &error);
                return Ok(());
            }
        };
        if attach == Attach::Headers && !is_header(record.data) {
            return Ok(());
        }
        posting.text(record.kind, record.data).await?;
    }
}
