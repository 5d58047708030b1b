//! `cidr:` tables, and the network patterns that match lists use.

use crate::syntax::{is_space, trim, trim_end, trim_start};
use crate::{Flags, LogicalLine, LookupError, Owner, Table, file_values, log_lines};
use bstr::ByteSlice;
use std::net::IpAddr;

/// A network: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// How many bits an address of this family has.
fn width(address: IpAddr) -> u32 {
    if address.is_ipv6() { 128 } else { 32 }
}

/// The address with all but its leading bits cleared.
fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(32 - bits).unwrap_or(0)).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(128 - bits).unwrap_or(0)).into()),
    }
}

/// An address of the family that its text looks like.
pub fn parse_address(text: &[u8]) -> Option<IpAddr> {
    text.to_str().ok()?.parse().ok()
}

impl Network {
    /// Parses `address`, `address/bits`, `[address]` or `[address]/bits`. The error is Postfix's text.
    pub fn parse(pattern: &[u8]) -> Result<Network, String> {
        let (address, mask) = split_pattern(pattern)?;
        let shown = log::bytes(address);
        let Some(mask) = mask else {
            let address =
                parse_address(address).ok_or_else(|| format!("bad address pattern: \"{shown}\""))?;
            return Ok(Network { address, bits: width(address) });
        };
        let shown_mask = log::bytes(mask);
        let complain = |what: &str| Err(format!("{what} in \"{shown}/{shown_mask}\""));
        if mask.is_empty() || !mask.iter().all(u8::is_ascii_digit) {
            return complain("bad mask value");
        }
        let bits = mask.to_str().ok().and_then(|digits| digits.parse::<u32>().ok());
        let limit = if address.contains(&b':') { 128 } else { 32 };
        let Some(bits) = bits.filter(|&bits| bits <= limit) else {
            return complain("bad mask length");
        };
        let Some(address) = parse_address(address) else {
            return complain("bad network value");
        };
        let network = masked(address, bits);
        if network != address {
            return Err(format!(
                "non-null host address bits in \"{shown}/{shown_mask}\", perhaps you should use \"{network}/{bits}\" instead"
            ));
        }
        Ok(Network { address, bits })
    }

    /// Whether an address is in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv6() == self.address.is_ipv6() && masked(address, self.bits) == self.address
    }
}

/// The address and the mask of a pattern, without brackets.
fn split_pattern(pattern: &[u8]) -> Result<(&[u8], Option<&[u8]>), String> {
    let Some(inside) = pattern.strip_prefix(b"[") else {
        return Ok(match pattern.split_once_str("/") {
            Some((address, mask)) => (address, Some(mask)),
            None => (pattern, None),
        });
    };
    let Some((address, behind)) = inside.split_once_str("]") else {
        return Err(format!("missing ']' character after \"[{}\"", log::bytes(inside)));
    };
    match behind.first() {
        None => Ok(match address.split_once_str("/") {
            Some((address, mask)) => (address, Some(mask)),
            None => (address, None),
        }),
        Some(b'/') => Ok((address, Some(&behind[1..]))),
        Some(_) => Err(format!("garbage after \"[{}]\"", log::bytes(address))),
    }
}

enum Rule {
    Match { network: Network, positive: bool, value: Vec<u8> },
    If { network: Network, positive: bool, line: usize, skip_to: usize },
    EndIf,
}

/// An open `cidr:` table.
pub(crate) struct CidrTable {
    name: String,
    flags: Flags,
    owner: Owner,
    rules: Vec<Rule>,
}

impl CidrTable {
    /// Parses the rules. Gives the table and how many rules were left out.
    pub(crate) fn parse(
        name: &str,
        flags: Flags,
        owner: Owner,
        lines: impl Iterator<Item = LogicalLine>,
    ) -> (CidrTable, usize) {
        let mut rules: Vec<Rule> = Vec::new();
        let mut open_ifs: Vec<usize> = Vec::new();
        let mut left_out = 0;
        for LogicalLine { text, first } in lines {
            let rule = match parse_rule(&text, first, flags, !open_ifs.is_empty()) {
                Ok(rule) => rule,
                Err(why) => {
                    log_lines::pattern_rule("cidr", name, first, &format!("{why}: skipping this rule"));
                    left_out += 1;
                    continue;
                }
            };
            match rule {
                Rule::If { .. } => open_ifs.push(rules.len()),
                Rule::EndIf => {
                    let end = rules.len();
                    if let Some(Rule::If { skip_to, .. }) = open_ifs.pop().and_then(|at| rules.get_mut(at)) {
                        *skip_to = end;
                    }
                }
                Rule::Match { .. } => {}
            }
            rules.push(rule);
        }
        for at in open_ifs.iter().rev() {
            if let Some(Rule::If { line, .. }) = rules.get(*at) {
                log_lines::pattern_rule("cidr", name, *line, "IF has no matching ENDIF");
            }
        }
        (CidrTable { name: name.to_owned(), flags: flags | Flags::PATTERN, owner, rules }, left_out)
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

fn parse_rule(text: &[u8], line: usize, flags: Flags, in_if: bool) -> Result<Rule, String> {
    let no_pattern = || "no address pattern".to_owned();
    if starts_with_word(text, "if") {
        let (positive, pattern) = negations(&text[2..]);
        if pattern.is_empty() {
            return Err(no_pattern());
        }
        let network = Network::parse(trim_end(pattern))?;
        return Ok(Rule::If { network, positive, line, skip_to: usize::MAX });
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
        file_values::read_base64(value)?
    } else {
        value.to_vec()
    };
    Ok(Rule::Match { network, positive, value })
}

impl Table for CidrTable {
    fn kind(&self) -> &str {
        "cidr"
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn owner(&self) -> Owner {
        self.owner
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let Some(address) = parse_address(key) else {
            return Ok(None);
        };
        // A negated pattern matches only addresses of its own family.
        let holds = |network: &Network, positive: bool| {
            network.address.is_ipv6() == address.is_ipv6() && network.contains(address) == positive
        };
        let mut at = 0;
        while let Some(rule) = self.rules.get(at) {
            match rule {
                Rule::Match { network, positive, value } if holds(network, *positive) => {
                    return Ok(Some(value.clone()));
                }
                Rule::If { network, positive, skip_to, .. } if !holds(network, *positive) => {
                    at = *skip_to;
                    continue;
                }
                _ => at += 1,
            }
        }
        Ok(None)
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
}
