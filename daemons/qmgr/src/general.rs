//! Numbers as C's `%g` writes them.

use std::fmt;

/// Six significant digits, without zeros at the end, and with an exponent for what is very large or very small.
pub struct General(pub f64);

const DIGITS: i32 = 6;

impl fmt::Display for General {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounding to six digits can change the exponent, so the exponent is taken from the rounded number.
        let scientific = format!("{:.*e}", (DIGITS - 1) as usize, self.0);
        let Some((mantissa, exponent)) = scientific.split_once('e') else {
            return out.write_str(&scientific);
        };
        let exponent: i32 = exponent.parse().unwrap_or(0);
        if (-4..DIGITS).contains(&exponent) {
            let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
            return out.write_str(without_zeros(&format!("{:.decimals$}", self.0)));
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs())
    }
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expectations: printf(1) of GNU coreutils.
    #[test]
    fn as_in_c() {
        let shown = |number: f64| General(number).to_string();
        assert_eq!(shown(0.0), "0");
        assert_eq!(shown(1.0), "1");
        assert_eq!(shown(1.0 / 3.0), "0.333333");
        assert_eq!(shown(0.1), "0.1");
        assert_eq!(shown(20.0), "20");
        assert_eq!(shown(0.000_123_456_78), "0.000123457");
        assert_eq!(shown(0.000_012_3), "1.23e-05");
        assert_eq!(shown(999_999.9), "1e+06");
        assert_eq!(shown(1_234_567.0), "1.23457e+06");
        assert_eq!(shown(-0.25), "-0.25");
        assert_eq!(shown(-5.551_115_123_125_783e-17), "-5.55112e-17");
    }
}
