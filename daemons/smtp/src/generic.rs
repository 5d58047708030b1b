//! One-to-one address mapping on the way out (smtp_generic_maps).

use address::{Address, AddressList};
use mime::header::{Addresses, Info};
use tables::{AddressSearch, Maps, QueryForm, Strategy};

use crate::log_lines;

/// A table that could not be read; displays as the fatal log line. Mail must not go out with addresses of the inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    map: String,
    address: String,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} map lookup problem for {}", self.map, self.address)
    }
}

impl std::error::Error for Unreadable {}

impl From<Unreadable> for delivery::Fatal {
    fn from(unreadable: Unreadable) -> delivery::Fatal {
        delivery::Fatal(unreadable.to_string())
    }
}

/// The tables, and how addresses are looked up in them.
pub(crate) struct Generic {
    maps: Maps,
    search: AddressSearch,
    propagate_extension: bool,
    origin: String,
}

impl Generic {
    /// With `origin` (myorigin) for results without a domain.
    pub(crate) fn new(maps: Maps, search: AddressSearch, propagate_extension: bool, origin: &str) -> Generic {
        Generic { maps, search, propagate_extension, origin: origin.to_owned() }
    }

    /// The mapped form of an address in internal form; none if it stays as it is.
    pub(crate) fn map(&self, internal: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
        if internal.is_empty() {
            return Ok(None);
        }
        let shown = || String::from_utf8_lossy(internal).into_owned();
        let unreadable = || Unreadable { map: self.maps.title().to_owned(), address: shown() };
        let found = self.search.find(&self.maps, internal, QueryForm::ExternalFirst, Strategy::DEFAULT);
        let Some(hit) = found.map_err(|_| unreadable())? else { return Ok(None) };
        let list = AddressList::parse(&hit.value, 0);
        let mut results = list.addresses().map(Address::internalize);
        let Some(mut result) = results.next() else {
            log_lines::no_address(self.maps.title(), &shown(), &String::from_utf8_lossy(&hit.value));
            return Err(unreadable());
        };
        if results.next().is_some() {
            log_lines::multi_valued(self.maps.title(), &shown());
        }
        // `@domain` keeps the local part.
        if result.first() == Some(&b'@') {
            let (local, _) = address::split_at(internal);
            result.splice(0..0, local.iter().copied());
        }
        if address::split_at(&result).1.is_none() {
            result.push(b'@');
            result.extend_from_slice(self.origin.as_bytes());
        }
        if self.propagate_extension
            && let Some(extension) = &hit.extension
        {
            let at = address::split_at(&result).0.len();
            result.splice(at..at, extension.iter().copied());
        }
        Ok((result != internal).then_some(result))
    }

    /// A header's text with its addresses mapped; none if it stays as it is. Lines are separated by line feeds, and
    /// continued lines of a changed header begin with a tab.
    pub(crate) fn map_header(&self, info: &Info, text: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
        if info.addresses == Addresses::None {
            return Ok(None);
        }
        let (name, value) = (text.get(..info.name_length), text.get(info.name_length + 1..));
        let (Some(name), Some(value)) = (name, value) else { return Ok(None) };
        let mut list = AddressList::parse(value, 0);
        let mut changed = false;
        for address in list.addresses_mut() {
            if let Some(mapped) = self.map(&address.internalize())? {
                *address = Address::scan(&address::quote_822(&mapped));
                changed = true;
            }
        }
        if !changed {
            return Ok(None);
        }
        let whole = [name, b": ", &list.to_header_text(|_| {})].concat();
        Ok(Some(fold(&whole)))
    }
}

/// Longest line before an address goes onto the next one.
const FOLD_WIDTH: usize = 70;

/// Puts as many addresses on a line as fit; there is a line feed after each one before.
fn fold(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    let mut width = 0;
    for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if number > 0 && width + 1 + line.len() < FOLD_WIDTH {
            out.push(b' ');
            width += 1 + line.len();
        } else {
            if number > 0 {
                out.push(b'\n');
                if !matches!(line.first(), Some(b' ' | b'\t')) {
                    out.push(b'\t');
                }
            }
            width = line.len();
        }
        out.extend_from_slice(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_order_and_width() {
        let text = b"To: a@example.com,\nb@example.com,\na.very.long.address.indeed@some.example.com,\nc@d";
        let folded = String::from_utf8(fold(text)).unwrap();
        assert_eq!(
            folded,
            "To: a@example.com, b@example.com,\n\ta.very.long.address.indeed@some.example.com, c@d"
        );
    }
}
