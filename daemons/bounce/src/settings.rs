//! What bounce(8) reads from main.cf.

use config::Config;
use ipc::cleanup::flags;

/// Parameters of bounce(8).
#[derive(Clone, Debug)]
pub struct Settings {
    /// myhostname
    pub hostname: String,
    /// mail_name
    pub mail_name: Vec<u8>,
    /// bounce_size_limit
    pub size_limit: i64,
    /// maximal_queue_lifetime, seconds
    pub max_lifetime: i64,
    /// notify_classes
    pub notify: NotifyClasses,
    /// bounce_notice_recipient
    pub bounce_recipient: Vec<u8>,
    /// 2bounce_notice_recipient
    pub double_bounce_recipient: Vec<u8>,
    /// delay_notice_recipient
    pub delay_recipient: Vec<u8>,
    /// enable_threaded_bounces
    pub threaded: bool,
    /// header_from_format is `standard`
    pub standard_from: bool,
    /// smtputf8_enable
    pub smtputf8: bool,
    /// tls_required_enable
    pub tls_required: bool,
    /// requiretls_enable
    pub requiretls: bool,
    /// requiretls_redact_dsn
    pub requiretls_redacts: bool,
    /// backwards_bounce_logfile_compatibility
    pub old_log_form: bool,
    /// The sender of notices to the postmaster.
    pub double_bounce: Vec<u8>,
    /// The address that stands for the null sender.
    pub mailer_daemon: Vec<u8>,
    /// What cleanup(8) does with notices.
    pub cleanup_flags: i32,
}

/// About what the postmaster is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotifyClasses {
    /// Undeliverable mail.
    pub bounce: bool,
    /// Undeliverable notices.
    pub double_bounce: bool,
    /// Late mail.
    pub delay: bool,
}

impl Settings {
    /// Out of main.cf.
    pub fn new(config: &Config) -> Settings {
        let hostname = config.get(&params::MYHOSTNAME).to_owned();
        let classes = |param| list(config.get(param));
        let notify: Vec<String> = classes(&params::NOTIFY_CLASSES);
        let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
        let mut cleanup_flags = 0;
        if has(&classes(&params::INTERNAL_MAIL_FILTER_CLASSES), "bounce") {
            cleanup_flags |= flags::FILTER_ALL;
        }
        let autodetect = classes(&params::SMTPUTF8_AUTODETECT_CLASSES);
        if has(&autodetect, "bounce") || has(&autodetect, "all") {
            cleanup_flags |= flags::AUTOUTF8;
        }
        Settings {
            mail_name: config.bytes(&params::MAIL_NAME),
            size_limit: config.get(&params::BOUNCE_SIZE_LIMIT),
            max_lifetime: i64::try_from(config.get(&params::MAXIMAL_QUEUE_LIFETIME).as_secs())
                .unwrap_or(i64::MAX),
            notify: NotifyClasses {
                bounce: has(&notify, "bounce"),
                double_bounce: has(&notify, "2bounce"),
                delay: has(&notify, "delay"),
            },
            bounce_recipient: config.get(&params::BOUNCE_NOTICE_RECIPIENT).as_bytes().to_vec(),
            double_bounce_recipient: config.get(&params::DOUBLE_BOUNCE_NOTICE_RECIPIENT).as_bytes().to_vec(),
            delay_recipient: config.get(&params::DELAY_NOTICE_RECIPIENT).as_bytes().to_vec(),
            threaded: config.get(&params::ENABLE_THREADED_BOUNCES),
            standard_from: !config.get(&params::HEADER_FROM_FORMAT).eq_ignore_ascii_case("obsolete"),
            smtputf8: config.get(&params::SMTPUTF8_ENABLE),
            tls_required: config.get(&params::TLS_REQUIRED_ENABLE),
            requiretls: config.get(&params::REQUIRETLS_ENABLE),
            requiretls_redacts: config.get(&params::REQUIRETLS_REDACT_DSN),
            old_log_form: config.get(&params::BACKWARDS_BOUNCE_LOGFILE_COMPATIBILITY),
            double_bounce: format!("{}@{hostname}", config.get(&params::DOUBLE_BOUNCE_SENDER)).into(),
            mailer_daemon: format!("MAILER-DAEMON@{hostname}").into(),
            cleanup_flags,
            hostname,
        }
    }
}

fn list(value: &str) -> Vec<String> {
    config::words(value).map(str::to_ascii_lowercase).collect()
}
