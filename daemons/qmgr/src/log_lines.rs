//! The log lines of qmgr(8). Programs parse them: change nothing here without a look at real Postfix.

use std::io;
use std::path::Path;

use address::log_form::LogForm;
use log::bytes;

use crate::general::General;
use crate::sched::{Clog, Feedback, Outcome, WindowChange};

/// `QUEUEID: from=<sender>, size=n, nrcpt=n (queue active)`
pub fn opened(id: &str, form: LogForm, sender: &[u8], size: i64, recipients: i64, queue: &str) {
    log::info!("{id}: from=<{}>, size={size}, nrcpt={recipients} (queue {queue})", bytes(&form.show(sender)));
}

/// `QUEUEID: removed`
pub fn removed(id: &str) {
    log::info!("{id}: removed");
}

/// `QUEUEID: from=<sender>, status=expired, returned to sender`
pub fn expired(id: &str, form: LogForm, sender: &[u8], status: &str) {
    log::info!("{id}: from=<{}>, status={status}, returned to sender", bytes(&form.show(sender)));
}

/// Somebody else has the queue file locked.
pub fn still_being_delivered(id: &str) {
    log::info!("{id}: skipped, still being delivered");
}

/// A notice could not be sent.
pub fn notice_failed(id: &str, what: &str) {
    log::info!("{id}: status=deferred ({what} failed)");
}

/// A damaged file was set aside.
pub fn saved_corrupt(id: &str) {
    log::warn!("saving corrupt file \"{id}\" from queue \"active\" to queue \"corrupt\"");
}

/// A file disappeared under our hands.
pub fn rename_failed(function: &str, id: &str, from: &str, to: &str, error: &io::Error) {
    log::warn!("{function}: {id}: rename from {from} to {to}: {}", sys::error_text(error));
}

/// The same, with the other order of words.
pub fn defer_rename_failed(id: &str, from: &str, to: &str, error: &io::Error) {
    log::warn!("qmgr_active_defer: rename {id} from {from} to {to}: {}", sys::error_text(error));
}

/// A file disappeared under our hands.
pub fn remove_failed(id: &str, queue: &str, error: &io::Error) {
    log::warn!("qmgr_active_done_3_generic: remove {id} from {queue}: {}", sys::error_text(error));
}

/// A file disappeared under our hands.
pub fn open_failed(queue: &str, id: &str, error: &io::Error) {
    log::warn!("open {queue} {id}: {}", sys::error_text(error));
}

/// A file in the active queue that does not look like ours.
pub fn ignored_at_start(queue: &str, name: &str) {
    log::warn!("qmgr_move: ignored: queue {queue} id {name}");
}

/// A file in the active queue that could not be moved back.
pub fn cannot_move_at_start(id: &str, error: &io::Error) {
    log::warn!("qmgr_move: rename {id} from active to incoming: {}", sys::error_text(error));
}

/// A queue directory that cannot be read.
pub fn cannot_scan(queue: &str, error: &io::Error) {
    log::warn!("cannot open directory {queue}: {}", sys::error_text(error));
}

/// A queue file that could not be updated.
pub fn cannot_update(id: &str, error: &io::Error) {
    log::error!("update queue file active/{id}: {}", sys::error_text(error));
}

/// Nobody listens at a transport's socket.
pub fn cannot_connect(transport: &str, error: &ipc::Error) {
    let text = match error {
        ipc::Error::Connect { error, .. } => sys::error_text(error),
        other => other.to_string(),
    };
    log::warn!("connect to transport private/{transport}: {text}");
}

/// A delivery agent does not greet as it should.
pub fn odd_greeting(transport: &str, error: &ipc::Error) {
    ipc::log_malformed(&format!("private/{transport} socket"), error);
}

/// A delivery agent's answer is none, or it hung up.
pub fn malformed_response(transport: &str, error: &ipc::Error) {
    if !matches!(error, ipc::Error::Eof | ipc::Error::Io(_)) {
        odd_greeting(transport, error);
    }
    log::warn!("private/{transport} socket: malformed response");
}

/// A delivery agent does not take the request.
pub fn cannot_write(transport: &str, error: &ipc::Error) {
    log::warn!("write to process ({transport}): {error}");
}

/// The program was called by its old name.
pub fn old_name(config_directory: &str) {
    log::warn!("please update the {config_directory}/master.cf file; the new queue manager");
    log::warn!("(old name: nqmgr) has become the standard queue manager (new name: qmgr)");
    log::warn!("support for the name old name (nqmgr) will be removed from Postfix");
}

/// One limit is below another.
pub fn adjusting(name: &str, relation: &str, other: &str) {
    log::warn!("{name} is {relation} than {other} - adjusting {name}");
}

/// A feedback parameter that makes no sense.
pub fn bad_feedback(name: &str, value: &str) {
    log::warn!("{name}: ignoring malformed or unreasonable feedback: {value}");
}

/// destination_concurrency_feedback_debug: what a feedback parameter of a transport comes to. `window` is
/// initial_destination_concurrency.
pub fn feedback_value(transport: &str, name: &str, feedback: Feedback, window: u32) {
    let kind = i32::from(feedback.depends_on_window());
    let value = General(feedback.at(window));
    log::info!("{transport}: {name} feedback type {kind} value at {window}: {value}");
}

