//! Wall-clock and monotonic time, and local time for time stamps.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point of wall-clock time: seconds since 1970 and microseconds, as `gettimeofday(2)` gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WallTime {
    /// Whole seconds since the epoch.
    pub seconds: i64,
    /// Microseconds of the second, 0 to 999,999.
    pub microseconds: u32,
}

impl WallTime {
    /// The time now.
    pub fn now() -> WallTime {
        WallTime::from(SystemTime::now())
    }

    /// This time less `earlier`, in seconds; negative if the clock was set back.
    pub fn since(self, earlier: WallTime) -> f64 {
        (self.seconds - earlier.seconds) as f64
            + (f64::from(self.microseconds) - f64::from(earlier.microseconds)) / 1e6
    }

    /// The time in the local time zone.
    pub fn local(self) -> LocalTime {
        LocalTime::from_seconds(self.seconds)
    }
}

impl From<SystemTime> for WallTime {
    fn from(time: SystemTime) -> WallTime {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => WallTime {
                seconds: i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
                microseconds: after.subsec_micros(),
            },
            Err(before) => {
                let before = before.duration();
                let whole = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                match before.subsec_micros() {
                    0 => WallTime { seconds: -whole, microseconds: 0 },
                    part => WallTime { seconds: -whole - 1, microseconds: 1_000_000 - part },
                }
            }
        }
    }
}

/// Seconds since the epoch, as `time(2)`.
pub fn now_seconds() -> i64 {
    WallTime::now().seconds
}

/// Time that never goes back, since an arbitrary point.
pub fn monotonic() -> Duration {
    match nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC) {
        Ok(time) => Duration::from(time),
        Err(_) => Duration::ZERO,
    }
}

/// Broken-down local time, `struct tm`.
#[derive(Clone, Copy)]
pub struct LocalTime(libc::tm);

impl LocalTime {
    /// Breaks down seconds since the epoch in the process's time zone.
    pub fn from_seconds(seconds: i64) -> LocalTime {
        let mut broken_down = MaybeUninit::<libc::tm>::zeroed();
        // SAFETY: both pointers are valid for the call, and an all-zero `tm` is a valid value if the call fails
        // (its zone pointer is then null, which strftime takes for "no zone").
        unsafe {
            libc::localtime_r(&seconds, broken_down.as_mut_ptr());
            LocalTime(broken_down.assume_init())
        }
    }

    /// The full year.
    pub fn year(&self) -> i32 {
        self.0.tm_year.saturating_add(1900)
    }

    /// The month, 0 to 11.
    pub fn month0(&self) -> i32 {
        self.0.tm_mon
    }

    /// The day of the month, 1 to 31.
    pub fn day(&self) -> i32 {
        self.0.tm_mday
    }

    /// The day of the week, Sunday is 0.
    pub fn weekday(&self) -> i32 {
        self.0.tm_wday
    }

    /// Hour, minute and second.
    pub fn time_of_day(&self) -> (i32, i32, i32) {
        (self.0.tm_hour, self.0.tm_min, self.0.tm_sec)
    }

    /// Seconds that the zone is ahead of UTC.
    pub fn offset_seconds(&self) -> i64 {
        self.0.tm_gmtoff
    }

    /// The zone's abbreviation, such as `UTC`.
    pub fn zone(&self) -> String {
        self.format("%Z")
    }

    /// `strftime(3)`; the result is at most 255 bytes, else empty.
    pub fn format(&self, format: &str) -> String {
        let Ok(format) = CString::new(format) else { return String::new() };
        let mut buffer = [0u8; 256];
        // SAFETY: the buffer's real length is passed, the format is NUL-terminated, and the `tm` came from
        // localtime_r, whose zone pointer lives as long as the process.
        let length =
            unsafe { libc::strftime(buffer.as_mut_ptr().cast(), buffer.len(), format.as_ptr(), &self.0) };
        String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned()
    }

    /// A date in the form of RFC 5322 as Postfix writes it since 3.11: `Sun, 01 Nov 2026 15:20:01 +0000 (UTC)`. Older
    /// versions write a blank instead of the first digit of a day, if that is zero.
    pub fn mail_date(&self) -> String {
        const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let name = |names: &[&'static str], index: i32| {
            usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or("???")
        };
        let (hour, minute, second) = self.time_of_day();
        let minutes = self.offset_seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let zone = self.zone();
        let comment = if zone.is_empty() { String::new() } else { format!(" ({zone})") };
        format!(
            "{}, {:02} {} {} {hour:02}:{minute:02}:{second:02} {sign}{:02}{:02}{comment}",
            name(&DAYS, self.weekday()),
            self.day(),
            name(&MONTHS, self.month0()),
            self.year(),
            minutes.abs() / 60,
            minutes.abs() % 60,
        )
    }
}

/// Reads the time zone from the environment and its file, so that local time works in a jail afterwards.
pub fn load_time_zone() {
    unsafe extern "C" {
        fn tzset();
    }
    // SAFETY: tzset takes no arguments and locks its own state.
    unsafe { tzset() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_epoch_count_up() {
        let time = WallTime::from(UNIX_EPOCH - Duration::from_millis(1250));
        assert_eq!(time, WallTime { seconds: -2, microseconds: 750_000 });
    }

    // Expectation: Received: header of 3.11's cleanup.
    #[test]
    fn mail_date_has_days_of_two_digits() {
        let date = WallTime { seconds: 5 * 86_400, microseconds: 0 }.local().mail_date();
        assert!(date.contains(", 05 Jan 1970 ") || date.contains(", 06 Jan 1970 "), "{date}");
    }
}
