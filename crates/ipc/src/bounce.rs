//! bounce(8), defer(8) and trace(8): logs of what happened to recipients, and the notices made from them. Both
//! sides.
//!
//! What to do with a failed recipient (soft_bounce, DSN filters, the log line) is the `delivery` crate's business.

use crate::deliver::{Dsn, Recipient};
use crate::{Attrs, Class, Error, Services, log_lines, protocol};
use queue::{Dir, Id};

/// Names of attributes. Those of recipients and statuses are in [`crate::deliver::names`].
pub mod names {
    /// See [`super::Command`].
    pub const NREQUEST: &str = "nrequest";
    /// VERP delimiters.
    pub const VERP_DELIMITERS: &str = "verp_delimiters";
}

/// Flags of a request, beside trace flags.
pub mod flags {
    /// Remove the log when the request fails: pretend that it was never made.
    pub const CLEAN: i32 = 1;
    /// Mark the recipients in the queue file as done after the notice is queued.
    pub const DELRCPT: i32 = 1 << 1;
}

/// Which of the three services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Recipients that failed.
    Bounce,
    /// Recipients to be tried again.
    Defer,
    /// Reports that a user asked for.
    Trace,
}

impl Kind {
    fn service(self, services: &Services) -> &str {
        let settings = services.settings();
        match self {
            Kind::Bounce => &settings.bounce,
            Kind::Defer => &settings.defer,
            Kind::Trace => &settings.trace,
        }
    }
}

/// What is asked, as a number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Add a recipient to the log.
    Append = 0,
    /// Send a notice, and remove the log.
    Flush = 1,
    /// Send a delay warning, and keep the log.
    Warn = 2,
    /// Send a notice for each recipient, with VERP addresses.
    Verp = 3,
    /// Send a notice for one recipient now, without a log.
    One = 4,
    /// Send a delivery report, and remove the log.
    Trace = 5,
}

impl Command {
    fn by_number(number: i32) -> Option<Command> {
        use Command::{Append, Flush, One, Trace, Verp, Warn};
        [Append, Flush, Warn, Verp, One, Trace].into_iter().find(|command| *command as i32 == number)
    }
}

/// The message that a notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The directory that it is in.
    pub dir: Dir,
    /// Its id.
    pub id: Id,
    /// Body encoding.
    pub encoding: Vec<u8>,
    /// Sender options.
    pub sendopts: i32,
    /// Envelope sender, who gets the notice.
    pub sender: Vec<u8>,
    /// DSN envelope id.
    pub dsn_envid: Vec<u8>,
    /// DSN return flag.
    pub dsn_ret: i32,
}

/// A request, as the server reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// [`Command::Append`].
    Append {
        /// See [`flags`].
        flags: i32,
        /// The message.
        id: Id,
        /// Who.
        recipient: Recipient,
        /// What happened.
        dsn: Dsn,
    },
    /// [`Command::Flush`], [`Command::Warn`], [`Command::Trace`].
    Notify {
        /// Which.
        command: Command,
        /// See [`flags`].
        flags: i32,
        /// The message.
        message: Message,
    },
    /// [`Command::Verp`].
    Verp {
        /// See [`flags`].
        flags: i32,
        /// The message.
        message: Message,
        /// Two characters.
        delimiters: Vec<u8>,
    },
    /// [`Command::One`].
    One {
        /// See [`flags`].
        flags: i32,
        /// The message.
        message: Message,
        /// Who.
        recipient: Recipient,
        /// What happened.
        dsn: Dsn,
    },
}

impl Message {
    fn put(&self, attrs: &mut Attrs) {
        use crate::deliver::names as n;
        attrs.put_str(n::QUEUE_NAME, self.dir.name()).put_str(n::QUEUE_ID, self.id.as_str());
        attrs.put_str(n::ENCODING, &self.encoding).put_int(n::SENDOPTS, self.sendopts);
        attrs.put_str(n::SENDER, &self.sender).put_str(n::ENVELOPE_ID, &self.dsn_envid);
        attrs.put_int(n::RET_FLAGS, self.dsn_ret);
    }

