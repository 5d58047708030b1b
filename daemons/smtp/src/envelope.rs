//! The commands of a transaction's envelope.

use ipc::deliver::{Recipient, Request};
use queue::flags::{dsn_notify, dsn_ret, sendopts};
use smtp::dsn::Notify;
use smtp::ehlo::Keywords;
use smtp::xtext;

use crate::client::{CliFlags, Client};
use crate::generic::Unreadable;
use crate::job::Entry;
use crate::log_lines;
use crate::session::Features;

/// True if the message must be delivered with SMTPUTF8.
pub(crate) fn needs_smtputf8(request: &Request) -> bool {
    let derived = sendopts::SMTPUTF8_HEADER | sendopts::SMTPUTF8_SENDER | sendopts::SMTPUTF8_RECIPIENT;
    request.sendopts & sendopts::SMTPUTF8_REQUESTED != 0 && request.sendopts & derived != 0
}

/// True if content is converted to 7 bits for this server.
pub(crate) fn downgrades(client: &Client, request: &Request, features: &Features) -> bool {
    !client.settings.disable_mime_conversion
        && !features.has(Keywords::EIGHTBITMIME)
        && request.encoding != b"7bit"
}

fn is_known(value: &[u8]) -> bool {
    !value.is_empty() && !value.eq_ignore_ascii_case(b"unknown")
}

/// True if there is something for the first XFORWARD command.
pub(crate) fn has_name_addr(request: &Request, features: &Features) -> bool {
    let client = &request.client;
    (features.forwards("NAME") && is_known(&client.name))
        || (features.forwards("ADDR") && is_known(&client.address))
        || (features.forwards("PORT") && is_known(&client.port))
}

/// True if there is something for the second XFORWARD command.
pub(crate) fn has_proto_helo(request: &Request, features: &Features) -> bool {
    (features.forwards("PROTO") && is_known(&request.client.protocol))
        || (features.forwards("HELO") && !request.client.helo.is_empty())
        || (features.forwards("IDENT") && !request.log_ident.is_empty())
        || (features.forwards("SOURCE") && !request.rewrite_context.is_empty())
}

/// XFORWARD with the client's name, address and port.
pub(crate) fn xforward_name_addr(request: &Request, features: &Features) -> Vec<u8> {
    let client = &request.client;
    let mut command = b"XFORWARD".to_vec();
    let mut put = |name: &str, value: &[u8], is_there: bool| {
        if features.forwards(name) && is_there {
            put_attribute(&mut command, name, value);
        }
    };
    put("NAME", &client.name, is_known(&client.name));
    put("ADDR", &client.address, is_known(&client.address));
    put("PORT", &client.port, is_known(&client.port));
    command
}

/// XFORWARD with protocol, HELO name, queue id and origin.
pub(crate) fn xforward_proto_helo(request: &Request, features: &Features) -> Vec<u8> {
    let source: &[u8] = if request.rewrite_context == b"local" { b"LOCAL" } else { b"REMOTE" };
    let mut command = b"XFORWARD".to_vec();
    let mut put = |name: &str, value: &[u8], is_there: bool| {
        if features.forwards(name) && is_there {
            put_attribute(&mut command, name, value);
        }
    };
    put("PROTO", &request.client.protocol, is_known(&request.client.protocol));
    put("HELO", &request.client.helo, !request.client.helo.is_empty());
    put("IDENT", &request.log_ident, !request.log_ident.is_empty());
    put("SOURCE", source, !request.rewrite_context.is_empty());
    command
}

fn put_attribute(command: &mut Vec<u8>, name: &str, value: &[u8]) {
    command.push(b' ');
    command.extend_from_slice(name.as_bytes());
    command.push(b'=');
    command.extend_from_slice(&xtext::quote(value, b""));
}

