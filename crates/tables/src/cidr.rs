//! `cidr:` tables, and the network patterns that match lists use.
//!
//! Rules are not walked through for each key: `if` blocks, negation and order are worked out when the table is read, see
//! `first_match.rs`.

use crate::first_match::{FirstMatch, Number, Span};
use crate::syntax::{is_space, trim, trim_end, trim_start, wrapping_number};
use crate::{About, Flags, LogicalLines, LookupError, Name, Owner, Table, file_values, log_lines};
use bstr::ByteSlice;
use std::borrow::Cow;
use std::io::BufRead;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::{BitAnd, BitOr, Not};

/// A network: the addresses of a family that start with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(Addresses);

/// Addresses of a family as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Addresses {
    V4(Span<u32>),
    V6(Span<u128>),
}

impl Addresses {
    /// All that have the leading bits of this one.
    fn like(address: IpAddr, bits: u32) -> Addresses {
        match address {
            IpAddr::V4(v4) => Addresses::V4(block(v4.to_bits(), u32::MAX.checked_shr(bits).unwrap_or(0))),
            IpAddr::V6(v6) => Addresses::V6(block(v6.to_bits(), u128::MAX.checked_shr(bits).unwrap_or(0))),
        }
    }

    fn first(self) -> IpAddr {
        match self {
            Addresses::V4(Span { first, .. }) => Ipv4Addr::from_bits(first).into(),
            Addresses::V6(Span { first, .. }) => Ipv6Addr::from_bits(first).into(),
        }
    }
}

/// The numbers that differ from this one in none but these bits.
fn block<N>(number: N, bits: N) -> Span<N>
where
    N: Copy + BitAnd<Output = N> + BitOr<Output = N> + Not<Output = N>,
{
    Span { first: number & !bits, last: number | bits }
}

/// An address of the family that its text looks like.
pub fn parse_address(text: &[u8]) -> Option<IpAddr> {
    text.to_str().ok()?.parse().ok()
}

/// An address as inet_ntop(3) of the GNU library writes it: an IPv4 address in IPv6's first 2^32 has dots.
fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V6(v6) if (0x10000..=u128::from(u32::MAX)).contains(&v6.to_bits()) => {
            format!("::{}", Ipv4Addr::from_bits(v6.to_bits() as u32))
        }
        other => other.to_string(),
    }
}

impl Network {
    /// Parses `address`, `address/bits`, `[address]` or `[address]/bits`. The error is Postfix's text.
    pub fn parse(pattern: &[u8]) -> Result<Network, String> {
        let (address, mask) = split_pattern(pattern)?;
        let shown = log::bytes(address);
        let Some(mask) = mask else {
            let address =
                parse_address(address).ok_or_else(|| format!("bad address pattern: \"{shown}\""))?;
            return Ok(Network(Addresses::like(address, 128)));
        };
        let shown_mask = log::bytes(mask);
        let complain = |what: &str| Err(format!("{what} in \"{shown}/{shown_mask}\""));
        if mask.is_empty() || !mask.iter().all(u8::is_ascii_digit) {
            return complain("bad mask value");
        }
        // The reference keeps the length in a byte.
        let bits = u32::from(wrapping_number(mask) as u8);
        let limit = if address.contains(&b':') { 128 } else { 32 };
        if bits > limit {
            return complain("bad mask length");
        }
        let Some(address) = parse_address(address) else {
            return complain("bad network value");
        };
        let addresses = Addresses::like(address, bits);
        let first = addresses.first();
        if first != address {
            return Err(format!(
                "non-null host address bits in \"{shown}/{shown_mask}\", perhaps you should use \"{}/{bits}\" instead",
                address_text(first)
            ));
        }
        Ok(Network(addresses))
    }

    /// Whether an address is in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.0, address) {
            (Addresses::V4(span), IpAddr::V4(v4)) => span.contains(v4.to_bits()),
            (Addresses::V6(span), IpAddr::V6(v6)) => span.contains(v6.to_bits()),
            _ => false,
        }
    }
}

/// The address and the mask of a pattern, without brackets.
fn split_pattern(pattern: &[u8]) -> Result<(&[u8], Option<&[u8]>), String> {
    let Some(inside) = pattern.strip_prefix(b"[") else {
        return Ok(split_mask(pattern));
    };
    let Some((address, behind)) = inside.split_once_str("]") else {
        return Err(format!("missing ']' character after \"[{}\"", log::bytes(inside)));
    };
    match behind.split_first() {
        None => Ok(split_mask(address)),
        Some((b'/', mask)) => Ok((address, Some(mask))),
        Some(_) => Err(format!("garbage after \"[{}]\"", log::bytes(address))),
    }
}

fn split_mask(pattern: &[u8]) -> (&[u8], Option<&[u8]>) {
    match pattern.find_byte(b'/') {
        Some(at) => (&pattern[..at], Some(&pattern[at + 1..])),
        None => (pattern, None),
    }
}

