//! What a daemon knows about itself when it starts, and the steps up to there that all kinds of server share.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use config::master_cf::{self, ServiceType};
use config::{Config, ThisHost, networks};

use crate::arguments::{Arguments, Transport};
use crate::{Fatal, FlowControl, jail, log_lines, protocol};

/// What a service demands of its process limit in master.cf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ProcessLimit {
    /// Nothing.
    #[default]
    Any,
    /// It must be 1.
    One,
    /// It must be 0, for "no limit".
    None,
}

/// What a daemon knows about itself.
#[derive(Clone, Debug)]
pub struct Setup {
    /// main.cf with this service's `-o` options.
    pub config: Config,
    /// The service's name in master.cf.
    pub service_name: String,
    /// The name that the program was called by: `smtp` or `lmtp`.
    pub program: String,
    /// What follows the options on the command line.
    pub args: Vec<OsString>,
    /// The tokens of mail flow control; `None` when no master started this process.
    pub flow: Option<FlowControl>,
    /// Is the one client on standard input (`-S`)?
    pub standard_input: bool,
    /// Does the process end up in the jail?
    pub jailed: bool,
    /// Does the process keep root's rights?
    pub privileged: bool,
    pub(crate) transport: Option<Transport>,
    pub(crate) socket_count: i32,
    pub(crate) alone: bool,
    pub(crate) unlimited: bool,
}

impl Setup {
    /// Goes from the command line to the point where a daemon opens its own files: logging, configuration, checks,
    /// working directory.
    pub(crate) fn load(
        args: &[OsString],
        program: &'static str,
        limit: ProcessLimit,
    ) -> Result<Setup, Fatal> {
        Setup::load_and_log(args, program, limit, |logging, called| logging.apply(called, None, false))
    }

    /// As [`Setup::load`]; `start_log` begins to log as main.cf says.
    pub(crate) fn load_and_log(
        args: &[OsString],
        program: &'static str,
        limit: ProcessLimit,
        start_log: fn(&cli::logging::Settings, &str) -> Result<(), cli::logging::Error>,
    ) -> Result<Setup, Fatal> {
        let called = cli::program_name(args.first());
        ignore_signals();
        let tag = format!("{}/{called}", cli::logging::inherited_tag());
        let log_to = |stderr: Option<String>| {
            let destination = cli::logging::destination_from_environment();
            log::init(log::Setup { tag: tag.clone(), stderr, destination });
        };
        log_to(None);
        let mut arguments = Arguments::of_program(args.first());
        let outcome = arguments.read(args);
        let stderr = arguments.log_to_stderr.then(|| tag.clone());
        // What is wrong with the command line or the configuration belongs there, too.
        log_to(stderr.clone());
        outcome?;
        log::set_verbose(arguments.verbose);
        log_lines::daemon_started();

        let mut overrides = arguments.overrides.clone();
        overrides.push(("process_name".into(), called.clone().into()));
        overrides.push(("service_name".into(), arguments.service_name.clone().into()));
        let config = Config::load(&config::Source { dir: None, overrides, program })?;
        log::set_utf8(config.get(&params::SMTPUTF8_ENABLE));
        let (reading, evaluation) = config.warnings_by_stage();
        let logging = cli::logging_settings(&config);
        if !reading.is_empty() {
            // Whoever reads main.cf does not know its syslog_name yet, nor that of `-o`.
            let syslog_name = cli::logging::inherited_tag();
            start_log(&cli::logging::Settings { syslog_name, ..logging.clone() }, &called)?;
            // Who asks for stderr has read main.cf as well, and has warned already.
            reading.iter().for_each(|warning| log_lines::configuration_warning(warning));
        }
        start_log(&logging, &called)?;
        if stderr.is_some() {
            logging.apply(&called, stderr.as_deref(), false)?;
        }
        evaluation.iter().for_each(|warning| log_lines::configuration_warning(warning));
        refuse_terminal(&arguments)?;
        config.check(program)?;
        networks::own_addresses(&ThisHost, config.get(&params::INET_INTERFACES), config.protocols())?;
        check_limit(&arguments, limit)?;
        if arguments.debug {
            cli::start_debugger(&config).map_err(Fatal::new)?;
        }
        let queue_directory = config.get(&params::QUEUE_DIRECTORY);
        std::env::set_current_dir(queue_directory).map_err(|error| {
            Fatal::new(format_args!("chdir(\"{queue_directory}\"): {}", sys::error_text(&error)))
        })?;
        install_panic_hook();
        let flow = if arguments.standard_input { None } else { FlowControl::claim() };
        Ok(Setup {
            config,
            service_name: arguments.service_name,
            program: called,
            args: arguments.operands,
            flow,
            standard_input: arguments.standard_input,
            jailed: arguments.jail,
            privileged: !arguments.unprivileged,
            transport: arguments.transport,
            socket_count: arguments.socket_count,
            alone: arguments.alone,
            unlimited: arguments.unlimited,
        })
    }

