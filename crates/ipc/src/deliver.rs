//! Delivery requests: what qmgr(8) hands to a delivery agent, and what the agent answers. Both sides.

use crate::{Attrs, Connection, Error, Scanner, protocol};

use queue::{Dir, Id};
use sys::WallTime;
use tokio::io::AsyncBufReadExt;

/// Names of attributes.
pub mod names {
    /// See [`super::flags`].
    pub const FLAGS: &str = "flags";
    /// Queue directory.
    pub const QUEUE_NAME: &str = "queue_name";
    /// Queue id.
    pub const QUEUE_ID: &str = "queue_id";
    /// Offset of the content; offset of a recipient's record.
    pub const OFFSET: &str = "offset";
    /// Size of the content.
    pub const SIZE: &str = "size";
    /// Where to send it.
    pub const NEXTHOP: &str = "nexthop";
    /// Body encoding.
    pub const ENCODING: &str = "encoding";
    /// Sender options.
    pub const SENDOPTS: &str = "sendopts";
    /// Envelope sender.
    pub const SENDER: &str = "sender";
    /// DSN envelope id.
    pub const ENVELOPE_ID: &str = "envelope_id";
    /// DSN return flag.
    pub const RET_FLAGS: &str = "ret_flags";
    /// Time stamps.
    pub const TIME: &str = "time";
    /// Number of recipients that follow.
    pub const RECIPIENT_COUNT: &str = "recipient_count";
    /// Recipient before rewriting.
    pub const ORIGINAL_RECIPIENT: &str = "original_recipient";
    /// Recipient.
    pub const RECIPIENT: &str = "recipient";
    /// DSN original recipient.
    pub const DSN_ORIG_RCPT: &str = "dsn_orig_rcpt";
    /// DSN notify flags.
    pub const NOTIFY_FLAGS: &str = "notify_flags";
    /// Enhanced status code in a DSN; result of a request.
    pub const STATUS: &str = "status";
    /// Type of the diagnostic.
    pub const DIAG_TYPE: &str = "diag_type";
    /// Text of the diagnostic.
    pub const DIAG_TEXT: &str = "diag_text";
    /// Type of the remote MTA's name.
    pub const MTA_TYPE: &str = "mta_type";
    /// Remote MTA.
    pub const MTA_NAME: &str = "mta_mname";
    /// What was done.
    pub const ACTION: &str = "action";
    /// Why.
    pub const REASON: &str = "reason";
}

/// Flags of a request. Trace flags are in [`queue::flags::trace`].
pub mod flags {
    /// Mark successful recipients as done.
    pub const SUCCESS: i32 = 1;
    /// Of no effect.
    pub const BOUNCE: i32 = 1 << 1;
    /// The usual ones.
    pub const DEFAULT: i32 = SUCCESS | BOUNCE;
    /// Look for a cached connection.
    pub const CONN_LOAD: i32 = 1 << 11;
    /// Keep the connection for the next request.
    pub const CONN_STORE: i32 = 1 << 12;
}

/// The status of a delivery attempt, as in RFC 3464, and as the log shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dsn {
    /// Enhanced status code.
    pub status: Vec<u8>,
    /// `failed`, `delayed`, `delivered`, `relayed`, `expanded`, ...
    pub action: Vec<u8>,
    /// Text for the log and for people.
    pub reason: Vec<u8>,
    /// Type of the diagnostic, such as `smtp`, `x-unix`.
    pub diag_type: Vec<u8>,
    /// What the remote system said.
    pub diag_text: Vec<u8>,
    /// Type of the remote MTA's name, such as `dns`.
    pub mta_type: Vec<u8>,
    /// Remote MTA.
    pub mta_name: Vec<u8>,
}

impl Dsn {
    /// A status without remote details.
    pub fn simple(status: &str, reason: impl Into<Vec<u8>>) -> Dsn {
        Dsn { status: status.into(), reason: reason.into(), ..Dsn::default() }
    }

