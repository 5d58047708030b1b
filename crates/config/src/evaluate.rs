//! From the text of a parameter to its value.

use std::time::Duration;

use params::{Limits, Row, Shape, Value};

use crate::error::Error;
use crate::text::integer;

/// Evaluates the expanded text of a parameter. `name` is the one to complain about: that of the row, or of the
/// service parameter whose default the row is. `default` is the row's default, expanded: it tells a time's unit.
///
/// # Errors
/// Text that is no such value, or is out of bounds, in Postfix's words.
pub fn evaluate(row: &Row, name: &str, text: &str, default: &str) -> Result<Value, Error> {
    match row.shape {
        Shape::Text | Shape::Raw => {
            check_length(row, name, text)?;
            Ok(Value::Text(text.into()))
        }
        Shape::Bool => boolean(text)
            .map(Value::Bool)
            .ok_or_else(|| Error::fatal(format!("bad boolean configuration: {name} = {text}"))),
        Shape::Int => {
            let value = number(name, text, i64::from(i32::MIN)..=i64::from(i32::MAX))?;
            check_number(name, value, row.limits).map(Value::Int)
        }
        Shape::Long => {
            let value = number(name, text, i64::MIN..=i64::MAX)?;
            check_number(name, value, row.limits).map(Value::Int)
        }
        Shape::Seconds => {
            let unit = default.bytes().find(u8::is_ascii_alphabetic).unwrap_or(b's');
            let seconds = seconds(text, unit)
                .ok_or_else(|| Error::fatal(format!("parameter {name}: bad time value or unit: {text}")))?;
            check_seconds(name, seconds, row.limits)?;
            Ok(Value::Seconds(Duration::from_secs(u64::from(seconds.unsigned_abs()))))
        }
    }
}

/// `yes` and `no`, in any case.
fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("yes") {
        Some(true)
    } else if text.eq_ignore_ascii_case("no") {
        Some(false)
    } else {
        None
    }
}

/// A whole number, nothing after it.
fn number(name: &str, text: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64, Error> {
    let number = integer(text.as_bytes());
    if number.found && number.rest.is_empty() && !number.overflow && range.contains(&number.value) {
        Ok(number.value)
    } else {
        Err(Error::fatal(format!("bad numerical configuration: {name} = {text}")))
    }
}

/// A time with a unit, which may be left out. What follows the unit is ignored, as in the original.
fn seconds(text: &str, default_unit: u8) -> Option<i32> {
    if text.is_empty() {
        return None;
    }
    let number = integer(text.as_bytes());
    let value = i32::try_from(number.value).ok().filter(|&value| value >= 0 && !number.overflow)?;
    let unit = match number.rest.first().copied().unwrap_or(default_unit) {
        b's' => return Some(value),
        b'm' => 60,
        b'h' => 60 * 60,
        b'd' => 24 * 60 * 60,
        b'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    if value < i32::MAX / unit { value.checked_mul(unit) } else { None }
}

fn check_length(row: &Row, name: &str, text: &str) -> Result<(), Error> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let wrong = match row.limits {
        Limits { min, .. } if min != 0 && length < min => format!("{length} < {min}"),
        Limits { max, .. } if max != 0 && length > max => format!("{length} > {max}"),
        _ => return Ok(()),
    };
    let wrong = if row.shape == Shape::Raw { format!("({wrong})") } else { wrong };
    Err(Error::fatal(format!("bad string length {wrong}: {name} = {text}")))
}

fn check_number(name: &str, value: i64, limits: Limits) -> Result<i64, Error> {
    let sign = match limits {
        Limits { min, .. } if min != 0 && value < min => format!("< {min}"),
        Limits { max, .. } if max != 0 && value > max => format!("> {max}"),
        _ => return Ok(value),
    };
    Err(Error::fatal(format!("invalid {name} parameter value {value} {sign}")))
}

fn check_seconds(name: &str, value: i32, limits: Limits) -> Result<(), Error> {
    let value = i64::from(value);
    let bound = match limits {
        Limits { min, .. } if min != 0 && value < min => format!("min {min}"),
        Limits { max, .. } if max != 0 && value > max => format!("max {max}"),
        _ => return Ok(()),
    };
    Err(Error::fatal(format!("invalid {name}: {value} ({bound})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<K>(param: &params::Param<K>, text: &str) -> Result<Value, String> {
        let params::Default::Text(default) = param.row().default else { panic!("computed") };
        evaluate(param.row(), param.name(), text, default).map_err(|error| error.to_string())
    }

    #[test]
    fn a_time_too_long_is_an_error() {
        assert_eq!(seconds("3600000h", b's'), None);
        assert_eq!(seconds("2147483647w", b's'), None);
        assert_eq!(seconds("2147483646", b's'), Some(2_147_483_646));
    }

    #[test]
    fn times_have_units() {
        let seconds = |text| run(&params::MAXIMAL_QUEUE_LIFETIME, text).ok();
        assert_eq!(seconds("5"), Some(Value::Seconds(Duration::from_secs(5 * 86_400))));
        assert_eq!(seconds("90s"), Some(Value::Seconds(Duration::from_secs(90))));
        assert_eq!(seconds("2hours"), Some(Value::Seconds(Duration::from_secs(7200))));
        assert_eq!(seconds("1w"), Some(Value::Seconds(Duration::from_secs(604_800))));
    }

    // Texts of Postfix 3.11.
    #[test]
    fn errors_are_worded() {
        let error = |result: Result<Value, String>| result.unwrap_err();
        let time = &params::QUEUE_RUN_DELAY;
        assert_eq!(error(run(time, "5x")), "parameter queue_run_delay: bad time value or unit: 5x");
        assert_eq!(error(run(time, "0")), "invalid queue_run_delay: 0 (min 1)");
        let int = &params::LINE_LENGTH_LIMIT;
        assert_eq!(error(run(int, "1k")), "bad numerical configuration: line_length_limit = 1k");
        assert_eq!(error(run(int, "1")), "invalid line_length_limit parameter value 1 < 512");
        assert_eq!(error(run(&params::SOFT_BOUNCE, "on")), "bad boolean configuration: soft_bounce = on");
        assert_eq!(error(run(&params::MAIL_OWNER, "")), "bad string length 0 < 1: mail_owner = ");
        let verp = &params::DEFAULT_VERP_DELIMITERS;
        assert_eq!(error(run(verp, "+++")), "bad string length 3 > 2: default_verp_delimiters = +++");
    }
}
