//! Header names: their syntax, and what is known about them.

/// What a known header is about. The names are those of RFC 5322 and RFC 2045.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is a header's name")]
#[repr(u8)]
pub enum Kind {
    /// A header that is only known because `message_drop_headers` lists it.
    Other,
    ApparentlyTo,
    Bcc,
    Cc,
    ContentDescription,
    ContentDisposition,
    ContentId,
    ContentLength,
    ContentTransferEncoding,
    ContentType,
    DeliveredTo,
    DispositionNotificationTo,
    Date,
    ErrorsTo,
    From,
    MailFollowupTo,
    MessageId,
    MimeVersion,
    Received,
    ReplyTo,
    ResentBcc,
    ResentCc,
    ResentDate,
    ResentFrom,
    ResentMessageId,
    ResentReplyTo,
    ResentSender,
    ResentTo,
    ReturnPath,
    ReturnReceiptTo,
    Sender,
    To,
    TlsRequired,
    RequireTlsEsmtp,
}

/// Whose addresses a header holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// None.
    None,
    /// Senders.
    Sender,
    /// Recipients.
    Recipient,
    /// Recipients that `sendmail -t` sends to.
    ExtractedRecipient,
}

/// What is known about a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Which header it is.
    pub kind: Kind,
    /// The length of its name in bytes.
    pub name_length: usize,
    /// Whose addresses it holds.
    pub addresses: Addresses,
    /// It belongs to a body part (`Content-*`, `MIME-Version`).
    pub mime: bool,
    /// It starts with `Resent-`.
    pub resent: bool,
    /// `message_drop_headers` lists it.
    pub dropped: bool,
}

const KNOWN: &[(&str, Kind, Addresses)] = {
    use Addresses::{ExtractedRecipient, None, Recipient, Sender};
    &[
        ("Apparently-To", Kind::ApparentlyTo, Recipient),
        ("Bcc", Kind::Bcc, ExtractedRecipient),
        ("Cc", Kind::Cc, ExtractedRecipient),
        ("Content-Description", Kind::ContentDescription, None),
        ("Content-Disposition", Kind::ContentDisposition, None),
        ("Content-ID", Kind::ContentId, None),
        ("Content-Length", Kind::ContentLength, None),
        ("Content-Transfer-Encoding", Kind::ContentTransferEncoding, None),
        ("Content-Type", Kind::ContentType, None),
        ("Delivered-To", Kind::DeliveredTo, None),
        ("Disposition-Notification-To", Kind::DispositionNotificationTo, Sender),
        ("Date", Kind::Date, None),
        ("Errors-To", Kind::ErrorsTo, Sender),
        ("From", Kind::From, Sender),
        ("Mail-Followup-To", Kind::MailFollowupTo, Sender),
        ("Message-Id", Kind::MessageId, None),
        ("MIME-Version", Kind::MimeVersion, None),
        ("Received", Kind::Received, None),
        ("Reply-To", Kind::ReplyTo, Sender),
        ("Resent-Bcc", Kind::ResentBcc, ExtractedRecipient),
        ("Resent-Cc", Kind::ResentCc, ExtractedRecipient),
        ("Resent-Date", Kind::ResentDate, None),
        ("Resent-From", Kind::ResentFrom, Sender),
        ("Resent-Message-Id", Kind::ResentMessageId, None),
        ("Resent-Reply-To", Kind::ResentReplyTo, Recipient),
        ("Resent-Sender", Kind::ResentSender, Sender),
        ("Resent-To", Kind::ResentTo, ExtractedRecipient),
        ("Return-Path", Kind::ReturnPath, Sender),
        ("Return-Receipt-To", Kind::ReturnReceiptTo, Sender),
        ("Sender", Kind::Sender, Sender),
        ("To", Kind::To, ExtractedRecipient),
        ("TLS-Required", Kind::TlsRequired, None),
        ("Require-TLS-ESMTP", Kind::RequireTlsEsmtp, None),
    ]
};

/// The headers that mean something to the mail system, and those that an administrator wants dropped.
#[derive(Clone, Debug, Default)]
pub struct Names {
    dropped: Vec<Vec<u8>>,
}

impl Names {
    /// With the names out of `message_drop_headers`, separated by commas and white space.
    pub fn new(dropped: &str) -> Self {
        let names =
            dropped.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|name| !name.is_empty());
        Self { dropped: names.map(|name| name.to_ascii_lowercase().into_bytes()).collect() }
    }

    /// Looks a header up by its text (`Name: value`).
    pub fn find(&self, header: &[u8]) -> Option<Info> {
        let name = header.split(|&byte| byte == b':').next()?.trim_ascii_end();
        let dropped = self.dropped.iter().any(|known| known.eq_ignore_ascii_case(name));
        let row = KNOWN.iter().find(|row| row.0.as_bytes().eq_ignore_ascii_case(name));
        match row {
            None if !dropped => None,
            None => Some(Info {
                kind: Kind::Other,
                name_length: name.len(),
                addresses: Addresses::None,
                mime: false,
                resent: false,
                dropped,
            }),
            Some((name, kind, addresses)) => Some(Info {
                kind: *kind,
                name_length: name.len(),
                addresses: *addresses,
                mime: matches!(
                    kind,
                    Kind::ContentDescription
                        | Kind::ContentDisposition
                        | Kind::ContentId
                        | Kind::ContentTransferEncoding
                        | Kind::ContentType
                        | Kind::MimeVersion
                ),
                resent: name.starts_with("Resent-"),
                dropped,
            }),
        }
    }
}

/// The length of the name if the line starts a header: printable ASCII without spaces, then perhaps blanks, then `:`.
pub fn name_length(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = line.get(..colon)?;
    let length = name.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(colon);
    let (name, blanks) = name.split_at(length);
    let well_formed = !name.is_empty()
        && name.iter().all(|byte| (33..127).contains(byte))
        && blanks.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    well_formed.then_some(length)
}
