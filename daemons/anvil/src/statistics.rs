//! The highest numbers since they were last logged.

use crate::log_lines;

/// A highest number, whose it was, and when (seconds since 1970).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peak {
    pub(crate) value: i32,
    pub(crate) ident: Vec<u8>,
    pub(crate) at: i64,
}

impl Peak {
    fn raise(&mut self, value: i32, ident: &[u8], now: i64) {
        if value > self.value {
            *self = Peak { value, ident: ident.to_vec(), at: now };
        }
    }

    /// The number, if there is one; it starts again at zero.
    fn take(&mut self) -> Option<Peak> {
        (self.value > 0).then(|| std::mem::take(self))
    }
}

/// What is counted by rate, in the order of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rate {
    Connection,
    Message,
    Recipient,
    NewTls,
    Auth,
}

impl Rate {
    fn name(self) -> &'static str {
        match self {
            Rate::Connection => "connection",
            Rate::Message => "message",
            Rate::Recipient => "recipient",
            Rate::NewTls => "newtls",
            Rate::Auth => "auth",
        }
    }
}

/// All highest numbers.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    rates: [Peak; 5],
    connections: Peak,
    cache: Option<(usize, i64)>,
}

impl Statistics {
    /// A client's rate is now this.
    pub(crate) fn rate(&mut self, rate: Rate, value: i32, ident: &[u8], now: i64) {
        if let Some(peak) = self.rates.get_mut(rate as usize) {
            peak.raise(value, ident, now);
        }
    }

    /// A client has so many connections now.
    pub(crate) fn connections(&mut self, value: i32, ident: &[u8], now: i64) {
        self.connections.raise(value, ident, now);
    }

    /// So many clients are remembered now.
    pub(crate) fn cache_size(&mut self, size: usize, now: i64) {
        if self.cache.is_none_or(|(highest, _)| highest < size) {
            self.cache = Some((size, now));
        }
    }

    /// Logs the highest numbers and starts again. `unit` is anvil_rate_time_unit, seconds.
    pub(crate) fn log(&mut self, unit: u64) {
        let order = [Rate::Connection, Rate::Message, Rate::Recipient, Rate::NewTls, Rate::Auth];
        for (peak, rate) in self.rates.iter_mut().zip(order) {
            if let Some(peak) = peak.take() {
                log_lines::highest_rate(rate.name(), &peak, unit);
            }
            if rate == Rate::Connection
                && let Some(peak) = self.connections.take()
            {
                log_lines::highest_count(&peak);
            }
        }
        if let Some((size, at)) = self.cache.take() {
            log_lines::largest_cache(size, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_starts_again_each_time() {
        let capture = log::Capture::start();
        let mut statistics = Statistics::default();
        statistics.rate(Rate::Message, 3, b"smtp:192.0.2.1", 0);
        statistics.rate(Rate::Message, 2, b"smtp:192.0.2.2", 5);
        statistics.connections(1, b"smtp:192.0.2.1", 0);
        statistics.cache_size(2, 0);
        statistics.log(60);
        statistics.log(60);
        let lines = capture.lines();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].starts_with("statistics: max connection count 1 for (smtp:192.0.2.1) at "));
        assert!(lines[1].starts_with("statistics: max message rate 3/60s for (smtp:192.0.2.1) at "));
        assert!(lines[2].starts_with("statistics: max cache size 2 at "));
    }
}
