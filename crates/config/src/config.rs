//! The evaluated configuration of one program.

mod computed;

use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bstr::{BStr, ByteSlice};
use params::{Computed, Kind, Param, Program, Row, Shape, Value};

use crate::checks;
use crate::dictionary::Dictionary;
use crate::error::Error;
use crate::evaluate::evaluate;
use crate::expand::{Expanded, Found, Mode, expand};
use crate::host::{Host, ThisHost};
use crate::level::Level;
use crate::networks::{OwnAddress, Protocols, addresses_of};
use crate::ports::KnownPorts;
use crate::source::{MAIN_CF, Source, file_in, read_file};
use crate::text::{show, show_path};

/// The configuration of one program: immutable, cheap to clone and to share between threads.
///
/// Values are evaluated once and kept under the parameter's ordinal, so that a look-up costs an array access.
#[derive(Clone)]
pub struct Config {
    inner: Arc<Inner>,
}

/// Which computed defaults a `$name` may stand for: those that are computed from the text at hand may not, or the
/// computation would have no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// None, while the host name is being found out.
    NoHost,
    /// The host and domain name.
    Host,
    /// All.
    All,
}

/// What all clones share.
struct Inner {
    directory: PathBuf,
    program: &'static str,
    host: Box<dyn Host>,
    settings: Dictionary,
    level: Level,
    slots: Box<[OnceLock<Value>]>,
    warnings: Vec<String>,
    /// How many of these came of reading main.cf.
    reading_warnings: usize,
    /// With the warnings that came of finding them.
    protocols: OnceLock<(Result<Protocols, Error>, Vec<String>)>,
    own_addresses: OnceLock<Result<Vec<OwnAddress>, Error>>,
    proxy_addresses: OnceLock<Vec<IpAddr>>,
    known_ports: OnceLock<KnownPorts>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Config({} in {})", self.inner.program, self.inner.directory.display())
    }
}

impl Config {
    /// Reads main.cf and evaluates everything that the program reads.
    ///
    /// # Errors
    /// What Postfix ends with a fatal line for: the file cannot be read, a line is none, a value cannot be
    /// evaluated, a user does not exist, ... The error carries the warnings that come before that line.
    pub fn load(source: &Source) -> Result<Self, Error> {
        let directory = source.directory()?;
        let path = file_in(&directory, MAIN_CF);
        let content = read_file(&path)?;
        let mut warnings = Vec::new();
        let mut settings = Dictionary::new();
        settings.set(params::CONFIG_DIRECTORY.name().as_bytes(), directory.as_os_str().as_bytes());
        settings
            .read(&content, &show_path(&path), &mut warnings)
            .map_err(|error| error.after_warnings(warnings.clone()))?;
        for (name, value) in &source.overrides {
            settings.set(name, value);
        }
        let config = Self::build(directory, source.program, Box::new(ThisHost), settings, warnings)?;
        config.finish()
    }

    /// The configuration that a main.cf of this text gives, with what the text says taken on trust: users,
    /// interfaces and the like are not looked at before they are asked for. For tests and tools.
    ///
    /// # Errors
    /// A line that is no `name = value`, or a malformed compatibility level.
    pub fn from_text(program: &'static str, main_cf: &str) -> Result<Self, Error> {
        Self::from_text_on(Box::new(ThisHost), program, main_cf)
    }

    /// The same on another host.
    ///
    /// # Errors
    /// As for [`from_text`](Self::from_text).
    pub fn from_text_on(host: Box<dyn Host>, program: &'static str, main_cf: &str) -> Result<Self, Error> {
        let directory = PathBuf::from(params::profile::CONFIG_DIRECTORY);
        let mut warnings = Vec::new();
        let settings = Dictionary::parse(main_cf.as_bytes(), MAIN_CF, &mut warnings)?;
        Self::build(directory, program, host, settings, warnings)
    }

