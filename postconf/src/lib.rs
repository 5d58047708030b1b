//! The postconf(1) command: shows and changes main.cf and master.cf.
//!
//! Unlike every other program it does not evaluate parameters: it shows what is set, what the defaults say, and which
//! names nobody reads. [`run`] is the command; `options` knows which options go together, `view::View` holds what was
//! read, and the modules beside it each print or change one thing.
//!
//! Text, order and exit status follow Postfix 3.11, Debian's build. Where the original's order of warnings depends on
//! a random seed, ours follows the files.

mod dbms;
mod defaults;
mod dynamic_maps;
mod edit;
mod entries;
mod fields;
mod inventory;
mod json;
mod log_lines;
mod names;
mod options;
mod output;
mod parameters;
mod pattern;
mod service;
mod service_parameters;
mod unused;
mod user_names;
mod view;

use std::ffi::OsString;
use std::process::ExitCode;

use cli::Logging;
use config::{Error, Line};

use crate::options::{Flag, Options};
use crate::output::Output;
use crate::view::View;

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    let program = cli::start(&args, Logging::Stderr);
    // The original says the whole path that it was called by.
    let called = args.first().map(|name| name.to_string_lossy().into_owned());
    log::init(log::Setup { tag: program.clone(), stderr: called, destination: log::Destination::None });
    log::set_utf8(false);
    match Options::parse(&args).and_then(|options| dispatch(&program, &options)) {
        Ok(status) => status,
        Err(error) => {
            for line in error.lines_before() {
                match line {
                    Line::Warning(text) => log_lines::warning(text),
                    Line::Error(text) => log_lines::error(text),
                }
            }
            cli::fatal(error)
        }
    }
}

/// Does what the options ask for.
fn dispatch(program: &str, options: &Options) -> Result<ExitCode, Error> {
    let mut output = Output::new();
    if options.has(Flag::ExpandTemplates) || options.has(Flag::DumpTemplates) {
        return inventory::bounce_templates(options);
    }
    if let Some(what) = options.inventory() {
        let status = inventory::show(&mut output, what, options)?;
        output.flush();
        return Ok(status);
    }
    if options.edits() {
        edit::run(options)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut view = View::new(program, options);
    if options.shows_master_cf() {
        view.read_master_cf(true)?;
        view.read_main_cf()?;
        view.find_names()?;
        if options.has(Flag::MasterFields) {
            fields::show(&mut output, &view, options)?;
        } else if options.has(Flag::MasterParameters) {
            service_parameters::show(&mut output, &view, options)?;
        } else {
            entries::show(&mut output, &view, options)?;
        }
    } else {
        if !options.has(Flag::Defaults) {
            view.read_main_cf()?;
        }
        view.read_master_cf(false)?;
        view.find_names()?;
        parameters::show(&mut output, &view, options)?;
    }
    let deprecated = view.warn_unused(options, &mut output);
    output.flush();
    if deprecated {
        log_lines::deprecation_pointer();
    }
    Ok(ExitCode::SUCCESS)
}
