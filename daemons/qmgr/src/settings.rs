//! What qmgr(8) reads from main.cf.

use std::time::Duration;

use address::Delimiter;
use address::log_form::LogForm;
use config::Config;

use crate::envelope::ReadSettings;
use crate::log_lines;
use crate::sched::{ERROR, Feedback, Limits, RETRY, TransportSettings};

/// The parameters of qmgr(8), but for those of each transport.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of the scheduler.
    pub limits: Limits,
    /// Of reading queue files.
    pub reading: ReadSettings,
    /// queue_run_delay
    pub queue_run_delay: Duration,
    /// minimal_backoff_time, seconds
    pub min_backoff: i64,
    /// maximal_backoff_time, seconds
    pub max_backoff: i64,
    /// maximal_queue_lifetime, seconds
    pub max_lifetime: i64,
    /// bounce_queue_lifetime, seconds
    pub bounce_lifetime: i64,
    /// defer_transports
    pub deferred_transports: Vec<Vec<u8>>,
    /// default_filter_nexthop
    pub filter_nexthop: Vec<u8>,
    /// disable_verp_bounces
    pub no_verp_bounces: bool,
    /// address_verify_pending_request_limit
    pub pending_verifications: u64,
    /// qmgr_daemon_timeout
    pub daemon_timeout: Duration,
    /// qmgr_ipc_timeout
    pub ipc_timeout: Duration,
    /// in_flow_delay is set
    pub flow_control: bool,
    /// default_process_limit
    pub process_limit: u64,
    /// smtputf8_enable
    pub smtputf8: bool,
    /// myhostname
    pub hostname: Vec<u8>,
    /// double_bounce_sender
    pub double_bounce: Vec<u8>,
    /// recipient_delimiter
    pub delimiter: Delimiter,
}

impl Settings {
    /// Out of main.cf. Says in the log what it had to adjust.
    pub fn new(config: &Config) -> Settings {
        let active_messages = config.get(&params::QMGR_MESSAGE_ACTIVE_LIMIT);
        let mut recipients = config.get(&params::QMGR_MESSAGE_RECIPIENT_LIMIT);
        if recipients < active_messages {
            log_lines::adjusting(
                params::QMGR_MESSAGE_RECIPIENT_LIMIT.name(),
                "smaller",
                params::QMGR_MESSAGE_ACTIVE_LIMIT.name(),
            );
            recipients = active_messages;
        }
        let max_lifetime = whole_seconds(config.get(&params::MAXIMAL_QUEUE_LIFETIME));
        let mut bounce_lifetime = whole_seconds(config.get(&params::BOUNCE_QUEUE_LIFETIME));
        if bounce_lifetime > max_lifetime {
            log_lines::adjusting(
                params::BOUNCE_QUEUE_LIFETIME.name(),
                "larger",
                params::MAXIMAL_QUEUE_LIFETIME.name(),
            );
            bounce_lifetime = max_lifetime;
        }
        let min_backoff = config.get(&params::MINIMAL_BACKOFF_TIME);
        let warn = config.get(&params::HELPFUL_WARNINGS);
        let limits = Limits {
            active_messages: unsigned(active_messages),
            recipients,
            recipients_each_message: config.get(&params::QMGR_MESSAGE_RECIPIENT_MINIMUM),
            destination_pause: min_backoff.as_secs(),
            transport_pause: config.get(&params::TRANSPORT_RETRY_TIME).as_secs(),
            clog_warn_interval: if warn { config.get(&params::QMGR_CLOG_WARN_TIME).as_secs() } else { 0 },
        };
        let double_bounce = config.get(&params::DOUBLE_BOUNCE_SENDER).as_bytes().to_vec();
        Settings {
            limits,
            reading: ReadSettings {
                log_form: LogForm::from_value(config.get(&params::INFO_LOG_ADDRESS_FORMAT))
                    .unwrap_or_default(),
                verp_filter: config.get(&params::VERP_DELIMITER_FILTER).as_bytes().to_vec(),
                report_cleared_delay: config.get(&params::CONFIRM_DELAY_CLEARED),
                queue_name: queue::Dir::Active.name(),
            },
            queue_run_delay: config.get(&params::QUEUE_RUN_DELAY),
            min_backoff: whole_seconds(min_backoff),
            max_backoff: whole_seconds(config.get(&params::MAXIMAL_BACKOFF_TIME)),
            max_lifetime,
            bounce_lifetime,
            deferred_transports: config
                .get(&params::DEFER_TRANSPORTS)
                .split([',', ' ', '\t', '\r', '\n'])
                .filter(|name| !name.is_empty())
                .map(|name| name.as_bytes().to_vec())
                .collect(),
            filter_nexthop: config.get(&params::DEFAULT_FILTER_NEXTHOP).as_bytes().to_vec(),
            no_verp_bounces: config.get(&params::DISABLE_VERP_BOUNCES),
            pending_verifications: unsigned(config.get(&params::ADDRESS_VERIFY_PENDING_REQUEST_LIMIT)),
            daemon_timeout: config.get(&params::QMGR_DAEMON_TIMEOUT),
            ipc_timeout: config.get(&params::QMGR_IPC_TIMEOUT),
            flow_control: !config.get(&params::IN_FLOW_DELAY).is_zero(),
            process_limit: unsigned(config.get(&params::DEFAULT_PROCESS_LIMIT)),
            smtputf8: config.get(&params::SMTPUTF8_ENABLE),
            hostname: config.get(&params::MYHOSTNAME).as_bytes().to_vec(),
            delimiter: Delimiter::new(config.get(&params::RECIPIENT_DELIMITER).as_bytes(), &double_bounce),
            double_bounce,
        }
    }
}

