//! Table types that the site has as plug-ins: `dynamicmaps.cf` and the files in `dynamicmaps.cf.d` name them.
//!
//! Ours are all built in. The files still decide what is listed, because packages and scripts speak through them:
//! `postfix-mysql` puts its entry there when it is installed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use bstr::{BString, ByteSlice};
use config::Error;

use crate::log_lines;

/// Types that distributions package as plug-ins.
const PLUG_INS: [&str; 8] = ["cdb", "ldap", "lmdb", "mongodb", "mysql", "pcre", "pgsql", "sqlite"];

/// Is the type one that an installation like this one has only if its plug-in is there?
pub fn is_plug_in(table_type: &str) -> bool {
    params::profile::NAME != "upstream" && PLUG_INS.contains(&table_type)
}

/// The types of all plug-ins; `directory` is `meta_directory`.
///
/// # Errors
/// A file cannot be opened, or a line of it is no entry.
pub fn plug_ins(directory: &Path) -> Result<BTreeSet<BString>, Error> {
    let mut found = BTreeSet::new();
    let path = directory.join("dynamicmaps.cf");
    read(&path, &mut found)?;
    let more = path.with_extension("cf.d");
    match std::fs::read_dir(&more) {
        Ok(entries) => {
            for entry in entries.flatten() {
                read(&entry.path(), &mut found)?;
            }
        }
        Err(why) if why.kind() == ErrorKind::NotFound => {}
        Err(why) => log_lines::cannot_open_directory(&more, &why),
    }
    Ok(found)
}

/// Adds the types that a file names. A missing file names none.
fn read(path: &Path, found: &mut BTreeSet<BString>) -> Result<(), Error> {
    let shown = path.display();
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        Err(why) => {
            return Err(Error::fatal(format!("{shown}: file open failed: {}", sys::error_text(&why))));
        }
    };
    let facts = file
        .metadata()
        .map_err(|why| Error::fatal(format!("{shown}: fstat failed; {}", sys::error_text(&why))))?;
    if facts.uid() != 0 || facts.mode() & 0o022 != 0 {
        log_lines::untrusted_plug_ins(path);
        return Ok(());
    }
    let mut content = Vec::new();
    // What cannot be read names nothing, as in the original: a folder, for one.
    let _ = file.read_to_end(&mut content);
    for (number, line) in content.lines().enumerate() {
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let fatal = |what: String| Err(Error::fatal(format!("{shown}, line {}: {what}", number + 1)));
        let words: Vec<&[u8]> = line.fields_with(|c| c == ' ' || c == '\t').collect();
        let (Some(table_type), 3..=4) = (words.first(), words.len()) else {
            let expected = "dict-type .so-name dict-function [mkmap-function]";
            return fatal(format!("Expected \"{expected}\""));
        };
        if !table_type.first().is_some_and(u8::is_ascii_alphanumeric) {
            return fatal(format!("unsupported syntax \"{}\"", log::bytes(table_type)));
        }
        if !found.insert(BString::from(*table_type)) {
            log_lines::duplicate_plug_in(path, table_type);
        }
    }
    Ok(())
}
