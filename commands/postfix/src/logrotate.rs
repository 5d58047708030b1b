//! `postfix logrotate`: the log file gets a new name, postlogd starts a new one, the old one is compressed.

use std::ffi::OsString;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use sys::signals::Signal;

use crate::context::{Context, Outcome};
use crate::{log_lines, running};

pub(crate) fn run(context: &Context, operands: &[OsString]) -> Outcome {
    if operands.len() != 1 {
        return Err(log_lines::logrotate_usage());
    }
    let config = &context.config;
    let mut values = [""; 3];
    let parameters =
        [&params::MAILLOG_FILE, &params::MAILLOG_FILE_COMPRESSOR, &params::MAILLOG_FILE_ROTATE_SUFFIX];
    for (value, parameter) in values.iter_mut().zip(parameters) {
        *value = config.get(parameter);
        if value.is_empty() {
            return Err(log_lines::empty_parameter(parameter.name()));
        }
    }
    let [file, compressor, suffix] = values;
    if file.starts_with("/dev/") {
        return Err(log_lines::not_rotating(file));
    }
    rotate(file, compressor, suffix).map_err(|why| log_lines::rotation_failed(file, why))
}

fn rotate(file: &str, compressor: &str, suffix: &str) -> Result<(), String> {
    // date(1) interprets the suffix, as its manual says.
    let suffix = output(Command::new("date").arg(format!("+{suffix}")))?;
    let rotated = format!("{file}.{}", suffix.trim_end());
    output(Command::new("mv").args([file, &rotated]))?;
    if running::is_running() {
        running::signal_master(Signal::SIGHUP).map_err(|_| String::new())?;
    }
    // Time for postlogd to open the new file.
    sleep(Duration::from_secs(1));
    output(Command::new(compressor).arg(&rotated)).map(|_| ())
}

// What a command writes to stdout, or else what it wrote to stderr.
fn output(command: &mut Command) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    match command.output() {
        Ok(output) if output.status.success() => Ok(text(&output.stdout)),
        Ok(output) => Err(text(&output.stderr)),
        Err(error) => {
            Err(format!("{}: {}", command.get_program().to_string_lossy(), sys::error_text(&error)))
        }
    }
}