/// The limits of one transport, out of its `transport_` parameters and their defaults. A value that cannot be evaluated
/// is complained about, and counts as the default.
pub fn transport_settings(config: &Config, name: &str) -> TransportSettings {
    let int = |family: &params::Param<params::Int>| {
        config.derived_int(name, family).unwrap_or_else(|error| {
            log_lines::bad_transport_setting(&error);
            config.get(family)
        })
    };
    let seconds = |family: &params::Param<params::Seconds>| {
        let value = config.derived_seconds(name, family).unwrap_or_else(|error| {
            log_lines::bad_transport_setting(&error);
            config.get(family)
        });
        value.as_secs()
    };
    TransportSettings {
        concurrency_limit: small(int(&params::DEFAULT_DESTINATION_CONCURRENCY_LIMIT)),
        initial_concurrency: small(int(&params::INITIAL_DESTINATION_CONCURRENCY)),
        recipient_limit: usize::try_from(int(&params::DEFAULT_DESTINATION_RECIPIENT_LIMIT)).unwrap_or(0),
        slot_cost: int(&params::DEFAULT_DELIVERY_SLOT_COST),
        slot_loan: int(&params::DEFAULT_DELIVERY_SLOT_LOAN),
        slot_loan_factor: 100 - int(&params::DEFAULT_DELIVERY_SLOT_DISCOUNT),
        min_slots: int(&params::DEFAULT_MINIMUM_DELIVERY_SLOTS),
        recipients_in_memory: int(&params::DEFAULT_RECIPIENT_LIMIT),
        extra_recipients: int(&params::DEFAULT_EXTRA_RECIPIENT_LIMIT),
        refill_limit: int(&params::DEFAULT_RECIPIENT_REFILL_LIMIT),
        refill_delay: seconds(&params::DEFAULT_RECIPIENT_REFILL_DELAY),
        rate_delay: seconds(&params::DEFAULT_DESTINATION_RATE_DELAY),
        transport_rate_delay: seconds(&params::DEFAULT_TRANSPORT_RATE_DELAY),
        positive_feedback: feedback(config, name, &params::DEFAULT_DESTINATION_CONCURRENCY_POSITIVE_FEEDBACK),
        negative_feedback: feedback(config, name, &params::DEFAULT_DESTINATION_CONCURRENCY_NEGATIVE_FEEDBACK),
        failed_cohort_limit: small(int(&params::DEFAULT_DESTINATION_CONCURRENCY_FAILED_COHORT_LIMIT)),
        shows_windows: config.get(&params::DESTINATION_CONCURRENCY_FEEDBACK_DEBUG)
            && ![RETRY, ERROR].contains(&name),
    }
}

fn feedback(config: &Config, transport: &str, parameter: &params::Param<params::Text>) -> Feedback {
    let text = config.derived_text(transport, parameter).unwrap_or_else(|error| {
        log_lines::bad_transport_setting(&error);
        config.get(parameter).to_owned()
    });
    let own = params::service::family_of(parameter).map(|family| family.name_for(transport));
    let is_default = config.get(parameter) == text;
    let name = own.filter(|_| !is_default).unwrap_or_else(|| parameter.name().to_owned());
    let feedback = Feedback::parse(&text).unwrap_or_else(|| {
        log_lines::bad_feedback(&name, &text);
        Feedback::ONE
    });
    if config.get(&params::DESTINATION_CONCURRENCY_FEEDBACK_DEBUG) {
        let window = small(config.get(&params::INITIAL_DESTINATION_CONCURRENCY));
        log_lines::feedback_value(transport, &name, feedback, window);
    }
    feedback
}

fn whole_seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn small(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
