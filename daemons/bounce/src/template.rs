//! Notice templates: the built-in ones and those of bounce_template_file, bounce(5).

use std::cell::OnceCell;

use crate::log_lines;

/// The four kinds of notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Mail is returned as undeliverable.
    Failure,
    /// Mail is late and still being tried.
    Delay,
    /// Mail was delivered and the sender asked to be told.
    Success,
    /// A delivery report that was asked for with `sendmail -bv` or `-v`.
    Verify,
}

impl Class {
    /// All of them, in the order in which they are dumped.
    pub const ALL: [Class; 4] = [Class::Failure, Class::Delay, Class::Success, Class::Verify];

    /// The name in front of `_template` in a template file.
    pub fn name(self) -> &'static str {
        match self {
            Class::Failure => "failure",
            Class::Delay => "delay",
            Class::Success => "success",
            Class::Verify => "verify",
        }
    }
}

/// Headers and text of one kind of notice.
#[derive(Clone, Debug)]
pub struct Template {
    /// Which file it is from, or `[built-in]`.
    pub origin: String,
    /// The `charset` of the text part.
    pub charset: String,
    /// The text has 8-bit characters.
    pub is_8bit: bool,
    from: From,
    /// The `Subject:` of the notice to the sender.
    pub subject: String,
    /// The `Subject:` of the copy to the postmaster, for the kinds that have one.
    pub postmaster_subject: Option<String>,
    /// The lines of the text, with `$name` still in it.
    pub text: Vec<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum From {
    BuiltIn,
    Given(String),
}

impl Template {
    /// The `From:` header; `standard` is header_from_format's default form.
    pub fn from(&self, standard: bool) -> &str {
        match &self.from {
            From::Given(text) => text,
            From::BuiltIn if standard => "Mail Delivery System <MAILER-DAEMON>",
            From::BuiltIn => "MAILER-DAEMON (Mail Delivery System)",
        }
    }

    fn built_in(class: Class) -> Template {
        let (subject, postmaster_subject, text) = match class {
            Class::Failure => (
                "Undelivered Mail Returned to Sender",
                Some("Postmaster Copy: Undelivered Mail"),
                FAILURE_TEXT,
            ),
            Class::Delay => {
                ("Delayed Mail (still being retried)", Some("Postmaster Warning: Delayed Mail"), DELAY_TEXT)
            }
            Class::Success => ("Successful Mail Delivery Report", None, SUCCESS_TEXT),
            Class::Verify => ("Mail Delivery Status Report", None, VERIFY_TEXT),
        };
        Template {
            origin: "[built-in]".to_owned(),
            charset: "us-ascii".to_owned(),
            is_8bit: false,
            from: From::BuiltIn,
            subject: subject.to_owned(),
            postmaster_subject: postmaster_subject.map(str::to_owned),
            text: text.lines().map(|line| line.as_bytes().to_vec()).collect(),
        }
    }

    /// Parses the headers and the text of a template out of a file. Says in the log why it cannot be used.
    fn parse(class: Class, origin: &str, source: &[u8]) -> Option<Template> {
        let mut template = Template::built_in(class);
        template.origin = origin.to_owned();
        let mut lines = source.split(|c| *c == b'\n').peekable();
        while let Some((label, value)) = lines.peek().and_then(|line| header(line)) {
            lines.next();
            template.set_header(class, label, value)?;
        }
        let text: Vec<Vec<u8>> =
            lines.skip_while(|line| line.iter().all(|c| is_space(*c))).map(<[u8]>::to_vec).collect();
        if text.is_empty() {
            log_lines::template_without_text(origin, class.name());
            return None;
        }
        if !text.iter().all(|line| line.is_ascii()) {
            if template.charset.eq_ignore_ascii_case("us-ascii") {
                log_lines::template_is_8bit(origin, class.name());
                return None;
            }
            template.is_8bit = true;
        }
        template.text = text;
        Some(template)
    }

