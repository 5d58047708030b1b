//! master.cf: the services that master(8) offers.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use bstr::ByteSlice;

use crate::braces::{next_word, payload};
use crate::error::Error;
use crate::lines::{LogicalLine, LogicalLines};
use crate::service_patterns::ServicePatterns;
use crate::text::{integer, is_blank, show, show_path, skip, trim};

/// How clients reach a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceType {
    /// TCP socket.
    Inet,
    /// UNIX-domain stream socket.
    Unix,
    /// UNIX-domain datagram socket.
    UnixDgram,
    /// Named pipe.
    Fifo,
    /// UNIX-domain stream socket over which connections are passed.
    Pass,
}

impl ServiceType {
    /// All types, in the order in which documentation lists them.
    pub const ALL: [ServiceType; 5] = [Self::Inet, Self::Unix, Self::UnixDgram, Self::Fifo, Self::Pass];

    /// The type's name in master.cf.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Unix => "unix",
            Self::UnixDgram => "unix-dgram",
            Self::Fifo => "fifo",
            Self::Pass => "pass",
        }
    }

    /// The type of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service_type| service_type.name() == name)
    }
}

impl fmt::Display for ServiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of its socket, or `host:port` for type `inet`.
    pub name: String,
    /// How clients reach it.
    pub service_type: ServiceType,
    /// Reachable for the mail system only.
    pub private: bool,
    /// Runs with the rights of the mail owner, not of root.
    pub unprivileged: bool,
    /// Runs in the queue directory as its root; `None`: left to the default, which depends on the compatibility
    /// level.
    pub chroot: Option<bool>,
    /// Seconds between wake-ups; 0: none.
    pub wakeup: u32,
    /// No wake-ups before the service was first used.
    pub wakeup_if_used: bool,
    /// Greatest number of processes, 0 for no limit; `None`: left to `default_process_limit`.
    pub maxproc: Option<u32>,
    /// The program, in `daemon_directory`.
    pub command: String,
    /// Its arguments, braces around them taken away.
    pub args: Vec<OsString>,
    /// The line of master.cf on which the entry begins.
    pub line: usize,
}

/// Reads all entries.
///
/// # Errors
/// The first entry with a field that is missing or wrong: its file, line and what is wrong.
pub fn parse(content: &[u8], path: &Path) -> Result<Vec<Entry>, Error> {
    parse_enabled(content, path, &ServicePatterns::default(), &mut Vec::new())
}

