//! The postlog(1) command: logs text for shell scripts, as Postfix programs log.
//!
//! It is installed set-gid, so that any user can reach postlogd's socket: nothing here trusts its caller.

use std::ffi::OsString;
use std::io::{BufRead, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::time::Duration;

use cli::{Getopt, Logging, Opt};
use config::{Config, Source};
use log::Level;

/// The program's own name: the caller chooses its first argument, so that is not used.
const PROGRAM: &str = "postlog";

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    match postlog(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.lines_before() {
                match line {
                    config::Line::Warning(text) => log::warn!("{text}"),
                    config::Line::Error(text) => log::error!("{text}"),
                }
            }
            cli::fatal(error)
        }
    }
}

struct Options {
    level: Level,
    tag: Option<String>,
    operands: Vec<OsString>,
}

fn postlog(args: &[OsString]) -> Result<(), config::Error> {
    cli::start_as(PROGRAM, Logging::StderrAndMailLog);
    let tag = format!("{}/{PROGRAM}", cli::logging::inherited_tag());
    log::init(log::Setup {
        tag: tag.clone(),
        stderr: Some(tag),
        destination: cli::logging::destination_from_environment(),
    });
    // Before main.cf is read, only a process that postfix(1) started knows of postlogd. Postfix 3.11 falls back to writing
    // the file itself only in one that postfix(1) did not start.
    let started_by_postfix = sys::environment::trusted(log::SERVICE_ENVIRONMENT).is_some();
    let options = parse(args)?;
    let config = Config::load(&Source::of(PROGRAM))?;
    // Logging is still as it was before main.cf was read.
    for warning in config.warnings() {
        log::warn!("{warning}");
    }
    config.check(PROGRAM)?;
    log::set_utf8(config.get(&params::SMTPUTF8_ENABLE));
    cli::clean_environment(&config).map_err(fatal)?;
    let settings = cli::logging_settings(&config);
    let tag = options.tag.unwrap_or_else(|| settings.tag(PROGRAM));
    // A reader at a terminal sees the tag; scripts' output has always begun with the program's name.
    let stderr = if std::io::stderr().is_terminal() { tag.clone() } else { settings.tag(PROGRAM) };
    settings.apply_tag(&tag, Some(&stderr), !started_by_postfix).map_err(fatal)?;
    if options.operands.is_empty() {
        log_input(options.level);
    } else {
        let words: Vec<&[u8]> = options.operands.iter().map(|word| word.as_bytes()).collect();
        log::write(options.level, format_args!("{}", log::bytes(&words.join(&b' '))));
    }
    if options.level >= Level::Fatal {
        // Like the programs whose messages these look like.
        std::thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

fn fatal(error: impl std::fmt::Display) -> config::Error {
    config::Error::fatal(error.to_string())
}

fn parse(args: &[OsString]) -> Result<Options, config::Error> {
    let mut shown: Vec<OsString> = args.to_vec();
    if let Some(first) = shown.first_mut() {
        *first = PROGRAM.into();
    }
    let mut options = Options { level: Level::Info, tag: None, operands: Vec::new() };
    let mut getopt = Getopt::new(&shown, "c:ip:t:v");
    for opt in getopt.by_ref() {
        match opt {
            Opt::Value('c', directory) => {
                cli::set_environment(cli::CONFIG_ENVIRONMENT, &directory).map_err(fatal)?;
            }
            Opt::Flag('i') => {}
            Opt::Value('p', name) => options.level = level(&name.to_string_lossy())?,
            Opt::Value('t', tag) => options.tag = Some(log::printable(tag.as_bytes())),
            Opt::Flag('v') => log::set_verbose(log::verbose() + 1),
            _ => {
                return Err(fatal("usage: postlog [-c config_dir] [-i] [-p priority] [-t tag] [-v] [text]"));
            }
        }
    }
    options.operands = getopt.operands();
    Ok(options)
}

fn level(name: &str) -> Result<Level, config::Error> {
    let known = [
        ("info", Level::Info),
        ("warn", Level::Warning),
        ("warning", Level::Warning),
        ("error", Level::Error),
        ("err", Level::Error),
        ("fatal", Level::Fatal),
        ("crit", Level::Fatal),
        ("panic", Level::Panic),
    ];
    known
        .into_iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(name))
        .map(|(_, level)| level)
        .ok_or_else(|| fatal(format_args!("bad severity: \"{name}\"")))
}

// Each line of the input is a record. A line that is not text is cleaned, one that cannot be read ends the input.
fn log_input(level: Level) {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(1..) => {}
            _ => return,
        }
        // What follows a NUL byte does not count.
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        log::write(level, format_args!("{}", log::bytes(text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Text: 3.11.
    #[test]
    fn severities_have_several_names() {
        assert_eq!(level("CRIT"), Ok(Level::Fatal));
        assert_eq!(level("warning"), Ok(Level::Warning));
        assert_eq!(level("loud").unwrap_err().to_string(), "bad severity: \"loud\"");
    }
}
