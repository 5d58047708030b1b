//! cleanup(8): takes a message as a stream of records, and queues it.

use crate::{Attrs, Class, Connection, Error, Services, protocol};
use queue::{Id, Type, record};

/// Names of attributes.
pub mod names {
    /// The queue id, announced with the protocol.
    pub const QUEUE_ID: &str = "queue_id";
    /// What the client wants of cleanup(8), see [`super::flags`].
    pub const FLAGS: &str = "flags";
    /// How it went, see [`super::Status`].
    pub const STATUS: &str = "status";
    /// Why.
    pub const REASON: &str = "reason";
}

/// What a client wants of cleanup(8).
pub mod flags {
    /// Bounce what cannot be accepted.
    pub const BOUNCE: i32 = 1;
    /// Apply header and body checks.
    pub const FILTER: i32 = 1 << 1;
    /// Put on hold.
    pub const HOLD: i32 = 1 << 2;
    /// Throw away.
    pub const DISCARD: i32 = 1 << 3;
    /// Add automatic BCC recipients.
    pub const BCC_OK: i32 = 1 << 4;
    /// Map addresses.
    pub const MAP_OK: i32 = 1 << 5;
    /// Call milters.
    pub const MILTER: i32 = 1 << 6;
    /// The reason may be a whole SMTP reply.
    pub const SMTP_REPLY: i32 = 1 << 7;
    /// SMTPUTF8 was asked for.
    pub const SMTPUTF8: i32 = 1 << 8;
    /// Find out whether SMTPUTF8 is needed.
    pub const AUTOUTF8: i32 = 1 << 9;
    /// REQUIRETLS was asked for.
    pub const REQUIRETLS: i32 = 1 << 10;
    /// Checks and milters.
    pub const FILTER_ALL: i32 = FILTER | MILTER;
    /// For mail from outside.
    pub const MASK_EXTERNAL: i32 = FILTER_ALL | BCC_OK | MAP_OK;
    /// For mail made or forwarded here.
    pub const MASK_INTERNAL: i32 = MAP_OK;
    /// Those that are set while a message comes in.
    pub const MASK_EXTRA: i32 = HOLD | DISCARD;
}

/// How it went: 0, or bits for what went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status(pub i32);

/// What a [`Status`] means to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The bit.
    pub status: Status,
    /// SMTP reply code.
    pub smtp: u16,
    /// Enhanced status code.
    pub dsn: &'static str,
    /// Text.
    pub text: &'static str,
}

impl Status {
    /// Queued.
    pub const OK: Status = Status(0);
    /// Protocol error.
    pub const BAD: Status = Status(1);
    /// The queue file could not be written.
    pub const WRITE: Status = Status(1 << 1);
    /// Too big.
    pub const SIZE: Status = Status(1 << 2);
    /// Rejected for its content.
    pub const CONTENT: Status = Status(1 << 3);
    /// Too many hops.
    pub const HOPS: Status = Status(1 << 4);
    /// No recipients.
    pub const RCPT: Status = Status(1 << 6);
    /// A before-queue filter rejected it.
    pub const PROXY: Status = Status(1 << 7);
    /// Rejected for now.
    pub const DEFER: Status = Status(1 << 8);
    /// Not permitted.
    pub const NOPERM: Status = Status(1 << 9);
    /// A line feed without a carriage return came in.
    pub const BARE_LF: Status = Status(1 << 16);

    /// Under these, nothing can be bounced.
    pub const MASK_CANT_BOUNCE: Status = Status(1 | 1 << 1 | 1 << 8 | 1 << 6);
    /// Under these, not all records were looked at.
    pub const MASK_INCOMPLETE: Status = Status(1 | 1 << 1 | 1 << 2 | 1 << 8);

    /// Whether nothing went wrong.
    pub fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Whether any of these bits is set.
    pub fn has(self, bits: Status) -> bool {
        self.0 & bits.0 != 0
    }

    /// Both.
    pub fn with(self, bits: Status) -> Status {
        Status(self.0 | bits.0)
    }

    /// The most serious thing that went wrong.
    pub fn detail(self) -> Detail {
        const SUCCESS: Detail = Detail { status: Status::OK, smtp: 250, dsn: "2.0.0", text: "Success" };
        const fn row(status: Status, smtp: u16, dsn: &'static str, text: &'static str) -> Detail {
            Detail { status, smtp, dsn, text }
        }
        const TABLE: [Detail; 10] = [
            row(Status::DEFER, 451, "4.7.1", "service unavailable"),
            row(Status::PROXY, 451, "4.3.0", "queue file write error"),
            row(Status::BAD, 451, "4.3.0", "internal protocol error"),
            row(Status::RCPT, 550, "5.1.0", "no recipients specified"),
            row(Status::HOPS, 554, "5.4.0", "too many hops"),
            row(Status::SIZE, 552, "5.3.4", "message file too big"),
            row(Status::CONTENT, 550, "5.7.1", "message content rejected"),
            row(Status::WRITE, 451, "4.3.0", "queue file write error"),
            row(Status::NOPERM, 550, "5.7.1", "service denied"),
            row(Status::BARE_LF, 521, "5.5.2", "bare <LF> received"),
        ];
        match self {
            Status::OK => SUCCESS,
            // A bit that we do not know is a protocol error.
            status => TABLE.into_iter().find(|row| status.has(row.status)).unwrap_or(TABLE[2]),
        }
    }
}

