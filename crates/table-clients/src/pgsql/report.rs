//! Errors of a PostgreSQL server in the words of its client library.

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{ErrorFields, ErrorResponseBody, NoticeResponseBody};

/// How wide a line of a query is shown, and how much of it at least to the right of the mistake, characters.
const WIDTH: usize = 60;
const RIGHT: usize = 10;

/// The fields of an error that are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerError {
    severity: String,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    context: Option<String>,
    /// A query that the server made up itself.
    internal_query: Option<String>,
    /// Where the mistake stands, in characters from 1: in our query, in that query.
    position: Option<usize>,
    internal_position: Option<usize>,
}

impl ServerError {
    /// Reads the server's message.
    pub(crate) fn new(body: &ErrorResponseBody) -> ServerError {
        Self::of_fields(body.fields())
    }

    /// Reads a message that is no error.
    pub(crate) fn notice(body: &NoticeResponseBody) -> ServerError {
        // The client library shows where something happened for errors only.
        ServerError { context: None, ..Self::of_fields(body.fields()) }
    }

    fn of_fields(mut fields: ErrorFields<'_>) -> ServerError {
        let mut error = ServerError::default();
        while let Ok(Some(field)) = fields.next() {
            let text = String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'S' => error.severity = text,
                b'M' => error.message = text,
                b'D' => error.detail = Some(text),
                b'H' => error.hint = Some(text),
                b'W' => error.context = Some(text),
                b'q' => error.internal_query = Some(text),
                b'P' => error.position = text.parse().ok(),
                b'p' => error.internal_position = text.parse().ok(),
                _ => {}
            }
        }
        error
    }

    /// The text with all its lines, as for a failed query.
    pub(crate) fn text(&self, query: &[u8]) -> String {
        let mut text = format!("{}:  {}\n", self.severity, self.message);
        if let Some(position) = self.position {
            text += &excerpt(&String::from_utf8_lossy(query), position);
        } else if let (Some(query), Some(position)) = (&self.internal_query, self.internal_position) {
            text += &excerpt(query, position);
        }
        for (title, field) in [
            ("DETAIL", &self.detail),
            ("HINT", &self.hint),
            ("QUERY", &self.internal_query),
            ("CONTEXT", &self.context),
        ] {
            if let Some(field) = field {
                text += &format!("{title}:  {field}\n");
            }
        }
        text
    }
}

/// The line of a query with the mistake, and a caret below it.
fn excerpt(query: &str, position: usize) -> String {
    let before: Vec<char> = query.chars().take(position.saturating_sub(1)).collect();
    let line_number = before.iter().filter(|&&c| c == '\n').count() + 1;
    let line_start = before.iter().rposition(|&c| c == '\n').map_or(0, |at| at + 1);
    let column = before.len() - line_start;
    let line: Vec<char> = query
        .chars()
        .skip(line_start)
        .take_while(|&c| c != '\n' && c != '\r')
        .map(|c| if c == '\t' { ' ' } else { c })
        .collect();
    let mut start = 0;
    let mut end = line.len();
    if end > WIDTH {
        if WIDTH >= column + RIGHT {
            end = WIDTH;
        } else {
            end = end.min(column + RIGHT);
            start = end - WIDTH;
        }
    }
    let (before, after) = (if start > 0 { "..." } else { "" }, if end < line.len() { "..." } else { "" });
    let shown: String = line.get(start..end).unwrap_or_default().iter().collect();
    let title = format!("LINE {line_number}: {before}");
    let indent = title.chars().count() + column.saturating_sub(start);
    format!("{title}{shown}{after}\n{}^\n", " ".repeat(indent))
}

#[cfg(test)]
mod tests {
    use super::*;

    // As psql(1) of PostgreSQL 15 shows them.
    #[test]
    fn excerpts() {
        assert_eq!(excerpt("SELECT nope", 8), "LINE 1: SELECT nope\n               ^\n");
        assert_eq!(excerpt("SELECT 1\nFROM x", 15), "LINE 2: FROM x\n             ^\n");
        let long = format!("SELECT nope {}", "x".repeat(80));
        let shown = excerpt(&long, 8);
        assert!(shown.starts_with("LINE 1: SELECT nope xxx"), "{shown}");
        assert!(shown.contains("x...\n"), "{shown}");
    }
}
