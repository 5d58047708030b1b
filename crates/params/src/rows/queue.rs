//! The queue, its scheduler, bounces and deferred mail.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min, span};

parameters! { after content;

    /// Who gets notices of undeliverable notices.
    DOUBLE_BOUNCE_NOTICE_RECIPIENT: Text("2bounce_notice_recipient", "postmaster", min(1), [One("bounce")]);
    /// Write bounce logs so that old releases can read them.
    BACKWARDS_BOUNCE_LOGFILE_COMPATIBILITY: Bool(
        "backwards_bounce_logfile_compatibility", "yes", any(), [Every]) since "2.1";
    /// Who gets copies of the headers of undeliverable mail.
    BOUNCE_NOTICE_RECIPIENT: Text(
        "bounce_notice_recipient", "postmaster", min(1), [One("bounce"), One("smtpd")]);
    /// How long mail with the null sender stays in the queue.
    BOUNCE_QUEUE_LIFETIME: Seconds(
        "bounce_queue_lifetime", "5d", span(0, 8640000), [One("qmgr")]) since "2.1";
    /// Name of the bounce(8) service.
    BOUNCE_SERVICE_NAME: Text("bounce_service_name", "bounce", min(1), [Every]) since "2.0";
    /// How much of a message is returned with a notice, in bytes.
    BOUNCE_SIZE_LIMIT: Int("bounce_size_limit", "50000", min(1), [One("bounce")]);
    /// File with the texts of notices.
    BOUNCE_TEMPLATE_FILE: Text("bounce_template_file", "", any(), [One("bounce")]) since "2.3";
    /// Tell senders when mail that was delayed has been delivered.
    CONFIRM_DELAY_CLEARED: Bool("confirm_delay_cleared", "no", any(), [One("qmgr")]) since "3.0";
    /// How many deliveries of other messages must pass before one may overtake; 0 for never.
    DEFAULT_DELIVERY_SLOT_COST: Int("default_delivery_slot_cost", "5", any(), [One("qmgr")]);
    /// Percentage of delivery slots that need not be there yet for overtaking.
    DEFAULT_DELIVERY_SLOT_DISCOUNT: Int("default_delivery_slot_discount", "50", span(0, 100), [One("qmgr")]);
    /// Delivery slots that may be used before they are earned.
    DEFAULT_DELIVERY_SLOT_LOAN: Int("default_delivery_slot_loan", "3", any(), [One("qmgr")]);
    /// How many failures in a row make a destination dead.
    DEFAULT_DESTINATION_CONCURRENCY_FAILED_COHORT_LIMIT: Int(
        "default_destination_concurrency_failed_cohort_limit", "1", any(), [One("qmgr")]) since "2.5";
    /// Greatest number of deliveries at once to one destination.
    DEFAULT_DESTINATION_CONCURRENCY_LIMIT: Int(
        "default_destination_concurrency_limit", "20", any(), [One("qmgr")]);
    /// How much a failure lowers a destination's concurrency.
    DEFAULT_DESTINATION_CONCURRENCY_NEGATIVE_FEEDBACK: Text(
        "default_destination_concurrency_negative_feedback", "1", min(1), [One("qmgr")]) since "2.5";
    /// How much a success raises a destination's concurrency.
    DEFAULT_DESTINATION_CONCURRENCY_POSITIVE_FEEDBACK: Text(
        "default_destination_concurrency_positive_feedback", "1", min(1), [One("qmgr")]) since "2.5";
    /// Wait between deliveries to one destination.
    DEFAULT_DESTINATION_RATE_DELAY: Seconds(
        "default_destination_rate_delay", "0s", any(), [One("qmgr")]) since "2.5";
    /// Greatest number of recipients in one delivery.
    DEFAULT_DESTINATION_RECIPIENT_LIMIT: Int(
        "default_destination_recipient_limit", "50", any(), [One("qmgr")]);
    /// Recipients in memory, beside the usual limit, for messages that overtake.
    DEFAULT_EXTRA_RECIPIENT_LIMIT: Int("default_extra_recipient_limit", "1000", any(), [One("qmgr")]);
    /// Messages with fewer deliveries than this cannot be overtaken.
    DEFAULT_MINIMUM_DELIVERY_SLOTS: Int("default_minimum_delivery_slots", "3", any(), [One("qmgr")]);
    /// Greatest number of recipients in memory for one transport.
    DEFAULT_RECIPIENT_LIMIT: Int("default_recipient_limit", "20000", any(), [One("qmgr")]);
    /// Time after which recipients of a large message are read again.
    DEFAULT_RECIPIENT_REFILL_DELAY: Seconds(
        "default_recipient_refill_delay", "5s", min(1), [One("qmgr")]) since "2.4";
    /// How many recipients are read again at a time.
    DEFAULT_RECIPIENT_REFILL_LIMIT: Int(
        "default_recipient_refill_limit", "100", min(1), [One("qmgr")]) since "2.4";
    /// Wait between deliveries over one transport.
    DEFAULT_TRANSPORT_RATE_DELAY: Seconds(
        "default_transport_rate_delay", "0s", any(), [One("qmgr")]) since "3.1";
    /// The two characters that VERP puts into sender addresses.
    DEFAULT_VERP_DELIMITERS: Text("default_verp_delimiters", "+=", span(2, 2), [Every]) since "1.1";
    /// Name of the defer(8) service.
    DEFER_SERVICE_NAME: Text("defer_service_name", "defer", min(1), [Every]) since "2.0";
    /// Transports to which nothing is delivered until the queue is flushed.
    DEFER_TRANSPORTS: Text("defer_transports", "", any(), [One("qmgr")]);
    /// Greatest number of digits after the point in logged delays.
    DELAY_LOGGING_RESOLUTION_LIMIT: Int(
        "delay_logging_resolution_limit", "2", span(0, 6), [Every]) since "2.3";
    /// Who gets copies of delay notices.
    DELAY_NOTICE_RECIPIENT: Text("delay_notice_recipient", "postmaster", min(1), [One("bounce")]);
    /// After what time senders are told that their mail is late; 0 for never.
    DELAY_WARNING_TIME: Seconds("delay_warning_time", "0h", any(), [One("bounce"), One("cleanup")]);
    /// How often to try to lock a mailbox or log.
    DELIVER_LOCK_ATTEMPTS: Int("deliver_lock_attempts", "20", min(1), [Every]);
    /// Wait between attempts to lock a mailbox or log.
    DELIVER_LOCK_DELAY: Seconds("deliver_lock_delay", "1s", min(1), [Every]);
    /// Log how a destination's concurrency changes.
    DESTINATION_CONCURRENCY_FEEDBACK_DEBUG: Bool(
        "destination_concurrency_feedback_debug", "no", any(), [One("qmgr")]) since "2.5";
    /// Send one notice for a message with VERP, not one for each recipient.
    DISABLE_VERP_BOUNCES: Bool(
        "disable_verp_bounces", "no", any(), [One("cleanup"), One("qmgr")]) since "1.1";
    /// Keep finished queue files, marked as such, for debugging.
    DONT_REMOVE: Int("dont_remove", "0", any(), [Every]);
    /// Sender of notices that must not cause further notices.
    DOUBLE_BOUNCE_SENDER: Text("double_bounce_sender", "double-bounce", min(1), [Every]);
    /// Use queue ids that never repeat.
    ENABLE_LONG_QUEUE_IDS: Bool("enable_long_queue_ids", "no", any(), [Every]) since "2.9";
    /// Let notices refer to the original message's Message-ID:.
    ENABLE_THREADED_BOUNCES: Bool("enable_threaded_bounces", "no", any(), [One("bounce")]) since "3.6";
    /// Who gets reports of our own and other servers' errors.
    ERROR_NOTICE_RECIPIENT: Text(
        "error_notice_recipient", "postmaster", min(1), [One("lmtp"), One("smtp"), One("smtpd")]);
    /// Name of the error(8) service.
    ERROR_SERVICE_NAME: Text("error_service_name", "error", min(1), [Every]) since "2.0";
    /// Domains whose waiting mail is listed, for ETRN and `sendmail -qR`.
    FAST_FLUSH_DOMAINS: Text("fast_flush_domains", "$relay_domains", any(), [Every]);
    /// After what time an unused list of waiting mail is removed.
    FAST_FLUSH_PURGE_TIME: Seconds("fast_flush_purge_time", "7d", min(1), [One("flush")]);
    /// After what time a list of waiting mail is acted on anyway.
    FAST_FLUSH_REFRESH_TIME: Seconds("fast_flush_refresh_time", "12h", min(1), [One("flush")]);
    /// Name of the flush(8) service.
    FLUSH_SERVICE_NAME: Text("flush_service_name", "flush", min(1), [Every]) since "2.0";
    /// How many levels of subdirectories a queue directory has.
    HASH_QUEUE_DEPTH: Int("hash_queue_depth", "1", min(1), [Every]);
    /// Queue directories that have subdirectories.
    HASH_QUEUE_NAMES: Text("hash_queue_names", "deferred, defer", min(1), [Every]);
    /// How long to pause when mail arrives faster than it is delivered.
    IN_FLOW_DELAY: Seconds("in_flow_delay", "1s", span(0, 10), [Every]);
    /// Number of deliveries at once to a new destination.
    INITIAL_DESTINATION_CONCURRENCY: Int("initial_destination_concurrency", "5", min(1), [One("qmgr")]);
    /// Greatest wait before mail is tried again.
    MAXIMAL_BACKOFF_TIME: Seconds("maximal_backoff_time", "4000s", min(1), [One("qmgr")]);
    /// How long mail stays in the queue before it is returned.
    MAXIMAL_QUEUE_LIFETIME: Seconds(
        "maximal_queue_lifetime", "5d", span(0, 8640000), [One("bounce"), One("qmgr")]);
    /// Least wait before mail is tried again.
    MINIMAL_BACKOFF_TIME: Seconds(
        "minimal_backoff_time", "300s", min(1), [One("qmgr"), One("lmtp"), One("smtp")]);
    /// Kinds of problems that are reported by mail.
    NOTIFY_CLASSES: Text(
        "notify_classes",
        "resource, software",
        any(), [One("bounce"), One("lmtp"), One("smtp"), One("smtpd")]
    ) since "2.9";
    /// How often to warn that one destination clogs the queue.
    QMGR_CLOG_WARN_TIME: Seconds("qmgr_clog_warn_time", "300s", any(), [One("qmgr")]) since "2.0";
    /// How long the queue manager may be busy with one request.
    QMGR_DAEMON_TIMEOUT: Seconds("qmgr_daemon_timeout", "1000s", min(1), [One("qmgr")]) since "2.8";
    /// Used by the old queue manager only: percentage of delivery resources for one message.
    QMGR_FUDGE_FACTOR: Int("qmgr_fudge_factor", "100", span(10, 100), []);
    /// The queue manager's time limit for internal connections.
    QMGR_IPC_TIMEOUT: Seconds("qmgr_ipc_timeout", "60s", min(1), [One("qmgr")]) since "2.8";
    /// Greatest number of messages in the active queue.
    QMGR_MESSAGE_ACTIVE_LIMIT: Int("qmgr_message_active_limit", "20000", min(1), [One("qmgr")]);
    /// Greatest number of recipients in the queue manager's memory.
    QMGR_MESSAGE_RECIPIENT_LIMIT: Int("qmgr_message_recipient_limit", "20000", min(1), [One("qmgr")]);
    /// Least number of recipients in memory for each message.
    QMGR_MESSAGE_RECIPIENT_MINIMUM: Int("qmgr_message_recipient_minimum", "10", min(1), [One("qmgr")]);
    /// Top of the mail queue.
    QUEUE_DIRECTORY: Text("queue_directory", QUEUE_DIRECTORY, min(1), [Every]);
    /// How many attributes a queue file may have.
    QUEUE_FILE_ATTRIBUTE_COUNT_LIMIT: Int(
        "queue_file_attribute_count_limit", "100", min(1), [One("cleanup")]) since "2.0";
    /// Free disk space, in bytes, without which mail is refused; 0 for none.
    QUEUE_MINFREE: Long("queue_minfree", "0", any(), [One("smtpd")]);
    /// Time between scans of the deferred queue.
    QUEUE_RUN_DELAY: Seconds("queue_run_delay", "300s", min(1), [One("qmgr"), One("lmtp"), One("smtp")]);
    /// Name of the queue manager's service.
    QUEUE_SERVICE_NAME: Text("queue_service_name", "qmgr", min(1), [Every]) since "2.0";
    /// Keep mail that would be returned, and refuse with temporary codes.
    SOFT_BOUNCE: Bool("soft_bounce", "no", any(), [Every]);
    /// Age at which a lock file is taken for left over.
    STALE_LOCK_TIME: Seconds("stale_lock_time", "500s", min(1), [Every]);
    /// Name of the trace(8) service.
    TRACE_SERVICE_NAME: Text("trace_service_name", "trace", min(1), [Every]) since "2.1";
    /// Time after which a transport that does not work is tried again.
    TRANSPORT_RETRY_TIME: Seconds("transport_retry_time", "60s", min(1), [One("qmgr")]);
    /// Characters that are allowed as VERP delimiters.
    VERP_DELIMITER_FILTER: Text("verp_delimiter_filter", "-=+", min(1), [Every]) since "1.1";
}