/// MAIL FROM with its parameters.
pub(crate) fn mail(client: &Client, request: &Request, features: &Features) -> Result<Vec<u8>, Unreadable> {
    let mut command = b"MAIL FROM:<".to_vec();
    command.extend_from_slice(&envelope_address(client, &request.sender)?);
    command.push(b'>');
    if features.has(Keywords::SIZE) && !downgrades(client, request, features) {
        command.extend_from_slice(format!(" SIZE={}", request.data_size).as_bytes());
    }
    if features.has(Keywords::EIGHTBITMIME) {
        match request.encoding.as_slice() {
            b"8bit" => command.extend_from_slice(b" BODY=8BITMIME"),
            b"7bit" => command.extend_from_slice(b" BODY=7BIT"),
            b"" => {}
            other => log_lines::unknown_encoding(request.id.as_str(), &String::from_utf8_lossy(other)),
        }
    }
    if features.has(Keywords::DSN) {
        if !request.dsn_envid.is_empty() {
            command.extend_from_slice(b" ENVID=");
            command.extend_from_slice(&xtext::quote(&request.dsn_envid, b"+="));
        }
        match request.dsn_ret {
            dsn_ret::FULL => command.extend_from_slice(b" RET=FULL"),
            dsn_ret::HDRS => command.extend_from_slice(b" RET=HDRS"),
            _ => {}
        }
    }
    if features.has(Keywords::SMTPUTF8) && request.sendopts & sendopts::SMTPUTF8_REQUESTED != 0 {
        command.extend_from_slice(b" SMTPUTF8");
    }
    Ok(command)
}

/// RCPT TO with its parameters.
pub(crate) fn rcpt(
    client: &Client,
    request: &Request,
    recipient: &Recipient,
    features: &Features,
) -> Result<Vec<u8>, Unreadable> {
    let mut command = b"RCPT TO:<".to_vec();
    command.extend_from_slice(&envelope_address(client, &recipient.address)?);
    command.push(b'>');
    if features.has(Keywords::DSN) {
        if let Some(orcpt) = original_recipient(request, recipient) {
            command.extend_from_slice(b" ORCPT=");
            command.extend_from_slice(&orcpt);
        }
        if recipient.dsn_notify & DSN_NOTIFY_MASK != 0 {
            let notify = Notify::from_code(recipient.dsn_notify);
            command.extend_from_slice(format!(" NOTIFY={notify}").as_bytes());
        }
    }
    Ok(command)
}

const DSN_NOTIFY_MASK: i32 =
    dsn_notify::NEVER | dsn_notify::SUCCESS | dsn_notify::FAILURE | dsn_notify::DELAY;

/// The value of ORCPT: what the client gave, or else the address before rewriting.
fn original_recipient(request: &Request, recipient: &Recipient) -> Option<Vec<u8>> {
    let text = if !recipient.dsn_orcpt.is_empty() {
        recipient.dsn_orcpt.clone()
    } else if !recipient.original.is_empty() {
        let quoted = address::quote_822(&recipient.original);
        let is_utf8 = request.sendopts & sendopts::SMTPUTF8_ALL != 0
            && !quoted.is_ascii()
            && std::str::from_utf8(&quoted).is_ok();
        let kind: &[u8] = if is_utf8 { b"utf-8;" } else { b"rfc822;" };
        [kind, &quoted].concat()
    } else {
        return None;
    };
    let is_utf8 = text.get(..6).is_some_and(|kind| kind.eq_ignore_ascii_case(b"utf-8;"));
    if is_utf8 { xtext::quote_utf8(&text, b"+=") } else { Some(xtext::quote(&text, b"+=")) }
}

/// An address as it stands in a command.
fn envelope_address(client: &Client, address: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mapped = client.generic_address(address)?;
    Ok(if !mapped.is_empty() && client.settings.quote_envelope {
        address::quote_821(&mapped)
    } else {
        mapped
    })
}

/// The headers that flags in master.cf put in front of the message.
pub(crate) fn added_headers(
    client: &Client,
    request: &Request,
    entries: &[Entry],
) -> Result<Vec<Vec<u8>>, Unreadable> {
    let flags: &CliFlags = &client.flags;
    let mut headers = Vec::new();
    let mut add = |label: &str, before: &str, text: &[u8], after: &str| {
        let mapped = client.generic_address(text)?;
        let quoted = if mapped.is_empty() { mapped } else { address::quote_822(&mapped) };
        headers.push([label.as_bytes(), b": ", before.as_bytes(), &quoted, after.as_bytes()].concat());
        Ok::<(), Unreadable>(())
    };
    if flags.return_path {
        add("Return-Path", "<", &request.sender, ">")?;
    }
    if let Some(entry) = entries.first() {
        if flags.original_to {
            add("X-Original-To", "", &entry.recipient.original, "")?;
        }
        if flags.delivered_to {
            add("Delivered-To", "", &entry.recipient.address, "")?;
        }
    }
    Ok(headers)
}
