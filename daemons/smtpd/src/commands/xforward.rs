//! XFORWARD: a content filter tells who the original client was.

use dns::Families;
use smtp::token::Token;

use super::xclient::{attribute, available, network_address, neutered, port};
use crate::client::{UNKNOWN, name_address, rfc_address};
use crate::errors::ErrorClasses;
use crate::forwarded::Forwarded;
use crate::session::{Answer, Handled, Session};

/// The longest protocol name.
const PROTOCOL_LIMIT: usize = 64;

impl Session {
    /// XFORWARD.
    pub(crate) fn xforward(&mut self, words: &[Token]) -> Handled {
        if let Some(answer) = self.may_not_impersonate("XFORWARD", words, self.may_xforward)? {
            return Ok(answer);
        }
        let mut forwarded = self.forwarded.take().unwrap_or_default();
        let mut failure = None;
        let mut updates_name = false;
        for word in words.get(1..).unwrap_or_default() {
            let parsed = attribute(word, self.server.settings.smtputf8).map_err(str::to_owned);
            let applied = parsed.and_then(|(name, value)| {
                updates_name |= matches!(name.as_str(), "NAME" | "ADDR" | "PORT");
                forward(&mut forwarded, &name, &value, self.server.families)
            });
            if let Err(text) = applied {
                failure = Some(text);
                break;
            }
        }
        if let Some(text) = failure {
            self.forwarded = Some(forwarded);
            self.errors.insert(ErrorClasses::PROTOCOL);
            return Ok(Answer::error(text));
        }
        if updates_name {
            let Forwarded { name, address, port, .. } = &forwarded;
            forwarded.name_address = if address == UNKNOWN {
                name.clone()
            } else {
                name_address(name, address, port, self.server.settings.log_port)
            };
        }
        self.forwarded = Some(forwarded);
        Ok(Answer::ok("250 2.0.0 Ok"))
    }
}

fn forward(forwarded: &mut Forwarded, name: &str, value: &str, families: Families) -> Result<(), String> {
    let bad = || format!("501 5.5.4 Bad {name} syntax: {value}");
    let or_unknown = |value: Option<String>| value.unwrap_or_else(|| UNKNOWN.to_owned());
    match name {
        "NAME" => {
            let host = available(value).map(neutered);
            if host.as_ref().is_some_and(|host| !hosts::is_hostname(host.as_bytes())) {
                return Err(bad());
            }
            forwarded.name = or_unknown(host);
        }
        "ADDR" => {
            let ip = network_address(value, families).ok_or_else(bad)?;
            forwarded.address = or_unknown(ip.map(|ip| ip.to_string()));
            if let Some(ip) = ip {
                forwarded.rfc_address = rfc_address(ip);
            }
        }
        "PORT" => forwarded.port = port(value).ok_or_else(bad)?,
        "HELO" => forwarded.helo_name = available(value).map(|value| neutered(value).into_bytes()),
        "PROTO" => {
            if value.len() > PROTOCOL_LIMIT {
                return Err(bad());
            }
            forwarded.protocol = or_unknown(available(value).map(neutered));
        }
        "IDENT" => {
            forwarded.ident = available(value).map(|value| neutered(value).into_bytes());
            return Ok(());
        }
        "SOURCE" => {
            forwarded.domain = match available(value).unwrap_or("LOCAL").to_ascii_uppercase().as_str() {
                "LOCAL" => Some("local"),
                "REMOTE" => Some("remote"),
                _ => return Err(bad()),
            };
            return Ok(());
        }
        _ => return Err(format!("501 5.5.4 Bad XFORWARD attribute name: {name}")),
    }
    forwarded.has_client = true;
    Ok(())
}
