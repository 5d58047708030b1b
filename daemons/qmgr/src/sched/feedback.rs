//! Concurrency feedback: by how much one delivery widens or narrows the window of a destination, SCHEDULER_README.

/// A feedback expression: a number, `number / number`, or `number / concurrency`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feedback {
    base: f64,
    per_concurrency: bool,
}

impl Feedback {
    /// One step for each delivery.
    pub const ONE: Feedback = Feedback { base: 1.0, per_concurrency: false };

    /// Parses a feedback parameter. `None` if it is malformed or not between 0 and 1.
    pub fn parse(text: &str) -> Option<Feedback> {
        let (base, per_concurrency) = match text.split_once('/') {
            None => (text.trim().parse().ok()?, false),
            Some((number, "concurrency")) => (number.trim().parse().ok()?, true),
            Some((number, rest)) if rest.trim() == "concurrency" => (number.trim().parse().ok()?, true),
            Some((number, divisor)) => {
                let number: f64 = number.trim().parse().ok()?;
                let divisor: f64 = divisor.trim().parse().ok()?;
                let limit = f64::from(i32::MAX);
                if !(0.0..=limit).contains(&number) || !(1.0 / limit..=limit).contains(&divisor) {
                    return None;
                }
                (number / divisor, false)
            }
        };
        (0.0..=1.0).contains(&base).then_some(Feedback { base, per_concurrency })
    }

    /// Whether it is smaller for larger windows.
    pub fn depends_on_window(self) -> bool {
        self.per_concurrency
    }

    /// The feedback at a window of this size.
    pub fn at(self, window: u32) -> f64 {
        if self.per_concurrency { self.base / f64::from(window.max(1)) } else { self.base }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_feedback() {
        assert_eq!(Feedback::parse("1").unwrap().at(5), 1.0);
        assert_eq!(Feedback::parse("1/concurrency").unwrap().at(4), 0.25);
        assert_eq!(Feedback::parse("1 / 2").unwrap().at(4), 0.5);
        assert_eq!(Feedback::parse("2"), None);
        assert_eq!(Feedback::parse("1/x"), None);
        assert_eq!(Feedback::parse("1/0"), None);
    }
}
