//! The buckets that messages are sorted into by their age. Bucket 0 is the total of the others.

use crate::number;
use crate::options::Options;

/// The bucket of a message that came in at `time` (Unix time, seconds).
pub(crate) fn bucket(time: f64, now: i64, options: &Options) -> usize {
    let ticks = (now as f64 - time) / (60.0 * options.tick);
    if ticks < 1.0 {
        return 1;
    }
    let bucket = if options.linear { (ticks + 1.0).trunc() } else { 2.0 + ticks.log2().trunc() };
    if bucket < options.buckets { bucket as usize } else { options.buckets as usize }
}

/// What stands above each bucket: its greatest age in minutes.
pub(crate) fn headings(options: &Options) -> Vec<String> {
    let mut headings = vec!["T".to_owned()];
    let mut limit = 0.0;
    let mut number = 1.0;
    while number <= options.buckets {
        if number < options.buckets {
            limit += if limit == 0.0 || options.linear { options.tick } else { limit };
            headings.push(number::shown(limit));
        } else {
            headings.push(format!("{}+", number::shown(limit)));
        }
        number += 1.0;
    }
    headings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_double() {
        let options = Options { buckets: 4.0, ..Options::default() };
        assert_eq!(headings(&options), ["T", "5", "10", "20", "20+"]);
        let minutes_ago = |minutes: f64| bucket(-60.0 * minutes, 0, &options);
        assert_eq!([0.0, 4.9, 5.0, 10.0, 19.0, 20.0, 999.0].map(minutes_ago), [1, 1, 2, 3, 3, 4, 4]);
    }

    #[test]
    fn linear_buckets_do_not() {
        let options = Options { buckets: 3.0, tick: 0.1, linear: true, ..Options::default() };
        assert_eq!(headings(&options), ["T", "0.1", "0.2", "0.2+"]);
        assert_eq!([0.0, 6.0, 60.0].map(|seconds| bucket(-seconds, 0, &options)), [1, 2, 3]);
    }
}
