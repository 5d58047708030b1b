//! Where a program's configuration comes from.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bstr::BString;

use crate::error::Error;
use crate::lines::LogicalLines;
use crate::text::{byte_words, show, show_path, split_pair};

/// The environment variable that names the configuration directory.
pub const DIRECTORY_ENVIRONMENT: &str = "MAIL_CONFIG";

/// Name of the file with the parameters.
pub const MAIN_CF: &str = "main.cf";

/// Name of the file with the services.
pub const MASTER_CF: &str = "master.cf";

/// Path of a file of the configuration. There is always a slash between directory and name, also when the directory
/// ends with one, which messages show, or is empty, which stands for the root directory.
pub fn file_in(directory: &Path, name: &str) -> PathBuf {
    let mut path = directory.as_os_str().to_owned();
    path.push("/");
    path.push(name);
    path.into()
}

/// What a program was told about its configuration.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Directory given by `-c`; `None`: the environment, else the compiled-in directory.
    pub dir: Option<PathBuf>,
    /// `-o name=value`, in order.
    pub overrides: Vec<(BString, BString)>,
    /// The program's name, which decides which parameters it reads.
    pub program: &'static str,
}

impl Source {
    /// The configuration of `program` with nothing said on its command line.
    pub fn of(program: &'static str) -> Self {
        Self { program, ..Self::default() }
    }

    /// The same for a program that tells main.cf the name that it was called by: as `$process_name`.
    pub fn of_process(program: &'static str, name: &str) -> Self {
        Self { overrides: vec![("process_name".into(), name.into())], ..Self::of(program) }
    }

    /// The configuration directory. The directory need not exist.
    ///
    /// # Errors
    /// The process has more rights than its caller, who chose a directory that the installed main.cf does not
    /// approve of.
    pub fn directory(&self) -> Result<PathBuf, Error> {
        let chosen = self.dir.clone().or_else(|| std::env::var_os(DIRECTORY_ENVIRONMENT).map(PathBuf::from));
        let installed = Path::new(params::profile::CONFIG_DIRECTORY);
        let directory = chosen.unwrap_or_else(|| installed.to_owned());
        if directory.as_os_str() != installed.as_os_str() && sys::environment::is_untrusted() {
            approve(&directory, installed)?;
        }
        Ok(directory)
    }
}

/// Whether a user without rights of its own may have a privileged program read another configuration directory:
/// the installed main.cf must list it.
///
/// # Errors
/// It does not, or cannot be read.
pub fn approve_directory(directory: &Path) -> Result<(), Error> {
    approve(directory, Path::new(params::profile::CONFIG_DIRECTORY))
}

/// The text of an error of the operating system, as `strerror(3)` has it.
pub(crate) fn os_error(why: &std::io::Error) -> String {
    sys::error_text(why)
}

/// Reads a whole file.
///
/// # Errors
/// The fatal text of an open or a read that failed.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    read_file_for(path, "")
}

/// The same for an edit, which words a failed open otherwise.
///
/// # Errors
/// As above.
pub fn read_file_to_edit(path: &Path) -> Result<Vec<u8>, Error> {
    read_file_for(path, " for reading")
}

fn read_file_for(path: &Path, purpose: &str) -> Result<Vec<u8>, Error> {
    let shown = show_path(path);
    let mut file = std::fs::File::open(path)
        .map_err(|why| Error::fatal(format!("open {shown}{purpose}: {}", os_error(&why))))?;
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut content)
        .map_err(|why| Error::fatal(format!("read {shown}: {}", os_error(&why))))?;
    Ok(content)
}

/// Looks for a directory among those that the installed main.cf lists. The lists are taken as they stand, without
/// `$name` expansion.
fn approve(directory: &Path, installed: &Path) -> Result<(), Error> {
    let lists = [params::ALTERNATE_CONFIG_DIRECTORIES.name(), params::MULTI_INSTANCE_DIRECTORIES.name()];
    let path = installed.join(MAIN_CF);
    let shown = show_path(&path);
    let content =
        std::fs::read(&path).map_err(|why| Error::fatal(format!("open file {shown}: {}", os_error(&why))))?;
    let wanted = directory.as_os_str().as_bytes();
    let mut warnings = Vec::new();
    let approved =
        LogicalLines::new(&content, &shown, &mut warnings).any(|line| match split_pair(&line.text) {
            Ok((name, value)) if lists.iter().any(|list| list.as_bytes() == name) => {
                byte_words(value).any(|word| word == wanted)
            }
            _ => false,
        });
    if approved {
        return Ok(());
    }
    let (wanted, [alternate, instances]) = (show(wanted), lists);
    let error =
        Error::fatal(format!("specify \"{alternate} = {wanted}\" or \"{instances} = {wanted}\" in {shown}"));
    Err(error
        .after_error(format!("unauthorized configuration directory name: {wanted}"))
        .after_warnings(warnings))
}