    /// Appends the seven attributes.
    pub fn put(&self, attrs: &mut Attrs) {
        attrs.put_str(names::STATUS, &self.status);
        attrs.put_str(names::DIAG_TYPE, &self.diag_type).put_str(names::DIAG_TEXT, &self.diag_text);
        attrs.put_str(names::MTA_TYPE, &self.mta_type).put_str(names::MTA_NAME, &self.mta_name);
        attrs.put_str(names::ACTION, &self.action).put_str(names::REASON, &self.reason);
    }

    /// Reads the seven attributes.
    pub fn scan(scanner: &mut Scanner<'_>) -> Result<Dsn, Error> {
        Ok(Dsn {
            status: scanner.str(names::STATUS)?.to_vec(),
            diag_type: scanner.str(names::DIAG_TYPE)?.to_vec(),
            diag_text: scanner.str(names::DIAG_TEXT)?.to_vec(),
            mta_type: scanner.str(names::MTA_TYPE)?.to_vec(),
            mta_name: scanner.str(names::MTA_NAME)?.to_vec(),
            action: scanner.str(names::ACTION)?.to_vec(),
            reason: scanner.str(names::REASON)?.to_vec(),
        })
    }
}

/// A recipient of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// Offset of its record in the queue file ([`queue::file::mark_done`]); -1 when there is none.
    pub offset: i64,
    /// The original recipient that the client gave (xtext, with its type).
    pub dsn_orcpt: Vec<u8>,
    /// When to notify the sender.
    pub dsn_notify: i32,
    /// Address before rewriting; may be empty.
    pub original: Vec<u8>,
    /// Address.
    pub address: Vec<u8>,
}

impl Recipient {
    /// Appends the five attributes.
    pub fn put(&self, attrs: &mut Attrs) {
        attrs.put_str(names::ORIGINAL_RECIPIENT, &self.original).put_str(names::RECIPIENT, &self.address);
        attrs.put_long(names::OFFSET, self.offset).put_str(names::DSN_ORIG_RCPT, &self.dsn_orcpt);
        attrs.put_int(names::NOTIFY_FLAGS, self.dsn_notify);
    }

    /// Reads the five attributes.
    pub fn scan(scanner: &mut Scanner<'_>) -> Result<Recipient, Error> {
        let original = scanner.str(names::ORIGINAL_RECIPIENT)?.to_vec();
        let address = scanner.str(names::RECIPIENT)?.to_vec();
        let offset = scanner.long(names::OFFSET)?;
        let dsn_orcpt = scanner.str(names::DSN_ORIG_RCPT)?.to_vec();
        let dsn_notify = scanner.int(names::NOTIFY_FLAGS)?;
        Ok(Recipient { offset, dsn_orcpt, dsn_notify, original, address })
    }
}

/// Times of the stages of a delivery, for `delays=`. Zero means not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageStats {
    /// The message came into the incoming queue.
    pub incoming_arrival: WallTime,
    /// It came into the active queue.
    pub active_arrival: WallTime,
    /// It was given to the agent.
    pub agent_handoff: WallTime,
    /// The connection was ready.
    pub connection_done: WallTime,
    /// The delivery was done.
    pub delivery_done: WallTime,
    /// How often the connection had been used.
    pub reuse_count: i32,
}

/// Five times (seconds and microseconds, 64 bits each), the count, and padding: the C structure, as it is.
const STATS_SIZE: usize = 88;

impl MessageStats {
    /// The structure's bytes.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(STATS_SIZE);
        let times = [
            self.incoming_arrival,
            self.active_arrival,
            self.agent_handoff,
            self.connection_done,
            self.delivery_done,
        ];
        for time in times {
            out.extend_from_slice(&time.seconds.to_ne_bytes());
            out.extend_from_slice(&i64::from(time.microseconds).to_ne_bytes());
        }
        out.extend_from_slice(&self.reuse_count.to_ne_bytes());
        out.resize(STATS_SIZE, 0);
        out
    }

    /// Reads the structure's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<MessageStats> {
        if bytes.len() != STATS_SIZE {
            return None;
        }
        let long = |at: usize| {
            bytes.get(at..at + 8).and_then(|part| part.try_into().ok()).map_or(0, i64::from_ne_bytes)
        };
        let time = |index: usize| WallTime {
            seconds: long(index * 16),
            microseconds: u32::try_from(long(index * 16 + 8)).unwrap_or(0),
        };
        let reuse_count = bytes.get(80..84)?.try_into().ok().map(i32::from_ne_bytes)?;
        Some(MessageStats {
            incoming_arrival: time(0),
            active_arrival: time(1),
            agent_handoff: time(2),
            connection_done: time(3),
            delivery_done: time(4),
            reuse_count,
        })
    }
}

