//! Everything that the server reads from main.cf, evaluated once.

use std::time::Duration;

use address::log_form::LogForm;
use config::Config;
use smtp::ehlo::Keywords;

use crate::errors::ErrorClasses;

/// Reply codes that main.cf can change.
#[derive(Clone, Copy, Debug)]
pub struct Codes {
    pub access_map_reject: u16,
    pub access_map_defer: u16,
    pub reject: u16,
    pub defer: u16,
    pub unknown_client: u16,
    pub invalid_hostname: u16,
    pub unknown_hostname: u16,
    pub unknown_address: u16,
    pub relay: u16,
    pub rbl: u16,
    pub non_fqdn: u16,
    pub multi_recipient_bounce: u16,
    pub unknown_local_recipient: u16,
    pub unknown_virtual_alias: u16,
    pub unknown_virtual_mailbox: u16,
    pub unknown_relay_recipient: u16,
    pub unverified_sender_reject: u16,
    pub unverified_sender_defer: u16,
    pub unverified_recipient_reject: u16,
    pub unverified_recipient_defer: u16,
    pub plaintext: u16,
    pub bare_newline: u16,
}

/// Whether a failed look-up defers at once, or only mail that would otherwise be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TempFail {
    /// `defer`
    Defer,
    /// `defer_if_permit`
    DeferIfPermit,
}

/// What `smtpd_forbid_bare_newline` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BareNewline {
    /// Anything goes.
    #[default]
    Allow,
    /// Content only ends with a dot between proper line ends.
    Normalize,
    /// As `Normalize`, and it is mentioned in the log.
    Note,
    /// As `Normalize`, and such input is refused.
    Reject,
}

/// What `receive_override_options` turns off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overrides {
    pub no_unknown_recipient_checks: bool,
    pub no_address_mappings: bool,
    pub no_header_body_checks: bool,
    pub no_milters: bool,
}

/// Limits on what one client may do in a while, counted by anvil(8). Zero means no limit.
#[derive(Clone, Copy, Debug)]
pub struct ClientLimits {
    pub connection_count: i64,
    pub connection_rate: i64,
    pub message_rate: i64,
    pub recipient_rate: i64,
    pub new_tls_session_rate: i64,
    pub auth_rate: i64,
    pub ipv4_prefix: u32,
    pub ipv6_prefix: u32,
}

impl ClientLimits {
    /// Whether anvil(8) is needed at all.
    pub fn any(&self) -> bool {
        [
            self.connection_count,
            self.connection_rate,
            self.message_rate,
            self.recipient_rate,
            self.new_tls_session_rate,
            self.auth_rate,
        ]
        .iter()
        .any(|&limit| limit > 0)
    }
}

/// The settings of one smtpd service.
#[derive(Debug)]
pub struct Settings {
    pub myhostname: String,
    pub mail_name: Vec<u8>,
    pub banner: Vec<u8>,
    pub min_data_rate: u64,
    pub soft_error_limit: u32,
    pub error_sleep: Duration,
    pub recipient_limit: usize,
    pub recipient_overshoot: u32,
    pub history_threshold: usize,
    pub notify: ErrorClasses,
    pub helo_required: bool,
    pub delay_reject: bool,
    pub strict_envelopes: bool,
    pub disable_vrfy: bool,
    pub allow_untrusted_routing: bool,
    pub show_table_name: bool,
    pub reject_unlisted_sender: bool,
    pub reject_unlisted_recipient: bool,
    pub peername_lookup: bool,
    pub delay_open: bool,
    pub log_port: bool,
    pub forbid_unauth_pipelining: bool,
    pub relay_before_recipient: bool,
    pub hide_client_session: bool,
    pub line_limit: usize,
    /// In bytes; zero means no limit.
    pub message_limit: i64,
    pub queue_minfree: i64,
    pub soft_bounce: bool,
    pub smtputf8: bool,
    pub strict_smtputf8: bool,
    pub smtputf8_autodetect: bool,
    pub sasl: bool,
    /// Clients come through a load balancer that speaks the PROXY protocol.
    pub upstream_proxy: bool,
    pub upstream_proxy_timeout: Duration,
    pub asks_for_certificates: bool,
    pub content_filter: String,
    pub overrides: Overrides,
    pub verp_delimiters: String,
    pub verp_filter: String,
    pub null_access_key: String,
    pub expansion_filter: Vec<u8>,
    pub reject_footer: Vec<u8>,
    pub rbl_reply: Vec<u8>,
    pub codes: Codes,
    pub unknown_helo_tempfail: TempFail,
    pub unknown_address_tempfail: TempFail,
    pub unverified_sender_tempfail: TempFail,
    pub unverified_recipient_tempfail: TempFail,
    pub unverified_sender_reason: String,
    pub unverified_recipient_reason: String,
    pub verify_poll_count: i64,
    pub verify_poll_delay: Duration,
    pub verify_sender: String,
    pub verify_sender_ttl: Duration,
    pub bare_newline: BareNewline,
    pub limits: ClientLimits,
    pub discard_keywords: Keywords,
    pub double_bounce_sender: String,
    pub error_recipient: String,
    pub bounce_recipient: String,
    pub standard_from: bool,
    pub compatibility_level: String,
    pub mail_version: String,
    pub stress: String,
    pub log_form: LogForm,
    pub cleanup_service: String,
    pub verify_service: String,
    pub address_limit: usize,
    pub myorigin: String,
    pub mynetworks_style: String,
}

