//! Headers that a message should have had.

use address::quote_822;
use mime::header::{Kind, name_length};
use mime::{Error, Errors as MimeErrors};
use queue::Type;
use queue::flags::sendopts;
use sys::{LocalTime, WallTime};

use crate::content::Headers;
use crate::full_name::{FromFormat, header_text};
use crate::header::fold;
use crate::log_lines;
use crate::message::Message;
use crate::settings::EndOfHeaderAction;
use log::bytes;

/// The sender in `From:` of mail from nobody.
const MAILER_DAEMON: &[u8] = b"MAILER-DAEMON";

impl Message<'_> {
    /// Adds what is missing, at the end of the primary headers.
    pub(crate) fn end_of_headers(&mut self, headers: &mut Headers, errors: MimeErrors) {
        if !self.is_ok() {
            return;
        }
        if headers.received < 1 {
            self.reject("no Received: header");
            return;
        }
        let adds = self.rewrite.is_some() || self.service.settings.always_add_missing_headers;
        let resent = headers.resent;
        let missing =
            |kind: Kind, resent_kind: Kind| adds && !headers.has(if resent { resent_kind } else { kind });
        let (id, date, from) = (
            missing(Kind::MessageId, Kind::ResentMessageId),
            missing(Kind::Date, Kind::ResentDate),
            missing(Kind::From, Kind::ResentFrom),
        );
        if id {
            self.add_message_id(resent);
            headers.note(if resent { Kind::ResentMessageId } else { Kind::MessageId });
        }
        if !headers.has(Kind::MessageId) {
            log_lines::message_id(&self.id, false, b"<>");
        }
        if date {
            let arrival = self.envelope.arrival.map_or(0, |time| WallTime::from(time).seconds);
            let date = LocalTime::from_seconds(arrival).mail_date();
            self.put_header(format!("{}Date: {date}", prefix(resent)).as_bytes());
        }
        if from {
            self.add_from(resent);
        }
        let visible = [Kind::To, Kind::ResentTo, Kind::Cc, Kind::ResentCc];
        if adds && !visible.iter().any(|&kind| headers.has(kind)) {
            self.add_recipients_header();
        }
        let settings = &self.service.settings;
        if settings.require_tls
            && settings.require_tls_header
            && self.sendopts & sendopts::REQUIRETLS_ESMTP != 0
            && !headers.require_tls_seen
        {
            self.put(Type::NORM, b"Require-TLS-ESMTP: yes");
        }
        if errors.contains(Error::NonEmptyEndOfHeader)
            && settings.end_of_header_action == EndOfHeaderAction::AddHeader
        {
            self.put(Type::NORM, b"MIME-Error: message header was not terminated by empty line");
        }
    }

    /// The id is made of the time and the queue id, which is unique within a second.
    fn add_message_id(&mut self, resent: bool) {
        let host = &self.service.settings.hostname;
        let id = if self.id.is_long() {
            format!("<{}@{host}>", self.id)
        } else {
            format!("<{}.{}@{host}>", utc_stamp(WallTime::from(self.created).seconds), self.id)
        };
        self.put_header(format!("{}Message-Id: {id}", prefix(resent)).as_bytes());
        log_lines::message_id(&self.id, resent, id.as_bytes());
        if !resent && self.message_id.is_none() {
            self.message_id = Some(id.into_bytes());
        }
    }

    fn add_from(&mut self, resent: bool) {
        let settings = &self.service.settings;
        let sender = self.envelope.sender.as_deref().unwrap_or_default();
        let address = quote_822(if sender.is_empty() { MAILER_DAEMON } else { sender });
        let name = match self.envelope.full_name.as_deref() {
            Some(name) if !sender.is_empty() => {
                header_text(name, settings.from_format, &settings.full_name_charset, settings.token_limit)
            }
            _ => Ok(None),
        };
        let name = name.unwrap_or_else(|warning| {
            log::warn!("{warning}");
            None
        });
        let mut header = format!("{}From: ", prefix(resent)).into_bytes();
        match (name, settings.from_format) {
            (Some(name), FromFormat::Standard) => {
                header.extend_from_slice(&[&name, &b"\n<"[..], &address, b">"].concat());
            }
            (Some(name), FromFormat::Obsolete) => {
                header.extend_from_slice(&[&address, &b"\n("[..], &name, b")"].concat());
            }
            (None, _) => header.extend_from_slice(&address),
        }
        fold(&mut header);
        self.put_header(&header);
    }

    fn add_recipients_header(&mut self) {
        let text = &self.service.settings.undisclosed_recipients;
        if text.is_empty() {
            return;
        }
        if name_length(text.as_bytes()).is_none() {
            let name = params::UNDISCLOSED_RECIPIENTS_HEADER.name();
            let shown = bytes(text.as_bytes());
            log::warn!("bad {name} header text \"{shown}\" -- need \"headername: headervalue\"");
            return;
        }
        self.put(Type::NORM, text.as_bytes());
    }
}

fn prefix(resent: bool) -> &'static str {
    if resent { "Resent-" } else { "" }
}

/// Year to second of a time in UTC, digits only.
fn utc_stamp(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let second = seconds.rem_euclid(86_400);
    // Days since 1970 to a date of the Gregorian calendar, by eras of 400 years that start in March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::utc_stamp;

    // Checked with date -u.
    #[test]
    fn stamps() {
        assert_eq!(utc_stamp(0), "19700101000000");
        assert_eq!(utc_stamp(951_827_696), "20000229123456");
        assert_eq!(utc_stamp(1_795_361_696), "20261122153456");
    }
}
