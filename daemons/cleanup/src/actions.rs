//! What header and body checks make of a message.

use mime::header::name_length;
use queue::Type;

use crate::log_lines;
use crate::message::Message;
use ipc::cleanup::Status;

use crate::flags::Flags;
use log::bytes;

/// What was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    Header,
    Body,
    /// A character, wherever it was.
    Any,
}

impl Context {
    fn name(self) -> &'static str {
        match self {
            Context::Header => "header",
            Context::Body => "body",
            Context::Any => "content",
        }
    }
}

/// What becomes of the matched text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Keep,
    Drop,
    Replace(Vec<u8>),
}

impl Message<'_> {
    /// Does what a table says about a header or body line. `map` is the table's name for warnings.
    pub(crate) fn act(&mut self, context: Context, text: &[u8], action: &[u8], map: &str) -> Outcome {
        let end = action.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(action.len());
        let (command, argument) = action.split_at(end);
        let argument = argument.trim_ascii_start();
        match command.to_ascii_uppercase().as_slice() {
            b"REJECT" => self.act_reject(context, text, argument),
            b"WARN" => self.log_action("warning", context, text, argument),
            b"INFO" => self.log_action("info", context, text, argument),
            b"FILTER" => self.act_filter(context, text, argument, map),
            b"PASS" => {
                self.log_action("pass", context, text, argument);
                self.flags.remove(Flags::FILTER_ALL);
            }
            b"DISCARD" => {
                self.log_action("discard", context, text, argument);
                self.flags |= Flags::DISCARD;
                self.flags.remove(Flags::FILTER_ALL);
            }
            b"HOLD" => {
                if !self.flags.has(Flags::HOLD) && !self.flags.has(Flags::DISCARD) {
                    self.log_action("hold", context, text, argument);
                    self.flags |= Flags::HOLD;
                }
            }
            b"PREPEND" => self.act_prepend(context, text, argument, map),
            b"REPLACE" => return self.act_replace(context, text, argument, map),
            b"REDIRECT" => self.act_redirect(context, text, argument, map),
            b"BCC" => self.act_bcc(context, text, argument, map),
            b"STRIP" => {
                self.log_action("strip", context, text, argument);
                return Outcome::Drop;
            }
            b"IGNORE" => return Outcome::Drop,
            b"DUNNO" | b"OK" => {}
            _ => log::warn!("unknown command in {map} map: {}", bytes(action)),
        }
        Outcome::Keep
    }

    fn log_action(&self, action: &str, context: Context, text: &[u8], argument: &[u8]) {
        log_lines::content_action(&self.origin(), action, context.name(), text, argument);
    }

    fn act_reject(&mut self, context: Context, text: &[u8], argument: &[u8]) {
        let default = Status::CONTENT.detail();
        let given = if argument.is_empty() { default.text.as_bytes() } else { argument };
        let (status, why) = smtp::dsn::split(default.dsn.as_bytes(), given);
        let mut reason = [status, b" ", why].concat();
        if !matches!(reason.first(), Some(b'4' | b'5')) {
            log::warn!("bad DSN action in {} -- need 4.x.x or 5.x.x", bytes(argument));
            if let Some(class) = reason.first_mut() {
                *class = b'4';
            }
        }
        self.note_error(if reason.first() == Some(&b'4') { Status::DEFER } else { Status::CONTENT });
        self.flags.remove(Flags::FILTER_ALL);
        self.log_action("reject", context, text, &reason);
        self.reason = Some(reason);
    }

    fn act_filter(&mut self, context: Context, text: &[u8], argument: &[u8], map: &str) {
        if argument.is_empty() {
            log::warn!("missing FILTER command argument in {map} map");
        } else if !argument.contains(&b':') {
            log::warn!("bad FILTER command {} in {map} -- need transport:destination", bytes(argument));
        } else {
            self.log_action("filter", context, text, argument);
            self.checks.filter = Some(argument.to_vec());
        }
    }

    fn act_prepend(&mut self, context: Context, text: &[u8], argument: &[u8], map: &str) {
        if argument.is_empty() {
            log::warn!("PREPEND action without text in {map} map");
        } else if context != Context::Header {
            self.log_action("prepend", context, text, argument);
            self.put(Type::NORM, argument);
        } else if is_header(argument) {
            self.log_action("prepend", context, text, argument);
            self.put_header(argument);
        } else {
            bad_header_text("PREPEND", argument, map);
        }
    }

    fn act_replace(&mut self, context: Context, text: &[u8], argument: &[u8], map: &str) -> Outcome {
        if argument.is_empty() {
            log::warn!("REPLACE action without text in {map} map");
            return Outcome::Keep;
        }
        if context == Context::Header && !is_header(argument) {
            bad_header_text("REPLACE", argument, map);
            return Outcome::Keep;
        }
        self.log_action("replace", context, text, argument);
        Outcome::Replace(argument.to_vec())
    }

    fn act_redirect(&mut self, context: Context, text: &[u8], argument: &[u8], map: &str) {
        if !argument.contains(&b'@') {
            log::warn!("bad REDIRECT target \"{}\" in {map} map -- need user@domain", bytes(argument));
            return;
        }
        self.log_action("redirect", context, text, argument);
        self.checks.redirect = Some(argument.to_vec());
        self.flags.remove(Flags::FILTER_ALL);
    }

    fn act_bcc(&mut self, context: Context, text: &[u8], argument: &[u8], map: &str) {
        if !argument.contains(&b'@') {
            log::warn!("bad BCC address \"{}\" in {map} map -- need user@domain", bytes(argument));
            return;
        }
        self.checks.bcc.push(argument.to_vec());
        self.log_action("bcc", context, text, argument);
    }
}

fn is_header(text: &[u8]) -> bool {
    name_length(text).is_some()
}

fn bad_header_text(action: &str, text: &[u8], map: &str) {
    log::warn!(
        "bad {action} header text \"{}\" in {map} map -- need \"headername: headervalue\"",
        bytes(text)
    );
}
