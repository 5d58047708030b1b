//! What the delivery log line says about TLS: `tls=may:none` and the like (smtp_log_tls_feature_status).

use crate::settings::TlsLevel;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Open,
    InTheClear,
    Violated,
    Unknown,
}

/// The wanted level of TLS, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsStatus {
    level: TlsLevel,
    decision: Option<Decision>,
}

impl TlsStatus {
    /// Before any server is tried: nothing to say.
    pub(crate) fn new(level: TlsLevel) -> TlsStatus {
        TlsStatus { level, decision: None }
    }

    /// Another level is wanted from now on.
    pub(crate) fn set_level(&mut self, level: TlsLevel) {
        self.level = level;
    }

    /// A server is going to be tried.
    pub(crate) fn begin(&mut self) {
        self.decision = Some(Decision::Open);
    }

    /// What is wanted.
    pub(crate) fn level(&self) -> TlsLevel {
        self.level
    }

    /// Nobody knows what is wanted.
    pub(crate) fn unknown(&mut self) {
        self.decision = Some(Decision::Unknown);
    }

    /// The conversation went on without TLS.
    pub(crate) fn in_the_clear(&mut self) {
        self.decision = Some(Decision::InTheClear);
    }

    /// The conversation ended for want of TLS.
    pub(crate) fn violated(&mut self) {
        self.decision = Some(Decision::Violated);
    }

    /// The text for the log, if there is one.
    pub(crate) fn text(&self) -> Option<String> {
        let level = self.level.name();
        Some(match self.decision? {
            Decision::Open => format!("{level}?"),
            Decision::InTheClear if self.level == TlsLevel::None => level.to_owned(),
            Decision::InTheClear => format!("{level}:none"),
            Decision::Violated => format!("!{level}"),
            Decision::Unknown => "unknown?".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Texts from postfix-3.11 smtp(8).
    #[test]
    fn texts() {
        let mut status = TlsStatus::new(TlsLevel::May);
        assert_eq!(status.text(), None);
        status.begin();
        assert_eq!(status.text().as_deref(), Some("may?"));
        status.in_the_clear();
        assert_eq!(status.text().as_deref(), Some("may:none"));
        let mut status = TlsStatus::new(TlsLevel::Encrypt);
        status.violated();
        assert_eq!(status.text().as_deref(), Some("!encrypt"));
        let mut status = TlsStatus::new(TlsLevel::None);
        status.in_the_clear();
        assert_eq!(status.text().as_deref(), Some("none"));
    }
}