    /// Complains about what follows the options, in daemons for which nothing may.
    ///
    /// # Errors
    /// Something does.
    pub fn refuse_arguments(&self) -> Result<(), Fatal> {
        match self.args.first() {
            None => Ok(()),
            Some(argument) => {
                let argument = argument.to_string_lossy();
                Err(Fatal::new(format_args!("unexpected command-line argument: {argument}")))
            }
        }
    }

    /// Says in the log which of these parameters are set to what the daemon cannot do yet.
    pub fn warn_unsupported(&self, parameters: &[&str]) {
        for parameter in config::warn_unsupported(&self.config, parameters) {
            log_lines::unsupported(&parameter);
        }
    }

    #[cfg(test)]
    pub(crate) fn for_test(config: Config) -> Setup {
        Setup {
            config,
            service_name: "test".to_owned(),
            program: "test".to_owned(),
            args: Vec::new(),
            flow: None,
            standard_input: false,
            jailed: false,
            privileged: true,
            transport: Some(Transport::Unix),
            socket_count: 1,
            alone: false,
            unlimited: false,
        }
    }

    /// `queue_directory`, as a path that is valid after the jail, too.
    pub fn queue_directory(&self) -> PathBuf {
        if self.jailed {
            PathBuf::from("/")
        } else {
            PathBuf::from(self.config.get(&params::QUEUE_DIRECTORY))
        }
    }

    pub(crate) fn transport(&self, known: &[Transport]) -> Result<Transport, Fatal> {
        let transport = self.transport.ok_or_else(|| Fatal::new("no transport type specified"))?;
        if known.contains(&transport) {
            Ok(transport)
        } else {
            Err(Fatal::new(format_args!("unsupported transport type: {}", transport.name())))
        }
    }

    /// Takes over the sockets that master listens on.
    pub(crate) fn claim_listeners(&self) -> Result<Vec<OwnedFd>, Fatal> {
        (0..self.socket_count)
            .map(|index| {
                let socket = sys::inherit(protocol::FIRST_LISTEN_FD + index)?;
                sys::close_on_exec(&socket)?;
                Ok(socket)
            })
            .collect::<std::io::Result<Vec<OwnedFd>>>()
            .map_err(|error| Fatal::new(format_args!("listen socket: {}", sys::error_text(&error))))
    }

    /// Goes into the jail and gives up rights, as the command line says.
    pub(crate) fn enter_jail(&self) -> Result<(), Fatal> {
        sys::clock::load_time_zone();
        // Worked out on first use, from what a jail does not show.
        let _ = self.config.own_addresses();
        let _ = self.config.proxy_addresses();
        let directory = PathBuf::from(self.config.get(&params::QUEUE_DIRECTORY));
        let user = self.config.get(&params::MAIL_OWNER);
        jail::enter(self.jailed.then_some(directory.as_path()), (!self.privileged).then_some(user))
    }

