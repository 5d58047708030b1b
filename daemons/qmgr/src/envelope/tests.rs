use super::*;
use queue::record::encode;
use std::io::Cursor;

fn settings() -> ReadSettings {
    ReadSettings {
        log_form: address::log_form::LogForm::External,
        verp_filter: b"-=+".to_vec(),
        report_cleared_delay: false,
        queue_name: "active",
    }
}

fn file_id() -> QueueFile<'static> {
    QueueFile { id: "ID", path: Path::new("active/ID") }
}

/// A queue file as cleanup(8) of 3.11 writes it, with `recipients` before the content.
fn file(recipients: &[&str], attributes: &[&str]) -> Vec<u8> {
    let mut envelope = Vec::new();
    encode(&mut envelope, Type::TIME, b"1795363115 123456");
    encode(&mut envelope, Type::ATTR, b"create_time=1795363116");
    for attribute in attributes {
        encode(&mut envelope, Type::ATTR, attribute.as_bytes());
    }
    encode(&mut envelope, Type::FROM, b"sender@example.com");
    for recipient in recipients {
        encode(&mut envelope, Type::ORCP, b"original");
        encode(&mut envelope, Type::RCPT, recipient.as_bytes());
    }
    encode(&mut envelope, Type::MESG, b"");
    let mut content = Vec::new();
    encode(&mut content, Type::NORM, b"Subject: x");
    let size = queue::file::SizeRecord {
        data_size: i64::try_from(content.len()).unwrap(),
        data_offset: i64::try_from(envelope.len() + 97).unwrap(),
        recipients: i64::try_from(recipients.len()).unwrap(),
        qmgr_flags: 0,
        content_length: 12,
        sendopts: 0,
    };
    let mut bytes = Vec::new();
    encode(&mut bytes, Type::SIZE, size.format().as_bytes());
    assert_eq!(bytes.len(), 97);
    bytes.extend(envelope);
    bytes.extend(content);
    encode(&mut bytes, Type::XTRA, b"");
    encode(&mut bytes, Type::END, b"");
    bytes
}

#[test]
fn all_is_read() {
    let capture = log::Capture::start();
    let bytes =
        file(&["a@example.com", "b@example.com"], &["log_client_name=c", "client_name=d", "encoding=8bit"]);
    let mut reader = Reader::new(Cursor::new(bytes));
    let (envelope, recipients) = Envelope::read(&file_id(), &mut reader, 10, &settings()).unwrap();
    assert_eq!(capture.lines(), ["ID: from=<sender@example.com>, size=12, nrcpt=2 (queue active)"]);
    assert_eq!(recipients.len(), 2);
    assert_eq!(
        (&recipients[1].address[..], &recipients[1].original[..]),
        (&b"b@example.com"[..], &b"original"[..])
    );
    assert_eq!((envelope.created, envelope.unread, envelope.next_recipient), (1_795_363_116, 0, None));
    assert_eq!((&envelope.origin.client.name[..], &envelope.encoding[..]), (&b"c"[..], &b"8bit"[..]));
}

/// A queue file as Postfix before 1.0 wrote it.
fn old_file(extra_offset: Option<usize>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&mut bytes, Type::SIZE, b"             31");
    encode(&mut bytes, Type::TIME, b"967000000");
    encode(&mut bytes, Type::FROM, b"sender@example.com");
    encode(&mut bytes, Type::DONE, b"done@example.com");
    encode(&mut bytes, Type::RCPT, b"a@example.com");
    let content = bytes.len() + 17;
    let mut lines = Vec::new();
    encode(&mut lines, Type::NORM, b"Subject: x");
    let extra_offset = extra_offset.unwrap_or(content + lines.len());
    encode(&mut bytes, Type::MESG, format!("{extra_offset:15}").as_bytes());
    bytes.extend(lines);
    encode(&mut bytes, Type::XTRA, b"");
    encode(&mut bytes, Type::END, b"");
    bytes
}

#[test]
fn files_with_an_old_size_record() {
    let capture = log::Capture::start();
    let mut reader = Reader::new(Cursor::new(old_file(None)));
    let (envelope, recipients) = Envelope::read(&file_id(), &mut reader, 10, &settings()).unwrap();
    assert_eq!(capture.lines(), ["ID: from=<sender@example.com>, size=12, nrcpt=2 (queue active)"]);
    assert_eq!((recipients.len(), envelope.data_size, envelope.unread), (1, 12, 0));

    let mut reader = Reader::new(Cursor::new(old_file(Some(7))));
    assert!(Envelope::read(&file_id(), &mut reader, 10, &settings()).is_err());
    assert_eq!(
        capture.lines().last().map(String::as_str),
        Some("warning: bad extra offset               7 file active/ID")
    );
}

#[test]
fn recipients_come_in_batches() {
    let bytes = file(&["a@example.com", "b@example.com", "c@example.com"], &[]);
    let mut reader = Reader::new(Cursor::new(bytes.clone()));
    let (mut envelope, first) = Envelope::read(&file_id(), &mut reader, 2, &settings()).unwrap();
    assert_eq!((first.len(), envelope.unread), (2, 1));
    assert!(envelope.next_recipient.is_some());
    let mut reader = Reader::new(Cursor::new(bytes));
    let rest = envelope.read_more(&file_id(), &mut reader, 2, &settings()).unwrap();
    assert_eq!((rest.len(), envelope.unread, envelope.next_recipient), (1, 0, None));
    assert_eq!(rest[0].address, b"c@example.com");
}

#[test]
fn damaged_files_are_refused() {
    let capture = log::Capture::start();
    let mut bytes = file(&["a@example.com"], &[]);
    bytes.truncate(bytes.len() - 4);
    let mut reader = Reader::new(Cursor::new(bytes));
    assert!(Envelope::read(&file_id(), &mut reader, 2, &settings()).is_err());
    assert_eq!(capture.lines()[1], "warning: ID: message rejected: missing end record");
}

proptest::proptest! {
    #[test]
    fn no_file_panics(bytes: Vec<u8>) {
        let _capture = log::Capture::start();
        let _ = Envelope::read(&file_id(), &mut Reader::new(Cursor::new(bytes)), 2, &settings());
    }
}