    fn scan(s: &mut crate::Scanner<'_>) -> Result<Message, Error> {
        use crate::deliver::names as n;
        Ok(Message {
            dir: Dir::by_name(s.str(n::QUEUE_NAME)?).ok_or(Error::Data(n::QUEUE_NAME))?,
            id: Id::parse(s.str(n::QUEUE_ID)?).ok_or(Error::Data(n::QUEUE_ID))?,
            encoding: s.str(n::ENCODING)?.to_vec(),
            sendopts: s.int(n::SENDOPTS)?,
            sender: s.str(n::SENDER)?.to_vec(),
            dsn_envid: s.str(n::ENVELOPE_ID)?.to_vec(),
            dsn_ret: s.int(n::RET_FLAGS)?,
        })
    }
}

impl Request {
    /// The request as a list.
    pub fn to_attrs(&self) -> Attrs {
        use crate::deliver::names as n;
        let mut attrs = Attrs::new();
        match self {
            Request::Append { flags, id, recipient, dsn } => {
                attrs.put_int(names::NREQUEST, Command::Append as i32).put_int(n::FLAGS, *flags);
                attrs.put_str(n::QUEUE_ID, id.as_str());
                recipient.put(&mut attrs);
                dsn.put(&mut attrs);
            }
            Request::Notify { command, flags, message } => {
                attrs.put_int(names::NREQUEST, *command as i32).put_int(n::FLAGS, *flags);
                message.put(&mut attrs);
            }
            Request::Verp { flags, message, delimiters } => {
                attrs.put_int(names::NREQUEST, Command::Verp as i32).put_int(n::FLAGS, *flags);
                message.put(&mut attrs);
                attrs.put_str(names::VERP_DELIMITERS, delimiters);
            }
            Request::One { flags, message, recipient, dsn } => {
                attrs.put_int(names::NREQUEST, Command::One as i32).put_int(n::FLAGS, *flags);
                message.put(&mut attrs);
                recipient.put(&mut attrs);
                dsn.put(&mut attrs);
            }
        }
        attrs
    }

    /// Reads a request.
    pub fn scan(attrs: &Attrs) -> Result<Request, Error> {
        use crate::deliver::names as n;
        let mut s = attrs.scanner();
        let command = Command::by_number(s.int(names::NREQUEST)?).ok_or(Error::Data(names::NREQUEST))?;
        let flags = s.int(n::FLAGS)?;
        let request = match command {
            Command::Append => Request::Append {
                flags,
                id: Id::parse(s.str(n::QUEUE_ID)?).ok_or(Error::Data(n::QUEUE_ID))?,
                recipient: Recipient::scan(&mut s)?,
                dsn: Dsn::scan(&mut s)?,
            },
            Command::Flush | Command::Warn | Command::Trace => {
                Request::Notify { command, flags, message: Message::scan(&mut s)? }
            }
            Command::Verp => Request::Verp {
                flags,
                message: Message::scan(&mut s)?,
                delimiters: s.str(names::VERP_DELIMITERS)?.to_vec(),
            },
            Command::One => Request::One {
                flags,
                message: Message::scan(&mut s)?,
                recipient: Recipient::scan(&mut s)?,
                dsn: Dsn::scan(&mut s)?,
            },
        };
        s.end()?;
        Ok(request)
    }
}

/// Sends a request and gives the server's status: 0 for done, else the caller must act as if nothing happened.
/// Failures to talk to the service are logged, and count as -1.
pub async fn request(services: &Services, kind: Kind, request: &Request) -> i32 {
    let service = kind.service(services);
    command(services, Class::Private, service, protocol::BOUNCE, &request.to_attrs()).await
}

/// One request to a service, on a connection of its own; failures are logged and count as -1.
pub(crate) async fn command(
    services: &Services,
    class: Class,
    service: &str,
    protocol: &'static str,
    request: &Attrs,
) -> i32 {
    let name = format!("{}/{service}", class.name());
    let mut connection = match services.connect(class, service).await {
        Ok(connection) => connection,
        Err(error) => {
            log_lines::command_connect(&name, &error);
            return -1;
        }
    };
    if let Err(error) = connection.expect_protocol(protocol).await {
        log_lines::not_announced(&name, &error);
        return -1;
    }
    let exchange = async {
        connection.send(request).await?;
        let answer = connection.receive().await?;
        let mut scanner = answer.scanner();
        let status = scanner.int("status")?;
        scanner.end().map(|()| status)
    };
    match exchange.await {
        Ok(status) => status,
        Err(error) => {
            log_lines::command_exchange(&name, &error);
            -1
        }
    }
}