    /// How many clients the service may serve at once, by master.cf's process limit.
    pub(crate) fn process_limit(&self) -> usize {
        if self.alone {
            return 1;
        }
        if self.unlimited {
            return UNLIMITED;
        }
        let default = usize::try_from(self.config.get(&params::DEFAULT_PROCESS_LIMIT)).unwrap_or(1).max(1);
        match self.limit_in_master_cf() {
            Ok(limit) => limit.unwrap_or(default),
            Err(why) => {
                log_lines::table_of_sessions_unknown(&why);
                default
            }
        }
    }

    fn limit_in_master_cf(&self) -> Result<Option<usize>, String> {
        let path = config::file_in(self.config.directory(), config::MASTER_CF);
        let bytes = std::fs::read(&path).map_err(|error| sys::error_text(&error))?;
        let entries = master_cf::parse(&bytes, &path).map_err(|error| error.to_string())?;
        let wanted = match self.transport {
            Some(Transport::Inet) => ServiceType::Inet,
            Some(Transport::Fifo) => ServiceType::Fifo,
            Some(Transport::Pass) => ServiceType::Pass,
            Some(Transport::UnixDatagram) => ServiceType::UnixDgram,
            Some(Transport::Unix) | None => ServiceType::Unix,
        };
        let entry = entries
            .iter()
            .find(|entry| entry.service_type == wanted && entry.name == self.service_name)
            .ok_or_else(|| "no such service".to_owned())?;
        Ok(entry.maxproc.and_then(|limit| usize::try_from(limit).ok()))
    }

    /// `max_idle`; zero is "no limit".
    pub(crate) fn max_idle(&self) -> Option<Duration> {
        Some(self.config.get(&params::MAX_IDLE)).filter(|time| !time.is_zero())
    }

    /// `max_use`; zero is "no limit".
    pub(crate) fn max_use(&self) -> Option<usize> {
        usize::try_from(self.config.get(&params::MAX_USE)).ok().filter(|count| *count > 0)
    }
}

/// Clients at once of a service without process limit: bounded by open files in the end, by this before.
pub(crate) const UNLIMITED: usize = 1000;

/// Mail goes through a chain of processes, each of which wakes the next one. If that interrupted who runs, each step of
/// each message would cost two changes of process; so a process takes all that has come meanwhile at once.
pub(crate) fn take_long_turns() {
    // A kernel that does not allow it only costs time.
    let _ = sys::process::take_long_turns();
}

// A client that goes away, or a file size limit, must show as an error of the write, not end the process.
fn ignore_signals() {
    use sys::signals::{Signal, ignore};
    for signal in [Signal::SIGPIPE, Signal::SIGXFSZ] {
        // The kernel refuses only signals that cannot be ignored.
        let _ = ignore(signal);
    }
}

fn refuse_terminal(arguments: &Arguments) -> Result<(), Fatal> {
    if arguments.daemon && !arguments.standard_input && std::io::stdin().is_terminal() {
        log::init(log::Setup {
            tag: arguments.program.clone(),
            stderr: Some(arguments.program.clone()),
            destination: cli::logging::destination_from_environment(),
        });
        return Err(Fatal::new("do not run this command by hand"));
    }
    Ok(())
}

fn check_limit(arguments: &Arguments, limit: ProcessLimit) -> Result<(), Fatal> {
    let (holds, wanted) = match limit {
        ProcessLimit::Any => return Ok(()),
        ProcessLimit::One => (arguments.alone, 1),
        ProcessLimit::None => (arguments.unlimited, 0),
    };
    if holds || arguments.standard_input {
        Ok(())
    } else {
        let name = &arguments.service_name;
        Err(Fatal::new(format_args!("service {name} requires a process limit of {wanted}")))
    }
}

// A defect in one session is logged with that session's number, where it happened.
fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no text");
        let place =
            info.location().map_or_else(String::new, |place| format!("{}:{}", place.file(), place.line()));
        log_lines::panicked(text, &place);
    }));
}
