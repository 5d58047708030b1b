//! The discard(8) daemon: throws mail away and says that it was sent, with the nexthop as reason.

use std::ffi::OsString;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use delivery::{Attempt, Delivery, NO_RELAY, Reporter, Verdict, status};
use ipc::deliver::{Dsn, flags};
use queue::Queue;
use server::{Conn, Fatal, Session, SessionService, Setup, Stream};
use tables::Opener;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<DiscardService>(args)
}

struct DiscardService {
    reporter: Reporter,
    queue: Queue,
    timeout: Duration,
}

impl SessionService for DiscardService {
    const PROGRAM: &'static str = "discard";

    fn pre_jail(setup: &Setup) -> Result<DiscardService, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        let opener = Opener::for_daemon(config);
        let services = ipc::Services::new(config);
        let reporter = Reporter::open(config, &services, &opener, None).map_err(Fatal::new)?;
        Ok(DiscardService {
            reporter,
            queue: Queue::from_config(config),
            timeout: config.get(&params::IPC_TIMEOUT),
        })
    }

    async fn serve(self: Rc<Self>, connection: Conn, _session: Session) {
        let Stream::Unix(stream) = connection.stream else { return };
        delivery::serve(stream, &self.queue, self.timeout, async |delivery| self.deliver(delivery).await)
            .await;
    }
}

impl DiscardService {
    async fn deliver(&self, delivery: &Delivery) -> Result<Verdict, delivery::Fatal> {
        let request = &delivery.request;
        if request.nexthop.is_empty() {
            return Err(delivery::Fatal("empty nexthop hostname".to_owned()));
        }
        let (code, text) = status::split("2.0.0", &request.nexthop);
        let dsn = Dsn::simple(code, text);
        let mut verdict = Verdict::Done;
        for recipient in &request.recipients {
            let attempt = Attempt::new(request, recipient, NO_RELAY);
            let one = self.reporter.sent(&attempt, dsn.clone()).await;
            if one == Verdict::Done && request.flags & flags::SUCCESS != 0 {
                delivery.complete(recipient)?;
            }
            verdict = verdict.and(one);
        }
        Ok(verdict)
    }
}