    /// Puts the parts together and finds the compatibility level, on which defaults depend.
    fn build(
        directory: PathBuf,
        program: &'static str,
        host: Box<dyn Host>,
        settings: Dictionary,
        warnings: Vec<String>,
    ) -> Result<Self, Error> {
        let mut inner = Inner {
            directory,
            program,
            host,
            settings,
            level: Level::new(0, 0, 0),
            slots: (0..params::COUNT).map(|_| OnceLock::new()).collect(),
            reading_warnings: warnings.len(),
            warnings,
            protocols: OnceLock::new(),
            own_addresses: OnceLock::new(),
            proxy_addresses: OnceLock::new(),
            known_ports: OnceLock::new(),
        };
        let mut found = Vec::new();
        let level = inner.evaluated(params::COMPATIBILITY_LEVEL.row(), &mut found).and_then(|value| {
            let text = params::Text::pick(&value);
            Level::parse(text.as_bytes()).ok_or_else(|| Error::fatal(Level::malformed(text)))
        });
        inner.warnings.append(&mut found);
        match level {
            Ok(level) => inner.level = level,
            Err(error) => return Err(error.after_warnings(inner.warnings)),
        }
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Evaluates what every program reads, makes the checks that every program makes, then evaluates what this
    /// program alone reads: of two wrong values, the first in this order is spoken of.
    fn finish(self) -> Result<Self, Error> {
        let mut found = Vec::new();
        let is_everybodys = |row: &Row| row.programs.contains(&Program::Every);
        let outcome = self
            .inner
            .evaluate_rows(&mut found, |row| is_everybodys(row) && checks::is_first(row))
            .and_then(|()| checks::logging_and_network(&self, &mut found))
            .and_then(|()| self.inner.evaluate_rows(&mut found, is_everybodys))
            .and_then(|()| checks::every_program(&self, &mut found))
            .and_then(|()| self.inner.evaluate_for(self.inner.program, &mut found));
        let mut warnings = self.inner.warnings.clone();
        warnings.append(&mut found);
        match outcome {
            Ok(()) => {
                // Nobody else has this configuration yet.
                let Ok(mut inner) = Arc::try_unwrap(self.inner).map_err(|_| ()) else {
                    return Err(Error::fatal("configuration is shared too early"));
                };
                inner.warnings = warnings;
                Ok(Self { inner: Arc::new(inner) })
            }
            Err(error) => Err(error.after_warnings(warnings)),
        }
    }

    /// The value of a parameter, in the type that its kind says.
    ///
    /// A value that could not be evaluated was fatal in [`load`](Self::load) if the program reads it; for others
    /// the default stands in.
    pub fn get<K: Kind>(&self, param: &Param<K>) -> K::Output<'_> {
        K::pick(self.inner.slot(param.ordinal(), param.row()))
    }

    /// The value of a text parameter byte for byte, for text that others read: main.cf need not be UTF-8. In what
    /// [`get`](Self::get) gives, question marks stand for bytes that are not.
    pub fn bytes<K: Kind>(&self, param: &Param<K>) -> Vec<u8> {
        let row = param.row();
        let text = match (self.inner.settings.get(row.name), row.default) {
            (Some(set), _) => set.as_bytes(),
            (None, params::Default::Text(text)) => text.as_bytes(),
            (None, params::Default::Computed(computed)) => {
                return self.inner.computed(computed).unwrap_or_default().into_bytes();
            }
        };
        if row.shape == Shape::Raw {
            return text.to_vec();
        }
        self.inner.expanded(text, &mut Vec::new()).unwrap_or_default()
    }

    /// Evaluates all parameters that `program` reads: for programs that take over another's work.
    ///
    /// # Errors
    /// The first value that cannot be evaluated, with the warnings before it.
    pub fn check(&self, program: &str) -> Result<(), Error> {
        let mut found = Vec::new();
        self.inner.evaluate_for(program, &mut found).map_err(|error| error.after_warnings(found))
    }