    fn set_header(&mut self, class: Class, label: &str, value: &[u8]) -> Option<()> {
        if value.is_empty() {
            log_lines::template_header_is(&self.origin, "empty", label, "value", class.name());
            return None;
        }
        if !value.is_ascii() {
            log_lines::template_header_is(&self.origin, "non-ASCII", label, "value", class.name());
            return None;
        }
        let value = String::from_utf8_lossy(value).into_owned();
        match label.to_ascii_lowercase().as_str() {
            "charset" => self.charset = value,
            "from" => self.from = From::Given(value),
            "subject" => self.subject = value,
            "postmaster-subject" if self.postmaster_subject.is_some() => {
                self.postmaster_subject = Some(value);
            }
            "postmaster-subject" => {
                log_lines::template_header_is(&self.origin, "inapplicable", label, "label", class.name());
                return None;
            }
            _ => {
                log_lines::template_header_is(&self.origin, "unknown", label, "label", class.name());
                return None;
            }
        }
        Some(())
    }

    /// Appends the template in the form that bounce(5) template files have.
    pub fn dump(&self, class: Class, standard_from: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{}_template = <<EOF\n", class.name()).as_bytes());
        out.extend_from_slice(format!("Charset: {}\n", self.charset).as_bytes());
        out.extend_from_slice(format!("From: {}\n", self.from(standard_from)).as_bytes());
        out.extend_from_slice(format!("Subject: {}\n", self.subject).as_bytes());
        if let Some(subject) = &self.postmaster_subject {
            out.extend_from_slice(format!("Postmaster-Subject: {subject}\n").as_bytes());
        }
        out.push(b'\n');
        for line in &self.text {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        out.extend_from_slice(b"EOF\n");
    }
}

/// One template for each [`Class`]. Those from a file are parsed, and complained about, when they are first used.
#[derive(Debug, Default)]
pub struct Templates {
    slots: [Slot; 4],
}

#[derive(Debug, Default)]
struct Slot {
    source: Option<(String, Vec<u8>)>,
    parsed: OnceCell<Template>,
}

impl Templates {
    /// The built-in templates.
    pub fn built_in() -> Templates {
        Templates::default()
    }

    /// Replaces templates by those in the template file `path` with content `file`. An error is the text for the log
    /// of why the file cannot be used.
    pub fn load(&mut self, path: &str, file: &[u8]) -> Result<(), String> {
        let mut lines = NumberedLines { rest: file, number: 1, cut_off: false };
        while let Some(line) = lines.next_line() {
            let content = trim(line);
            if content.is_empty() || content.starts_with(b"#") {
                continue;
            }
            let (name, value) = split_name_value(line).map_err(|problem| {
                format!("{path}, line {}: {problem}: \"{}\"", lines.number, String::from_utf8_lossy(line))
            })?;
            let source = match value.strip_prefix(b"<<") {
                Some(marker) => lines.here_document(path, trim(marker))?,
                None => value.to_vec(),
            };
            let class = Class::ALL.into_iter().find(|class| {
                name.strip_prefix(class.name().as_bytes()).is_some_and(|rest| rest == b"_template")
            });
            match class {
                Some(class) => {
                    self.slots[class as usize] =
                        Slot { source: Some((path.to_owned(), source)), parsed: OnceCell::new() };
                }
                None => {
                    log_lines::unknown_template(path, lines.number, &String::from_utf8_lossy(name));
                }
            }
        }
        Ok(())
    }

    /// The template for a kind of notice.
    pub fn get(&self, class: Class) -> &Template {
        let slot = &self.slots[class as usize];
        slot.parsed.get_or_init(|| {
            slot.source
                .as_ref()
                .and_then(|(origin, source)| Template::parse(class, origin, source))
                .unwrap_or_else(|| Template::built_in(class))
        })
    }
}

/// Lines of a template file. Like the reference, the count runs one ahead.
struct NumberedLines<'a> {
    rest: &'a [u8],
    number: usize,
    /// The last line had no newline.
    cut_off: bool,
}

impl<'a> NumberedLines<'a> {
    fn next_line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let line = match self.rest.iter().position(|c| *c == b'\n') {
            Some(end) => {
                let (line, rest) = self.rest.split_at(end);
                self.rest = &rest[1..];
                line
            }
            None => {
                self.cut_off = true;
                std::mem::take(&mut self.rest)
            }
        };
        // What follows a null byte is not seen, as in the original.
        line.split(|c| *c == 0).next()
    }

