//! The qmgr(8) daemon: takes mail out of the incoming and deferred queues, decides in which order it is delivered, and
//! hands it to delivery agents.
//!
//! `sched` decides, without I/O. `manager` carries out what it decides, with `feed` (into the active queue),
//! `route` (finding the way), `agent` (deliveries) and `finish` (out of the active queue). The first thing to
//! read is SCHEDULER_README of Postfix.

mod agent;
mod envelope;
mod feed;
mod finish;
mod general;
mod log_lines;
mod manager;
mod route;
mod scan;
mod sched;
mod settings;

use std::ffi::OsString;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use delivery::Reporter;
use queue::Queue;
use server::{EventService, Fatal, Setup, Triggers};
use tables::Opener;

use manager::Manager;
use sched::Scheduler;
use settings::Settings;

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_trigger::<QueueManager>(args)
}

/// How long a notice may take.
const NOTICE_TIMEOUT: Duration = Duration::from_secs(1000);

/// Open files: a connection for each delivery that is under way, and some for the rest.
const OPEN_FILES: u64 = 16_384;

struct QueueManager(Rc<Manager>);

impl EventService for QueueManager {
    const PROGRAM: &'static str = "qmgr";
    const LIMITED_USE: bool = false;
    const LIMITED_IDLE: bool = false;
    // One scans while the other removes: the directories allow little more at a time anyway.
    const DISK_THREADS: usize = 2;

    fn watchdog(setup: &Setup) -> Duration {
        setup.config.get(&params::QMGR_DAEMON_TIMEOUT)
    }

    fn pre_jail(setup: &Setup) -> Result<QueueManager, Fatal> {
        setup.refuse_arguments()?;
        let config = &setup.config;
        if setup.program == "nqmgr" {
            log_lines::old_name(&config.directory().display().to_string());
        }
        // With fewer, deliveries fail when they are many; that is for the log of that time.
        let _ = sys::process::raise_open_files(OPEN_FILES);
        let settings = Settings::new(config);
        let opener = Opener::for_daemon(config);
        let mut service_settings = ipc::Services::new(config).settings().clone();
        service_settings.timeout = NOTICE_TIMEOUT;
        let notice_services = ipc::Services::with(service_settings.clone());
        service_settings.timeout = settings.ipc_timeout;
        let services = ipc::Services::with(service_settings);
        let reporter = Reporter::open(config, &services, &opener, None).map_err(Fatal::new)?;
        let for_transports = config.clone();
        let settings_of = move |name: &str| settings::transport_settings(&for_transports, name);
        let sched = Scheduler::new(settings.limits.clone(), Box::new(settings_of));
        let queue = Queue::from_config(config);
        Ok(QueueManager(Rc::new(Manager::new(settings, queue, services, notice_services, reporter, sched))))
    }

    async fn run(self: Rc<Self>, setup: Setup, triggers: Triggers) -> Result<(), Fatal> {
        Rc::clone(&self.0).run(triggers, setup.flow).await
    }
}
