//! Definitions of services: parameters of connections under a name, in files that the client library of PostgreSQL reads.

use bstr::ByteSlice;
use nix::unistd::{User, geteuid};
use std::path::PathBuf;
use tables::Name;

/// The file of a user, in the home directory, and that of the system.
const USERS_FILE: &str = ".pg_service.conf";
const SYSTEM_FILE: &str = "/etc/postgresql-common/pg_service.conf";

/// The files in which a service may be defined, in the order in which they are read.
pub(crate) fn files() -> Vec<PathBuf> {
    let named = std::env::var_os("PGSERVICEFILE").map(PathBuf::from);
    let home = || User::from_uid(geteuid()).ok().flatten().map(|user| user.dir.join(USERS_FILE));
    named.or_else(home).into_iter().chain([PathBuf::from(SYSTEM_FILE)]).collect()
}

/// A parameter of a service, and the place where it stands, for messages: `service file "FILE", line 7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Such as `host`.
    pub name: String,
    /// As it stands there.
    pub value: Name,
    /// The place, for messages.
    pub origin: String,
}

/// The parameters that files give to a service.
///
/// # Errors
/// What the client library says of a line that is no parameter, or of a service that is not there.
pub(crate) fn parameters(service: &Name, files: &[PathBuf]) -> Result<Vec<Parameter>, String> {
    for file in files {
        // A file that cannot be read is like one that is not there.
        let content = std::fs::read(file).unwrap_or_default();
        if let Some(found) = in_file(service, &content, &file.display().to_string())? {
            return Ok(found);
        }
    }
    Err(format!("definition of service \"{service}\" not found"))
}

/// The parameters behind `[service]`, if a file with this content has such a line. `file` is its name, for messages.
///
/// # Errors
/// As for [`parameters`].
pub fn in_file(service: &Name, content: &[u8], file: &str) -> Result<Option<Vec<Parameter>>, String> {
    let mut found: Option<Vec<Parameter>> = None;
    for (number, line) in content.lines().enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if let Some(heading) = line.strip_prefix(b"[") {
            if found.is_some() {
                break;
            }
            if heading.strip_suffix(b"]") == Some(service) {
                found = Some(Vec::new());
            }
            continue;
        }
        let Some(parameters) = &mut found else { continue };
        if line.starts_with(b"ldap") {
            // The client library goes on when nobody answers there. We ask nobody.
            check_ldap_url(line)
                .map_err(|why| format!("invalid LDAP URL \"{}\": {why}", log::bytes(line)))?;
            continue;
        }
        let origin = format!("service file \"{file}\", line {}", number + 1);
        match line.split_once_str("=") {
            None => return Err(format!("syntax error in {origin}")),
            Some((b"service", _)) => {
                return Err(format!("nested service specifications not supported in {origin}"));
            }
            Some((name, value)) => {
                parameters.push(Parameter { name: log::printable(name), value: value.into(), origin });
            }
        }
    }
    Ok(found)
}

/// Checks `ldap://host:port/dn?attribute?scope?filter`, which names an entry that has the rest of the definition.
///
/// # Errors
/// What the client library says of a URL that lacks something.
fn check_ldap_url(url: &[u8]) -> Result<(), &'static str> {
    const ONE_ATTRIBUTE: &str = "must have exactly one attribute";
    const SCOPE: &str = "must have search scope (base/one/sub)";
    let (scheme, rest) = url.split_at_checked(7).unwrap_or((url, b""));
    if !scheme.eq_ignore_ascii_case(b"ldap://") {
        return Err("scheme must be ldap://");
    }
    let (host, rest) = split(rest, "/").ok_or("missing distinguished name")?;
    let (_, rest) = split(rest, "?").ok_or(ONE_ATTRIBUTE)?;
    let (attributes, rest) = split(rest, "?").ok_or(SCOPE)?;
    let (scope, _) = split(rest, "?").ok_or("no filter")?;
    let is_port = |port: &[u8]| port.to_str().is_ok_and(|port| port.parse::<u16>().is_ok());
    if host.split_once_str(":").is_some_and(|(_, port)| !is_port(port)) {
        return Err("invalid port number");
    }
    if attributes.contains(&b',') {
        return Err(ONE_ATTRIBUTE);
    }
    match [&b"base"[..], b"one", b"sub"].iter().any(|name| scope.eq_ignore_ascii_case(name)) {
        true => Ok(()),
        false => Err(SCOPE),
    }
}

/// What stands before and behind a separator, where something does stand behind it.
fn split<'a>(text: &'a [u8], separator: &str) -> Option<(&'a [u8], &'a [u8])> {
    text.split_once_str(separator).filter(|(_, rest)| !rest.is_empty() && !rest.starts_with(b"?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of libpq 18.
    #[test]
    fn services_are_found_and_judged() {
        let file = b"# c\n[known]\n host=/svc\nport=77\n\n[odd]\nhost\n[nest]\nservice=known\n[empty]\n";
        let of = |service: &str| in_file(&service.into(), file, "f");
        let known = of("known").unwrap().unwrap();
        let pairs: Vec<_> = known.iter().map(|one| (one.name.as_str(), one.value.to_string())).collect();
        assert_eq!(pairs, [("host", "/svc".to_owned()), ("port", "77".to_owned())]);
        assert_eq!(known[1].origin, "service file \"f\", line 4");
        assert_eq!(of("odd").unwrap_err(), "syntax error in service file \"f\", line 7");
        assert_eq!(
            of("nest").unwrap_err(),
            "nested service specifications not supported in service file \"f\", line 9"
        );
        assert_eq!(of("empty"), Ok(Some(Vec::new())));
        assert_eq!(of("none"), Ok(None));
        let file = b"[s]\nldap://h:1/dc=x?a?one?(b=c)\nport=1\nldaps://h";
        assert_eq!(
            in_file(&"s".into(), file, "f").unwrap_err(),
            "invalid LDAP URL \"ldaps://h\": scheme must be ldap://"
        );
        assert_eq!(parameters(&"x".into(), &[]).unwrap_err(), "definition of service \"x\" not found");
    }
}
