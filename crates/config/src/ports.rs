//! TCP service names that need no system file: `known_tcp_ports`.

use std::collections::HashMap;

use crate::text::is_blank;

/// Names with their ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownPorts {
    ports: HashMap<String, String>,
}

impl KnownPorts {
    /// Reads `name = port, name = name = port, ...`. What cannot be read is left out, with a warning.
    pub fn parse(list: &str, warnings: &mut Vec<String>) -> Self {
        let mut known = Self::default();
        let context = params::KNOWN_TCP_PORTS.name();
        for association in list.split(',').filter(|text| !text.is_empty()) {
            match known.add(association) {
                Ok(()) => {}
                Err(BadAssociation::NoPair) => {
                    warnings.push(format!("{context}: in \"{association}\" is not in \"name = value\" form"))
                }
                Err(BadAssociation::Because(why)) => {
                    warnings.push(format!("{context}: in \"{association}\": {why}"));
                }
            }
        }
        known
    }

    /// The port of a service, as digits; other names stay as they are.
    pub fn port_of<'a>(&'a self, service: &'a str) -> &'a str {
        self.ports.get(service).map_or(service, String::as_str)
    }

    /// Adds the names of one association; those that are right are kept even if others are not.
    fn add(&mut self, association: &str) -> Result<(), BadAssociation> {
        let mut parts: Vec<&str> = association.split('=').collect();
        let Some(port) = parts.pop().filter(|_| !parts.is_empty()) else {
            return Err(BadAssociation::NoPair);
        };
        let port = single(port, "missing port value after \"=\"", "whitespace in port number")?;
        let mut outcome = Ok(());
        for name in parts {
            let added = single(name, "missing service name before \"=\"", "whitespace in service name")
                .and_then(|name| self.add_one(name, port));
            outcome = outcome.and(added);
        }
        outcome
    }

    fn add_one(&mut self, name: &str, port: &str) -> Result<(), BadAssociation> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if digits(name) {
            return Err(BadAssociation::Because("numerical service name"));
        }
        if !digits(port) {
            return Err(BadAssociation::Because("non-numerical service port"));
        }
        if self.ports.contains_key(name) {
            return Err(BadAssociation::Because("duplicate service name"));
        }
        self.ports.insert(name.to_owned(), port.to_owned());
        Ok(())
    }
}

/// What is wrong with an association.
enum BadAssociation {
    NoPair,
    Because(&'static str),
}

/// The only word of a text.
fn single<'a>(text: &'a str, none: &'static str, many: &'static str) -> Result<&'a str, BadAssociation> {
    let mut words = text.split(|c: char| u8::try_from(c).is_ok_and(is_blank)).filter(|word| !word.is_empty());
    match (words.next(), words.next()) {
        (None, _) => Err(BadAssociation::Because(none)),
        (Some(word), None) => Ok(word),
        (Some(_), Some(_)) => Err(BadAssociation::Because(many)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Texts of Postfix 3.11.
    #[test]
    fn names_have_ports() {
        let mut warnings = Vec::new();
        let known =
            KnownPorts::parse("lmtp=24, smtp = 25, smtps = submissions=465, foo, x ==465", &mut warnings);
        assert_eq!(known.port_of("submissions"), "465");
        assert_eq!(known.port_of("2525"), "2525");
        assert_eq!(known.port_of("other"), "other");
        assert_eq!(
            warnings,
            [
                "known_tcp_ports: in \" foo\" is not in \"name = value\" form",
                "known_tcp_ports: in \" x ==465\": missing service name before \"=\"",
            ]
        );
    }
}