    /// Evaluates one parameter: for programs that read it only when their command line leaves it open.
    ///
    /// # Errors
    /// The value cannot be evaluated; with the warnings before that.
    pub fn check_one<K: Kind>(&self, param: &Param<K>) -> Result<(), Error> {
        let mut found = Vec::new();
        match self.inner.evaluated(param.row(), &mut found) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.after_warnings(found)),
        }
    }

    /// Expands `$name` in a text.
    ///
    /// # Errors
    /// Broken syntax or endless recursion, with the warnings that tell which.
    pub fn expand(&self, text: &str) -> Result<String, Error> {
        let mut found = Vec::new();
        self.inner
            .expanded(text.as_bytes(), &mut found)
            .map(|text| show(&text))
            .map_err(|error| error.after_warnings(found))
    }

    /// Is the parameter set in main.cf or on the command line, if only to nothing?
    pub fn is_set<K>(&self, param: &Param<K>) -> bool {
        self.inner.settings.contains(param.name())
    }

    /// The text of any name that is set, not expanded: for restriction classes and the like, whose names are the
    /// user's own.
    pub fn raw(&self, name: impl AsRef<[u8]>) -> Option<&BStr> {
        self.inner.settings.get(name)
    }

    /// The text of any name that is set, expanded; byte for byte, as [`bytes`](Self::bytes) gives it.
    pub fn lookup(&self, name: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        self.raw(name).and_then(|value| self.inner.expanded(value, &mut Vec::new()).ok())
    }

    /// What `$name` stands for, expanded: what is set, else the default if the program reads such a parameter.
    pub fn reference(&self, name: &str) -> Option<String> {
        let text = self.inner.text_for_reference(Reach::All, name.as_bytes())?;
        self.inner.expanded(&text, &mut Vec::new()).ok().map(|text| show(&text))
    }

    /// All that is set.
    pub fn settings(&self) -> &Dictionary {
        &self.inner.settings
    }

    /// A service's own value of an integer family, such as `relay_destination_concurrency_limit` for the service
    /// `relay` and [`params::DEFAULT_DESTINATION_CONCURRENCY_LIMIT`].
    ///
    /// # Errors
    /// The service's value cannot be evaluated.
    pub fn derived_int(&self, service: &str, default: &Param<params::Int>) -> Result<i64, Error> {
        self.derived(service, default).map(|value| params::Int::pick(&value))
    }

    /// A service's own value of a time family; see [`derived_int`](Self::derived_int).
    ///
    /// # Errors
    /// The service's value cannot be evaluated.
    pub fn derived_seconds(
        &self,
        service: &str,
        default: &Param<params::Seconds>,
    ) -> Result<std::time::Duration, Error> {
        self.derived(service, default).map(|value| params::Seconds::pick(&value))
    }

    /// A service's own value of a text family; see [`derived_int`](Self::derived_int).
    ///
    /// # Errors
    /// The service's value cannot be evaluated.
    pub fn derived_text(&self, service: &str, default: &Param<params::Text>) -> Result<String, Error> {
        self.derived(service, default).map(|value| params::Text::pick(&value).to_owned())
    }

    /// The service's own setting, else its built-in default, else the family's default.
    fn derived<K: Kind>(&self, service: &str, default: &Param<K>) -> Result<Value, Error> {
        let family_default = || self.inner.slot(default.ordinal(), default.row()).clone();
        let Some(family) = params::service::family_of(default) else { return Ok(family_default()) };
        let name = family.name_for(service);
        let mut found = Vec::new();
        if let Some(ordinal) = params::ordinal_of(&name)
            && let Some(row) = params::row(ordinal)
        {
            return self.inner.evaluated(row, &mut found).map_err(|error| error.after_warnings(found));
        }
        let Some(text) = self.inner.settings.get(&name) else { return Ok(family_default()) };
        let evaluated = self.inner.expanded(text, &mut found).and_then(|text| {
            let unit = self.inner.default_text(default.row(), &mut Vec::new());
            evaluate(default.row(), &name, &show(&text), &unit)
        });
        evaluated.map_err(|error| error.after_warnings(found))
    }

    /// Warnings that arose while the configuration was read and evaluated: to be logged at start.
    pub fn warnings(&self) -> &[String] {
        &self.inner.warnings
    }

    /// The same, those that came of reading main.cf apart from those of its evaluation.
    pub fn warnings_by_stage(&self) -> (&[String], &[String]) {
        let warnings = self.warnings();
        warnings.split_at_checked(self.inner.reading_warnings).unwrap_or((warnings, &[]))
    }

    /// The configuration directory.
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// The program for which this was loaded.
    pub fn program(&self) -> &'static str {
        self.inner.program
    }

    /// The compatibility level.
    pub fn compatibility_level(&self) -> Level {
        self.inner.level
    }

    /// The protocol families in use.
    pub fn protocols(&self) -> Protocols {
        self.inner.protocols()
    }

    /// TCP service names with their ports, as `known_tcp_ports` has them.
    pub fn known_ports(&self) -> &KnownPorts {
        let list = || KnownPorts::parse(self.get(&params::KNOWN_TCP_PORTS), &mut Vec::new());
        self.inner.known_ports.get_or_init(list)
    }

    /// The addresses on which this system receives mail.
    pub fn own_addresses(&self) -> &[OwnAddress] {
        self.found_addresses().unwrap_or_default()
    }

    /// What is wrong with `inet_protocols`, if anything is.
    pub(crate) fn check_protocols(&self, warnings: &mut Vec<String>) -> Result<(), Error> {
        let (outcome, found) = self.inner.found_protocols();
        warnings.extend_from_slice(found);
        outcome.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Evaluates `mynetworks`.
    pub(crate) fn evaluate_networks(&self, warnings: &mut Vec<String>) -> Result<(), Error> {
        let row = params::MYNETWORKS.row();
        match self.inner.slots.get(params::MYNETWORKS.ordinal()) {
            // Another thread can only have put the same value there.
            Some(slot) if slot.get().is_none() => drop(slot.set(self.inner.evaluated(row, warnings)?)),
            _ => {}
        }
        Ok(())
    }

    /// The addresses, or why they cannot be known.
    pub(crate) fn found_addresses(&self) -> Result<&[OwnAddress], Error> {
        self.inner.found_addresses()
    }

    /// The addresses on which others receive mail for this system (`proxy_interfaces`).
    pub fn proxy_addresses(&self) -> &[IpAddr] {
        self.inner.proxy_addresses.get_or_init(|| {
            let list = self.get(&params::PROXY_INTERFACES);
            let name = params::PROXY_INTERFACES.name();
            addresses_of(self.inner.host.as_ref(), name, list, self.protocols()).unwrap_or_default()
        })
    }
}