/// What a line of a table says.
enum Rule<'t> {
    Match { network: Network, positive: bool, value: Cow<'t, [u8]> },
    If { network: Network, positive: bool },
    EndIf,
}

/// A set of addresses: disjoint ranges of the numbers that addresses of each family are.
#[derive(Clone)]
struct Region {
    v4: Vec<Span<u32>>,
    v6: Vec<Span<u128>>,
}

/// Takes the numbers of these ranges that are in the network, or those that are not.
fn narrow<N: Number>(ranges: &[Span<N>], network: Span<N>, positive: bool, mut take: impl FnMut(Span<N>)) {
    let wanted = if positive { [Some(network), None] } else { network.around() };
    for wanted in wanted.into_iter().flatten() {
        ranges.iter().filter_map(|range| range.intersection(wanted)).for_each(&mut take);
    }
}

impl Region {
    fn everything() -> Region {
        Region { v4: vec![Span::EVERYTHING], v6: vec![Span::EVERYTHING] }
    }

    /// The addresses of this set that are in the network, or that are not but have its family: a negated pattern
    /// matches no address of the other family.
    fn narrowed(&self, network: &Network, positive: bool) -> Region {
        let mut narrowed = Region { v4: Vec::new(), v6: Vec::new() };
        match network.0 {
            Addresses::V4(span) => narrow(&self.v4, span, positive, |span| narrowed.v4.push(span)),
            Addresses::V6(span) => narrow(&self.v6, span, positive, |span| narrowed.v6.push(span)),
        }
        narrowed
    }
}

/// The results of all rules, one behind the other: tables are large, and most results are short.
#[derive(Default)]
struct Results {
    bytes: Vec<u8>,
    /// Where each one ends.
    ends: Vec<usize>,
}

impl Results {
    /// Adds one; gives its index.
    fn push(&mut self, result: &[u8]) -> u32 {
        let index = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(result);
        self.ends.push(self.bytes.len());
        index
    }

    fn get(&self, index: u32) -> Option<&[u8]> {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.bytes.get(start..*self.ends.get(index)?)
    }
}

/// An open `cidr:` table.
pub(crate) struct CidrTable {
    about: About,
    results: Results,
    v4: FirstMatch<u32>,
    v6: FirstMatch<u128>,
}

/// Rules as they are read.
struct Builder {
    results: Results,
    v4: Vec<(Span<u32>, u32)>,
    v6: Vec<(Span<u128>, u32)>,
    /// Open `if`s: the line, and where the rules inside can match.
    open_ifs: Vec<(usize, Region)>,
    everything: Region,
}

impl Builder {
    fn add(&mut self, rule: Rule<'_>, line: usize) {
        let here = self.open_ifs.last().map_or(&self.everything, |(_, region)| region);
        match rule {
            Rule::Match { network, positive, value } => {
                let index = self.results.push(&value);
                match network.0 {
                    Addresses::V4(span) => {
                        narrow(&here.v4, span, positive, |span| self.v4.push((span, index)))
                    }
                    Addresses::V6(span) => {
                        narrow(&here.v6, span, positive, |span| self.v6.push((span, index)))
                    }
                }
            }
            Rule::If { network, positive } => {
                let region = here.narrowed(&network, positive);
                self.open_ifs.push((line, region));
            }
            Rule::EndIf => {
                self.open_ifs.pop();
            }
        }
    }
}

impl CidrTable {
    /// Parses the rules. Gives the table and how many rules were left out.
    pub(crate) fn parse(
        name: &Name,
        flags: Flags,
        owner: Owner,
        lines: &mut LogicalLines<'_, impl BufRead>,
    ) -> (CidrTable, usize) {
        let mut builder = Builder {
            results: Results::default(),
            v4: Vec::new(),
            v6: Vec::new(),
            open_ifs: Vec::new(),
            everything: Region::everything(),
        };
        let mut left_out = 0;
        while let Some((line, text)) = lines.read() {
            match parse_rule(text, flags, !builder.open_ifs.is_empty()) {
                Ok(rule) => builder.add(rule, line),
                Err(why) => {
                    log_lines::pattern_rule("cidr", name, line, &format!("{why}: skipping this rule"));
                    left_out += 1;
                }
            }
        }
        for (line, _) in builder.open_ifs.iter().rev() {
            log_lines::pattern_rule("cidr", name, *line, "IF has no matching ENDIF");
        }
        let table = CidrTable {
            about: About::new("cidr", name, flags | Flags::PATTERN, owner),
            results: builder.results,
            v4: FirstMatch::new(builder.v4),
            v6: FirstMatch::new(builder.v6),
        };
        (table, left_out)
    }
}

/// Takes `!` and white space off the front; gives whether the number of `!` was even.
fn negations(mut text: &[u8]) -> (bool, &[u8]) {
    let mut positive = true;
    while let Some((&byte, rest)) = text.split_first() {
        match byte {
            b'!' => positive = !positive,
            _ if is_space(byte) => {}
            _ => break,
        }
        text = rest;
    }
    (positive, text)
}

