//! What changes under stress: when all places of the service are taken, clients get less time and fewer chances
//! (STRESS_README). The reference's master starts processes with `-o stress=yes` then; ours says it of each session.

use std::time::Duration;

use config::Config;
use config::expand::{Found, Mode, expand};
use params::{Param, Row};

/// The settings whose defaults depend on `stress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressure {
    /// `smtpd_timeout`
    pub timeout: Duration,
    /// `smtpd_per_request_deadline`
    pub per_request_deadline: bool,
    /// `smtpd_hard_error_limit`
    pub hard_error_limit: u32,
    /// `smtpd_junk_command_limit`
    pub junk_command_limit: u32,
}

impl Pressure {
    /// As main.cf has them now.
    pub fn usual(config: &Config) -> Pressure {
        let count = |value: i64| u32::try_from(value).unwrap_or_default();
        Pressure {
            timeout: config.get(&params::SMTPD_TIMEOUT),
            per_request_deadline: config.get(&params::SMTPD_PER_REQUEST_DEADLINE),
            hard_error_limit: count(config.get(&params::SMTPD_HARD_ERROR_LIMIT)),
            junk_command_limit: count(config.get(&params::SMTPD_JUNK_COMMAND_LIMIT)),
        }
    }

    /// As they would be with `stress = yes`. What cannot be evaluated stays as it is.
    pub fn stressed(config: &Config) -> Pressure {
        let usual = Pressure::usual(config);
        let number = |param: &Param<params::Int>| {
            stressed_text(config, param.row()).and_then(|text| text.parse().ok())
        };
        Pressure {
            timeout: stressed_text(config, params::SMTPD_TIMEOUT.row())
                .and_then(|text| crate::checks::policy::seconds(&text))
                .unwrap_or(usual.timeout),
            per_request_deadline: stressed_text(config, params::SMTPD_PER_REQUEST_DEADLINE.row())
                .map_or(usual.per_request_deadline, |text| text.eq_ignore_ascii_case("yes")),
            hard_error_limit: number(&params::SMTPD_HARD_ERROR_LIMIT).unwrap_or(usual.hard_error_limit),
            junk_command_limit: number(&params::SMTPD_JUNK_COMMAND_LIMIT).unwrap_or(usual.junk_command_limit),
        }
    }
}

/// A parameter's text with `stress = yes`.
fn stressed_text(config: &Config, row: &Row) -> Option<String> {
    let text = match (config.raw(row.name), row.default) {
        (Some(set), _) => set.to_string(),
        (None, params::Default::Text(default)) => default.to_owned(),
        (None, params::Default::Computed(_)) => return None,
    };
    let mut lookup = |name: &[u8]| {
        if name == params::STRESS.name().as_bytes() {
            return Some(Found::Raw(b"yes".to_vec()));
        }
        config.lookup(name).map(Found::Raw)
    };
    let expanded = expand(text.as_bytes(), Mode::Once, &mut lookup);
    (!expanded.failed).then(|| String::from_utf8_lossy(&expanded.text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Values of postconf(5).
    #[test]
    fn defaults_under_stress() {
        let config = Config::from_text("smtpd", "smtpd_hard_error_limit = 7\n").unwrap();
        let usual = Pressure::usual(&config);
        assert_eq!((usual.timeout, usual.junk_command_limit), (Duration::from_secs(300), 100));
        assert!(!usual.per_request_deadline);
        let stressed = Pressure::stressed(&config);
        assert_eq!((stressed.timeout, stressed.junk_command_limit), (Duration::from_secs(10), 1));
        assert!(stressed.per_request_deadline);
        assert_eq!(stressed.hard_error_limit, 7);
    }
}
