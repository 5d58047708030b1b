//! What main.cf wants of TLS, which this server does not speak yet.

use config::Config;

/// The wanted level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsLevel {
    /// No TLS.
    Off,
    /// Offered.
    May,
    /// Demanded.
    Required,
    /// Spoken from the first byte on (`smtpd_tls_wrappermode`).
    Wrapper,
}

impl TlsLevel {
    /// By `smtpd_tls_security_level` and its forerunners.
    pub fn from_config(config: &Config) -> Result<TlsLevel, String> {
        let wrapper = config.get(&params::SMTPD_TLS_WRAPPERMODE);
        let level = config.get(&params::SMTPD_TLS_SECURITY_LEVEL);
        let by_level = match level.to_ascii_lowercase().as_str() {
            "" => None,
            _ if wrapper => None,
            "none" => Some(TlsLevel::Off),
            "may" => Some(TlsLevel::May),
            "encrypt" | "fingerprint" | "verify" | "secure" => Some(TlsLevel::Required),
            _ => return Err(format!("Invalid TLS level \"{level}\"")),
        };
        let old = || {
            if config.get(&params::SMTPD_ENFORCE_TLS) {
                TlsLevel::Required
            } else if config.get(&params::SMTPD_USE_TLS) {
                TlsLevel::May
            } else {
                TlsLevel::Off
            }
        };
        Ok(if wrapper { TlsLevel::Wrapper } else { by_level.unwrap_or_else(old) })
    }

    /// Whether clients must use TLS.
    pub fn is_required(self) -> bool {
        matches!(self, TlsLevel::Required | TlsLevel::Wrapper)
    }

    /// Whether TLS is not wanted at all.
    pub fn is_off(self) -> bool {
        self == TlsLevel::Off
    }
}
