//! Numbers as Perl reads and shows them.

/// The number that a text starts with; 0 if there is none.
pub(crate) fn leading(text: &[u8]) -> f64 {
    let text = text.trim_ascii_start();
    let digits = |from: usize| {
        from + text.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let start = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let mut end = digits(start);
    if text.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    let number = text.get(..end).and_then(|number| std::str::from_utf8(number).ok());
    number.and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

/// Whole numbers in full as far as they are exact in 64 bits, all others with 15 digits.
pub(crate) fn shown(number: f64) -> String {
    const TOO_BIG: f64 = 18_446_744_073_709_551_616.0;
    if number.fract() == 0.0 && number < TOO_BIG {
        return format!("{number:.0}");
    }
    let rounded = format!("{number:.14e}");
    let (digits, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..15).contains(&exponent) {
        // The shortest text that is this number has no more than its 15 digits.
        return rounded.parse::<f64>().unwrap_or(number).to_string();
    }
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expectations: perl 5.42.
    #[test]
    fn numbers_look_like_perls() {
        assert_eq!(shown(1280.0), "1280");
        assert_eq!(shown(0.1 + 0.2), "0.3");
        assert_eq!(shown(1.5), "1.5");
        assert_eq!(shown(5.0 * f64::from(2).powi(61)), "11529215046068469760");
        assert_eq!(shown(5.0 * f64::from(2).powi(62)), "2.30584300921369e+19");
        assert_eq!(shown(0.00001), "1e-05");
    }

    #[test]
    fn numbers_are_read_from_the_start_of_a_text() {
        assert_eq!(leading(b" 12abc"), 12.0);
        assert_eq!(leading(b"-0.5e1x"), -5.0);
        assert_eq!(leading(b".5"), 0.5);
        assert_eq!(leading(b"3e"), 3.0);
        assert_eq!(leading(b"abc"), 0.0);
    }
}
