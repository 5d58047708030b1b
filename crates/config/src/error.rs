//! What can be wrong with a configuration.

/// A configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Lines that come before the fatal one.
    lines: Vec<Line>,
    text: String,
}

/// A line that goes to the log before the fatal one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// To be logged as a warning.
    Warning(String),
    /// To be logged as an error.
    Error(String),
}

impl Error {
    /// An error with the text of its fatal log line, without `fatal: `.
    pub fn fatal(text: impl Into<String>) -> Self {
        Self { lines: Vec::new(), text: text.into() }
    }

    /// The same error, with warnings that arose before it.
    pub(crate) fn after_warnings(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        let mut lines: Vec<Line> = warnings.into_iter().map(Line::Warning).collect();
        lines.append(&mut self.lines);
        self.lines = lines;
        self
    }

    /// The same error, with a line of severity `error` directly before it.
    pub(crate) fn after_error(mut self, text: String) -> Self {
        self.lines.push(Line::Error(text));
        self
    }

    /// What to log before the fatal line, in order.
    pub fn lines_before(&self) -> &[Line] {
        &self.lines
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
