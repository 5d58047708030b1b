//! What a body part is declared to be.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentType {
    Text,
    Message(MessageType),
    Multipart,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageType {
    Rfc822,
    Partial,
    ExternalBody,
    Global,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    SevenBit,
    EightBit,
    Binary,
    Base64,
    QuotedPrintable,
}

impl Encoding {
    pub(crate) const NAMES: [(&'static str, Encoding); 5] = [
        ("7bit", Encoding::SevenBit),
        ("8bit", Encoding::EightBit),
        ("binary", Encoding::Binary),
        ("base64", Encoding::Base64),
        ("quoted-printable", Encoding::QuotedPrintable),
    ];

    /// What the encoded data consists of.
    pub(crate) fn domain(self) -> Self {
        match self {
            Encoding::Base64 | Encoding::QuotedPrintable => Encoding::SevenBit,
            identity => identity,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, encoding)| *encoding == self).map_or("unknown", |(name, _)| name)
    }
}

/// The type and encoding of the part that is being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) content: ContentType,
    pub(crate) encoding: Encoding,
}

impl Part {
    pub(crate) const TEXT: Self = Self { content: ContentType::Text, encoding: Encoding::SevenBit };
    pub(crate) const OTHER: Self = Self { content: ContentType::Other, encoding: Encoding::SevenBit };
}
