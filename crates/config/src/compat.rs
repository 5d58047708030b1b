//! Defaults that changed with a compatibility level.

use crate::config::Config;
use crate::level::Level;

/// Levels at which defaults changed.
const LEVEL_1: Level = Level::new(1, 0, 0);
const LEVEL_2: Level = Level::new(2, 0, 0);
const LEVEL_3_6: Level = Level::new(3, 6, 0);
const LEVEL_3_11: Level = Level::new(3, 11, 0);

/// A default that a site may be using without knowing that it changed; programs say so in the log when they use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldDefault {
    /// `append_dot_mydomain = yes`
    AppendDotMydomain,
    /// The jail column of master.cf is `y`.
    Chroot,
    /// `fast_flush_domains`, through `relay_domains`
    FastFlushDomains,
    /// `lmtp_tls_fingerprint_digest = md5`
    LmtpTlsFingerprintDigest,
    /// `mynetworks_style = subnet`
    MynetworksStyle,
    /// `relay_domains = $mydestination`
    RelayDomains,
    /// `respectful_logging = no`
    RespectfulLogging,
    /// `smtp_tls_fingerprint_digest = md5`
    SmtpTlsFingerprintDigest,
    /// `smtp_tls_security_level` is empty
    SmtpTlsSecurityLevel,
    /// `smtp_tlsrpt_skip_reused_handshakes = no`
    SmtpTlsrptSkipReusedHandshakes,
    /// `smtpd_relay_before_recipient_restrictions = no`
    SmtpdRelayBeforeRecipientRestrictions,
    /// `smtpd_relay_restrictions` is empty
    SmtpdRelayRestrictions,
    /// `smtpd_tls_fingerprint_digest = md5`
    SmtpdTlsFingerprintDigest,
    /// `smtputf8_enable = no`
    Smtputf8Enable,
    /// `tlsproxy_client_security_level` is empty
    TlsproxyClientSecurityLevel,
}

impl Config {
    /// Is an old default in force, because the compatibility level is old and nothing else is set?
    pub fn uses_old_default(&self, which: OldDefault) -> bool {
        let (level, names): (Level, &[&str]) = match which {
            OldDefault::AppendDotMydomain => (LEVEL_1, &[params::APPEND_DOT_MYDOMAIN.name()]),
            OldDefault::Chroot => (LEVEL_1, &[]),
            OldDefault::Smtputf8Enable => (LEVEL_1, &[params::SMTPUTF8_ENABLE.name()]),
            OldDefault::SmtpdRelayRestrictions => (LEVEL_1, &[params::SMTPD_RELAY_RESTRICTIONS.name()]),
            OldDefault::RelayDomains => (LEVEL_2, &[params::RELAY_DOMAINS.name()]),
            OldDefault::FastFlushDomains => {
                (LEVEL_2, &[params::RELAY_DOMAINS.name(), params::FAST_FLUSH_DOMAINS.name()])
            }
            OldDefault::MynetworksStyle => {
                (LEVEL_2, &[params::MYNETWORKS.name(), params::MYNETWORKS_STYLE.name()])
            }
            OldDefault::SmtpdTlsFingerprintDigest => {
                (LEVEL_3_6, &[params::SMTPD_TLS_FINGERPRINT_DIGEST.name()])
            }
            OldDefault::SmtpTlsFingerprintDigest => {
                (LEVEL_3_6, &[params::SMTP_TLS_FINGERPRINT_DIGEST.name()])
            }
            OldDefault::LmtpTlsFingerprintDigest => {
                (LEVEL_3_6, &[params::LMTP_TLS_FINGERPRINT_DIGEST.name()])
            }
            OldDefault::SmtpdRelayBeforeRecipientRestrictions => {
                (LEVEL_3_6, &[params::SMTPD_RELAY_BEFORE_RECIPIENT_RESTRICTIONS.name()])
            }
            OldDefault::RespectfulLogging => (LEVEL_3_6, &[params::RESPECTFUL_LOGGING.name()]),
            OldDefault::SmtpTlsrptSkipReusedHandshakes => {
                (LEVEL_3_11, &[params::SMTP_TLSRPT_SKIP_REUSED_HANDSHAKES.name()])
            }
            OldDefault::SmtpTlsSecurityLevel => (LEVEL_3_11, &[params::SMTP_TLS_SECURITY_LEVEL.name()]),
            OldDefault::TlsproxyClientSecurityLevel => {
                (LEVEL_3_11, &[params::TLSPROXY_CLIENT_SECURITY_LEVEL.name()])
            }
        };
        self.compatibility_level() < level && !names.iter().any(|name| self.settings().contains(name))
    }
}
