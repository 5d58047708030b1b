//! Parameters that this version cannot honour.

use crate::settings::Protocol;

macro_rules! names {
    ($($name:ident),* $(,)?) => { &[$(params::$name.name()),*] };
}

const SMTP: &[&str] = names![
    DNSSEC_PROBE,
    ENABLE_IDNA2003_COMPATIBILITY,
    SMTP_REQUIRETLS_POLICY,
    SMTP_SASL_AUTH_ENABLE,
    SMTP_SEND_DUMMY_MAIL_AUTH,
    SMTP_TLSRPT_ENABLE,
    SMTP_TLS_CONNECTION_REUSE,
    SMTP_TLS_PER_SITE,
    SMTP_TLS_POLICY_MAPS,
    SMTP_TLS_WRAPPERMODE,
];

const LMTP: &[&str] = names![
    DNSSEC_PROBE,
    ENABLE_IDNA2003_COMPATIBILITY,
    LMTP_REQUIRETLS_POLICY,
    LMTP_SASL_AUTH_ENABLE,
    LMTP_SEND_DUMMY_MAIL_AUTH,
    LMTP_TLSRPT_ENABLE,
    LMTP_TLS_CONNECTION_REUSE,
    LMTP_TLS_PER_SITE,
    LMTP_TLS_POLICY_MAPS,
    LMTP_TLS_WRAPPERMODE,
];

/// Their names.
pub(crate) fn names(protocol: Protocol) -> &'static [&'static str] {
    match protocol {
        Protocol::Smtp => SMTP,
        Protocol::Lmtp => LMTP,
    }
}