/// The end of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How it went.
    pub status: Status,
    /// Why; may be empty, and then [`Status::detail`] has a text.
    pub reason: Vec<u8>,
}

/// A message on its way into the queue. It is queued only if [`Submission::finish`] says so; dropping it gives it
/// up.
#[derive(Debug)]
pub struct Submission {
    connection: Connection,
    id: Id,
    pending: Vec<u8>,
}

/// How much is held back before it is written.
const WRITE_SIZE: usize = 32 * 1024;

impl Submission {
    /// Starts a submission; waits for the service to come up.
    pub async fn open(services: &Services, flags: i32) -> Result<Submission, Error> {
        let connection = services.connect_wait(Class::Public, &services.settings().cleanup).await?;
        Submission::start(connection, flags).await
    }

    /// Starts a submission, if the service is there.
    pub async fn try_open(services: &Services, flags: i32) -> Result<Submission, Error> {
        let connection = services.connect(Class::Public, &services.settings().cleanup).await?;
        Submission::start(connection, flags).await
    }

    async fn start(mut connection: Connection, flags: i32) -> Result<Submission, Error> {
        let announced = connection.expect_protocol(protocol::CLEANUP).await?;
        let id = announced.str(names::QUEUE_ID).ok_or(Error::Missing(names::QUEUE_ID))?;
        let id = Id::parse(id).ok_or(Error::Data(names::QUEUE_ID))?;
        let mut request = Attrs::new();
        request.put_int(names::FLAGS, flags);
        // Travels with the first records.
        let mut pending = Vec::with_capacity(4096);
        request.encode_into(&mut pending);
        Ok(Submission { connection, id, pending })
    }

    /// The message's queue id.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// Adds a record.
    pub async fn put(&mut self, kind: Type, data: &[u8]) -> Result<(), Error> {
        record::encode(&mut self.pending, kind, data);
        if self.pending.len() >= WRITE_SIZE { self.flush().await } else { Ok(()) }
    }

    /// Adds a record if there is room to hold it back, without waiting: says whether [`Submission::flush`] is due.
    pub fn push(&mut self, kind: Type, data: &[u8]) -> bool {
        record::encode(&mut self.pending, kind, data);
        self.pending.len() >= WRITE_SIZE
    }

    /// Adds an attribute record.
    pub async fn put_attr(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        let mut data = Vec::with_capacity(64);
        data.extend_from_slice(name.as_bytes());
        data.push(b'=');
        data.extend_from_slice(value.as_ref());
        self.put(Type::ATTR, &data).await
    }

    /// Writes what was held back.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.connection.send_bytes(&self.pending).await?;
        self.pending.clear();
        Ok(())
    }

    /// Ends the message (the caller has put the end record) and waits until it is queued, or not.
    pub async fn finish(mut self) -> Result<Outcome, Error> {
        self.flush().await?;
        let answer = self.connection.receive().await?;
        let status = answer.int(names::STATUS).ok_or(Error::Missing(names::STATUS))?;
        let reason = answer.str(names::REASON).unwrap_or_default().to_vec();
        Ok(Outcome { status: Status(status), reason })
    }
}

/// The server's side of the start: announces the queue id, and reads what the client wants.
pub async fn greet(connection: &mut Connection, id: &Id) -> Result<i32, Error> {
    let mut announcement = protocol::announcement(protocol::CLEANUP);
    announcement.put_str(names::QUEUE_ID, id.as_str());
    connection.send(&announcement).await?;
    let request = connection.receive().await?;
    let mut scanner = request.scanner();
    let flags = scanner.int(names::FLAGS)?;
    scanner.end()?;
    Ok(flags)
}

/// The server's side of the end.
pub async fn conclude(connection: &mut Connection, outcome: &Outcome) -> Result<(), Error> {
    let mut answer = Attrs::new();
    answer.put_int(names::STATUS, outcome.status.0).put_str(names::REASON, &outcome.reason);
    connection.send(&answer).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_told_first() {
        assert_eq!(Status::OK.detail().smtp, 250);
        assert_eq!(Status::WRITE.with(Status::SIZE).detail().text, "message file too big");
        assert_eq!(Status::CONTENT.with(Status::DEFER).detail().smtp, 451);
    }
}
