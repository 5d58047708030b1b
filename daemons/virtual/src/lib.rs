//! The virtual(8) daemon: delivers to mailboxes and maildirs that tables name, for users without accounts.
//!
//! `agent` looks up where a recipient's mailbox is and whose, takes on that identity, and writes. Nothing else happens
//! here: no aliases, no commands, no forwarding. The process has root's rights in reserve and acts as the mail system's
//! owner most of the time, so there is one delivery at a time.

mod agent;
mod log_lines;
mod settings;

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use address::Delimiter;
use config::Config;
use delivery::mailbox_agent;
use delivery::{Reporter, Waiter};
use ipc::Services;
use queue::Queue;
use server::{Fatal, OneJobService, Setup};
use sys::EffectiveIds;
use tables::{AddressSearch, Flags, IsLocal, Maps, MatchList, Opener, Subdomains};

use agent::{Agent, Tables};
use settings::Settings;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_one_job::<Service>(args)
}

struct Service {
    agent: Agent,
    opener: Opener,
    queue: Queue,
    timeout: Duration,
    /// The mail system's owner, whom this process is most of the time.
    owner: (u32, u32),
    identity: Option<EffectiveIds>,
}

impl OneJobService for Service {
    const PROGRAM: &'static str = "virtual";
    const PRIVILEGED: bool = true;
    const RUNS_PROGRAMS: bool = false;

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        mailbox_agent::limit_file_size(config, &params::VIRTUAL_MAILBOX_LIMIT).map_err(Fatal::new)?;
        let opener = Opener::for_daemon(config);
        let filter = Some(&params::VIRTUAL_DELIVERY_STATUS_FILTER);
        let reporter = Reporter::open(config, &Services::new(config), &opener, filter)
            .map_err(|error| Fatal::new(error.text))?;
        Ok(Service {
            agent: Agent {
                settings: Settings::read(config, &setup.service_name)?,
                tables: tables(config, &opener)?,
                reporter,
                waiter: Waiter::new().map_err(Fatal::new)?,
            },
            opener,
            queue: Queue::from_config(config),
            timeout: config.get(&params::IPC_TIMEOUT),
            owner: mailbox_agent::owner(config).map_err(Fatal::new)?,
            identity: None,
        })
    }

    fn post_jail(&mut self, _setup: &Setup) -> Result<(), Fatal> {
        self.identity = Some(mailbox_agent::act_as(self.owner).map_err(Fatal::new)?);
        Ok(())
    }

    fn changed_table(&self) -> Option<String> {
        self.opener.needs_restart()
    }

    fn serve(&mut self, stream: UnixStream, _setup: &Setup) {
        let agent = &self.agent;
        agent.waiter.serve(stream, &self.queue, self.timeout, |delivery| agent.deliver(delivery));
    }
}

fn tables(config: &Config, opener: &Opener) -> Result<Tables, Fatal> {
    let flags = Flags::LOCK | Flags::UTF8_REQUEST | Flags::PARANOID;
    let open = |param: &params::Param<params::Text>| {
        Maps::open(opener, param.name(), config.bytes(param), flags).map_err(|error| Fatal::new(error.text))
    };
    let mydestination = &params::MYDESTINATION;
    let local = Subdomains::of_list(opener, config, mydestination.name())
        .and_then(|subdomains| {
            MatchList::domains(opener, mydestination.name(), config.bytes(mydestination), subdomains)
        })
        .map_err(|error| Fatal::new(error.text))?;
    let is_local: Arc<IsLocal> = Arc::new(move |domain: &[u8]| local.matches(domain));
    let origin = config.get(&params::MYORIGIN).as_bytes();
    Ok(Tables {
        mailboxes: open(&params::VIRTUAL_MAILBOX_MAPS)?,
        uids: open(&params::VIRTUAL_UID_MAPS)?,
        gids: open(&params::VIRTUAL_GID_MAPS)?,
        search: AddressSearch::new(Delimiter::from_config(config), origin, is_local),
    })
}
