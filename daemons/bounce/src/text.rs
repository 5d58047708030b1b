//! Fills parameters into the text of templates.

use std::cell::OnceCell;

use config::Config;
use config::expand::{Expanded, Found, Mode, expand};

use crate::log_lines;
use crate::template::{Class, Template, Templates};

/// Templates, and their texts with parameters filled in.
#[derive(Debug)]
pub struct Texts {
    config: Config,
    templates: Templates,
    filled_in: [OnceCell<Result<FilledIn, String>>; 4],
}

/// The text of a template with parameters filled in.
#[derive(Debug, Default)]
pub struct FilledIn {
    lines: Vec<Vec<u8>>,
    odd_times: Vec<OddTime>,
}

/// A time that a template shows in a unit that does not suit it.
#[derive(Debug)]
struct OddTime {
    result: u64,
    name: String,
    unit: &'static str,
}

impl FilledIn {
    /// The lines, for a notice. Says in the log what is odd about them, each time.
    pub fn lines(&self, class: Class, template: &Template) -> &[Vec<u8>] {
        let origin = &template.origin;
        for OddTime { result, name, unit } in &self.odd_times {
            match result {
                0 => log_lines::zero_time(origin, class.name(), name, unit),
                _ => log_lines::excessive_time(origin, *result, class.name(), name, unit),
            }
        }
        &self.lines
    }
}

/// Units in which a time can be shown: `$delay_warning_time_hours`.
const UNITS: [(&str, u64); 5] =
    [("seconds", 1), ("minutes", 60), ("hours", 3600), ("days", 86_400), ("weeks", 604_800)];
const DAY: u64 = 86_400;

impl Texts {
    /// Texts out of templates.
    pub fn new(config: &Config, templates: Templates) -> Texts {
        Texts { config: config.clone(), templates, filled_in: Default::default() }
    }

    /// The template for a kind of notice, and its text. The error is the text of a fatal log line.
    pub fn get(&self, class: Class) -> Result<(Class, &Template, &FilledIn), String> {
        let template = self.templates.get(class);
        let text = match self.filled_in.get(class as usize) {
            Some(cell) => cell.get_or_init(|| self.fill_in(class, template)),
            None => return Err(format!("no {} template", class.name())),
        };
        match text {
            Ok(text) => Ok((class, template, text)),
            Err(text) => Err(text.clone()),
        }
    }

    /// The template itself.
    pub fn template(&self, class: Class) -> &Template {
        self.templates.get(class)
    }

    fn fill_in(&self, class: Class, template: &Template) -> Result<FilledIn, String> {
        let mut filled_in = FilledIn::default();
        for line in &template.text {
            let mut bad_suffix = None;
            let done = expand(line, Mode::Once, &mut |name| {
                let name = String::from_utf8_lossy(name).into_owned();
                match self.time_in_units(&name, template, &mut filled_in.odd_times) {
                    Ok(Some(text)) => Some(Found::Raw(text.into())),
                    Ok(None) => self.parameter(&name, template),
                    Err(text) => {
                        bad_suffix = Some(text);
                        None
                    }
                }
            });
            if let Some(text) = bad_suffix {
                return Err(text);
            }
            let Expanded { text, failed, undefined, warnings, .. } = done;
            for warning in warnings {
                log::warn!("{warning}");
            }
            let (origin, class, line) = (&template.origin, class.name(), log::bytes(line));
            if failed {
                return Err(format!("{origin}: bad $name syntax in {class} template: {line}"));
            }
            if undefined {
                return Err(format!("{origin}: undefined $name in {class} template: {line}"));
            }
            filled_in.lines.push(text);
        }
        Ok(filled_in)
    }

    fn parameter(&self, name: &str, template: &Template) -> Option<Found> {
        let mut text = self.config.reference(name)?;
        let is_domain = [params::MYHOSTNAME.name(), params::MYDOMAIN.name()].contains(&name);
        if is_domain && self.config.get(&params::SMTPUTF8_ENABLE) {
            match self.config.expand(&format!("${{domain_to_utf8{{{text}}}}}")) {
                Ok(readable) => text = readable,
                Err(_) => log_lines::unreadable_domain(&template.origin, name, &text),
            }
        }
        Some(Found::Raw(log::printable(text.as_bytes()).into()))
    }

    fn time_in_units(
        &self,
        name: &str,
        template: &Template,
        odd: &mut Vec<OddTime>,
    ) -> Result<Option<String>, String> {
        for param in [&params::DELAY_WARNING_TIME, &params::MAXIMAL_QUEUE_LIFETIME] {
            let Some(unit) = name.strip_prefix(param.name()).and_then(|rest| rest.strip_prefix('_')) else {
                continue;
            };
            let Some(&(unit, seconds)) = UNITS.iter().find(|(known, _)| *known == unit) else {
                let origin = &template.origin;
                return Err(format!("{origin}: unrecognized suffix \"{unit}\" in parameter \"{name}\""));
            };
            let value = self.config.get(param).as_secs();
            let result = value / seconds;
            let is_excessive = result > 999 && seconds < DAY;
            let is_lost = result == 0 && value > 0 && seconds > 1;
            if is_excessive || is_lost {
                odd.push(OddTime { result, name: name.to_owned(), unit });
            }
            return Ok(Some(result.to_string()));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_units() {
        let config =
            Config::from_text("bounce", "delay_warning_time = 4h\nmyhostname = m.example.com\n").unwrap();
        let texts = Texts::new(&config, Templates::built_in());
        let (class, template, text) = texts.get(Class::Delay).unwrap();
        let lines = text.lines(class, template);
        assert_eq!(lines[0], b"This is the mail system at host m.example.com.");
        let shown = String::from_utf8(lines.join(&b'\n')).unwrap();
        assert!(shown.contains("not be delivered for more than 4 hour(s)."), "{shown}");
        assert!(shown.contains("until it is 5 day(s) old."), "{shown}");
    }

    // As bounce(8) of 3.11 does, for each notice.
    #[test]
    fn odd_times_are_complained_of_each_time() {
        let config =
            Config::from_text("bounce", "delay_warning_time = 1s\nmyhostname = m.example.com\n").unwrap();
        let texts = Texts::new(&config, Templates::built_in());
        for _ in 0..2 {
            let capture = log::Capture::start();
            let (class, template, text) = texts.get(Class::Delay).unwrap();
            text.lines(class, template);
            assert_eq!(
                capture.lines()[1],
                "warning: please reduce time unit \"hours\" of \"delay_warning_time_hours\" in delay template"
            );
        }
    }
}