/// A parameter value that makes no sense, in the words of the fatal log line.
#[derive(Debug)]
pub struct BadSetting(pub String);

impl std::fmt::Display for BadSetting {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for BadSetting {}

impl Settings {
    /// Evaluates the settings.
    pub fn load(config: &Config) -> Result<Settings, BadSetting> {
        let text = |param| -> String { config.get::<params::Text>(param).to_owned() };
        Ok(Settings {
            myhostname: text(&params::MYHOSTNAME),
            mail_name: config.bytes(&params::MAIL_NAME),
            banner: config.bytes(&params::SMTPD_BANNER),
            min_data_rate: unsigned(config.get(&params::SMTPD_MIN_DATA_RATE)),
            soft_error_limit: unsigned(config.get(&params::SMTPD_SOFT_ERROR_LIMIT)),
            error_sleep: config.get(&params::SMTPD_ERROR_SLEEP_TIME),
            recipient_limit: unsigned(config.get(&params::SMTPD_RECIPIENT_LIMIT)),
            recipient_overshoot: unsigned(config.get(&params::SMTPD_RECIPIENT_OVERSHOOT_LIMIT)),
            history_threshold: unsigned(config.get(&params::SMTPD_HISTORY_FLUSH_THRESHOLD)),
            notify: notify_classes(config)?,
            helo_required: config.get(&params::SMTPD_HELO_REQUIRED),
            delay_reject: config.get(&params::SMTPD_DELAY_REJECT),
            strict_envelopes: config.get(&params::STRICT_RFC821_ENVELOPES),
            disable_vrfy: config.get(&params::DISABLE_VRFY_COMMAND),
            allow_untrusted_routing: config.get(&params::ALLOW_UNTRUSTED_ROUTING),
            show_table_name: config.get(&params::SHOW_USER_UNKNOWN_TABLE_NAME),
            reject_unlisted_sender: config.get(&params::SMTPD_REJECT_UNLISTED_SENDER),
            reject_unlisted_recipient: config.get(&params::SMTPD_REJECT_UNLISTED_RECIPIENT),
            peername_lookup: config.get(&params::SMTPD_PEERNAME_LOOKUP),
            delay_open: config.get(&params::SMTPD_DELAY_OPEN_UNTIL_VALID_RCPT),
            log_port: config.get(&params::SMTPD_CLIENT_PORT_LOGGING),
            forbid_unauth_pipelining: config.get(&params::SMTPD_FORBID_UNAUTH_PIPELINING),
            relay_before_recipient: config.get(&params::SMTPD_RELAY_BEFORE_RECIPIENT_RESTRICTIONS),
            hide_client_session: config.get(&params::SMTPD_HIDE_CLIENT_SESSION),
            line_limit: unsigned(config.get(&params::LINE_LENGTH_LIMIT)),
            message_limit: config.get(&params::MESSAGE_SIZE_LIMIT),
            queue_minfree: config.get(&params::QUEUE_MINFREE),
            soft_bounce: config.get(&params::SOFT_BOUNCE),
            smtputf8: config.get(&params::SMTPUTF8_ENABLE),
            strict_smtputf8: config.get(&params::STRICT_SMTPUTF8),
            smtputf8_autodetect: autodetects_smtputf8(config.get(&params::SMTPUTF8_AUTODETECT_CLASSES)),
            sasl: config.get(&params::SMTPD_SASL_AUTH_ENABLE),
            upstream_proxy: upstream_proxy(config)?,
            upstream_proxy_timeout: config.get(&params::SMTPD_UPSTREAM_PROXY_TIMEOUT),
            asks_for_certificates: config.get(&params::SMTPD_TLS_ASK_CCERT),
            content_filter: text(&params::CONTENT_FILTER),
            overrides: overrides(config)?,
            verp_delimiters: text(&params::DEFAULT_VERP_DELIMITERS),
            verp_filter: text(&params::VERP_DELIMITER_FILTER),
            null_access_key: text(&params::SMTPD_NULL_ACCESS_LOOKUP_KEY),
            expansion_filter: crate::expand::unescape(config.get(&params::SMTPD_EXPANSION_FILTER)),
            reject_footer: config.bytes(&params::SMTPD_REJECT_FOOTER),
            rbl_reply: config.bytes(&params::DEFAULT_RBL_REPLY),
            codes: codes(config),
            unknown_helo_tempfail: tempfail(config, &params::UNKNOWN_HELO_HOSTNAME_TEMPFAIL_ACTION)?,
            unknown_address_tempfail: tempfail(config, &params::UNKNOWN_ADDRESS_TEMPFAIL_ACTION)?,
            unverified_recipient_tempfail: tempfail(config, &params::UNVERIFIED_RECIPIENT_TEMPFAIL_ACTION)?,
            unverified_sender_tempfail: tempfail(config, &params::UNVERIFIED_SENDER_TEMPFAIL_ACTION)?,
            unverified_sender_reason: text(&params::UNVERIFIED_SENDER_REJECT_REASON),
            unverified_recipient_reason: text(&params::UNVERIFIED_RECIPIENT_REJECT_REASON),
            verify_poll_count: config.get(&params::ADDRESS_VERIFY_POLL_COUNT),
            verify_poll_delay: config.get(&params::ADDRESS_VERIFY_POLL_DELAY),
            verify_sender: text(&params::ADDRESS_VERIFY_SENDER),
            verify_sender_ttl: config.get(&params::ADDRESS_VERIFY_SENDER_TTL),
            bare_newline: bare_newline(config)?,
            limits: limits(config),
            discard_keywords: Keywords::parse(config.get(&params::SMTPD_DISCARD_EHLO_KEYWORDS).as_bytes()),
            double_bounce_sender: text(&params::DOUBLE_BOUNCE_SENDER),
            error_recipient: text(&params::ERROR_NOTICE_RECIPIENT),
            bounce_recipient: text(&params::BOUNCE_NOTICE_RECIPIENT),
            standard_from: config.get(&params::HEADER_FROM_FORMAT) == "standard",
            compatibility_level: text(&params::COMPATIBILITY_LEVEL),
            mail_version: text(&params::MAIL_VERSION),
            stress: text(&params::STRESS),
            log_form: LogForm::from_config(config).unwrap_or_default(),
            cleanup_service: text(&params::CLEANUP_SERVICE_NAME),
            verify_service: text(&params::ADDRESS_VERIFY_SERVICE_NAME),
            address_limit: unsigned(config.get(&params::HEADER_ADDRESS_TOKEN_LIMIT)),
            myorigin: text(&params::MYORIGIN),
            mynetworks_style: text(&params::MYNETWORKS_STYLE),
        })
    }

