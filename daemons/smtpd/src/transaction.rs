//! One mail transaction: what MAIL and RCPT said so far, and what restrictions decided about the message.

use smtp::Reply;

use crate::queue_file::QueueFile;

/// What access tables and policy servers want done with the message.
#[derive(Debug, Default)]
pub struct Actions {
    /// FILTER: the transport and destination.
    pub filter: Option<Vec<u8>>,
    /// REDIRECT: the new recipient.
    pub redirect: Option<Vec<u8>>,
    /// BCC: recipients to add.
    pub bcc: Vec<Vec<u8>>,
    /// HOLD.
    pub hold: bool,
    /// DISCARD.
    pub discard: bool,
    /// PREPEND: header lines.
    pub prepend: Vec<Vec<u8>>,
}

/// How far BDAT came.
#[derive(Debug, Default)]
pub enum Bdat {
    /// No chunk yet.
    #[default]
    None,
    /// Chunks are taken.
    Receiving(smtp::bdat::ChunkDecoder),
    /// Chunks are skipped until the last one.
    Failed,
}

impl Bdat {
    /// Whether a chunk has been seen.
    pub fn is_active(&self) -> bool {
        !matches!(self, Bdat::None)
    }
}

/// A mail transaction. One without a sender has not begun.
#[derive(Debug, Default)]
pub struct Transaction {
    /// The envelope sender, in internal form.
    pub sender: Option<Vec<u8>>,
    /// The first accepted recipient, in internal form; while a recipient is checked, that one.
    pub recipient: Option<Vec<u8>>,
    /// How many recipients were accepted.
    pub recipient_count: usize,
    /// How many recipients were refused as too many.
    pub overshoot: u32,
    /// The `BODY=` value, as queue files have it.
    pub encoding: Option<&'static str>,
    /// Whether SMTPUTF8 was given.
    pub smtputf8: bool,
    /// The `SIZE=` value, zero if there was none.
    pub announced_size: i64,
    /// How many bytes of content were received.
    pub received_size: i64,
    /// The `RET=` value.
    pub ret: Option<smtp::dsn::Ret>,
    /// The `ENVID=` value, decoded.
    pub envelope_id: Option<Vec<u8>>,
    /// The `AUTH=` value: who handed the message to the client.
    pub submitter: Option<Vec<u8>>,
    /// The `XVERP` delimiters.
    pub verp: Option<Vec<u8>>,
    /// When MAIL was accepted.
    pub arrival: Option<sys::clock::WallTime>,
    /// What tells this transaction from all others, for policy servers.
    pub instance: String,
    /// The rewriting context, `local` or `remote`.
    pub rewrite_context: &'static str,
    /// The queue file, once it is open.
    pub queue_file: Option<QueueFile>,
    /// What restrictions want done.
    pub actions: Actions,
    /// How far BDAT came.
    pub bdat: Bdat,
    /// Why the content cannot be accepted, the worst so far.
    pub content_error: ContentError,
}

/// Why content that was received is not accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ContentError {
    /// Nothing is wrong.
    #[default]
    None,
    /// It is over the size limit.
    TooBig,
    /// The cleanup service went away.
    Write,
    /// It has a bare line feed.
    BareNewline,
    /// The cleanup service refused it.
    Refused(Reply),
}

impl Transaction {
    /// Whether MAIL was accepted.
    pub fn has_begun(&self) -> bool {
        self.sender.is_some()
    }

    /// The queue id, once there is one.
    pub fn queue_id(&self) -> Option<&str> {
        self.queue_file.as_ref().map(QueueFile::id)
    }
}
