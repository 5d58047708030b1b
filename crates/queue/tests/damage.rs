//! Damaged queue files and logs: whatever is in them, every reader comes to an end, without a panic, in bounded memory.

use oxipost_queue::delivery_log::{Entries, Entry};
use oxipost_queue::file::{Content, SizeRecord, leading_number, parse_time};
use oxipost_queue::record::{self, Type};
use oxipost_queue::{Reader, attr};
use std::io::Cursor;

/// A message as cleanup(8) writes it, with a recipient that a milter added behind a pointer.
fn message() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |kind, data: &str| {
        record::encode(&mut bytes, kind, data.as_bytes());
        bytes.len()
    };
    put(
        Type::SIZE,
        &SizeRecord { data_size: 30, data_offset: 300, recipients: 1, ..SizeRecord::default() }.format(),
    );
    put(Type::TIME, "1795377574 123456");
    put(Type::ATTR, "rewrite_context=local");
    put(Type::FROM, "sender@example.com");
    put(Type::WARN, &format!("{:15}", 1_795_377_574));
    put(Type::DSN_ENVID, "envelope");
    put(Type::DSN_NOTIFY, "7");
    put(Type::ORCP, "first@example.com");
    let recipient = put(Type::RCPT, "recipient@example.com");
    put(Type::PTR, &format!("{:15}", 0));
    put(Type::MESG, "");
    put(Type::NORM, "Subject: x");
    put(Type::CONT, "a piece");
    put(Type::DTXT, "padding");
    put(Type::NORM, &"long ".repeat(1000));
    put(Type::XTRA, "");
    put(Type::PTR, &format!("{recipient:15}"));
    put(Type::END, "");
    bytes
}

const LOG: &[u8] = b"<a@b>: (old form)\n\nrecipient=c@d\noriginal_recipient=e@f\noffset=12\ndsn_orig_rcpt=rfc822;g@h\n\
    notify_flags=7\nstatus=4.4.1\naction=delayed\ndiag_type=smtp\ndiag_text=450 no\nmta_type=dns\nmta_mname=m.example\n\
    reason=no route\n\n";

/// Numbers that are the same in every run (xorshift64).
struct Chance(u64);

impl Chance {
    /// Less than `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// One to six small accidents.
fn damage(chance: &mut Chance, bytes: &mut Vec<u8>) {
    for _ in 0..=chance.below(6) {
        if bytes.is_empty() {
            return;
        }
        let at = chance.below(bytes.len());
        let end = bytes.len().min(at + 1 + chance.below(40));
        match chance.below(6) {
            0 => bytes[at] = chance.below(256) as u8,
            1 => bytes[at] ^= 1 << chance.below(8),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                let noise: Vec<u8> = (at..end).map(|_| chance.below(256) as u8).collect();
                bytes.splice(at..at, noise);
            }
        }
    }
}

/// Pointers may go backwards ten thousand times. More records than this add nothing but time.
const MAX_RECORDS: usize = 500;

fn read_records(bytes: &[u8]) {
    let mut raw = Reader::new(Cursor::new(bytes)).raw();
    while let Ok(Some(record)) = raw.next_raw() {
        assert!(record.data.len() <= bytes.len());
        let _ = (SizeRecord::parse(record.data), parse_time(record.data), leading_number(record.data));
        let _ = attr::split(record.data);
    }
    let mut reader = Reader::new(Cursor::new(bytes));
    for _ in 0..MAX_RECORDS {
        if !matches!(reader.next_record(), Ok(Some(_))) {
            break;
        }
    }
    if let Ok(mut content) = Content::at(Reader::new(Cursor::new(bytes)), bytes.len() as u64 / 2) {
        for _ in 0..MAX_RECORDS {
            if !matches!(content.next_text(), Ok(Some(_))) {
                break;
            }
        }
    }
}

#[test]
fn damaged_messages_are_read_to_an_end() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let whole = message();
    for _ in 0..50_000 {
        let mut bytes = whole.clone();
        damage(&mut chance, &mut bytes);
        read_records(&bytes);
    }
}

#[test]
fn damaged_logs_are_read_to_an_end() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let _complaints = log::Capture::start();
    for _ in 0..50_000 {
        let mut bytes = LOG.to_vec();
        damage(&mut chance, &mut bytes);
        for mut entries in
            [Entries::of_bounces(&bytes[..], "bounce/X"), Entries::of_deferrals(&bytes[..], "defer/X")]
        {
            let mut entry = Entry::default();
            while let Ok(true) = entries.read(&mut entry) {
                assert!(entry.reason.len() <= bytes.len() + 30);
            }
        }
    }
}
