//! The protocol with smtpd(8) and postscreen(8): text lines, on connections that stay.

use crate::log_lines;
use crate::registry::{Link, Registry};
use crate::statistics::Rate;
use ipc::{Attrs, protocol};
use server::{Conn, Fatal, Session, SessionService, Setup, Stream};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::BufReader;

/// The daemon.
pub(crate) struct Anvil {
    registry: RefCell<Registry>,
    unit: Duration,
    update: Duration,
}

/// What the service says of a request.
const OK: i32 = 0;
const FAIL: i32 = -1;

impl SessionService for Anvil {
    const PROGRAM: &'static str = "anvil";
    const PROCESS_LIMIT: server::ProcessLimit = server::ProcessLimit::One;
    const SHARED: bool = true;
    // The numbers live in this process.
    const LIMITED_USE: bool = false;

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        let unit = setup.config.get(&params::ANVIL_RATE_TIME_UNIT);
        let seconds = i64::try_from(unit.as_secs()).unwrap_or(i64::MAX);
        let update = setup.config.get(&params::ANVIL_STATUS_UPDATE_TIME);
        Ok(Anvil { registry: RefCell::new(Registry::new(seconds)), unit, update })
    }

    fn post_jail(self: &Rc<Self>, _setup: &Setup) -> Result<(), Fatal> {
        let anvil = Rc::clone(self);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(anvil.update).await;
                anvil.log_statistics();
            }
        });
        Ok(())
    }

    /// The numbers of a time unit are not forgotten before it ends.
    fn max_idle(&self, configured: Option<Duration>) -> Option<Duration> {
        configured.map(|idle| idle.max(self.unit))
    }

    async fn serve(self: Rc<Self>, connection: Conn, _session: Session) {
        let Stream::Unix(stream) = connection.stream else { return };
        let mut stream = BufReader::new(stream);
        let mut link = Link::default();
        // A connection is served to its end when the process winds up, too: its client is counted here.
        let mut answer = protocol::announcement(protocol::ANVIL);
        while ipc::write_plain(&mut stream, &answer).await.is_ok() {
            match ipc::read_plain(&mut stream).await {
                Ok(Some(request)) => match self.answer(&request, &mut link) {
                    Some(next) => answer = next,
                    None => {
                        // What the reference says while it forgets a client that it had counted.
                        if link.is_counted() {
                            let _ = ipc::write_plain(&mut stream, Attrs::new().put_int("status", OK)).await;
                        }
                        break;
                    }
                },
                Ok(None) | Err(_) => break,
            }
        }
        self.registry.borrow_mut().hang_up(&mut link, sys::clock::now_seconds());
    }

    fn on_exit(&self) {
        self.log_statistics();
    }
}

/// What is asked for, and who did it. What follows is said to be unexpected, and does no harm.
fn parse(request: &Attrs) -> Result<(&[u8], &[u8]), ipc::Error> {
    let mut scanner = request.scanner();
    let verb = scanner.str("request")?;
    let ident = scanner.str("ident")?;
    let _ = scanner.end().inspect_err(log_lines::malformed_request);
    Ok((verb, ident))
}

impl Anvil {
    fn log_statistics(&self) {
        self.registry.borrow_mut().statistics.log(self.unit.as_secs());
    }

    /// Answers a request; `None` for one that lacks an attribute.
    fn answer(&self, request: &Attrs, link: &mut Link) -> Option<Attrs> {
        let (verb, ident) = parse(request).inspect_err(log_lines::malformed_request).ok()?;
        let now = sys::clock::now_seconds();
        let mut registry = self.registry.borrow_mut();
        let mut answer = Attrs::new();
        answer.put_int("status", OK);
        let rate = match verb {
            b"connect" => {
                let (count, rate) = registry.connect(link, ident, now);
                answer.put_int("count", count).put_int("rate", rate);
                return Some(answer);
            }
            b"disconnect" => {
                registry.disconnect(link, ident, now);
                return Some(answer);
            }
            b"lookup" => {
                let (count, rates) = registry.look_up(ident, now);
                answer
                    .put_int("count", count)
                    .put_int("rate", rates.connection)
                    .put_int("mail", rates.message)
                    .put_int("rcpt", rates.recipient)
                    .put_int("newtls", rates.newtls)
                    .put_int("auth", rates.auth);
                return Some(answer);
            }
            b"newtls_status" => {
                let (_, rates) = registry.look_up(ident, now);
                answer.put_int("rate", rates.newtls);
                return Some(answer);
            }
            b"message" => Rate::Message,
            b"recipient" => Rate::Recipient,
            b"newtls" => Rate::NewTls,
            b"auth" => Rate::Auth,
            _ => {
                log_lines::unrecognized_request(verb);
                let mut refusal = Attrs::new();
                refusal.put_int("status", FAIL);
                return Some(refusal);
            }
        };
        answer.put_int("rate", registry.event(link, rate, ident, now));
        Some(answer)
    }
}