/// What a delivery agent is asked to do.
#[derive(Clone, Debug)]
pub struct Request {
    /// See [`flags`].
    pub flags: i32,
    /// The queue directory that the message is in.
    pub dir: Dir,
    /// The message's id.
    pub id: Id,
    /// Offset of the content.
    pub data_offset: i64,
    /// Size of the content.
    pub data_size: i64,
    /// Where to send it.
    pub nexthop: Vec<u8>,
    /// Body encoding: `7bit`, `8bit`, or empty.
    pub encoding: Vec<u8>,
    /// Sender options ([`queue::flags::sendopts`]).
    pub sendopts: i32,
    /// Envelope sender.
    pub sender: Vec<u8>,
    /// DSN envelope id.
    pub dsn_envid: Vec<u8>,
    /// DSN return flag.
    pub dsn_ret: i32,
    /// Times.
    pub stats: MessageStats,
    /// Who sent it: name, address, port, protocol, HELO name.
    pub client: Client,
    /// SASL mechanism, user and sender.
    pub sasl: Sasl,
    /// The queue id that an earlier hop logged.
    pub log_ident: Vec<u8>,
    /// `local` or `remote`.
    pub rewrite_context: Vec<u8>,
    /// To whom.
    pub recipients: Vec<Recipient>,
}

/// The SMTP client that a message came from, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Host name.
    pub name: Vec<u8>,
    /// Address.
    pub address: Vec<u8>,
    /// Port.
    pub port: Vec<u8>,
    /// Protocol.
    pub protocol: Vec<u8>,
    /// HELO name.
    pub helo: Vec<u8>,
}

/// How the SMTP client authenticated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sasl {
    /// Mechanism.
    pub method: Vec<u8>,
    /// User.
    pub username: Vec<u8>,
    /// AUTH parameter of MAIL FROM.
    pub sender: Vec<u8>,
}

impl Request {
    /// The request and its recipients as they are sent.
    pub fn encode(&self) -> Vec<u8> {
        let mut attrs = Attrs::new();
        attrs.put_int(names::FLAGS, self.flags).put_str(names::QUEUE_NAME, self.dir.name());
        attrs.put_str(names::QUEUE_ID, self.id.as_str()).put_long(names::OFFSET, self.data_offset);
        attrs.put_long(names::SIZE, self.data_size).put_str(names::NEXTHOP, &self.nexthop);
        attrs.put_str(names::ENCODING, &self.encoding).put_int(names::SENDOPTS, self.sendopts);
        attrs.put_str(names::SENDER, &self.sender).put_str(names::ENVELOPE_ID, &self.dsn_envid);
        attrs.put_int(names::RET_FLAGS, self.dsn_ret).put_data(names::TIME, &self.stats.to_bytes());
        attrs.put_str(queue::attr::LOG_CLIENT_NAME, &self.client.name);
        attrs.put_str(queue::attr::LOG_CLIENT_ADDR, &self.client.address);
        attrs.put_str(queue::attr::LOG_CLIENT_PORT, &self.client.port);
        attrs.put_str(queue::attr::LOG_PROTO_NAME, &self.client.protocol);
        attrs.put_str(queue::attr::LOG_HELO_NAME, &self.client.helo);
        attrs.put_str(queue::attr::SASL_METHOD, &self.sasl.method);
        attrs.put_str(queue::attr::SASL_USERNAME, &self.sasl.username);
        attrs.put_str(queue::attr::SASL_SENDER, &self.sasl.sender);
        attrs.put_str(queue::attr::LOG_IDENT, &self.log_ident);
        attrs.put_str(queue::attr::RWR_CONTEXT, &self.rewrite_context);
        let count = i32::try_from(self.recipients.len()).unwrap_or(i32::MAX);
        attrs.put_int(names::RECIPIENT_COUNT, count);
        let mut out = attrs.encode();
        for recipient in &self.recipients {
            let mut attrs = Attrs::new();
            recipient.put(&mut attrs);
            attrs.encode_into(&mut out);
        }
        out
    }

