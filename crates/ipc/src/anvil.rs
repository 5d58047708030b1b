//! anvil(8): counts connections and requests of SMTP clients. The server ties the count of an SMTP client to the
//! connection that reported it, so each SMTP session has one to itself; they are kept from session to session.

use crate::{Attrs, Class, Connection, Error, Services, encode_plain, log_lines, protocol, read_plain};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Requests and attributes.
pub mod names {
    /// Attribute: request.
    pub const REQUEST: &str = "request";
    /// Attribute: `service:address`.
    pub const IDENT: &str = "ident";
    /// Attribute: 0 or -1.
    pub const STATUS: &str = "status";
    /// Attribute: connections now.
    pub const COUNT: &str = "count";
    /// Attribute: events in the time unit.
    pub const RATE: &str = "rate";
    /// Attribute: messages in the time unit.
    pub const MAIL: &str = "mail";
    /// Attribute: recipients in the time unit.
    pub const RCPT: &str = "rcpt";
    /// Attribute: TLS handshakes in the time unit.
    pub const NEWTLS: &str = "newtls";
    /// Attribute (and request): authentications in the time unit.
    pub const AUTH: &str = "auth";
    /// Request: a client connected.
    pub const CONNECT: &str = "connect";
    /// Request: it went away.
    pub const DISCONNECT: &str = "disconnect";
    /// Request: it sent a message.
    pub const MESSAGE: &str = "message";
    /// Request: it named a recipient.
    pub const RECIPIENT: &str = "recipient";
    /// Request: it did a TLS handshake (same name as the attribute).
    pub const NEWTLS_STATUS: &str = "newtls_status";
    /// Request: tell everything.
    pub const LOOKUP: &str = "lookup";
}

/// An event with a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// MAIL FROM.
    Message,
    /// RCPT TO.
    Recipient,
    /// A new TLS session.
    NewTls,
    /// Only a question: the rate of new TLS sessions.
    NewTlsStatus,
    /// AUTH.
    Auth,
}

impl Event {
    fn request(self) -> &'static str {
        match self {
            Event::Message => names::MESSAGE,
            Event::Recipient => names::RECIPIENT,
            Event::NewTls => names::NEWTLS,
            Event::NewTlsStatus => names::NEWTLS_STATUS,
            Event::Auth => names::AUTH,
        }
    }
}

/// A client of anvil(8). Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    services: Services,
    idle: RefCell<Vec<Connection>>,
}

/// What a session of one SMTP client tells anvil(8). Ends with [`Session::disconnect`]; when it is dropped, the
/// server notices, too.
#[derive(Debug)]
pub struct Session {
    client: Client,
    connection: Option<Connection>,
    ident: Vec<u8>,
}

/// The reference's client gives up on the second failure.
const TRIES: u32 = 2;
const RETRY_PAUSE: Duration = Duration::from_secs(1);
const SERVICE: &str = "anvil";

impl Client {
    /// A client without a connection yet.
    pub fn new(services: &Services) -> Client {
        Client(Rc::new(Shared { services: services.clone(), idle: RefCell::default() }))
    }

    /// A session of an SMTP client, known by the service it connected to and its address.
    pub fn session(&self, service: &str, address: &str) -> Session {
        let mut ident = format!("{service}:{address}").into_bytes();
        ident.iter_mut().filter(|byte| !(b' '..=b'~').contains(byte)).for_each(|byte| *byte = b'?');
        Session { client: self.clone(), connection: None, ident }
    }

    async fn connection(&self) -> Result<Connection, Error> {
        loop {
            let Some(kept) = self.0.idle.borrow_mut().pop() else { break };
            if !kept.is_stale() {
                return Ok(kept);
            }
        }
        let mut connection = self.0.services.connect(Class::Private, SERVICE).await?;
        let announced = receive(&mut connection).await?;
        let found = announced.scanner().str(protocol::PROTOCOL)?;
        if found != protocol::ANVIL.as_bytes() {
            return Err(Error::Protocol { expected: protocol::ANVIL, found: found.to_vec() });
        }
        Ok(connection)
    }
}

async fn receive(connection: &mut Connection) -> Result<Attrs, Error> {
    let limit = connection.limit();
    let answer = tokio::time::timeout(limit, read_plain(connection.io())).await;
    answer.map_err(|_| Error::Timeout)??.ok_or(Error::Eof)
}

impl Session {
    /// The client connected: its connections now, and in the time unit.
    pub async fn connect(&mut self) -> Result<(i32, i32), Error> {
        self.ask(names::CONNECT, |answer| Ok((number(answer, names::COUNT)?, number(answer, names::RATE)?)))
            .await
    }

    /// The client did something that has a rate: how often in the time unit.
    pub async fn count(&mut self, event: Event) -> Result<i32, Error> {
        self.ask(event.request(), |answer| number(answer, names::RATE)).await
    }

    /// The client went away.
    pub async fn disconnect(mut self) -> Result<(), Error> {
        self.ask(names::DISCONNECT, |_| Ok(())).await?;
        if let Some(connection) = self.connection.take() {
            self.client.0.idle.borrow_mut().push(connection);
        }
        Ok(())
    }

    async fn ask<T>(
        &mut self,
        request: &str,
        parse: impl Fn(&Attrs) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut attrs = Attrs::new();
        attrs.put_str(names::REQUEST, request).put_str(names::IDENT, &self.ident);
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_once(&attrs, &parse).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    self.connection = None;
                    if tries >= TRIES {
                        log_lines::server_failed("private/anvil", &error);
                        return Err(error);
                    }
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    async fn try_once<T>(
        &mut self,
        attrs: &Attrs,
        parse: impl Fn(&Attrs) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.client.connection().await?,
        };
        connection.send_bytes(&encode_plain(attrs)).await?;
        let answer = receive(&mut connection).await?;
        // A failure that the server reports is an answer; the connection stays good.
        self.connection = Some(connection);
        match number(&answer, names::STATUS)? {
            0 => parse(&answer),
            _ => Err(Error::Data(names::STATUS)),
        }
    }
}

fn number(answer: &Attrs, name: &'static str) -> Result<i32, Error> {
    answer.int(name).ok_or(Error::Missing(name))
}