/// Reads the entries that `disabled` does not match; those it matches need not even be right. Warnings about
/// misplaced white space and null bytes go to `warnings`.
///
/// # Errors
/// As for [`parse`].
pub fn parse_enabled(
    content: &[u8],
    path: &Path,
    disabled: &ServicePatterns,
    warnings: &mut Vec<String>,
) -> Result<Vec<Entry>, Error> {
    let path = show_path(path);
    let mut entries = Vec::new();
    for line in LogicalLines::new(content, &path, warnings) {
        let parsed = Fields::of(&line)
            .entry(disabled)
            .map_err(|why| Error::fatal(format!("{path}: line {}: {why}", line.first)))?;
        entries.extend(parsed);
    }
    Ok(entries)
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
enum BadEntry {
    /// The line ends before this field.
    Missing(&'static str),
    /// `-` stands in a field that cannot be left to a default.
    NoDefault(&'static str),
    /// The field has a value it cannot have.
    BadValue(&'static str, String),
    /// No such type.
    BadType(String),
    /// The name of a TCP service cannot be taken apart.
    BadEndpoint(&'static str, String),
    /// A TCP service is marked as private.
    PrivateInet,
    /// Braces around an argument do not match, or something stands beside them.
    BadBraces(String),
}

impl fmt::Display for BadEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => write!(f, "missing \"{field}\" field"),
            Self::NoDefault(field) => write!(f, "field \"{field}\" has no default value"),
            Self::BadValue(field, value) => write!(f, "field \"{field}\": bad value: \"{value}\""),
            Self::BadType(name) => write!(f, "bad transport type: {name}"),
            Self::BadEndpoint(why, name) => write!(f, "{why} in \"{name}\""),
            Self::PrivateInet => f.write_str("inet service cannot be private"),
            Self::BadBraces(why) => f.write_str(why),
        }
    }
}

/// The fields of one entry, taken from left to right.
struct Fields<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Fields<'a> {
    fn of(line: &'a LogicalLine) -> Self {
        let text = line.text.split(|&byte| byte == 0).next().unwrap_or_default();
        Self { rest: text, line: line.first }
    }

    fn entry(mut self, disabled: &ServicePatterns) -> Result<Option<Entry>, BadEntry> {
        let Some(name) = self.word() else { return Ok(None) };
        let name = show(name);
        let type_name = show(self.required("transport type")?);
        if disabled.matches(&name, &type_name) {
            return Ok(None);
        }
        let service_type = ServiceType::by_name(&type_name).ok_or(BadEntry::BadType(type_name))?;
        if service_type == ServiceType::Inet
            && let Err(why) = endpoint(&name)
        {
            return Err(BadEntry::BadEndpoint(why, name));
        }
        let private = self.flag("private")?.unwrap_or(true);
        if private && service_type == ServiceType::Inet {
            return Err(BadEntry::PrivateInet);
        }
        let unprivileged = self.flag("unprivileged")?.unwrap_or(true);
        let chroot = self.flag("chroot")?;
        let (wakeup, wakeup_if_used) = match self.number("wakeup_time")? {
            Some((seconds, text)) => (seconds, seconds > 0 && text.ends_with(b"?")),
            None => (0, false),
        };
        let maxproc = self.number("max_proc")?.map(|(limit, _)| limit);
        let command = show(self.required("command")?);
        let args = self.arguments()?;
        let line = self.line;
        Ok(Some(Entry {
            name,
            service_type,
            private,
            unprivileged,
            chroot,
            wakeup,
            wakeup_if_used,
            maxproc,
            command,
            args,
            line,
        }))
    }

    /// The next word.
    fn word(&mut self) -> Option<&'a [u8]> {
        let text = skip(self.rest, is_blank);
        self.rest = skip(text, |byte| !is_blank(byte));
        text.get(..text.len() - self.rest.len()).filter(|word| !word.is_empty())
    }

    /// The next word, or an error if there is none.
    fn field(&mut self, name: &'static str) -> Result<&'a [u8], BadEntry> {
        self.word().ok_or(BadEntry::Missing(name))
    }

    /// The next word, which must not be left to a default.
    fn required(&mut self, name: &'static str) -> Result<&'a [u8], BadEntry> {
        match self.field(name)? {
            b"-" => Err(BadEntry::NoDefault(name)),
            word => Ok(word),
        }
    }

    /// `y`, `n` or `-`.
    fn flag(&mut self, name: &'static str) -> Result<Option<bool>, BadEntry> {
        match self.field(name)? {
            b"-" => Ok(None),
            b"y" => Ok(Some(true)),
            b"n" => Ok(Some(false)),
            other => Err(BadEntry::BadValue(name, show(other))),
        }
    }

    /// A number or `-`; what follows the digits is left to the caller, as in the original.
    fn number(&mut self, name: &'static str) -> Result<Option<(u32, &'a [u8])>, BadEntry> {
        match self.field(name)? {
            b"-" => Ok(None),
            text if text.first().is_some_and(u8::is_ascii_digit) => {
                // C's atoi(3): 32 bits are kept of whatever stands there.
                let value = u32::try_from(integer(text).value as i32).ok();
                value.map(|value| Some((value, text))).ok_or_else(|| BadEntry::BadValue(name, show(text)))
            }
            other => Err(BadEntry::BadValue(name, show(other))),
        }
    }

    /// All that is left: words, or text in braces.
    fn arguments(&mut self) -> Result<Vec<OsString>, BadEntry> {
        let mut found = Vec::new();
        while let Some(word) = next_word(&mut self.rest, is_blank) {
            let word = if word.starts_with(b"{") {
                trim(payload(word).map_err(|why| BadEntry::BadBraces(why.to_string()))?)
            } else {
                word
            };
            found.push(OsString::from_vec(word.to_vec()));
        }
        Ok(found)
    }
}

/// Takes the name of a TCP service apart: host (empty if none is given) and port.
///
/// # Errors
/// What is wrong with it.
pub fn endpoint(name: &str) -> Result<(&str, &str), &'static str> {
    let (host, port) = endpoint_of(name.as_bytes(), hosts::is_hostname)?;
    // Text that was split at ASCII is text.
    Ok((host.to_str().unwrap_or_default(), port.to_str().unwrap_or_default()))
}

/// The same with hosts of any alphabet, as clients of servers have them (`smtputf8_enable`). What is wrong with one that
/// is not ASCII is logged.
///
/// # Errors
/// As for [`endpoint`].
pub fn international_endpoint(name: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    endpoint_of(name, |host| hosts::is_utf8_hostname(host, true))
}

/// A host and a port.
type Endpoint<'a> = (&'a [u8], &'a [u8]);

fn endpoint_of(name: &[u8], is_host: impl FnOnce(&[u8]) -> bool) -> Result<Endpoint<'_>, &'static str> {
    let (host, port) = if let Some(inner) = name.strip_prefix(b"[") {
        let (host, rest) = inner.split_once_str("]").ok_or("missing \"]\"")?;
        let port = match rest.strip_prefix(b":") {
            Some(port) => port,
            None if rest.is_empty() => b"",
            None => return Err("garbage after \"]\""),
        };
        match strip_ipv6_tag(host) {
            Some(address) if parsed::<std::net::Ipv6Addr>(address).is_none() => {
                return Err("malformed IPv6 address");
            }
            Some(address) => (address, port),
            None => (host, port),
        }
    } else {
        name.rsplit_once_str(":").unwrap_or((b"", name))
    };
    if port.is_empty() {
        return Err("missing service information");
    }
    if !host.is_empty() && parsed::<IpAddr>(host).is_none() && !is_host(host) {
        return Err("valid hostname or network address required");
    }
    if port.first().is_some_and(u8::is_ascii_digit) && !port.iter().all(u8::is_ascii_digit) {
        return Err("garbage after numerical service");
    }
    Ok((host, port))
}

fn parsed<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    text.to_str().ok()?.parse().ok()
}

