//! The queue, its scheduler, bounces and deferred mail.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min, span};

parameters! { after content;

    /// The parameter `2bounce_notice_recipient`.
    DOUBLE_BOUNCE_NOTICE_RECIPIENT: Text("2bounce_notice_recipient", "postmaster", min(1), [One("bounce")]);
    /// The parameter `backwards_bounce_logfile_compatibility`.
    BACKWARDS_BOUNCE_LOGFILE_COMPATIBILITY: Bool(
        "backwards_bounce_logfile_compatibility", "yes", any(), [Every]) since "2.1";
    /// The parameter `bounce_notice_recipient`.
    BOUNCE_NOTICE_RECIPIENT: Text(
        "bounce_notice_recipient", "postmaster", min(1), [One("bounce"), One("smtpd")]);
    /// The parameter `bounce_queue_lifetime`.
    BOUNCE_QUEUE_LIFETIME: Seconds(
        "bounce_queue_lifetime", "5d", span(0, 8640000), [One("qmgr")]) since "2.1";
    /// The parameter `bounce_service_name`.
    BOUNCE_SERVICE_NAME: Text("bounce_service_name", "bounce", min(1), [Every]) since "2.0";
    /// The parameter `bounce_size_limit`.
    BOUNCE_SIZE_LIMIT: Int("bounce_size_limit", "50000", min(1), [One("bounce")]);
    /// The parameter `bounce_template_file`.
    BOUNCE_TEMPLATE_FILE: Text("bounce_template_file", "", any(), [One("bounce")]) since "2.3";
    /// The parameter `confirm_delay_cleared`.
    CONFIRM_DELAY_CLEARED: Bool("confirm_delay_cleared", "no", any(), [One("qmgr")]) since "3.0";
    /// The parameter `default_delivery_slot_cost`.
    DEFAULT_DELIVERY_SLOT_COST: Int("default_delivery_slot_cost", "5", any(), [One("qmgr")]);
    /// The parameter `default_delivery_slot_discount`.
    DEFAULT_DELIVERY_SLOT_DISCOUNT: Int("default_delivery_slot_discount", "50", span(0, 100), [One("qmgr")]);
    /// The parameter `default_delivery_slot_loan`.
    DEFAULT_DELIVERY_SLOT_LOAN: Int("default_delivery_slot_loan", "3", any(), [One("qmgr")]);
    /// The parameter `default_destination_concurrency_failed_cohort_limit`.
    DEFAULT_DESTINATION_CONCURRENCY_FAILED_COHORT_LIMIT: Int(
        "default_destination_concurrency_failed_cohort_limit", "1", any(), [One("qmgr")]) since "2.5";
    /// The parameter `default_destination_concurrency_limit`.
    DEFAULT_DESTINATION_CONCURRENCY_LIMIT: Int(
        "default_destination_concurrency_limit", "20", any(), [One("qmgr")]);
    /// The parameter `default_destination_concurrency_negative_feedback`.
    DEFAULT_DESTINATION_CONCURRENCY_NEGATIVE_FEEDBACK: Text(
        "default_destination_concurrency_negative_feedback", "1", min(1), [One("qmgr")]) since "2.5";
    /// The parameter `default_destination_concurrency_positive_feedback`.
    DEFAULT_DESTINATION_CONCURRENCY_POSITIVE_FEEDBACK: Text(
        "default_destination_concurrency_positive_feedback", "1", min(1), [One("qmgr")]) since "2.5";
    /// The parameter `default_destination_rate_delay`.
    DEFAULT_DESTINATION_RATE_DELAY: Seconds(
        "default_destination_rate_delay", "0s", any(), [One("qmgr")]) since "2.5";
    /// The parameter `default_destination_recipient_limit`.
    DEFAULT_DESTINATION_RECIPIENT_LIMIT: Int(
        "default_destination_recipient_limit", "50", any(), [One("qmgr")]);
    /// The parameter `default_extra_recipient_limit`.
    DEFAULT_EXTRA_RECIPIENT_LIMIT: Int("default_extra_recipient_limit", "1000", any(), [One("qmgr")]);
    /// The parameter `default_minimum_delivery_slots`.
    DEFAULT_MINIMUM_DELIVERY_SLOTS: Int("default_minimum_delivery_slots", "3", any(), [One("qmgr")]);
    /// The parameter `default_recipient_limit`.
    DEFAULT_RECIPIENT_LIMIT: Int("default_recipient_limit", "20000", any(), [One("qmgr")]);
    /// The parameter `default_recipient_refill_delay`.
    DEFAULT_RECIPIENT_REFILL_DELAY: Seconds(
        "default_recipient_refill_delay", "5s", min(1), [One("qmgr")]) since "2.4";
    /// The parameter `default_recipient_refill_limit`.
    DEFAULT_RECIPIENT_REFILL_LIMIT: Int(
        "default_recipient_refill_limit", "100", min(1), [One("qmgr")]) since "2.4";
    /// The parameter `default_transport_rate_delay`.
    DEFAULT_TRANSPORT_RATE_DELAY: Seconds(
        "default_transport_rate_delay", "0s", any(), [One("qmgr")]) since "3.1";
    /// The parameter `default_verp_delimiters`.
    DEFAULT_VERP_DELIMITERS: Text("default_verp_delimiters", "+=", span(2, 2), [Every]) since "1.1";
    /// The parameter `defer_service_name`.
    DEFER_SERVICE_NAME: Text("defer_service_name", "defer", min(1), [Every]) since "2.0";
    /// The parameter `defer_transports`.
    DEFER_TRANSPORTS: Text("defer_transports", "", any(), [One("qmgr")]);
    /// The parameter `delay_logging_resolution_limit`.
    DELAY_LOGGING_RESOLUTION_LIMIT: Int(
        "delay_logging_resolution_limit", "2", span(0, 6), [Every]) since "2.3";
    /// The parameter `delay_notice_recipient`.
    DELAY_NOTICE_RECIPIENT: Text("delay_notice_recipient", "postmaster", min(1), [One("bounce")]);
    /// The parameter `delay_warning_time`.
    DELAY_WARNING_TIME: Seconds("delay_warning_time", "0h", any(), [One("bounce"), One("cleanup")]);
    /// The parameter `deliver_lock_attempts`.
    DELIVER_LOCK_ATTEMPTS: Int("deliver_lock_attempts", "20", min(1), [Every]);
    /// The parameter `deliver_lock_delay`.
    DELIVER_LOCK_DELAY: Seconds("deliver_lock_delay", "1s", min(1), [Every]);
    /// The parameter `destination_concurrency_feedback_debug`.
    DESTINATION_CONCURRENCY_FEEDBACK_DEBUG: Bool(
        "destination_concurrency_feedback_debug", "no", any(), [One("qmgr")]) since "2.5";
    /// The parameter `disable_verp_bounces`.
    DISABLE_VERP_BOUNCES: Bool(
        "disable_verp_bounces", "no", any(), [One("cleanup"), One("qmgr")]) since "1.1";
    /// The parameter `dont_remove`.
    DONT_REMOVE: Int("dont_remove", "0", any(), [Every]);
    /// The parameter `double_bounce_sender`.
    DOUBLE_BOUNCE_SENDER: Text("double_bounce_sender", "double-bounce", min(1), [Every]);
    /// The parameter `enable_long_queue_ids`.
    ENABLE_LONG_QUEUE_IDS: Bool("enable_long_queue_ids", "no", any(), [Every]) since "2.9";
    /// The parameter `enable_threaded_bounces`.
    ENABLE_THREADED_BOUNCES: Bool("enable_threaded_bounces", "no", any(), [One("bounce")]) since "3.6";
    /// The parameter `error_notice_recipient`.
    ERROR_NOTICE_RECIPIENT: Text(
        "error_notice_recipient", "postmaster", min(1), [One("lmtp"), One("smtp"), One("smtpd")]);
    /// The parameter `error_service_name`.
    ERROR_SERVICE_NAME: Text("error_service_name", "error", min(1), [Every]) since "2.0";
    /// The parameter `fast_flush_domains`.
    FAST_FLUSH_DOMAINS: Text("fast_flush_domains", "$relay_domains", any(), [Every]);
    /// The parameter `fast_flush_purge_time`.
    FAST_FLUSH_PURGE_TIME: Seconds("fast_flush_purge_time", "7d", min(1), [One("flush")]);
    /// The parameter `fast_flush_refresh_time`.
    FAST_FLUSH_REFRESH_TIME: Seconds("fast_flush_refresh_time", "12h", min(1), [One("flush")]);
    /// The parameter `flush_service_name`.
    FLUSH_SERVICE_NAME: Text("flush_service_name", "flush", min(1), [Every]) since "2.0";
    /// The parameter `hash_queue_depth`.
    HASH_QUEUE_DEPTH: Int("hash_queue_depth", "1", min(1), [Every]);
    /// The parameter `hash_queue_names`.
    HASH_QUEUE_NAMES: Text("hash_queue_names", "deferred, defer", min(1), [Every]);
    /// The parameter `in_flow_delay`.
    IN_FLOW_DELAY: Seconds("in_flow_delay", "1s", span(0, 10), [Every]);
    /// The parameter `initial_destination_concurrency`.
    INITIAL_DESTINATION_CONCURRENCY: Int("initial_destination_concurrency", "5", min(1), [One("qmgr")]);
    /// The parameter `maximal_backoff_time`.
    MAXIMAL_BACKOFF_TIME: Seconds("maximal_backoff_time", "4000s", min(1), [One("qmgr")]);
    /// The parameter `maximal_queue_lifetime`.
    MAXIMAL_QUEUE_LIFETIME: Seconds(
        "maximal_queue_lifetime", "5d", span(0, 8640000), [One("bounce"), One("qmgr")]);
    /// The parameter `minimal_backoff_time`.
    MINIMAL_BACKOFF_TIME: Seconds(
        "minimal_backoff_time", "300s", min(1), [One("qmgr"), One("lmtp"), One("smtp")]);
    /// The parameter `notify_classes`.
    NOTIFY_CLASSES: Text(
        "notify_classes",
        "resource, software",
        any(), [One("bounce"), One("lmtp"), One("smtp"), One("smtpd")]
    ) since "2.9";
    /// The parameter `qmgr_clog_warn_time`.
    QMGR_CLOG_WARN_TIME: Seconds("qmgr_clog_warn_time", "300s", any(), [One("qmgr")]) since "2.0";
    /// The parameter `qmgr_daemon_timeout`.
    QMGR_DAEMON_TIMEOUT: Seconds("qmgr_daemon_timeout", "1000s", min(1), [One("qmgr")]) since "2.8";
    /// The parameter `qmgr_fudge_factor`.
    QMGR_FUDGE_FACTOR: Int("qmgr_fudge_factor", "100", span(1, 100), [One("qmgr")]);
    /// The parameter `qmgr_ipc_timeout`.
    QMGR_IPC_TIMEOUT: Seconds("qmgr_ipc_timeout", "60s", min(1), [One("qmgr")]) since "2.8";
    /// The parameter `qmgr_message_active_limit`.
    QMGR_MESSAGE_ACTIVE_LIMIT: Int("qmgr_message_active_limit", "20000", min(1), [One("qmgr")]);
    /// The parameter `qmgr_message_recipient_limit`.
    QMGR_MESSAGE_RECIPIENT_LIMIT: Int("qmgr_message_recipient_limit", "20000", min(1), [One("qmgr")]);
    /// The parameter `qmgr_message_recipient_minimum`.
    QMGR_MESSAGE_RECIPIENT_MINIMUM: Int("qmgr_message_recipient_minimum", "10", min(1), [One("qmgr")]);
    /// The parameter `queue_directory`.
    QUEUE_DIRECTORY: Text("queue_directory", QUEUE_DIRECTORY, min(1), [Every]);
    /// The parameter `queue_file_attribute_count_limit`.
    QUEUE_FILE_ATTRIBUTE_COUNT_LIMIT: Int(
        "queue_file_attribute_count_limit", "100", min(1), [One("cleanup")]) since "2.0";
    /// The parameter `queue_minfree`.
    QUEUE_MINFREE: Long("queue_minfree", "0", any(), [One("smtpd")]);
    /// The parameter `queue_run_delay`.
    QUEUE_RUN_DELAY: Seconds("queue_run_delay", "300s", min(1), [One("qmgr"), One("lmtp"), One("smtp")]);
    /// The parameter `queue_service_name`.
    QUEUE_SERVICE_NAME: Text("queue_service_name", "qmgr", min(1), [Every]) since "2.0";
    /// The parameter `soft_bounce`.
    SOFT_BOUNCE: Bool("soft_bounce", "no", any(), [Every]);
    /// The parameter `stale_lock_time`.
    STALE_LOCK_TIME: Seconds("stale_lock_time", "500s", min(1), [Every]);
    /// The parameter `trace_service_name`.
    TRACE_SERVICE_NAME: Text("trace_service_name", "trace", min(1), [Every]) since "2.1";
    /// The parameter `transport_retry_time`.
    TRANSPORT_RETRY_TIME: Seconds("transport_retry_time", "60s", min(1), [One("qmgr")]);
    /// The parameter `verp_delimiter_filter`.
    VERP_DELIMITER_FILTER: Text("verp_delimiter_filter", "-=+", min(1), [Every]) since "1.1";
}