impl Inner {
    /// The kept value, evaluated now if it was not.
    fn slot(&self, ordinal: usize, row: &'static Row) -> &Value {
        static EMPTY: Value = Value::Bool(false);
        let Some(slot) = self.slots.get(ordinal) else { return &EMPTY };
        slot.get_or_init(|| {
            let mut ignored = Vec::new();
            self.evaluated(row, &mut ignored).unwrap_or_else(|_| {
                let text = self.default_text(row, &mut ignored);
                evaluate(row, row.name, &text, &text).unwrap_or(match row.shape {
                    Shape::Text | Shape::Raw => Value::Text(text.into()),
                    Shape::Int | Shape::Long => Value::Int(0),
                    Shape::Seconds => Value::Seconds(std::time::Duration::ZERO),
                    Shape::Bool => Value::Bool(false),
                })
            })
        })
    }

    /// Evaluates and keeps all parameters of a program.
    fn evaluate_for(&self, program: &str, warnings: &mut Vec<String>) -> Result<(), Error> {
        self.evaluate_rows(warnings, |row| row.is_read_by(program))
    }

    /// Evaluates and keeps the parameters that are wanted, but for `mynetworks`: what that is computed from must be
    /// known to be right. What is set comes first, so that a wrong value is spoken of by its own name, not by that of
    /// another whose default refers to it.
    fn evaluate_rows(
        &self,
        warnings: &mut Vec<String>,
        is_wanted: impl Fn(&Row) -> bool,
    ) -> Result<(), Error> {
        let networks = params::MYNETWORKS.ordinal();
        let rows = || params::rows().iter().zip(&self.slots).enumerate();
        let set = rows().filter(|(_, (row, _))| self.settings.contains(row.name));
        let unset = rows().filter(|(_, (row, _))| !self.settings.contains(row.name));
        for (ordinal, (row, slot)) in set.chain(unset) {
            if ordinal != networks && slot.get().is_none() && !row.legacy && is_wanted(row) {
                // Another thread can only have put the same value there.
                let _ = slot.set(self.evaluated(row, warnings)?);
            }
        }
        Ok(())
    }

