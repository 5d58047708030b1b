//! How delays are written in `delay=` and `delays=`: two significant digits, at most so many decimals.

use std::fmt::Write as _;
use std::time::Duration;

const MICROS: u64 = 1_000_000;
const SIGNIFICANT_DIGITS: u32 = 2;

/// Appends `delay` in seconds to `out`, with two significant digits and at most `max_decimals` (0 to 6, the parameter
/// delay_logging_resolution_limit) decimals, without trailing zeros.
pub fn append(out: &mut String, delay: Duration, max_decimals: u32) {
    let mut seconds = delay.as_secs();
    let mut micros = u64::from(delay.subsec_micros());
    let resolution = resolution(seconds, micros, max_decimals.min(6));
    if resolution > 1 {
        micros += resolution / 2;
        if micros >= MICROS {
            seconds += 1;
            micros -= MICROS;
        }
    }
    let _ = write!(out, "{seconds}");
    if micros < resolution {
        return;
    }
    out.push('.');
    let mut unit = MICROS / 10;
    while micros >= resolution && unit > 0 {
        let digit = u8::try_from(micros / unit).unwrap_or(9);
        out.push(char::from(b'0' + digit));
        micros %= unit;
        unit /= 10;
    }
}

/// The smallest step, in microseconds, that is shown for a delay of this size.
fn resolution(seconds: u64, micros: u64, max_decimals: u32) -> u64 {
    let finest = MICROS / 10_u64.pow(max_decimals);
    let span = 10_u64.pow(SIGNIFICANT_DIGITS);
    if finest == MICROS {
        return finest;
    }
    if seconds == 0 {
        let mut step = finest;
        while micros >= span * step {
            step *= 10;
        }
        return step;
    }
    match seconds {
        1..=9 => MICROS / 10,
        _ => MICROS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(seconds: u64, micros: u32, max_decimals: u32) -> String {
        let mut out = String::new();
        append(&mut out, Duration::new(seconds, micros * 1000), max_decimals);
        out
    }

    // Expectations from postfix-3.11's format_tv self-test data.
    #[test]
    fn two_significant_digits() {
        assert_eq!(shown(0, 0, 2), "0");
        assert_eq!(shown(0, 4_000, 2), "0");
        assert_eq!(shown(0, 5_000, 2), "0.01");
        assert_eq!(shown(0, 60_000, 2), "0.06");
        assert_eq!(shown(0, 500_000, 2), "0.5");
        assert_eq!(shown(0, 996_000, 2), "1");
        assert_eq!(shown(1, 140_000, 2), "1.1");
        assert_eq!(shown(9, 960_000, 2), "10");
        assert_eq!(shown(12, 500_000, 2), "13");
        assert_eq!(shown(0, 1_234, 6), "0.0012");
        assert_eq!(shown(5, 500_000, 0), "6");
    }
}