    /// Whether a message of `size` bytes is over the limit.
    pub fn is_too_big(&self, size: i64) -> bool {
        self.message_limit > 0 && size > self.message_limit
    }
}

fn unsigned<T: TryFrom<i64> + Default>(value: i64) -> T {
    T::try_from(value).unwrap_or_default()
}

fn codes(config: &Config) -> Codes {
    let code = |param| -> u16 { unsigned(config.get::<params::Int>(param)) };
    Codes {
        access_map_reject: code(&params::ACCESS_MAP_REJECT_CODE),
        access_map_defer: code(&params::ACCESS_MAP_DEFER_CODE),
        reject: code(&params::REJECT_CODE),
        defer: code(&params::DEFER_CODE),
        unknown_client: code(&params::UNKNOWN_CLIENT_REJECT_CODE),
        invalid_hostname: code(&params::INVALID_HOSTNAME_REJECT_CODE),
        unknown_hostname: code(&params::UNKNOWN_HOSTNAME_REJECT_CODE),
        unknown_address: code(&params::UNKNOWN_ADDRESS_REJECT_CODE),
        relay: code(&params::RELAY_DOMAINS_REJECT_CODE),
        rbl: code(&params::MAPS_RBL_REJECT_CODE),
        non_fqdn: code(&params::NON_FQDN_REJECT_CODE),
        multi_recipient_bounce: code(&params::MULTI_RECIPIENT_BOUNCE_REJECT_CODE),
        unknown_local_recipient: code(&params::UNKNOWN_LOCAL_RECIPIENT_REJECT_CODE),
        unknown_virtual_alias: code(&params::UNKNOWN_VIRTUAL_ALIAS_REJECT_CODE),
        unknown_virtual_mailbox: code(&params::UNKNOWN_VIRTUAL_MAILBOX_REJECT_CODE),
        unknown_relay_recipient: code(&params::UNKNOWN_RELAY_RECIPIENT_REJECT_CODE),
        unverified_sender_reject: code(&params::UNVERIFIED_SENDER_REJECT_CODE),
        unverified_sender_defer: code(&params::UNVERIFIED_SENDER_DEFER_CODE),
        unverified_recipient_reject: code(&params::UNVERIFIED_RECIPIENT_REJECT_CODE),
        unverified_recipient_defer: code(&params::UNVERIFIED_RECIPIENT_DEFER_CODE),
        plaintext: code(&params::PLAINTEXT_REJECT_CODE),
        bare_newline: code(&params::SMTPD_FORBID_BARE_NEWLINE_REJECT_CODE),
    }
}

fn limits(config: &Config) -> ClientLimits {
    ClientLimits {
        connection_count: config.get(&params::SMTPD_CLIENT_CONNECTION_COUNT_LIMIT),
        connection_rate: config.get(&params::SMTPD_CLIENT_CONNECTION_RATE_LIMIT),
        message_rate: config.get(&params::SMTPD_CLIENT_MESSAGE_RATE_LIMIT),
        recipient_rate: config.get(&params::SMTPD_CLIENT_RECIPIENT_RATE_LIMIT),
        new_tls_session_rate: config.get(&params::SMTPD_CLIENT_NEW_TLS_SESSION_RATE_LIMIT),
        auth_rate: config.get(&params::SMTPD_CLIENT_AUTH_RATE_LIMIT),
        ipv4_prefix: unsigned(config.get(&params::SMTPD_CLIENT_IPV4_PREFIX_LENGTH)),
        ipv6_prefix: unsigned(config.get(&params::SMTPD_CLIENT_IPV6_PREFIX_LENGTH)),
    }
}

fn notify_classes(config: &Config) -> Result<ErrorClasses, BadSetting> {
    let value = config.get(&params::NOTIFY_CLASSES);
    ErrorClasses::parse(value).map_err(|name| unknown_name(&params::NOTIFY_CLASSES, &name, value))
}

fn unknown_name(param: &params::Param<params::Text>, name: &str, value: &str) -> BadSetting {
    BadSetting(format!("unknown {} value \"{name}\" in \"{value}\"", param.name()))
}

fn tempfail(config: &Config, param: &params::Param<params::Text>) -> Result<TempFail, BadSetting> {
    match config.get(param) {
        "defer" => Ok(TempFail::Defer),
        "defer_if_permit" => Ok(TempFail::DeferIfPermit),
        value => Err(BadSetting(format!("bad configuration: {} = {value}", param.name()))),
    }
}

fn bare_newline(config: &Config) -> Result<BareNewline, BadSetting> {
    let param = &params::SMTPD_FORBID_BARE_NEWLINE;
    match config.get(param).to_ascii_lowercase().as_str() {
        "normalize" | "yes" => Ok(BareNewline::Normalize),
        "note" => Ok(BareNewline::Note),
        "reject" => Ok(BareNewline::Reject),
        "no" => Ok(BareNewline::Allow),
        _ => Err(BadSetting(format!("bad parameter value: '{} = {}'", param.name(), config.get(param)))),
    }
}

fn upstream_proxy(config: &Config) -> Result<bool, BadSetting> {
    let param = &params::SMTPD_UPSTREAM_PROXY_PROTOCOL;
    match config.get(param) {
        "" => Ok(false),
        "haproxy" => Ok(true),
        value => Err(BadSetting(format!("unsupported {} value: {value}", param.name()))),
    }
}

fn overrides(config: &Config) -> Result<Overrides, BadSetting> {
    let value = config.get(&params::RECEIVE_OVERRIDE_OPTIONS);
    let mut set = Overrides::default();
    for name in value.split([',', ' ', '\t', '\r', '\n']).filter(|name| !name.is_empty()) {
        match name {
            "no_unknown_recipient_checks" => set.no_unknown_recipient_checks = true,
            "no_address_mappings" => set.no_address_mappings = true,
            "no_header_body_checks" => set.no_header_body_checks = true,
            "no_milters" => set.no_milters = true,
            _ => return Err(unknown_name(&params::RECEIVE_OVERRIDE_OPTIONS, name, value)),
        }
    }
    Ok(set)
}

fn autodetects_smtputf8(classes: &str) -> bool {
    classes.split([',', ' ', '\t', '\r', '\n']).any(|name| name == "smtpd" || name == "all")
}
