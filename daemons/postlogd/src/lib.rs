//! The postlogd(8) daemon: writes what other programs log to the file `maillog_file`.
//!
//! Programs send a datagram a line, ready for the file. Datagrams wait in the socket while postlogd restarts, so nothing
//! is lost at a reload. Programs that were started under an older configuration may still send lines when `maillog_file`
//! is not set any more; those go where this program's own lines go then.

mod log_lines;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use server::{DatagramService, Fatal, ProcessLimit, Setup};

/// Runs the daemon with its whole argument vector, the name it was called by first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    server::run_datagram::<Postlogd>(args)
}

struct Postlogd {
    tag: String,
    // Lines for the file that are written together.
    lines: Vec<u8>,
    settings: cli::logging::Settings,
}

impl DatagramService for Postlogd {
    const PROGRAM: &'static str = "postlogd";
    const PROCESS_LIMIT: ProcessLimit = ProcessLimit::One;
    const LIMITED_USE: bool = false;
    const LONGEST: usize = 4096;

    fn watchdog(setup: &Setup) -> Duration {
        setup.config.get(&params::POSTLOGD_WATCHDOG_TIMEOUT)
    }

    fn start_log(logging: &cli::logging::Settings, called: &str) -> Result<(), cli::logging::Error> {
        logging.apply_as_logger(called)
    }

    fn pre_jail(setup: &Setup) -> Result<Postlogd, Fatal> {
        setup.refuse_arguments()?;
        let settings = cli::logging_settings(&setup.config);
        let tag = settings.tag(&setup.program);
        Ok(Postlogd { tag, lines: Vec::new(), settings })
    }

    fn take(&mut self, datagram: &[u8]) {
        if self.settings.maillog_file.is_empty() {
            self.pass_on(datagram);
        } else {
            self.lines.extend_from_slice(datagram);
            self.lines.push(b'\n');
        }
    }

    fn taken_all(&mut self) {
        if !self.lines.is_empty() {
            log::append_records(&self.lines);
            self.lines.clear();
        }
    }

    fn receive_failed(&mut self, error: &io::Error) {
        log_lines::receive_failed(error);
    }
}

impl Postlogd {
    // A line for the file that is not configured any more goes to syslog, under the name of the program that sent it.
    fn pass_on(&self, datagram: &[u8]) {
        let (program, text) = without_stamp(datagram);
        let set_up = |tag: String| {
            // The settings were good when the program started.
            let destination = self.settings.destination(false).unwrap_or_default();
            log::init(log::Setup { tag, stderr: None, destination });
        };
        match program {
            Some(program) => set_up(String::from_utf8_lossy(program).into_owned()),
            None => set_up(self.tag.clone()),
        }
        log::info!("{}", log::bytes(text));
        set_up(self.tag.clone());
    }
}

/// Takes time stamp and host off a line: gives `program[number]`, if the line is long enough to have it, and the text.
fn without_stamp(datagram: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let mut rest = datagram;
    let mut word = |ends: &[u8]| -> Option<&[u8]> {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || ends.contains(byte);
        let start = rest.iter().position(|byte| !is_end(byte)).unwrap_or(rest.len());
        let text = rest.get(start..).unwrap_or_default();
        let end = text.iter().position(is_end).unwrap_or(text.len());
        let (word, tail) = text.split_at(end);
        rest = tail.get(1..).unwrap_or_default();
        Some(word).filter(|word| !word.is_empty())
    };
    for _ in ["month", "day", "time", "host"] {
        word(b"");
    }
    let program = word(b":");
    (program, rest.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_comes_off() {
        let line = b"Nov 02 10:11:12 mail postfix/smtpd[42]: warning: a: b";
        assert_eq!(without_stamp(line), (Some(&b"postfix/smtpd[42]"[..]), &b"warning: a: b"[..]));
        assert_eq!(without_stamp(b"Nov 02"), (None, &b""[..]));
    }
}
