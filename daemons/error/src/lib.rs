//! The error(8) and retry(8) daemon: bounces, or defers, all mail that it is given, with the nexthop as reason.

use std::ffi::OsString;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use delivery::{Attempt, Delivery, NO_RELAY, Reporter, Verdict, status};
use ipc::deliver::Dsn;
use queue::Queue;
use server::{Conn, Fatal, Session, SessionService, Setup, Stream};
use tables::Opener;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_sessions::<ErrorService>(args)
}

/// What mail meets here, by the service's name in master.cf.
#[derive(Clone, Copy)]
enum Fate {
    Bounce,
    Defer,
}

struct ErrorService {
    reporter: Reporter,
    queue: Queue,
    timeout: Duration,
    fate: Fate,
}

impl SessionService for ErrorService {
    const PROGRAM: &'static str = "error";

    fn pre_jail(setup: &Setup) -> Result<ErrorService, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        let fate = match setup.service_name.as_str() {
            "error" => Fate::Bounce,
            "retry" => Fate::Defer,
            other => return Err(Fatal::new(format_args!("bad error service name: {other}"))),
        };
        let opener = Opener::for_daemon(config);
        let services = ipc::Services::new(config);
        let reporter = Reporter::open(config, &services, &opener, None).map_err(Fatal::new)?;
        Ok(ErrorService {
            reporter,
            queue: Queue::from_config(config),
            timeout: config.get(&params::IPC_TIMEOUT),
            fate,
        })
    }

    async fn serve(self: Rc<Self>, connection: Conn, _session: Session) {
        let Stream::Unix(stream) = connection.stream else { return };
        delivery::serve(stream, &self.queue, self.timeout, async |delivery| self.deliver(delivery).await)
            .await;
    }
}

impl ErrorService {
    async fn deliver(&self, delivery: &Delivery) -> Result<Verdict, delivery::Fatal> {
        let request = &delivery.request;
        if request.nexthop.is_empty() {
            return Err(delivery::Fatal("empty nexthop hostname".to_owned()));
        }
        let default = match self.fate {
            Fate::Bounce => "5.0.0",
            Fate::Defer => "4.0.0",
        };
        let (code, text) = status::split(default, &request.nexthop);
        let dsn = Dsn::simple(code, text);
        let mut verdict = Verdict::Done;
        for recipient in &request.recipients {
            let attempt = Attempt::new(request, recipient, NO_RELAY);
            let one = match self.fate {
                Fate::Bounce => self.reporter.bounce(&attempt, dsn.clone()).await,
                Fate::Defer => self.reporter.defer(&attempt, dsn.clone()).await,
            };
            if one == Verdict::Done {
                delivery.complete(recipient)?;
            }
            verdict = verdict.and(one);
        }
        Ok(verdict)
    }
}