    /// Evaluates a parameter.
    fn evaluated(&self, row: &Row, warnings: &mut Vec<String>) -> Result<Value, Error> {
        let set = self.settings.get(row.name);
        if let params::Default::Computed(computed @ (Computed::ProcessId | Computed::MyNetworks)) =
            row.default
            && (set.is_none() || computed == Computed::ProcessId)
        {
            let text = self.computed(computed)?;
            return evaluate(row, row.name, &text, &text);
        }
        let default = match (row.shape, set) {
            (Shape::Seconds, _) | (_, None) => self.default_text(row, warnings),
            _ => String::new(),
        };
        let text = match set {
            None => default.clone(),
            Some(text) if row.shape == Shape::Raw => show(text),
            Some(text) => {
                let reach = if row.name == params::MYHOSTNAME.name() { Reach::NoHost } else { Reach::All };
                show(&self.expanded_within(reach, text, warnings).whole()?)
            }
        };
        let text = if row.name == params::MYORIGIN.name() { checks::origin(text)? } else { text };
        evaluate(row, row.name, &text, &default)
    }

    /// The default of a parameter, expanded unless it is raw. Defaults are known to be well formed; one that refers
    /// to something broken is empty.
    fn default_text(&self, row: &Row, warnings: &mut Vec<String>) -> String {
        match row.default {
            params::Default::Text(text) if row.shape == Shape::Raw => text.to_owned(),
            params::Default::Text(text) => match self.expanded(text.as_bytes(), warnings) {
                Ok(text) => show(&text),
                Err(_) => String::new(),
            },
            params::Default::Computed(computed) => self.computed(computed).unwrap_or_default(),
        }
    }

    /// The expanded text of a parameter, for defaults that depend on another.
    fn text_of(&self, row: &Row, reach: Reach) -> String {
        let default = match row.default {
            params::Default::Text(text) => text,
            params::Default::Computed(computed) => {
                return match self.settings.get(row.name) {
                    Some(text) => show(&self.expanded_within(reach, text, &mut Vec::new()).text),
                    None => self.computed(computed).unwrap_or_default(),
                };
            }
        };
        let text = self.settings.get(row.name).map_or(default.as_bytes(), |text| text);
        show(&self.expanded_within(reach, text, &mut Vec::new()).text)
    }

    /// Expands a text; a name stands for its setting, or its default if the program knows the parameter.
    fn expanded(&self, text: &[u8], warnings: &mut Vec<String>) -> Result<Vec<u8>, Error> {
        self.expanded_within(Reach::All, text, warnings).whole()
    }

    /// The same, with some computed defaults out of reach, and with whatever came of it.
    fn expanded_within(&self, reach: Reach, text: &[u8], warnings: &mut Vec<String>) -> Expanded {
        let mut lookup = |name: &[u8]| self.text_for_reference(reach, name).map(Found::Text);
        let mut done = expand(text, Mode::Recursive, &mut lookup);
        warnings.append(&mut done.warnings);
        done
    }

    /// What `$name` stands for.
    fn text_for_reference(&self, reach: Reach, name: &[u8]) -> Option<Vec<u8>> {
        if name == params::PROCESS_ID.name().as_bytes() {
            return self.computed(Computed::ProcessId).ok().map(String::into_bytes);
        }
        if let Some(value) = self.settings.get(name) {
            return Some(value.to_vec());
        }
        let row = params::by_name(std::str::from_utf8(name).ok()?)?;
        if !row.is_read_by(self.program) {
            return None;
        }
        let needed = match row.default {
            params::Default::Text(text) => return Some(text.as_bytes().to_vec()),
            params::Default::Computed(Computed::MyHostname | Computed::MyDomain) => Reach::Host,
            params::Default::Computed(Computed::MyNetworks) => Reach::All,
            params::Default::Computed(Computed::ProcessName | Computed::ProcessId) => Reach::NoHost,
        };
        let params::Default::Computed(computed) = row.default else { return None };
        (reach >= needed).then(|| self.computed(computed).unwrap_or_default().into_bytes())
    }
}