/// What follows `IPv6:`, in any case.
fn strip_ipv6_tag(host: &[u8]) -> Option<&[u8]> {
    let (tag, address) = host.split_at_checked(5)?;
    tag.eq_ignore_ascii_case(b"ipv6:").then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Result<Vec<Entry>, String> {
        parse(text.as_bytes(), Path::new("/etc/postfix/master.cf")).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_are_read() {
        let text = "# services\nsmtp inet n - n - 0 smtpd\n  -o { smtpd_tls_wrappermode = yes }\n -o a=b\n\
                    pickup unix n - y 60? 1 pickup\n";
        let entries = entries(text).unwrap();
        let [smtp, pickup] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!((smtp.service_type, smtp.private, smtp.unprivileged), (ServiceType::Inet, false, true));
        assert_eq!((smtp.chroot, smtp.maxproc, smtp.wakeup, smtp.line), (Some(false), Some(0), 0, 2));
        assert_eq!(smtp.args, ["-o", "smtpd_tls_wrappermode = yes", "-o", "a=b"]);
        assert_eq!((pickup.wakeup, pickup.wakeup_if_used, pickup.maxproc), (60, true, Some(1)));
        assert!(pickup.args.is_empty());
    }

    #[test]
    fn numbers_are_read_as_c_does() {
        let wakeup =
            |text: &str| entries(&format!("a unix - - n {text} - x")).map(|entries| entries[0].wakeup);
        assert_eq!(wakeup("5x"), Ok(5));
        assert_eq!(wakeup("99999999999"), Ok(1_215_752_191));
        assert!(wakeup("4294967295").is_err());
    }

    // Texts of Postfix 3.11.
    #[test]
    fn errors_are_worded() {
        let error = |text: &str| entries(text).unwrap_err();
        let line = |text: &str| format!("/etc/postfix/master.cf: line 1: {text}");
        assert_eq!(error("smtp"), line("missing \"transport type\" field"));
        assert_eq!(error("smtp - n"), line("field \"transport type\" has no default value"));
        assert_eq!(error("smtp tcp n"), line("bad transport type: tcp"));
        assert_eq!(error("smtp inet - - n - - smtpd"), line("inet service cannot be private"));
        assert_eq!(error("smtp inet x - n - - smtpd"), line("field \"private\": bad value: \"x\""));
        assert_eq!(error("a unix - - n x - smtpd"), line("field \"wakeup_time\": bad value: \"x\""));
        assert_eq!(error("a unix - - n - -"), line("missing \"command\" field"));
        assert_eq!(error("a unix - - n - - pipe {x"), line("missing '}' in \"{x\""));
        assert_eq!(error("a unix - - n - - pipe {x}y"), line("syntax error after '}' in \"{x}y\""));
        assert_eq!(error("[::1 inet n - n - - smtpd"), line("missing \"]\" in \"[::1\""));
    }

    #[test]
    fn endpoints_are_taken_apart() {
        assert_eq!(endpoint("smtp"), Ok(("", "smtp")));
        assert_eq!(endpoint(":25"), Ok(("", "25")));
        assert_eq!(endpoint("127.0.0.1:25"), Ok(("127.0.0.1", "25")));
        assert_eq!(endpoint("[::1]:25"), Ok(("::1", "25")));
        assert_eq!(endpoint("[ipv6:::1]:25"), Ok(("::1", "25")));
        assert_eq!(endpoint("25x"), Err("garbage after numerical service"));
        let international = international_endpoint("b\u{fc}cher.example:25".as_bytes());
        assert_eq!(international, Ok(("b\u{fc}cher.example".as_bytes(), &b"25"[..])));
        assert!(international_endpoint(b"caf\xe9:25").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[a-c{}\\-: \t\n#=]{0,60}") {
            let _ = entries(&text);
        }
    }
}
