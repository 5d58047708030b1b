//! The qshape(1) command: shows which domains the mail in the queue is for (or from), and how long it has been there.

mod age;
mod number;
mod options;
mod queue_file;
mod shape;

use options::{Options, Stop};
use shape::Shape;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;

/// Deeper than a queue can be; ends a walk that goes astray.
const MAX_DEPTH: usize = 100;

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    // A script knows itself by the file that was executed, and so this command is known.
    let program = sys::process::executed_file()
        .or_else(|| args.first().map(PathBuf::from))
        .map_or_else(|| "qshape".to_owned(), |path| path.to_string_lossy().into_owned());
    let _ = sys::signals::restore_pipe_signal();
    match qshape(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            // If stderr is gone there is nobody to tell.
            let _ = io::stderr().write_all(&stop.text(&program));
            ExitCode::from(stop.status())
        }
    }
}

fn qshape(args: &[OsString]) -> Result<(), Stop> {
    let options = options::parse(args)?;
    if options.queues.iter().any(|queue| queue.is_relative()) {
        enter_queue_directory(&options)?;
    }
    let mut report = Report::new(options);
    for queue in report.options.queues.clone() {
        report.top(&queue)?;
    }
    report.show()
}

/// Goes where relative names of queues start. postconf(1) is asked, because it complains of nothing but this parameter.
fn enter_queue_directory(options: &Options) -> Result<(), Stop> {
    let mut postconf = Command::new("postconf");
    postconf.args(["-h", "queue_directory"]).stderr(std::process::Stdio::inherit());
    if let Some(directory) = &options.config_directory {
        postconf.env(cli::CONFIG_ENVIRONMENT, directory);
    }
    let output = postconf.output().ok().filter(|output| output.status.success());
    let mut directory = output.ok_or(Stop::Postconf)?.stdout;
    if directory.last() == Some(&b'\n') {
        directory.pop();
    }
    if directory.contains(&b'$') {
        return Err(Stop::Expansion(directory));
    }
    let path = Path::new(std::ffi::OsStr::from_bytes(&directory));
    std::env::set_current_dir(path).map_err(|error| Stop::Directory(path.to_owned(), error))
}

/// The way through the queues, and what was counted on it.
struct Report {
    options: Options,
    shape: Shape,
    now: i64,
    /// At a terminal: what clears it. Results are then shown while counting goes on.
    clear: Option<Vec<u8>>,
    messages: u64,
}

impl Report {
    fn new(options: Options) -> Report {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let clear = io::stdout().is_terminal().then(|| {
            let output = Command::new("clear").output();
            output.map(|output| output.stdout).unwrap_or_default()
        });
        Report {
            shape: Shape::new(&options),
            options,
            now: i64::try_from(now).unwrap_or(i64::MAX),
            clear,
            messages: 0,
        }
    }

    /// A queue as it was named: a directory, or a single file. A link to a directory is a file here.
    fn top(&mut self, path: &Path) -> Result<(), Stop> {
        match fs::symlink_metadata(path) {
            Ok(status) if status.is_dir() => self.directory(path, 0),
            Ok(_) => self.file(path),
            Err(error) => {
                let text = format!("Can't stat {}: {}\n", path.display(), sys::error_text(&error));
                let _ = io::stderr().write_all(text.as_bytes());
                Ok(())
            }
        }
    }

    fn directory(&mut self, path: &Path, depth: usize) -> Result<(), Stop> {
        // What cannot be read, or is gone meanwhile, is not counted.
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => self.directory(&entry.path(), depth + 1)?,
                Ok(_) => self.file(&entry.path())?,
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), Stop> {
        let Some(message) = queue_file::read(path) else { return Ok(()) };
        self.shape.count(&message, self.now, &self.options);
        self.messages += 1;
        let every = self.options.batch_messages;
        if self.clear.is_some() && every > 0 && self.messages.is_multiple_of(every) {
            self.show()?;
        }
        Ok(())
    }

    fn show(&mut self) -> Result<(), Stop> {
        let mut text = Vec::new();
        let mut rows = None;
        if let Some(clear) = &self.clear {
            if self.options.batch_messages > 0 {
                text.extend_from_slice(clear);
            }
            rows = Some(self.options.batch_domains).filter(|&rows| rows > 0);
        }
        self.shape.print(&self.options, rows, &mut text);
        let mut out = io::stdout().lock();
        out.write_all(&text).and_then(|()| out.flush()).map_err(Stop::Output)
    }
}
