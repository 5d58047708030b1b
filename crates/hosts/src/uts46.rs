//! Unicode Technical Standard 46, as the original asks for it: without transitional mappings, with hyphens and lengths
//! checked. Not checked are ASCII characters (a host's name has few of them), bidirectional text and joiners.

use idna::punycode;
use idna_adapter::Adapter;
use std::collections::BTreeSet;

/// What is wrong with a domain, in the order in which it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    EmptyLabel,
    LongLabel,
    LongName,
    LeadingHyphen,
    TrailingHyphen,
    Hyphen34,
    LeadingMark,
    Disallowed,
    Punycode,
    DotInLabel,
    InvalidAce,
    /// The original has room for so much only, and then says nothing else.
    NoRoom,
}

impl Fault {
    /// Its name in the library that the original uses.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EmptyLabel => "UIDNA_ERROR_EMPTY_LABEL",
            Self::LongLabel => "UIDNA_ERROR_LABEL_TOO_LONG",
            Self::LongName => "UIDNA_ERROR_DOMAIN_NAME_TOO_LONG",
            Self::LeadingHyphen => "UIDNA_ERROR_LEADING_HYPHEN",
            Self::TrailingHyphen => "UIDNA_ERROR_TRAILING_HYPHEN",
            Self::Hyphen34 => "UIDNA_ERROR_HYPHEN_3_4",
            Self::LeadingMark => "UIDNA_ERROR_LEADING_COMBINING_MARK",
            Self::Disallowed => "UIDNA_ERROR_DISALLOWED",
            Self::Punycode => "UIDNA_ERROR_PUNYCODE",
            Self::DotInLabel => "UIDNA_ERROR_LABEL_HAS_DOT",
            Self::InvalidAce => "UIDNA_ERROR_INVALID_ACE_LABEL",
            Self::NoRoom => "U_BUFFER_OVERFLOW_ERROR",
        }
    }
}

pub(crate) type Faults = BTreeSet<Fault>;

/// Longest label and longest name, in bytes, of a domain in ASCII.
const LABEL_LIMIT: usize = 63;
const NAME_LIMIT: usize = 253;

/// Longest result in bytes, before it is found to be too long.
const ROOM: usize = 1023;

/// Begins a label that is not in ASCII.
const ACE_PREFIX: &str = "xn--";

/// The ASCII form.
pub(crate) fn to_ascii(name: &str) -> Result<String, Faults> {
    let mut faults = Faults::new();
    let encode = |label: &str| {
        if label.is_ascii() {
            return label.to_owned();
        }
        let code = punycode::encode_str(label).unwrap_or_default();
        format!("{ACE_PREFIX}{code}")
    };
    let labels: Vec<String> = labels(name, &mut faults).iter().map(|label| encode(label)).collect();
    let ascii = labels.join(".");
    if labels.iter().any(|label| label.len() > LABEL_LIMIT) {
        faults.insert(Fault::LongLabel);
    }
    if ascii.strip_suffix('.').unwrap_or(&ascii).len() > NAME_LIMIT {
        faults.insert(Fault::LongName);
    }
    finished(ascii, faults)
}

/// The form that people read.
pub(crate) fn to_unicode(name: &str) -> Result<String, Faults> {
    let mut faults = Faults::new();
    let unicode = labels(name, &mut faults).join(".");
    finished(unicode, faults)
}

fn finished(result: String, faults: Faults) -> Result<String, Faults> {
    if result.len() > ROOM {
        return Err(Faults::from([Fault::NoRoom]));
    }
    if faults.is_empty() { Ok(result) } else { Err(faults) }
}

/// The labels, mapped, normalised and decoded.
fn labels(name: &str, faults: &mut Faults) -> Vec<String> {
    let adapter = Adapter::new();
    let mapped: String = adapter.map_normalize(name.chars()).collect();
    let mut labels: Vec<String> = mapped.split('.').map(str::to_owned).collect();
    // A dot at the end is that of the root.
    let last = labels.len() - 1;
    for (at, label) in labels.iter_mut().enumerate() {
        if let Some(code) = label.strip_prefix(ACE_PREFIX) {
            match decoded(&adapter, code) {
                Ok(decoded) => *label = decoded,
                Err(fault) => {
                    faults.insert(fault);
                    label.clear();
                    continue;
                }
            }
        }
        if !label.is_empty() || at == 0 || at < last {
            check(&adapter, label, faults);
        }
    }
    labels
}

/// A label from its ASCII form without the prefix.
fn decoded(adapter: &Adapter, code: &str) -> Result<String, Fault> {
    // Nothing but ASCII, which needs no code.
    if code.is_empty() || (code.len() > 1 && code.ends_with('-')) {
        return Err(Fault::InvalidAce);
    }
    let label = punycode::decode_to_string(code).ok_or(Fault::Punycode)?;
    let is_normal = adapter.normalize_validate(label.chars()).eq(label.chars());
    if is_normal { Ok(label) } else { Err(Fault::InvalidAce) }
}

fn check(adapter: &Adapter, label: &str, faults: &mut Faults) {
    let Some(first) = label.chars().next() else {
        faults.insert(Fault::EmptyLabel);
        return;
    };
    // The library counts in UTF-16.
    let third_and_fourth = label.encode_utf16().skip(2).take(2);
    let checks = [
        (Fault::LeadingHyphen, first == '-'),
        (Fault::TrailingHyphen, label.ends_with('-')),
        (Fault::Hyphen34, third_and_fourth.eq("--".encode_utf16())),
        (Fault::LeadingMark, adapter.is_mark(first)),
        (Fault::Disallowed, label.contains(char::REPLACEMENT_CHARACTER)),
        (Fault::DotInLabel, label.contains('.')),
    ];
    faults.extend(checks.iter().filter(|(_, is_there)| *is_there).map(|(fault, _)| *fault));
}