/// The names, out of those that a program cannot honour, that are set to something other than their default.
pub fn warn_unsupported(config: &Config, names: &[&str]) -> Vec<String> {
    let differs = |name: &&&str| {
        let Some(set) = config.raw(name) else { return false };
        let Some(row) = params::by_name(name) else { return true };
        let mut ignored = Vec::new();
        let default = config.inner.default_text(row, &mut ignored);
        let set = config.inner.expanded(set, &mut ignored).unwrap_or_default();
        set != default.as_bytes()
    };
    names.iter().filter(differs).map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn config(text: &str) -> Config {
        Config::from_text("smtpd", text).unwrap()
    }

    #[test]
    fn threads_can_share_it() {
        fn check<T: Clone + Send + Sync>() {}
        check::<Config>();
    }

    #[test]
    fn values_have_their_kinds() {
        let config = config(
            "message_size_limit = 5\nqueue_run_delay = 2h\nsmtpd_helo_required=yes\nmyorigin=$mydomain\nmydomain = a.test\n",
        );
        assert_eq!(config.get(&params::MESSAGE_SIZE_LIMIT), 5);
        assert_eq!(config.get(&params::QUEUE_RUN_DELAY), Duration::from_secs(7200));
        assert!(config.get(&params::SMTPD_HELO_REQUIRED));
        assert_eq!(config.get(&params::MYORIGIN), "a.test");
        assert!(config.is_set(&params::MYORIGIN));
        assert!(!config.is_set(&params::MYHOSTNAME));
    }

    #[test]
    fn text_for_others_is_kept_byte_for_byte() {
        let main_cf = b"mail_name = P\xf6st\nsmtpd_banner = gr\xfcn $mail_name $nothing\nsmtpd_reject_footer = \xe4 $x\n";
        let settings = Dictionary::parse(main_cf, MAIN_CF, &mut Vec::new()).unwrap();
        let config =
            Config::build(PathBuf::new(), "smtpd", Box::new(ThisHost), settings, Vec::new()).unwrap();
        assert_eq!(config.bytes(&params::SMTPD_BANNER), b"gr\xfcn P\xf6st ");
        assert_eq!(config.bytes(&params::SMTPD_REJECT_FOOTER), b"\xe4 $x");
        assert_eq!(config.get(&params::SMTPD_BANNER), "gr?n P?st ");
        assert_eq!(config.bytes(&params::SYSLOG_FACILITY), b"mail");
    }

    #[test]
    fn defaults_follow_the_compatibility_level() {
        assert!(config("").get(&params::APPEND_DOT_MYDOMAIN));
        assert!(config("").uses_old_default(crate::OldDefault::AppendDotMydomain));
        let new = config("compatibility_level = 3.11");
        assert!(!new.get(&params::APPEND_DOT_MYDOMAIN));
        assert!(!new.uses_old_default(crate::OldDefault::AppendDotMydomain));
    }

    #[test]
    fn host_and_domain_do_not_chase_each_other() {
        assert_eq!(config("myhostname = mail.$mydomain").get(&params::MYHOSTNAME), "mail.");
        assert_eq!(config("myhostname = mail.a.test").get(&params::MYDOMAIN), "a.test");
        let odd = config("mydomain = $myhostname\nmynetworks_style = $mynetworks");
        assert!(
            odd.get(&params::MYHOSTNAME).ends_with(computed::FALLBACK_DOMAIN)
                || odd.get(&params::MYHOSTNAME).contains('.')
        );
        let _ = odd.get(&params::MYNETWORKS);
    }

    #[test]
    fn services_have_values_of_their_own() {
        let config = config("relay_destination_rate_delay = 2\nmaildrop_destination_recipient_limit=1\n");
        let recipients = &params::DEFAULT_DESTINATION_RECIPIENT_LIMIT;
        assert_eq!(config.derived_int("maildrop", recipients), Ok(1));
        assert_eq!(config.derived_int("other", recipients), Ok(50));
        assert_eq!(config.derived_int("local", recipients), Ok(1));
        let delay = config.derived_seconds("relay", &params::DEFAULT_DESTINATION_RATE_DELAY);
        assert_eq!(delay, Ok(Duration::from_secs(2)));
    }

    #[test]
    fn names_that_cannot_be_honoured_are_listed() {
        let config = config("soft_bounce = no\nbiff = no\n");
        let names = [params::SOFT_BOUNCE.name(), params::BIFF.name(), params::MYORIGIN.name()];
        assert_eq!(warn_unsupported(&config, &names), ["biff"]);
    }

    #[test]
    fn endless_recursion_is_fatal() {
        let error = Config::from_text("smtpd", "compatibility_level = $x\nx = $x\n").unwrap_err();
        assert_eq!(error.to_string(), "dictionary mail_dict: macro processing error");
        assert_eq!(error.lines_before().len(), 1);
    }
}
