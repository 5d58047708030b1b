//! Submission of one message.

use crate::content::{self, Copied};
use crate::options::Options;
use crate::{Failure, failure, log_lines, modes};
use address::AddressList;
use config::Config;
use ipc::cleanup::Status;
use ipc::postdrop::{NotStarted, Postdrop};
use queue::flags::trace;
use queue::{Type, attr};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use sys::User;

/// Sends a message from standard input to the recipients on the command line, or in its headers.
pub(crate) fn enqueue(config: &Config, options: &Options) -> Result<(), Failure> {
    modes::permit_submission(config)?;
    cli::limit_file_size(config);
    let sender = sender(options)?;
    let who = format!("{}({})", log::bytes(&sender), sys::identity::real_uid());
    let mut postdrop = Postdrop::start(config, options.verbose).map_err(|reason| match reason {
        NotStarted::Environment(error) => failure(error.to_string()),
        // What the reference says when the system gave no reason.
        NotStarted::Command(_) => failure(format!("{who}: {reason}: Application error")),
    })?;
    let cannot_write =
        |error: io::Error| failure(format!("{who}: error writing queue file: {}", sys::error_text(&error)));
    if options.verp.is_some() && sender.is_empty() {
        return Err(failure(format!("{who}: -V option requires non-null sender address")));
    }
    let mut count = envelope(options, &sender, &mut postdrop).map_err(cannot_write)?;
    postdrop.put(Type::MESG, b"").map_err(cannot_write)?;
    let (extracted, read_error) = if options.trace_flags & trace::ONLY_MASK != 0 {
        probe(options, &sender, &mut postdrop).map_err(cannot_write)?;
        (Vec::new(), None)
    } else {
        match content::copy(config, options, &mut postdrop)? {
            Copied::Done { recipients, read_error } => (recipients, read_error),
            Copied::WriteFailed(error) => return Err(cannot_write(error)),
            Copied::BadHeader(text) => {
                return Err(failure(format!("{who}: unable to extract recipients: {text}")));
            }
        }
    };
    postdrop.put(Type::XTRA, b"").map_err(cannot_write)?;
    for recipient in &extracted {
        put_recipient(options, recipient, &mut postdrop).map_err(cannot_write)?;
        count += 1;
    }
    if count == 0 {
        let text = match options.extract_recipients {
            true => "No recipient addresses found in message header",
            false => "Recipient addresses must be specified on the command line or via the -t option",
        };
        return Err(failure(format!("{who}: {text}")));
    }
    if let Some(error) = read_error {
        return Err(failure(format!("{who}: error reading input: {}", sys::error_text(&error))));
    }
    postdrop.put(Type::END, b"").map_err(cannot_write)?;
    let (status, reason) = postdrop.finish();
    if !status.is_ok() {
        return Err(failure(format!("{who}: {}", explain(status, &reason))));
    }
    if options.trace_flags != 0 {
        let mut out = io::stdout().lock();
        let text = [b"Mail Delivery Status Report will be mailed to <", &sender[..], b">.\n"].concat();
        // The mail is sent, whether anybody reads this or not.
        let _ = out.write_all(&text).and_then(|()| out.flush());
    }
    Ok(())
}

fn explain(status: Status, reason: &[u8]) -> String {
    match reason {
        [] => status.detail().text.to_owned(),
        reason => log::bytes(reason).to_string(),
    }
}

/// The envelope sender, in internal form: `-f`, or the caller's login name.
fn sender(options: &Options) -> Result<Vec<u8>, Failure> {
    if let Some(named) = &options.sender {
        let list = AddressList::parse(named.as_bytes(), 0);
        let mut addresses = list.addresses();
        let first = addresses.next().map(|address| address.internalize()).unwrap_or_default();
        if addresses.next().is_some() {
            log_lines::malformed_sender(named);
        }
        return Ok(first);
    }
    let uid = sys::identity::real_uid();
    match User::by_uid(uid) {
        Ok(Some(user)) => Ok(user.name.into_bytes()),
        _ => Err(failure(format!("no login name found for user ID {uid}"))),
    }
}

