//! The postalias(1) command: builds, changes and asks alias tables.
//!
//! It is postmap(1) with another source syntax, `name: value, value`, and a few entries that it adds to each table.

use address::{Address, Token};
use config::Config;
use postmap_command::{Flavour, LastEntry, Source, SourceEntry, command};
use std::borrow::Cow;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command with its whole argument vector, the name it was called by first.
pub fn run(args: Vec<OsString>) -> ExitCode {
    command::run(&POSTALIAS, &args)
}

const POSTALIAS: Flavour = Flavour {
    program: "postalias",
    options: "Nc:d:fijnopq:rsuvw",
    usage: "[-Nfinoprsuvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
    separator: ":\t",
    bad_data: command::NO_CAUSE,
    source: &AliasSource,
};

/// The source syntax of aliases(5).
struct AliasSource;

impl Source for AliasSource {
    fn entry<'a>(&self, text: &'a [u8], warn: &dyn Fn(&str)) -> Option<SourceEntry<'a>> {
        let tokens = address::scan(text, 0);
        if tokens.is_empty() {
            return None;
        }
        let parts = tokens.iter().position(|token| token.is_op(b':')).map(|colon| tokens.split_at(colon));
        let Some((name, value)) = parts.map(|(name, rest)| (name, rest.get(1..).unwrap_or_default())) else {
            warn("need name:value pair");
            return None;
        };
        let has = |op: u8| name.iter().any(|token: &Token| token.is_op(op));
        if name.is_empty() || value.is_empty() || has(b',') {
            warn("need name:value pair");
            return None;
        }
        if has(b'@') || has(b'%') {
            warn("name must be local and have no domain");
            return None;
        }
        let key = Address::from_tokens(name.to_vec()).internalize();
        let value = Address::from_tokens(value.to_vec()).externalize_tokens();
        Some(SourceEntry { key: key.into(), value: value.into() })
    }

    /// Sendmail and NIS recognise an alias table by these.
    fn last_entries(&self, config: &Config) -> Vec<LastEntry> {
        let entry = |key: &'static str, value: String, raw: bool| LastEntry {
            entry: SourceEntry { key: Cow::Borrowed(key.as_bytes()), value: Cow::Owned(value.into_bytes()) },
            raw,
        };
        vec![
            entry("@", "@".to_owned(), false),
            entry("YP_LAST_MODIFIED", format!("{:010}", sys::clock::now_seconds()), true),
            entry("YP_MASTER_NAME", config.get(&params::MYHOSTNAME).to_owned(), true),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn entry(text: &str) -> Result<(String, String), String> {
        let warning = RefCell::new(String::new());
        let warn = |text: &str| *warning.borrow_mut() = text.to_owned();
        match AliasSource.entry(text.as_bytes(), &warn) {
            Some(SourceEntry { key, value }) => Ok((
                String::from_utf8(key.into_owned()).unwrap(),
                String::from_utf8(value.into_owned()).unwrap(),
            )),
            None => Err(warning.into_inner()),
        }
    }

    /// By experiment with postalias 3.11.
    #[test]
    fn alias_lines() {
        let ok = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(entry("Postmaster: root"), ok("Postmaster", "root"));
        assert_eq!(entry("\"A b\": c d, \"|cmd x\""), ok("A b", "c d, \"|cmd x\""));
        assert_eq!(entry("q: :include:/x, /file name"), ok("q", ":include:/x, /file name"));
        assert_eq!(entry("z: \"x y\"@c, <a@b>, b (comment)"), ok("z", "\"x y\"@c, <a@b>, b (comment)"));
        for bad in ["x", "a: ", ": b", "a, b: c"] {
            assert_eq!(entry(bad), Err("need name:value pair".to_owned()), "{bad}");
        }
        assert_eq!(entry("a@b: c"), Err("name must be local and have no domain".to_owned()));
    }
}
