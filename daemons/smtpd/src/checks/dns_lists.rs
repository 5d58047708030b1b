//! DNS allow and deny lists: by client address, and by domain.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bstr::ByteSlice;
use dns::{Data, ErrorKind, RecordType};
use smtp::dsn;
use tables::Name;

use super::hosts::ascii_domain;
use super::refuse::{fit_status, rejected};
use super::restriction::{Keyword, Subject};
use super::state::{Outcome, Refusal, Verdict};
use crate::client::UNKNOWN;
use crate::errors::ErrorClasses;
use crate::log_lines;
use crate::lookup::Part;
use crate::session::Session;
use crate::verb::{Stage, Verb};

/// How many answers are remembered.
const CACHE_SIZE: usize = 100;

/// How long an answer is remembered.
const CACHE_TIME: Duration = Duration::from_secs(60);

/// No more of a list's text is told.
const TEXT_LIMIT: usize = 500;

/// What a list says about something that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listing {
    addresses: Vec<Ipv4Addr>,
    text: String,
}

/// What came out of a look-up in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Listed {
    Yes(Rc<Listing>),
    No,
    /// The list did not answer.
    Unknown,
}

/// Answers of lists that are asked for again and again.
#[derive(Debug, Default)]
pub struct DnsListCache(RefCell<HashMap<String, (Instant, Listed)>>);

impl DnsListCache {
    fn recall(&self, query: &str) -> Option<Listed> {
        let cache = self.0.borrow();
        cache.get(query).filter(|(since, _)| since.elapsed() < CACHE_TIME).map(|(_, listed)| listed.clone())
    }

    fn keep(&self, query: String, listed: Listed) {
        let mut cache = self.0.borrow_mut();
        if cache.len() >= CACHE_SIZE {
            cache.retain(|_, (since, _)| since.elapsed() < CACHE_TIME);
        }
        if cache.len() >= CACHE_SIZE {
            cache.clear();
        }
        cache.insert(query, (Instant::now(), listed));
    }
}

impl Session {
    /// Evaluates a restriction with a list. `list` is the domain, perhaps with `=pattern` of the answers that count.
    pub(super) async fn dns_list(&mut self, keyword: Keyword, word: &str, list: &Name) -> Outcome {
        let (subject, by_address) = match keyword {
            Keyword::RejectRbl | Keyword::PermitDnswl => (Subject::Client, true),
            Keyword::RejectRhsbl(subject) => (subject, false),
            _ => (Subject::Client, false),
        };
        let permits = matches!(keyword, Keyword::PermitDnswl | Keyword::PermitRhswl);
        let Some(what) = self.listed_subject(subject, by_address) else { return Ok(Verdict::Dunno) };
        if permits && self.stage == Stage::Command(Verb::Rcpt) {
            let recipient = self.mail.recipient.clone();
            if let Some(recipient) = recipient
                && !self.is_auth_destination(&recipient).await?
            {
                return Ok(Verdict::Dunno);
            }
        }
        // Nobody has a host name that is not text.
        let Ok(list) = list.to_str() else { return Ok(Verdict::Dunno) };
        let (domain, pattern) =
            list.split_once('=').map_or((list, None), |(domain, rest)| (domain, Some(rest)));
        let query = if by_address { address_query(&what, domain) } else { domain_query(&what, domain) };
        let Some(query) = query else { return Ok(Verdict::Dunno) };
        let listed = self.ask_list(query).await;
        match (listed, permits) {
            (Listed::Yes(listing), _) if !counts(&listing, pattern) => Ok(Verdict::Dunno),
            (Listed::Yes(_), true) => {
                let name = self.client.name_address.clone();
                self.permit(word, Subject::Client, name.as_bytes(), "")
            }
            (Listed::Yes(listing), false) => self.refuse_listed(&listing, list, domain, &what, subject).await,
            (Listed::Unknown, true) => {
                let text = rejected(&what, subject, b"Service unavailable");
                let status = b"4.7.1".to_vec();
                let class = ErrorClasses::POLICY;
                self.checks.defer_if_reject.set(Refusal { class, code: 450, status, text });
                Ok(Verdict::Dunno)
            }
            _ => Ok(Verdict::Dunno),
        }
    }

