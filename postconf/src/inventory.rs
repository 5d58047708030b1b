//! What the mail system itself can do, and the templates of its notices.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::ExitCode;

use config::{Config, DIRECTORY_ENVIRONMENT, Error, Source};

use crate::dynamic_maps::{is_plug_in, plug_ins};
use crate::log_lines;
use crate::options::{Flag, Options};
use crate::output::Output;

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// Types of lookup tables.
    Maps,
    /// Ways to lock a mailbox.
    Locks,
    /// SASL implementations for the server.
    ServerSasl,
    /// SASL implementations for the client.
    ClientSasl,
    /// Facts about TLS.
    Tls(&'a [u8]),
}

/// Shows it.
///
/// # Errors
/// main.cf or dynamicmaps.cf is unusable.
pub fn show(output: &mut Output, what: What<'_>, options: &Options) -> Result<ExitCode, Error> {
    match what {
        What::Maps => show_table_types(output, options)?,
        What::Locks => {
            ["flock", "fcntl", "dotlock"].iter().for_each(|name| output.line(name.as_bytes(), false))
        }
        // There is neither yet: the answers are those of a Postfix that was built without.
        What::ServerSasl
        | What::ClientSasl
        | What::Tls(b"compile-version" | b"run-version" | b"public-key-algorithms") => {}
        What::Tls(mode) => {
            log_lines::unknown_tls_mode(mode);
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists what is built in, and the plug-ins that the site has.
fn show_table_types(output: &mut Output, options: &Options) -> Result<(), Error> {
    let config = evaluated(options)?;
    let mut types = plug_ins(Path::new(config.get(&params::META_DIRECTORY)))?;
    types.extend(tables::TYPES.iter().filter(|name| !is_plug_in(name)).map(|&name| name.into()));
    types.iter().for_each(|name| output.line(name, false));
    Ok(())
}

/// Has the bounce daemon show its templates, as they are or expanded: it takes this process's place.
///
/// # Errors
/// main.cf is unusable, or the daemon cannot be run.
pub fn bounce_templates(options: &Options) -> Result<ExitCode, Error> {
    let mut args: Vec<OsString> = vec!["bounce".into()];
    let what = if options.has(Flag::ExpandTemplates) { "expand_templates" } else { "dump_templates" };
    args.push(format!("-SVn{what}").into());
    match options.operands.as_slice() {
        [] => {}
        [file] => {
            let template = [params::BOUNCE_TEMPLATE_FILE.name().as_bytes(), b"=", file].concat();
            args.extend(["-o".into(), OsString::from_vec(template)]);
        }
        _ => return Err(Error::fatal("options -b and -t require at most one template file")),
    }
    args.extend(["-o".into(), format!("{}=.", params::QUEUE_DIRECTORY.name()).into()]);
    if let Some(directory) = &options.directory {
        cli::set_environment(DIRECTORY_ENVIRONMENT, directory.as_os_str())
            .map_err(|why| Error::fatal(format!("setenv: {}", sys::error_text(&why))))?;
    }
    let config = evaluated(options)?;
    let path = Path::new(config.get(&params::DAEMON_DIRECTORY)).join("bounce");
    let why = sys::process::exec(&path, &args);
    Err(Error::fatal(format!("execv {}: {}", path.display(), sys::error_text(&why))))
}

/// The configuration as every other program sees it: what is not as it should be ends the command.
fn evaluated(options: &Options) -> Result<Config, Error> {
    let config = Config::load(&Source { dir: options.directory.clone(), ..Source::of("postconf") })?;
    config.warnings().iter().for_each(log_lines::warning);
    Ok(config)
}