    /// Reads the common part, and says how many recipients follow.
    fn scan(attrs: &Attrs) -> Result<(Request, usize), Error> {
        let mut scanner = attrs.scanner();
        let s = &mut scanner;
        let flags = s.int(names::FLAGS)?;
        let dir = Dir::by_name(s.str(names::QUEUE_NAME)?).ok_or(Error::Data(names::QUEUE_NAME))?;
        let id = Id::parse(s.str(names::QUEUE_ID)?).ok_or(Error::Data(names::QUEUE_ID))?;
        let request = Request {
            flags,
            dir,
            id,
            data_offset: s.long(names::OFFSET)?,
            data_size: s.long(names::SIZE)?,
            nexthop: s.str(names::NEXTHOP)?.to_vec(),
            encoding: s.str(names::ENCODING)?.to_vec(),
            sendopts: s.int(names::SENDOPTS)?,
            sender: s.str(names::SENDER)?.to_vec(),
            dsn_envid: s.str(names::ENVELOPE_ID)?.to_vec(),
            dsn_ret: s.int(names::RET_FLAGS)?,
            stats: MessageStats::from_bytes(&s.data(names::TIME)?).ok_or(Error::Data(names::TIME))?,
            client: Client {
                name: s.str(queue::attr::LOG_CLIENT_NAME)?.to_vec(),
                address: s.str(queue::attr::LOG_CLIENT_ADDR)?.to_vec(),
                port: s.str(queue::attr::LOG_CLIENT_PORT)?.to_vec(),
                protocol: s.str(queue::attr::LOG_PROTO_NAME)?.to_vec(),
                helo: s.str(queue::attr::LOG_HELO_NAME)?.to_vec(),
            },
            sasl: Sasl {
                method: s.str(queue::attr::SASL_METHOD)?.to_vec(),
                username: s.str(queue::attr::SASL_USERNAME)?.to_vec(),
                sender: s.str(queue::attr::SASL_SENDER)?.to_vec(),
            },
            log_ident: s.str(queue::attr::LOG_IDENT)?.to_vec(),
            rewrite_context: s.str(queue::attr::RWR_CONTEXT)?.to_vec(),
            recipients: Vec::new(),
        };
        let count = s.int(names::RECIPIENT_COUNT)?;
        s.end()?;
        let count = usize::try_from(count).map_err(|_| Error::Data(names::RECIPIENT_COUNT))?;
        Ok((request, count))
    }
}

/// An agent's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// 0: every recipient is done (delivered, or bounced). Else some are to be tried again.
    pub status: i32,
    /// When the destination is better left alone for a while: why.
    pub hop_status: Option<Dsn>,
}

/// qmgr's side: waits until the agent is ready. An agent that is not is never sent anything.
pub async fn await_ready(connection: &mut Connection) -> Result<(), Error> {
    connection.expect_protocol(protocol::DELIVER).await.map(drop)
}

/// qmgr's side: hands over a request. [`await_ready`] comes first.
pub async fn send(connection: &mut Connection, request: &Request) -> Result<(), Error> {
    connection.send_bytes(&request.encode()).await
}

/// qmgr's side: waits for the result. A lost connection means that nothing is known.
pub async fn receive_outcome(connection: &mut Connection) -> Result<Outcome, Error> {
    let answer = connection.receive().await?;
    let mut scanner = answer.scanner();
    let dsn = Dsn::scan(&mut scanner)?;
    let status = scanner.int(names::STATUS)?;
    scanner.end()?;
    let hop_status = (!dsn.status.is_empty()).then_some(dsn);
    Ok(Outcome { status, hop_status })
}

