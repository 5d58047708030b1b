//! XCLIENT: a trusted client plays another one.

use std::net::IpAddr;

use dns::Families;
use smtp::token::Token;

use super::hello::neuter;
use crate::client::{NameStatus, UNKNOWN, rfc_address};
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::session::{Answer, Break, Handled, Session};

/// The longest attribute value.
const VALUE_LIMIT: usize = 255;

/// The longest host name.
const HOSTNAME_LIMIT: usize = 255;

impl Session {
    /// XCLIENT.
    pub(crate) async fn xclient(&mut self, words: &[Token]) -> Handled {
        if let Some(answer) = self.may_not_impersonate("XCLIENT", words, self.may_xclient)? {
            return Ok(answer);
        }
        let mut got_helo = false;
        let mut got_protocol = false;
        for word in words.get(1..).unwrap_or_default() {
            let (name, value) = match attribute(word, self.server.settings.smtputf8) {
                Ok(attribute) => attribute,
                Err(text) => {
                    self.errors.insert(ErrorClasses::PROTOCOL);
                    return Ok(Answer::error(text));
                }
            };
            if let Err(text) = self.xclient_attribute(&name, &value) {
                self.errors.insert(ErrorClasses::PROTOCOL);
                return Ok(Answer::error(text));
            }
            got_helo |= name == "HELO";
            got_protocol |= name == "PROTO";
        }
        self.client.update_name_address(self.server.settings.log_port);
        self.look_up_rights().await;
        if !got_helo {
            self.helo_name = None;
        }
        if !got_protocol {
            self.protocol = "SMTP";
        }
        self.flush_transcript(0).await;
        self.reset_mail();
        Err(Break::Restart)
    }

    /// Why the client may not use XCLIENT or XFORWARD now.
    pub(super) fn may_not_impersonate(
        &mut self,
        command: &str,
        words: &[Token],
        may: Result<bool, ()>,
    ) -> Result<Option<Answer>, Break> {
        let (class, text) = if self.mail.has_begun() {
            (ErrorClasses::PROTOCOL, "503 5.5.1 Error: MAIL transaction in progress".to_owned())
        } else if words.len() < 2 {
            (ErrorClasses::PROTOCOL, format!("501 5.5.4 Syntax: {command} attribute=value..."))
        } else {
            match may {
                Ok(true) => return Ok(None),
                Ok(false) => (ErrorClasses::POLICY, "550 5.7.0 Error: insufficient authorization".to_owned()),
                Err(()) => {
                    log_lines::unknown_whether_permitted(command, &self.client.name_address);
                    return Err(Break::LocalData);
                }
            }
        };
        self.errors.insert(class);
        Ok(Some(Answer::error(text)))
    }

    fn xclient_attribute(&mut self, name: &str, value: &str) -> Result<(), String> {
        let families = self.server.families;
        let client = &mut self.client;
        let bad = || Err(format!("501 5.5.4 Bad {name} syntax: {value}"));
        match name {
            "NAME" | "REVERSE_NAME" => {
                let (host, status) = host_name(value);
                if status == NameStatus::Ok && !hosts::is_hostname(host.as_bytes()) {
                    return bad();
                }
                let known = status == NameStatus::Ok;
                if name == "NAME" {
                    (client.name, client.name_status) = (host.clone(), status);
                }
                if name == "REVERSE_NAME" || known {
                    (client.reverse_name, client.reverse_name_status) = (host, status);
                }
            }
            "ADDR" => match network_address(value, families) {
                Some(None) => (client.address, client.rfc_address) = (UNKNOWN.into(), UNKNOWN.into()),
                Some(Some(ip)) => {
                    (client.address, client.rfc_address) = (ip.to_string(), rfc_address(ip));
                    client.ip = Some(ip);
                }
                None => return bad(),
            },
            "PORT" => client.port = port(value).ok_or(()).or_else(|()| bad().map(|()| String::new()))?,
            "HELO" => {
                if value.len() > HOSTNAME_LIMIT {
                    return bad();
                }
                self.helo_name = available(value).map(|value| neutered(value).into_bytes());
            }
            "PROTO" => {
                self.protocol = match value.to_ascii_uppercase().as_str() {
                    "SMTP" => "SMTP",
                    "ESMTP" => "ESMTP",
                    _ => return bad(),
                };
            }
            // Nobody can be logged in yet, so nobody can be made to be.
            "LOGIN" => {}
            "DESTADDR" => match network_address(value, families) {
                Some(ip) => client.server_address = ip.map_or_else(|| UNKNOWN.into(), |ip| ip.to_string()),
                None => return bad(),
            },
            "DESTPORT" => {
                client.server_port = port(value).ok_or(()).or_else(|()| bad().map(|()| String::new()))?;
            }
            _ => return Err(format!("501 5.5.4 Bad XCLIENT attribute name: {name}")),
        }
        Ok(())
    }
}

/// Takes `name=value` apart: the name in upper case, the value decoded and printable.
pub(super) fn attribute(word: &Token, utf8: bool) -> Result<(String, String), &'static str> {
    let equals = word.text.iter().position(|&byte| byte == b'=');
    let (name, raw) = match equals.and_then(|at| Some((word.text.get(..at)?, word.text.get(at + 1..)?))) {
        Some((name, raw)) if !raw.is_empty() => (name, raw),
        _ => return Err("501 5.5.4 Error: attribute=value expected"),
    };
    if raw.len() > VALUE_LIMIT {
        return Err("501 5.5.4 Error: attribute value too long");
    }
    let decoded = smtp::xtext::unquote(raw).unwrap_or_else(|| raw.to_vec());
    let decoded = decoded.split(|&byte| byte == 0).next().unwrap_or_default();
    let value = smtp::response::printable(decoded, b'?', utf8);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(name).to_ascii_uppercase(), text(&value)))
}

/// A value that may be given as not available.
pub(super) fn available(value: &str) -> Option<&str> {
    (!value.eq_ignore_ascii_case("[UNAVAILABLE]")).then_some(value)
}

fn host_name(value: &str) -> (String, NameStatus) {
    if value.eq_ignore_ascii_case("[UNAVAILABLE]") {
        (UNKNOWN.into(), NameStatus::Permanent)
    } else if value.eq_ignore_ascii_case("[TEMPUNAVAIL]") {
        (UNKNOWN.into(), NameStatus::Temporary)
    } else {
        (value.to_owned(), NameStatus::Ok)
    }
}

/// An address as mail protocols write it; `Some(None)` if it is not available, none if it makes no sense or is of a
/// family that is not in use.
pub(super) fn network_address(value: &str, families: Families) -> Option<Option<IpAddr>> {
    let Some(value) = available(value) else { return Some(None) };
    let value = neutered(value);
    let bare = hosts::literal_address(value.as_bytes())?;
    let ip: IpAddr = std::str::from_utf8(bare).ok()?.parse().ok()?;
    let ip = if families.v4 { ip.to_canonical() } else { ip };
    families.has(ip).then_some(Some(ip))
}

/// A port number, or what stands for one that is not available.
pub(super) fn port(value: &str) -> Option<String> {
    let Some(value) = available(value) else { return Some(UNKNOWN.into()) };
    let is_number = value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| value.to_owned())
}

/// A value with the characters that mean something in headers made harmless.
pub(super) fn neutered(value: &str) -> String {
    let mut bytes = value.as_bytes().to_vec();
    neuter(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