    /// What is looked for in the list.
    fn listed_subject(&self, subject: Subject, by_address: bool) -> Option<Vec<u8>> {
        let known = |name: &str| (!name.eq_ignore_ascii_case(UNKNOWN)).then(|| name.as_bytes().to_vec());
        match subject {
            Subject::Client if by_address => Some(self.client.address.clone().into_bytes()),
            Subject::Client => known(&self.client.name),
            Subject::ReverseClient => known(&self.client.reverse_name),
            Subject::Helo => self.helo_name.clone(),
            subject => self.address_of(subject),
        }
    }

    async fn ask_list(&self, query: String) -> Listed {
        if let Some(known) = self.server.dns_lists.recall(&query) {
            return known;
        }
        let resolver = &self.server.resolver;
        let listed = match resolver.lookup(&query, RecordType::A).await {
            Ok(records) => {
                let addresses = records
                    .iter()
                    .filter_map(|record| match record.data {
                        Data::Address(std::net::IpAddr::V4(ip)) => Some(ip),
                        _ => None,
                    })
                    .collect();
                let text = match resolver.lookup(&query, RecordType::Txt).await {
                    Ok(records) => joined_text(&records),
                    Err(error) => {
                        if error.kind == ErrorKind::Policy {
                            log_lines::restriction_fault(&format!(
                                "{query}: TXT lookup error: DNS reply filter drops all results"
                            ));
                        }
                        String::new()
                    }
                };
                Listed::Yes(Rc::new(Listing { addresses, text }))
            }
            Err(error) if matches!(error.kind, ErrorKind::NotFound) => Listed::No,
            Err(error) => {
                log_lines::restriction_fault(&format!("{query}: RBL lookup error: {}", error.text));
                Listed::Unknown
            }
        };
        self.server.dns_lists.keep(query, listed.clone());
        listed
    }

    async fn refuse_listed(
        &mut self,
        listing: &Listing,
        list: &str,
        domain: &str,
        what: &[u8],
        subject: Subject,
    ) -> Outcome {
        let server = self.server.clone();
        let mut template = None;
        for key in [list, domain] {
            match server.tables.rbl_reply.find(key.as_bytes(), Part::Whole).await {
                Ok(Some(text)) => {
                    template = Some(text);
                    break;
                }
                Ok(None) => {}
                Err(_) => return Err(self.server_error()),
            }
        }
        let code = server.settings.codes.rbl;
        let values = |name: &str| match name {
            "rbl_code" => Some(code.to_string().into_bytes()),
            "rbl_domain" => Some(domain.as_bytes().to_vec()),
            "rbl_reason" | "rbl_txt" => Some(listing.text.clone().into_bytes()),
            "rbl_what" => Some(what.to_vec()),
            "rbl_class" => Some(subject.name().as_bytes().to_vec()),
            _ => None,
        };
        let expanded = match &template {
            Some(template) => self.expand(template, values).or_else(|| {
                let template = log::bytes(template);
                log_lines::restriction_fault(&format!(
                    "rbl_reject_reply: bad rbl reply template for domain {list}: {template}"
                ));
                self.expand(&server.settings.rbl_reply, values)
            }),
            None => self.expand(&server.settings.rbl_reply, values),
        };
        let text = expanded.unwrap_or_default();
        let Some((code, rest)) = reply_code(&text) else {
            let shown = log::printable(&text);
            log_lines::restriction_fault(&format!("rbl response code configuration error: {shown}"));
            return Ok(self.refuse_policy(450, "4.7.1", b"Service unavailable".to_vec()));
        };
        let (status, why) = dsn::split(b"4.7.1", rest);
        let status = fit_status(&String::from_utf8_lossy(status), subject);
        let why = if why.is_empty() { b"Service unavailable" } else { why };
        Ok(self.refuse_policy(code, &status, why.to_vec()))
    }
}

fn reply_code(text: &[u8]) -> Option<(u16, &[u8])> {
    let (code, rest) = text.split_at_checked(3)?;
    let rest = rest.strip_prefix(b" ")?;
    let code = std::str::from_utf8(code).ok().filter(|code| code.starts_with(['4', '5']))?.parse().ok()?;
    Some((code, rest))
}

