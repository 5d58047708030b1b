//! `$name` in forward_path, luser_relay and command_execution_directory.

use std::cell::Cell;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use config::expand::{Found, Mode, expand};

use crate::log_lines;
use crate::settings::Settings;
use crate::state::{Rights, State};

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// The text with values in place of names.
    pub(crate) bytes: Vec<u8>,
    /// The syntax was wrong.
    pub(crate) failed: bool,
    /// A name had no value.
    pub(crate) undefined: bool,
    /// The address extension is in it.
    pub(crate) has_extension: bool,
}

/// Puts the attributes of a recipient into a text. Characters outside of `filter` become `_`.
pub(crate) fn attributes(
    pattern: &str,
    settings: &Settings,
    state: &State,
    rights: &Rights,
    filter: Option<&str>,
) -> Text {
    let has_extension = Cell::new(false);
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_deref().map(Path::as_os_str).map(|text| text.as_bytes().to_vec())
    };
    let mut lookup = |name: &[u8]| {
        let value = match name {
            b"user" => Some(state.user.clone()),
            b"home" => path(&rights.home),
            b"shell" => path(&rights.shell),
            b"domain" => state.domain.clone(),
            b"local" | b"mailbox" => Some(state.local.clone()),
            b"recipient" => Some(state.recipient.address.clone()),
            b"extension" => {
                has_extension.set(has_extension.get() || state.extension.is_some());
                state.extension.clone()
            }
            b"recipient_delimiter" => {
                let first = settings.delimiter.characters().first().copied();
                state.delimiter().or(first).map(|delimiter| vec![delimiter])
            }
            _ => None,
        }?;
        Some(Found::Raw(censor(value, filter)))
    };
    let done = expand(pattern.as_bytes(), Mode::Once, &mut lookup);
    for warning in &done.warnings {
        log_lines::warning(warning);
    }
    Text {
        bytes: done.text,
        failed: done.failed,
        undefined: done.undefined,
        has_extension: has_extension.get(),
    }
}

/// Replaces what is not in the filter.
pub(crate) fn censor(mut value: Vec<u8>, filter: Option<&str>) -> Vec<u8> {
    if let Some(filter) = filter {
        for byte in &mut value {
            if !filter.as_bytes().contains(byte) {
                *byte = b'_';
            }
        }
    }
    value
}
