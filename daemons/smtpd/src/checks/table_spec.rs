//! How a restriction list names a table: `type:name`, or `{ type:name, { search_order = .. } }`, which
//! `check_ccert_access` understands.

use config::braces;
use tables::{Name, list_items};

use crate::log_lines;

/// What a table may be searched for.
const SEARCH_TYPES: [&[u8]; 4] = [b"cert_fingerprint", b"pubkey_fingerprint", b"issuer_cn", b"subject_cn"];

/// The table that a word of a restriction list names, for opening; `None` after a warning.
pub fn table_of(word: &Name) -> Option<Name> {
    let found = if word.starts_with(b"{") { in_braces(word) } else { Ok(word.clone()) };
    found.map_err(|warning| log_lines::restriction_fault(&warning)).ok()
}

fn in_braces(spec: &Name) -> Result<Name, String> {
    let inside = braces::payload(spec).map_err(|why| format!("malformed map specification: '{why}'"))?;
    let mut words = list_items(inside);
    let table = words.next().ok_or_else(|| format!("empty map specification: '{spec}'"))?;
    if !table.contains(&b':') {
        log_lines::restriction_fault(&format!("malformed map specification: '{spec}'"));
        return Err(format!("expected maptype:mapname instead of '{}'", log::bytes(table)));
    }
    let mut search_order: &[u8] = b"";
    for attribute in words {
        search_order = value_of(attribute, spec)?;
    }
    let is_known = |word: &[u8]| SEARCH_TYPES.iter().any(|known| known.eq_ignore_ascii_case(word));
    match list_items(search_order).find(|word| !is_known(word)) {
        Some(word) => Err(format!("unknown search type '{}' in '{spec}'", log::bytes(word))),
        None => Ok(table.into()),
    }
}

/// The value of the one attribute that there is.
fn value_of<'a>(attribute: &'a [u8], spec: &Name) -> Result<&'a [u8], String> {
    let pair = if attribute.starts_with(b"{") {
        braces::payload(attribute).map_err(|why| format!("malformed map attribute: {why}"))?
    } else {
        attribute
    };
    let (name, value) =
        config::split_pair(pair).map_err(|why| format!("malformed map attribute in '{spec}': '{why}'"))?;
    if name.eq_ignore_ascii_case(b"search_order") {
        Ok(value)
    } else {
        Err(format!("unknown map attribute in '{spec}': '{}'", log::bytes(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(word: &str) -> Option<String> {
        table_of(&Name::from(word.as_bytes())).map(|name| name.to_string())
    }

    #[test]
    fn the_table_stands_first() {
        assert_eq!(table("hash:/x").as_deref(), Some("hash:/x"));
        assert_eq!(table("{hash:/x}").as_deref(), Some("hash:/x"));
        assert_eq!(
            table("{ inline:{ a=b } , { search_order = cert_fingerprint } }").as_deref(),
            Some("inline:{ a=b }")
        );
        assert_eq!(table("{ hash:/x search_order= }").as_deref(), Some("hash:/x"));
    }

    #[test]
    fn mistakes_leave_no_table() {
        for word in
            ["{}", "{ hash }", "{hash:/x", "{hash:/x, a}", "{hash:/x, a=b}", "{hash:/x, {search_order=b}}"]
        {
            assert_eq!(table(word), None, "{word}");
        }
    }
}