/// The agent's side: says that it is ready, and reads a request; nothing when qmgr changed its mind. The time of
/// the hand-over is filled in, unless another agent has done so.
pub async fn receive(connection: &mut Connection) -> Result<Option<Request>, Error> {
    if connection.announce(protocol::DELIVER).await.is_err() || connection.io().fill_buf().await.is_err() {
        // It is gone, which is another way to change its mind.
        return Ok(None);
    }
    // Another request may be long in coming: qmgr connects before it knows that there will be one.
    let Some(attrs) = crate::read_attrs(connection.io()).await? else { return Ok(None) };
    let (mut request, count) = Request::scan(&attrs)?;
    for _ in 0..count {
        let attrs = connection.receive().await?;
        let mut scanner = attrs.scanner();
        request.recipients.push(Recipient::scan(&mut scanner)?);
        scanner.end()?;
    }
    if request.recipients.is_empty() {
        return Err(Error::Data(names::RECIPIENT_COUNT));
    }
    if request.stats.agent_handoff.seconds == 0 {
        request.stats.agent_handoff = WallTime::now();
    }
    Ok(Some(request))
}

/// The agent's side: tells the result, and waits until qmgr has read it.
pub async fn conclude(connection: &mut Connection, outcome: &Outcome) -> Result<(), Error> {
    let mut attrs = Attrs::new();
    outcome.hop_status.clone().unwrap_or_default().put(&mut attrs);
    attrs.put_int(names::STATUS, outcome.status);
    connection.send(&attrs).await?;
    connection.wait_for_hangup().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            flags: flags::DEFAULT,
            dir: Dir::Active,
            id: Id::parse("4A1").unwrap(),
            data_offset: 97,
            data_size: 1234,
            nexthop: b"[127.0.0.1]:25".to_vec(),
            encoding: Vec::new(),
            sendopts: 0,
            sender: b"me@x.example".to_vec(),
            dsn_envid: Vec::new(),
            dsn_ret: 0,
            stats: MessageStats::default(),
            client: Client::default(),
            sasl: Sasl::default(),
            log_ident: b"4A1".to_vec(),
            rewrite_context: b"local".to_vec(),
            recipients: vec![Recipient { offset: -1, address: b"a@b".to_vec(), ..Recipient::default() }; 2],
        }
    }

    #[test]
    fn both_sides_understand_each_other() {
        let limit = std::time::Duration::from_secs(5);
        crate::blocking::run(async {
            let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
            let manager = async {
                let mut connection = Connection::new(ours, limit);
                await_ready(&mut connection).await.unwrap();
                send(&mut connection, &request()).await.unwrap();
                receive_outcome(&mut connection).await.unwrap()
            };
            let agent = async {
                let mut connection = Connection::new(theirs, limit);
                let received = receive(&mut connection).await.unwrap().unwrap();
                let hop_status = Some(Dsn::simple("4.4.1", "connection refused"));
                conclude(&mut connection, &Outcome { status: -1, hop_status }).await.unwrap();
                received
            };
            let (outcome, received) = tokio::join!(manager, agent);
            assert_eq!(outcome.status, -1);
            assert_eq!(outcome.hop_status.unwrap().reason, b"connection refused");
            assert_eq!(received.recipients, request().recipients);
            assert_eq!((received.data_offset, received.dir), (97, Dir::Active));
            assert_ne!(received.stats.agent_handoff.seconds, 0);
        })
        .unwrap();
    }

    #[test]
    fn a_manager_may_change_its_mind() {
        let limit = std::time::Duration::from_secs(5);
        crate::blocking::run(async {
            let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
            drop(ours);
            assert!(!matches!(receive(&mut Connection::new(theirs, limit)).await, Ok(Some(_))));
        })
        .unwrap();
    }

    #[test]
    fn stats_are_the_c_structure() {
        let stats = MessageStats {
            incoming_arrival: WallTime { seconds: 1, microseconds: 2 },
            reuse_count: 3,
            ..MessageStats::default()
        };
        let bytes = stats.to_bytes();
        assert_eq!(bytes.len(), 88);
        assert_eq!(MessageStats::from_bytes(&bytes), Some(stats));
        assert_eq!(MessageStats::from_bytes(&bytes[1..]), None);
    }
}