fn starts_with_word(text: &[u8], word: &str) -> bool {
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
        && !text.get(word.len()).is_some_and(u8::is_ascii_alphanumeric)
}

fn parse_rule(text: &[u8], flags: Flags, in_if: bool) -> Result<Rule<'_>, String> {
    let no_pattern = || "no address pattern".to_owned();
    if starts_with_word(text, "if") {
        let (positive, pattern) = negations(&text[2..]);
        if pattern.is_empty() {
            return Err(no_pattern());
        }
        let network = Network::parse(trim_end(pattern))?;
        return Ok(Rule::If { network, positive });
    }
    if starts_with_word(text, "endif") {
        if !trim_start(&text[5..]).is_empty() {
            return Err("garbage after ENDIF".to_owned());
        }
        if !in_if {
            return Err("ENDIF without IF".to_owned());
        }
        return Ok(Rule::EndIf);
    }
    let (positive, rest) = negations(text);
    let end = rest.iter().position(|&byte| is_space(byte)).unwrap_or(rest.len());
    let (pattern, value) = (&rest[..end], trim(&rest[end..]));
    if pattern.is_empty() {
        return Err(no_pattern());
    }
    let network = Network::parse(pattern)?;
    if value.is_empty() {
        return Err("no lookup result".to_owned());
    }
    let value = if flags.contains(Flags::SRC_RHS_IS_FILE) {
        Cow::Owned(file_values::read_base64(value)?)
    } else {
        Cow::Borrowed(value)
    };
    Ok(Rule::Match { network, positive, value })
}

impl Table for CidrTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let Some(address) = parse_address(key) else {
            return Ok(None);
        };
        let rule = match address {
            IpAddr::V4(v4) => self.v4.find(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.find(v6.to_bits()),
        };
        Ok(rule.and_then(|rule| self.results.get(rule)).map(<[u8]>::to_vec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(pattern: &str) -> String {
        Network::parse(pattern.as_bytes()).unwrap_err()
    }

    /// Texts of postmap 3.11.
    #[test]
    fn mistakes() {
        assert_eq!(error("1.2.3"), "bad address pattern: \"1.2.3\"");
        assert_eq!(error("1.2.3.4/x"), "bad mask value in \"1.2.3.4/x\"");
        assert_eq!(error("1.2.3.4/33"), "bad mask length in \"1.2.3.4/33\"");
        assert_eq!(error("1.2.3/24"), "bad network value in \"1.2.3/24\"");
        assert_eq!(
            error("1.2.3.4/24"),
            "non-null host address bits in \"1.2.3.4/24\", perhaps you should use \"1.2.3.0/24\" instead"
        );
        assert!(error("::10.0.0.1/127").ends_with("use \"::10.0.0.0/127\" instead"));
        assert_eq!(error("[::1"), "missing ']' character after \"[::1\"");
        assert_eq!(error("[::1]x"), "garbage after \"[::1]\"");
    }

    #[test]
    fn networks() {
        let contains = |pattern: &str, address: &str| {
            Network::parse(pattern.as_bytes()).unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("0.0.0.0/0", "1.2.3.4"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(contains("10.0.0.0/8", "10.2.3.4"));
        assert!(!contains("10.0.0.0/8", "11.2.3.4"));
        assert!(contains("[fe80::]/10", "fe80::1"));
        assert!(contains("[2001:db8::/32]", "2001:db8::1"));
        assert!(contains("1.2.3.4", "1.2.3.4"));
    }

    fn lookup(rules: &str, address: &str) -> Option<String> {
        let name = Name::from("t");
        let mut lines = LogicalLines::new(&name, rules.as_bytes());
        let (table, _) = CidrTable::parse(&name, Flags::NONE, Owner::Trusted, &mut lines);
        table.lookup(address.as_bytes()).unwrap().map(|value| String::from_utf8(value).unwrap())
    }

    /// By experiment with postmap 3.11.
    #[test]
    fn the_first_rule_that_holds_counts() {
        let rules = "10.1.0.0/16 a\n10.0.0.0/8 b\n10.1.2.0/24 never\nif !192.0.2.0/24\n!172.16.0.0/12 c\n::/0 never\nendif\n0.0.0.0/0 d\n";
        assert_eq!(lookup(rules, "10.1.2.3").as_deref(), Some("a"));
        assert_eq!(lookup(rules, "10.2.2.3").as_deref(), Some("b"));
        assert_eq!(lookup(rules, "1.2.3.4").as_deref(), Some("c"));
        assert_eq!(lookup(rules, "192.0.2.1").as_deref(), Some("d"));
        assert_eq!(lookup(rules, "172.16.0.1").as_deref(), Some("d"));
        assert_eq!(lookup(rules, "::1"), None);
        assert_eq!(lookup("if ::/1\n!2001:db8::/32 x\n", "1::").as_deref(), Some("x"));
    }
}