/// destination_concurrency_feedback_debug: how a delivery changed the window of its destination.
pub fn window_changed(change: &WindowChange) {
    let function = match change.outcome {
        Outcome::Success => "qmgr_queue_unthrottle",
        Outcome::Failure => "qmgr_queue_throttle",
    };
    if let Some(feedback) = change.feedback {
        log::info!("{function}: feedback {}", General(feedback));
    }
    log::info!(
        "{function}: queue {}: limit {} window {} success {} failure {} fail_cohorts {}",
        bytes(&change.destination),
        change.limit,
        change.window,
        General(change.success),
        General(change.failure),
        General(change.failed_cohorts),
    );
}

/// A parameter of one transport that cannot be evaluated.
pub fn bad_transport_setting(error: &config::Error) {
    log::error!("{error}");
}

/// One destination fills the active queue.
pub fn clogged(clog: &Clog) {
    let nexthop = bytes(&clog.nexthop);
    let transport = &clog.transport;
    log::warn!("mail for {nexthop} is using up {} of {} active queue entries", clog.entries, clog.messages);
    if clog.entries * 10 < clog.messages * 9 {
        log::warn!("this may slow down other mail deliveries");
    }
    if let Some(limit) = clog.concurrency_limit {
        log::warn!(
            "you may need to increase the main.cf {transport}_destination_concurrency_limit from {limit}"
        );
    } else if let Some(limit) = clog.active_queue_limit {
        log::warn!("you may need to increase the main.cf qmgr_message_active_limit from {limit}");
    } else if clog.shares_transport {
        log::warn!("you may need a separate master.cf transport for {nexthop}");
    } else {
        log::warn!("you may need to reduce {transport} connect and helo timeouts");
        log::warn!("so that Postfix quickly skips unavailable hosts");
        log::warn!("you may need to increase the main.cf minimal_backoff_time and maximal_backoff_time");
        log::warn!("so that Postfix wastes less time on undeliverable mail");
        log::warn!("you may need to increase the master.cf {transport} process limit");
    }
    log::warn!("please avoid flushing the whole queue when you have");
    log::warn!("lots of deferred mail, that is bad for performance");
    log::warn!("to turn off these warnings specify: qmgr_clog_warn_time = 0");
}

// What can be wrong with a queue file.

/// It cannot be read on.
pub fn record_error(path: &Path, error: &queue::record::Error) {
    log::warn!("{}: {error}", path.display());
}

/// It ends without an end record.
pub fn missing_end_record(id: &str) {
    log::warn!("{id}: message rejected: missing end record");
}

/// A record that must be there is not.
pub fn missing_record(id: &str, what: &str) {
    log::warn!("{id}: message rejected: missing {what} record");
}

/// A record where none of its type may be.
pub fn unexpected_record(kind: u8, offset: u64) {
    log::warn!("Unexpected record type '{}' at offset {offset}", bytes(&[kind]));
}

/// An attribute without name or value.
pub fn bad_attribute(id: &str, problem: &str, data: &[u8]) {
    log::warn!("{id}: bad attribute record: {problem}: {}", cut(data, 200));
}

/// Numbers that cannot be.
pub fn invalid_size_record(id: &str, data: &[u8]) {
    log::warn!("{id}: invalid size record: {}", cut(data, 100));
}

/// Flags that nobody knows.
pub fn invalid_flags(id: &str, data: &[u8]) {
    log::warn!("{id}: invalid flags in size record: {}", cut(data, 100));
}

/// Too few numbers.
pub fn weird_size_record(id: &str) {
    log::warn!("{id}: message rejected: weird size record");
}

/// A file of long ago says that its last segment begins where it cannot.
pub fn bad_extra_offset(path: &Path, stated: &[u8]) {
    log::warn!("bad extra offset {} file {}", cut(stated, 100), path.display());
}

/// A file of long ago has no content, or no end.
pub fn records_out_of_order(id: &str) {
    log::warn!("{id}: envelope records out of order");
}

/// Information about a recipient without that recipient.
pub fn out_of_order_recipient(id: &str, what: &str, address: &[u8]) {
    log::warn!("{id}: ignoring out-of-order {what} <{}>", cut(address, 200));
}

/// Flags for a recipient without that recipient.
pub fn out_of_order_notify(id: &str, flags: i32) {
    log::warn!("{id}: ignoring out-of-order DSN notify flags <{flags}>");
}

/// Flags that are no number, or exclude each other.
pub fn malformed_notify(id: &str, data: &[u8]) {
    log::warn!("{id}: ignoring malformed DSN notify flags <{}>", cut(data, 200));
}

/// Flags that are no number, or unknown.
pub fn malformed_ret(id: &str, data: &[u8]) {
    log::warn!("{id}: ignoring malformed DSN RET flags in queue file record:{}", cut(data, 100));
}

/// Something that may be there once is there again.
pub fn repeated_attribute(id: &str, name: &str, value: &[u8]) {
    log::warn!("{id}: ignoring multiple {name} attribute: {}", bytes(value));
}

/// VERP makes no sense without a sender.
pub fn verp_for_null_sender(id: &str) {
    log::warn!("{id}: ignoring VERP request for null sender");
}

/// VERP delimiters that are not allowed.
pub fn bad_verp(id: &str, data: &[u8]) {
    log::warn!("{id}: ignoring bad VERP request: \"{}\"", cut(data, 100));
}

/// The size record says another number of recipients than there are.
pub fn recipient_count_mismatch(id: &str, count: i64) {
    log::warn!("{id}: rcpt count mismatch ({count})");
}

fn cut(data: &[u8], len: usize) -> impl std::fmt::Display + '_ {
    bytes(data.get(..len).unwrap_or(data))
}