fn joined_text(records: &[dns::Record]) -> String {
    let texts = records.iter().filter_map(|record| match &record.data {
        Data::Txt(text) => Some(text.as_str()),
        _ => None,
    });
    let mut joined = texts.collect::<Vec<_>>().join(" / ");
    let end = (0..=TEXT_LIMIT).rev().find(|&end| joined.is_char_boundary(end)).unwrap_or(0);
    joined.truncate(end);
    joined
}

/// The name to ask for about an address.
fn address_query(address: &[u8], domain: &str) -> Option<String> {
    let text = std::str::from_utf8(address).ok()?;
    let mut query = String::new();
    match text.parse().ok()? {
        std::net::IpAddr::V4(ip) => {
            for octet in ip.octets().iter().rev() {
                query.push_str(&format!("{octet}."));
            }
        }
        std::net::IpAddr::V6(ip) => {
            for octet in ip.octets().iter().rev() {
                query.push_str(&format!("{:x}.{:x}.", octet & 15, octet >> 4));
            }
        }
    }
    Some(query + domain)
}

/// The name to ask for about a domain, or an address's domain. Numerical domains are in no list.
fn domain_query(what: &[u8], list: &str) -> Option<String> {
    let (local, domain) = address::split_at(what);
    let domain = match domain {
        Some(domain) if domain.starts_with(b"[") => return None,
        Some(domain) => domain,
        None => local,
    };
    let last = domain.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    if domain.is_empty() || smtp::token::is_number(last) {
        return None;
    }
    let domain = ascii_domain(domain);
    hosts::is_hostname(domain.as_bytes()).then(|| format!("{domain}.{list}"))
}

/// Whether one of the list's answers is of those that count.
fn counts(listing: &Listing, pattern: Option<&str>) -> bool {
    let Some(pattern) = pattern else { return true };
    let Some(fields) = fields(pattern) else {
        log_lines::restriction_fault(&format!("RBL reply error: {pattern}"));
        return false;
    };
    listing.addresses.iter().any(|ip| {
        let octets = ip.octets();
        fields.len() == octets.len()
            && fields.iter().zip(octets).all(|(field, octet)| field_has(field, octet))
    })
}

/// The four fields of an address pattern: a number each, or `[1;3;5..7]`.
fn fields(pattern: &str) -> Option<Vec<&str>> {
    let mut fields = Vec::new();
    let mut rest = pattern;
    loop {
        let end = match rest.strip_prefix('[') {
            Some(inside) => inside.find(']')? + 2,
            None => rest.find('.').unwrap_or(rest.len()),
        };
        let (field, tail) = rest.split_at_checked(end)?;
        fields.push(field);
        if tail.is_empty() {
            return Some(fields);
        }
        rest = tail.strip_prefix('.')?;
    }
}

fn field_has(field: &str, octet: u8) -> bool {
    let choices = field.strip_prefix('[').and_then(|field| field.strip_suffix(']')).unwrap_or(field);
    choices.split(';').any(|choice| {
        let (low, high) = choice.split_once("..").unwrap_or((choice, choice));
        match (low.parse::<u8>(), high.parse::<u8>()) {
            (Ok(low), Ok(high)) => (low..=high).contains(&octet),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        assert_eq!(address_query(b"192.0.2.1", "list.example").as_deref(), Some("1.2.0.192.list.example"));
        let query = address_query(b"2001:db8::1", "l").unwrap();
        assert!(query.starts_with("1.0.0.0.") && query.ends_with("8.b.d.0.1.0.0.2.l"));
        assert_eq!(address_query(b"unknown", "l"), None);
        assert_eq!(domain_query(b"a@example.com", "l").as_deref(), Some("example.com.l"));
        assert_eq!(domain_query(b"a@[192.0.2.1]", "l"), None);
        assert_eq!(domain_query(b"192.0.2.1", "l"), None);
    }

    #[test]
    fn patterns() {
        let listing = Listing { addresses: vec!["127.0.0.4".parse().unwrap()], text: String::new() };
        assert!(counts(&listing, None));
        assert!(counts(&listing, Some("127.0.0.4")));
        assert!(counts(&listing, Some("127.0.0.[1;3..5]")));
        assert!(!counts(&listing, Some("127.0.0.[1;3]")));
        assert!(!counts(&listing, Some("127.0.[0.4]")));
        assert!(!counts(&listing, Some("nonsense")));
    }
}
