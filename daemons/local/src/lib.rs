//! The local(8) daemon: delivers to aliases, commands, files and mailboxes of this host.
//!
//! One recipient after the other goes down a tree: `recipient` tries the `alias` tables, the user's `dotforward`
//! file and the `mailbox`; what those list is taken apart by `token` and comes back to `recipient` by way of
//! `resolve`, or leaves by `command`, `file` or `forward`. `state` is what is known on the way. The process has
//! root's rights in reserve, acts as the mail system's owner, and takes on a recipient's identity for each touch of
//! what is the recipient's; so there is one delivery at a time.

mod agent;
mod alias;
mod biff;
mod command;
mod dotforward;
mod duplicates;
mod expand;
mod file;
mod forward;
mod include;
mod late_maps;
mod log_lines;
mod mailbox;
mod pipe;
mod recipient;
mod resolve;
mod settings;
mod state;
mod sysexits;
mod token;
mod unknown;

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use config::Config;
use delivery::mailbox_agent;
use delivery::{Reporter, Waiter};
use ipc::Services;
use queue::Queue;
use server::{Fatal, OneJobService, Setup};

use sys::EffectiveIds;
use tables::{Flags, Maps, Opener};

use agent::{Agent, Tables};
use late_maps::LateMaps;
use settings::{Settings, words};

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
    const PROGRAM: &'static str = "local";
    const PRIVILEGED: bool = true;

    fn pre_jail(setup: &Setup) -> Result<Self, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        mailbox_agent::limit_file_size(config, &params::MAILBOX_SIZE_LIMIT).map_err(Fatal::new)?;
        let opener = Opener::for_daemon(config);
        // Before those of the reporter, as Postfix: what opens first is what the log warns of.
        let tables = tables(config, &opener)?;
        let services = Services::new(config);
        let filter = Some(&params::LOCAL_DELIVERY_STATUS_FILTER);
        let reporter =
            Reporter::open(config, &services, &opener, filter).map_err(|error| Fatal::new(error.text))?;
        Ok(Service {
            agent: Agent {
                settings: Settings::read(config, &setup.service_name)?,
                tables,
                rewriter: ipc::rewrite::Client::new(&services),
                reporter: Rc::new(reporter),
                cleanup_flags: autodetect(config),
                services,
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
    let aliases = config.bytes(&params::ALIAS_MAPS);
    let plain = Flags::LOCK | Flags::UTF8_REQUEST;
    let transports = plain | Flags::NO_REGSUB;
    Ok(Tables {
        aliases: Maps::open(opener, "aliases", aliases, Flags::LOOKUP | Flags::PARANOID)
            .map_err(|error| Fatal::new(error.text))?,
        mailbox_transports: LateMaps::new(opener, config, &params::MAILBOX_TRANSPORT_MAPS, transports),
        mailbox_commands: LateMaps::new(
            opener,
            config,
            &params::MAILBOX_COMMAND_MAPS,
            plain | Flags::PARANOID,
        ),
        fallback_transports: LateMaps::new(opener, config, &params::FALLBACK_TRANSPORT_MAPS, transports),
    })
}

/// Whether forwarded mail is looked at for a need of SMTPUTF8.
fn autodetect(config: &Config) -> i32 {
    let wanted = words(config.get(&params::SMTPUTF8_AUTODETECT_CLASSES))
        .any(|class| class == "all" || class == "forward");
    if wanted && config.get(&params::SMTPUTF8_ENABLE) { ipc::cleanup::flags::AUTOUTF8 } else { 0 }
}