/// Writes everything before the content, and says how many recipients there were.
fn envelope(options: &Options, sender: &[u8], postdrop: &mut Postdrop) -> io::Result<usize> {
    if options.sendopts != 0 {
        // Only the options count; the other numbers are not known here.
        let unknown = -1;
        let record = queue::file::SizeRecord {
            data_size: unknown,
            data_offset: unknown,
            recipients: unknown,
            qmgr_flags: unknown,
            content_length: unknown,
            sendopts: i64::from(options.sendopts),
        };
        postdrop.put(Type::SIZE, record.format().as_bytes())?;
    }
    if let Some(id) = &options.dsn_envid {
        attribute(postdrop, attr::DSN_ENVID, id.as_bytes())?;
    }
    if options.dsn_ret != 0 {
        attribute(postdrop, attr::DSN_RET, options.dsn_ret.to_string().as_bytes())?;
    }
    attribute(postdrop, attr::RWR_CONTEXT, options.rewrite_context.as_bytes())?;
    if let Some(name) = options.full_name.as_ref().map(|name| name.as_bytes().to_vec()).or_else(full_name) {
        postdrop.put(Type::FULL, &name)?;
    }
    postdrop.put(Type::FROM, sender)?;
    if let Some(encoding) = options.encoding {
        attribute(postdrop, attr::ENCODING, encoding.as_bytes())?;
    }
    if options.trace_flags != 0 {
        attribute(postdrop, attr::TRACE_FLAGS, options.trace_flags.to_string().as_bytes())?;
    }
    if let Some(delimiters) = &options.verp {
        postdrop.put(Type::VERP, delimiters.as_bytes())?;
    }
    let mut count = 0;
    for operand in &options.operands {
        // An operand may be a list, and may have phrases around its addresses.
        let list = AddressList::parse(operand.as_bytes(), 0);
        let mut addresses: Vec<Vec<u8>> = list.addresses().map(|address| address.internalize()).collect();
        if addresses.is_empty() {
            postdrop.put(Type::RCPT, b"")?;
            count += 1;
        }
        for address in addresses.drain(..) {
            put_recipient(options, &address, postdrop)?;
            count += 1;
        }
    }
    Ok(count)
}

fn put_recipient(options: &Options, address: &[u8], postdrop: &mut Postdrop) -> io::Result<()> {
    if options.dsn_notify != 0 {
        attribute(postdrop, attr::DSN_NOTIFY, options.dsn_notify.to_string().as_bytes())?;
    }
    postdrop.put(Type::RCPT, address)
}

fn attribute(postdrop: &mut Postdrop, name: &str, value: &[u8]) -> io::Result<()> {
    postdrop.put(Type::ATTR, &[name.as_bytes(), b"=", value].concat())
}

/// The caller's full name: NAME, or the password file's "gecos" field.
fn full_name() -> Option<Vec<u8>> {
    if let Some(name) = sys::environment::trusted("NAME") {
        return Some(name.as_bytes().to_vec());
    }
    let user = User::by_uid(sys::identity::real_uid()).ok().flatten()?;
    let mut name = Vec::new();
    for &byte in user.gecos.as_bytes().iter().take_while(|byte| !matches!(byte, b',' | b';' | b'%')) {
        match byte {
            // An old custom: the login name, with a capital letter.
            b'&' => {
                let mut login = user.name.clone().into_bytes();
                if let Some(first) = login.first_mut() {
                    first.make_ascii_uppercase();
                }
                name.extend(login);
            }
            byte => name.push(byte),
        }
    }
    Some(name)
}

/// The message of `sendmail -bv`, which nobody gets to see.
fn probe(options: &Options, sender: &[u8], postdrop: &mut Postdrop) -> io::Result<()> {
    if !sender.is_empty() {
        postdrop.put(Type::NORM, &[b"From: ", sender].concat())?;
    }
    postdrop.put(Type::NORM, b"Subject: probe")?;
    postdrop.put(Type::CONT, b"To:")?;
    for (at, operand) in options.operands.iter().enumerate() {
        let separator: &[u8] = if at + 1 < options.operands.len() { b"," } else { b"" };
        postdrop.put(Type::NORM, &[b"\t", operand.as_bytes(), separator].concat())?;
    }
    Ok(())
}
