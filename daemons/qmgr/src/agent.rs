//! Talks to delivery agents: one connection for each delivery.

use std::rc::Rc;
use std::time::Duration;

use ipc::deliver::{self, Dsn, Outcome, Recipient, Request, flags};
use ipc::{Class, Connection};
use queue::Dir;
use queue::flags::sendopts;
use server::Fatal;

use crate::log_lines;
use crate::manager::{ActiveMessage, Manager};
use crate::sched::{Entry, Id, Reason, Transport};

/// What stands before the reason for which a destination is left alone.
const SUSPENDED: &[u8] = b"delivery temporarily suspended: ";

/// What came of a delivery.
enum Ending {
    /// The agent told.
    Told(Outcome),
    /// The agent broke down, and nothing is known.
    Crash,
    /// This process cannot go on.
    Timeout,
}

impl Manager {
    /// Uses one connection to a delivery agent of `transport`, if there still is something to deliver when it is ready.
    pub async fn use_agent(self: Rc<Self>, transport: Id<Transport<Recipient>>) {
        let (name, pause) = {
            let sched = self.sched.borrow();
            let info = sched.transport_info(transport);
            (info.name.clone(), info.settings.transport_rate_delay)
        };
        let ready = self.connect(&name).await;
        self.sched.borrow_mut().agent_connected(transport);
        if pause > 0 {
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
        match ready {
            None => self.transport_unavailable(transport),
            Some(connection) => {
                let entry = self.sched.borrow_mut().select_entry(transport, Manager::now());
                match entry {
                    Some(entry) => {
                        self.carry_out();
                        self.deliver(transport, &name, entry, connection).await;
                    }
                    None => self.sched.borrow_mut().unlock_transport(transport),
                }
            }
        }
        self.carry_out();
    }

    async fn connect(&self, name: &str) -> Option<Connection> {
        let mut connection = match self.services.connect(Class::Private, name).await {
            Ok(connection) => connection,
            Err(error) => {
                log_lines::cannot_connect(name, &error);
                return None;
            }
        };
        // Agents that are all busy answer late; that is no failure.
        connection.set_limit(self.settings.daemon_timeout);
        let ready = deliver::await_ready(&mut connection).await;
        connection.set_limit(self.settings.ipc_timeout);
        match ready {
            Ok(()) => {}
            Err(ipc::Error::Timeout) => {
                self.give_up(Fatal::new(format_args!("timeout connecting to transport: {name}")));
                return None;
            }
            // One that is gone shows when it is written to.
            Err(ipc::Error::Eof | ipc::Error::Io(_)) => {}
            Err(error) => log_lines::odd_greeting(name, &error),
        }
        Some(connection)
    }

    fn transport_unavailable(&self, transport: Id<Transport<Recipient>>) {
        let reason = Reason::new("4.3.0", "mail transport unavailable");
        self.sched.borrow_mut().transport_failed(transport, &reason, Manager::now());
    }

    async fn deliver(
        self: &Rc<Self>,
        transport: Id<Transport<Recipient>>,
        name: &str,
        entry: Id<Entry<Recipient>>,
        mut connection: Connection,
    ) {
        let handle = self.sched.borrow().entry_message(entry);
        let Some(message) = self.message(handle) else { return };
        let request = self.request(&message, entry);
        if let Err(error) = deliver::send(&mut connection, &request).await {
            log_lines::cannot_write(name, &error);
            self.sched.borrow_mut().unselect(entry);
            self.transport_unavailable(transport);
            return;
        }
        connection.set_limit(self.settings.daemon_timeout);
        let ending = match deliver::receive_outcome(&mut connection).await {
            Ok(outcome) => Ending::Told(outcome),
            Err(ipc::Error::Timeout) => Ending::Timeout,
            Err(error) => {
                log_lines::malformed_response(name, &error);
                Ending::Crash
            }
        };
        drop(connection);
        match ending {
            Ending::Timeout => self.give_up(Fatal::new(format_args!(
                "{}: timeout receiving delivery status from transport: {name}",
                message.id
            ))),
            Ending::Crash => {
                let dsn = Dsn::simple("4.3.0", "unknown mail transport error");
                self.destination_failed(&message, entry, Some(dsn));
            }
            Ending::Told(outcome) => {
                let hop_failed = outcome.hop_status.as_ref().is_some_and(|dsn| !dsn.reason.is_empty());
                if outcome.status != 0 {
                    self.destination_failed(&message, entry, outcome.hop_status);
                }
                let mut sched = self.sched.borrow_mut();
                sched.open_transport(transport);
                if !hop_failed {
                    let destination = sched.entry_destination_id(entry);
                    sched.open_destination(destination);
                }
            }
        }
        self.sched.borrow_mut().delivered(entry, Manager::now());
    }

    /// Some recipients are to be tried again; with `hop_status`, because the destination as a whole has trouble.
    fn destination_failed(
        &self,
        message: &ActiveMessage,
        entry: Id<Entry<Recipient>>,
        hop_status: Option<Dsn>,
    ) {
        message.deferred.set(true);
        let Some(dsn) = hop_status else { return };
        let valid = delivery::status::valid(&dsn.status).is_some();
        let status = if valid { String::from_utf8_lossy(&dsn.status) } else { "4.0.0".into() };
        let why = if dsn.reason.is_empty() { b"unknown error" } else { &dsn.reason[..] };
        let reason = Reason { status: status.into_owned(), text: [SUSPENDED, why].concat() };
        let mut sched = self.sched.borrow_mut();
        let destination = sched.entry_destination_id(entry);
        sched.destination_failed(destination, &reason, Manager::now());
    }

    fn request(&self, message: &ActiveMessage, entry: Id<Entry<Recipient>>) -> Request {
        let sched = self.sched.borrow();
        let recipients = sched.entry_recipients(entry).to_vec();
        let destination = sched.entry_destination(entry);
        let envelope = message.envelope.borrow();
        let mut options = envelope.sendopts;
        let is_utf8 = |recipient: &Recipient| {
            !recipient.address.is_ascii() && std::str::from_utf8(&recipient.address).is_ok()
        };
        if self.settings.smtputf8 && recipients.iter().any(is_utf8) {
            options |= sendopts::SMTPUTF8_RECIPIENT;
            if envelope.verp.is_some() {
                options |= sendopts::SMTPUTF8_SENDER;
            }
        }
        let sender = match (&envelope.verp, recipients.first()) {
            (Some(delimiters), Some(first)) => {
                delivery::verp::sender(delimiters, envelope.sender(), &first.original, &first.address)
            }
            _ => envelope.sender().to_vec(),
        };
        let mut request_flags = envelope.trace_flags;
        request_flags |= if envelope.inspector.is_some() { flags::BOUNCE } else { flags::DEFAULT };
        if destination.may_load_connection {
            request_flags |= flags::CONN_LOAD;
        }
        if destination.may_store_connection {
            request_flags |= flags::CONN_STORE;
        }
        let origin = &envelope.origin;
        Request {
            flags: request_flags,
            dir: Dir::Active,
            id: message.id.clone(),
            data_offset: i64::try_from(envelope.data_offset).unwrap_or(0),
            data_size: envelope.content_length,
            nexthop: destination.nexthop.clone(),
            encoding: envelope.encoding.clone(),
            sendopts: options,
            sender,
            dsn_envid: envelope.dsn_envid.clone(),
            dsn_ret: envelope.dsn_ret,
            stats: message.stats(),
            client: origin.client.clone(),
            sasl: origin.sasl.clone(),
            log_ident: origin.log_ident.clone(),
            rewrite_context: origin.rewrite_context.clone(),
            recipients,
        }
    }
}