    /// The lines up to the end marker, joined.
    fn here_document(&mut self, path: &str, marker: &[u8]) -> Result<Vec<u8>, String> {
        match marker.first() {
            None => return Err(format!("{path}, line {}: missing end marker after <<", self.number)),
            Some(c) if !c.is_ascii_alphanumeric() => {
                return Err(format!("{path}, line {}: malformed end marker after <<", self.number));
            }
            Some(_) => {}
        }
        let mut text = Vec::new();
        while let Some(line) = self.next_line() {
            if line == marker {
                if self.cut_off {
                    log_lines::missing_end_marker(path, self.number, &String::from_utf8_lossy(marker));
                }
                return Ok(text);
            }
            if !text.is_empty() {
                text.push(b'\n');
            }
            text.extend_from_slice(line);
        }
        log_lines::missing_end_marker(path, self.number, &String::from_utf8_lossy(marker));
        Ok(text)
    }
}

/// Splits `name = value`.
fn split_name_value(line: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let line = trim(line);
    let name_len = line.iter().position(|c| is_space(*c) || *c == b'=').unwrap_or(line.len());
    if name_len == 0 {
        return Err("missing attribute name");
    }
    let (name, rest) = line.split_at(name_len);
    match trim(rest).strip_prefix(b"=") {
        Some(value) => Ok((name, trim(value))),
        None => Err("missing '=' after attribute name"),
    }
}

/// The label and the value of a header line.
fn header(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|c| *c == b':')?;
    let label_end = line[..colon].iter().rposition(|c| !matches!(c, b' ' | b'\t'))? + 1;
    let label = &line[..label_end];
    if !label.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let value = &line[colon..];
    let start = value.iter().position(|c| *c != b':' && !is_space(*c)).unwrap_or(value.len());
    Some((std::str::from_utf8(label).ok()?, &value[start..]))
}

fn trim(text: &[u8]) -> &[u8] {
    let Some(start) = text.iter().position(|c| !is_space(*c)) else { return &[] };
    let end = text.iter().rposition(|c| !is_space(*c)).map_or(0, |last| last + 1);
    &text[start..end]
}

fn is_space(c: u8) -> bool {
    c.is_ascii_whitespace() || c == 0x0b
}

// What senders read is an interface: mail software recognises these words.

const FAILURE_TEXT: &str = "\
This is the mail system at host $myhostname.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system
";

const DELAY_TEXT: &str = "\
This is the mail system at host $myhostname.

####################################################################
# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
####################################################################

Your message could not be delivered for more than $delay_warning_time_hours hour(s).
It will be retried until it is $maximal_queue_lifetime_days day(s) old.

For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system
";

const SUCCESS_TEXT: &str = "\
This is the mail system at host $myhostname.

Your message was successfully delivered to the destination(s)
listed below. If the message was delivered to mailbox you will
receive no further notifications. Otherwise you may still receive
notifications of mail delivery errors from other systems.

                   The mail system
";

const VERIFY_TEXT: &str = "\
This is the mail system at host $myhostname.

Enclosed is the mail delivery report that you requested.

                   The mail system
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_replaces_one_template() {
        let file = b"# comment\nfailure_template = <<EOF\nCharset: utf-8\nFrom: X <x>\nSubject: S\n\
            Postmaster-Subject: P\n\nLine one\n\nLine two \xc3\xa4\nEOF\n";
        let mut templates = Templates::built_in();
        templates.load("/etc/postfix/bounce.cf", file).unwrap();
        let failure = templates.get(Class::Failure);
        assert_eq!(failure.from(true), "X <x>");
        assert_eq!(failure.postmaster_subject.as_deref(), Some("P"));
        assert!(failure.is_8bit);
        assert_eq!(failure.text, [&b"Line one"[..], b"", b"Line two \xc3\xa4"]);
        assert_eq!(templates.get(Class::Delay).subject, "Delayed Mail (still being retried)");
    }

    #[test]
    fn bad_files_are_refused() {
        let mut templates = Templates::built_in();
        let error = templates.load("f", b"failure_template\n").unwrap_err();
        assert_eq!(error, "f, line 2: missing '=' after attribute name: \"failure_template\"");
        let error = templates.load("f", b"failure_template = <<\n").unwrap_err();
        assert_eq!(error, "f, line 2: missing end marker after <<");
    }
}
