//! Where mail for a domain or host goes: its mail exchangers' addresses in the order to try them.
//!
//! The failures here carry the enhanced status code with which a message is deferred or bounced for them. A soft
//! failure outweighs hard ones: while one exchanger's address may yet be found, a message must not bounce.

use std::net::IpAddr;

use crate::error::{Error, ErrorKind, NativeErrorKind};
use crate::log_lines;
use crate::record::{Data, Record};
use crate::resolver::{Families, Resolver, Search};
use crate::{RecordType, error::NativeError};
use hosts::dns_name;

/// Which name services find the addresses of hosts (`smtp_host_lookup`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostLookup {
    /// DNS.
    pub dns: bool,
    /// The system's own: hosts file and DNS.
    pub native: bool,
}

/// Which address family goes first among hosts of equal preference (`smtp_address_preference`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// None.
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// How look-ups for deliveries are made: the settings of one SMTP client.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `inet_protocols`.
    pub families: Families,
    /// `smtp_host_lookup`.
    pub host_lookup: HostLookup,
    /// `smtp_dns_resolver_options`.
    pub search: Search,
    /// `smtp_address_preference`.
    pub preference: Preference,
    /// `smtp_randomize_addresses`.
    pub randomize: bool,
    /// `smtp_mx_address_limit`, if `smtp_balance_inet_protocols` is on; 0 for no limit.
    pub balance_limit: usize,
    /// `smtp_defer_if_no_mx_address_found`.
    pub defer_if_no_address: bool,
    /// `ignore_mx_lookup_error`.
    pub ignore_mx_lookup_error: bool,
    /// `ignore_srv_lookup_error`.
    pub ignore_srv_lookup_error: bool,
    /// `allow_srv_lookup_fallback`.
    pub allow_srv_fallback: bool,
}

/// One address to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The host's name as DNS gave it, or the numerical address.
    pub host: String,
    /// Its address.
    pub address: IpAddr,
    /// The port that an SRV record names.
    pub port: Option<u16>,
    /// MX preference; 0 for a host looked up without MX records.
    pub preference: u32,
}

/// Why there is no address to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Enhanced status code: soft (4.x.x) or hard (5.x.x).
    pub dsn: &'static str,
    /// What the log and notices say.
    pub text: String,
}

impl Problem {
    /// True if trying again later may help.
    pub fn is_soft(&self) -> bool {
        self.dsn.starts_with('4')
    }
}

/// What a look-up found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Addresses in the order to try them.
    pub targets: Vec<Target>,
    /// This system itself is one of the exchangers; hosts of its preference and worse were dropped.
    pub found_myself: bool,
    /// Why `targets` is empty.
    pub problem: Option<Problem>,
}

/// Looks up where mail goes. `is_own_address` says which addresses this mail system listens on (also through a
/// proxy); None where finding oneself is no error.
pub struct Exchanges<'a> {
    /// Whom to ask.
    pub resolver: &'a Resolver,
    /// How.
    pub settings: &'a Settings,
    /// What counts as this system itself.
    pub is_own_address: Option<&'a dyn Fn(IpAddr) -> bool>,
}

impl Exchanges<'_> {
    /// The exchangers of a mail domain; its own address where it has no MX records.
    pub async fn of_domain(&self, domain: &str) -> Found {
        let name = dns_name(domain);
        match self.resolver.lookup(&name, RecordType::Mx).await {
            Ok(records) => self.of_exchangers(domain, records).await,
            Err(error) => match error.kind {
                ErrorKind::NotFound => self.of_host(&name).await,
                ErrorKind::Retry | ErrorKind::Fail | ErrorKind::Invalid
                    if self.settings.ignore_mx_lookup_error =>
                {
                    self.of_host(&name).await
                }
                kind => failed(Problem { dsn: mx_status(kind), text: error.text }),
            },
        }
    }

    /// The addresses of a host, without looking for MX records.
    pub async fn of_host(&self, host: &str) -> Found {
        let name = dns_name(host);
        let mut search = HostSearch::default();
        self.add_host(&mut search, &name, 0, None).await;
        let mut targets = search.targets;
        if targets.is_empty() {
            return Found { problem: search.problem, ..Found::default() };
        }
        if targets.iter().any(|target| self.is_own(target)) {
            let text = format!("mail for {host} loops back to myself");
            return failed(Problem { dsn: "5.4.6", text });
        }
        self.order(&mut targets, self.settings.families == Families { v4: true, v6: true });
        Found { targets, ..Found::default() }
    }

    /// The hosts of a service by SRV records (`_service._tcp.domain`). `fall_back_to_mx` says what is looked up where
    /// there are none: exchangers, or the address of the domain itself.
    pub async fn of_service(&self, domain: &str, service: &str, fall_back_to_mx: bool) -> Found {
        let question = format!("_{service}._tcp.{domain}");
        let name = dns_name(&question);
        let mut may_fall_back = self.settings.allow_srv_fallback;
        let problem = match self.resolver.lookup(&name, RecordType::Srv).await {
            Ok(records) => return self.of_service_hosts(&question, records).await,
            Err(error) => {
                may_fall_back |= self.settings.ignore_srv_lookup_error
                    && matches!(error.kind, ErrorKind::Retry | ErrorKind::Fail | ErrorKind::Invalid);
                let dsn = if error.kind == ErrorKind::NotFound { "5.4.4" } else { mx_status(error.kind) };
                Problem { dsn, text: error.text }
            }
        };
        if !may_fall_back {
            return failed(problem);
        }
        log_lines::skipping_service(&question, &problem.text);
        if fall_back_to_mx { self.of_domain(domain).await } else { self.of_host(domain).await }
    }

    async fn of_exchangers(&self, domain: &str, records: Vec<Record>) -> Found {
        let mut exchangers: Vec<(u16, String)> = records
            .into_iter()
            .filter_map(|record| match record.data {
                Data::Mx { preference, host } => Some((preference, host)),
                _ => None,
            })
            .collect();
        exchangers.sort_by_key(|(preference, _)| *preference);
        let best = exchangers.first().map(|(preference, _)| u32::from(*preference));
        let mut search = HostSearch::default();
        for (preference, host) in &exchangers {
            self.add_host(&mut search, host, u32::from(*preference), None).await;
            if search.is_full() {
                break;
            }
        }
        if search.targets.is_empty() {
            log_lines::no_valid_exchanger(domain);
            return Found { problem: search.problem.map(|problem| self.soften(problem)), ..Found::default() };
        }
        let mut found = self.cut_at_myself(domain, best, search.targets);
        self.order(&mut found.targets, true);
        found
    }

    async fn of_service_hosts(&self, question: &str, records: Vec<Record>) -> Found {
        let hosts = order_services(records);
        let best = hosts.first().map(|host| u32::from(host.0));
        let mut search = HostSearch::default();
        for (priority, port, host) in &hosts {
            self.add_host(&mut search, host, u32::from(*priority), Some(*port)).await;
            if search.is_full() {
                break;
            }
        }
        if search.targets.is_empty() {
            log_lines::no_valid_service_host(question);
            return Found { problem: search.problem, ..Found::default() };
        }
        let mut found = self.cut_at_myself(question, best, search.targets);
        balance(&mut found.targets, self.settings.balance_limit);
        found
    }

    /// Drops this system's own exchanger and all that are not preferred to it: mail must only travel towards more
    /// preferred hosts.
    fn cut_at_myself(&self, name: &str, best: Option<u32>, mut targets: Vec<Target>) -> Found {
        let first_found = targets.first().map(|target| target.preference);
        let Some(own) = targets.iter().find(|target| self.is_own(target)).map(|target| target.preference)
        else {
            return Found { targets, ..Found::default() };
        };
        if let Some(at) = targets.iter().position(|target| target.preference == own) {
            targets.truncate(at);
        }
        let problem = targets.is_empty().then(|| {
            if best != first_found {
                Problem { dsn: "4.4.4", text: format!("unable to find primary relay for {name}") }
            } else {
                Problem { dsn: "5.4.6", text: format!("mail for {name} loops back to myself") }
            }
        });
        Found { targets, found_myself: true, problem }
    }

    fn soften(&self, problem: Problem) -> Problem {
        let dsn = match problem.dsn {
            "5.4.4" => "4.4.4",
            "5.4.3" => "4.4.3",
            "5.3.0" => "4.3.0",
            other => other,
        };
        if self.settings.defer_if_no_address { Problem { dsn, text: problem.text } } else { problem }
    }

    fn is_own(&self, target: &Target) -> bool {
        self.is_own_address.is_some_and(|is_own| is_own(target.address))
    }

    fn order(&self, targets: &mut Vec<Target>, by_family: bool) {
        if targets.len() < 2 {
            return;
        }
        if self.settings.randomize {
            shuffle(targets);
        }
        if by_family {
            let preference = self.settings.preference;
            targets.sort_by_key(|target| {
                let second = match preference {
                    Preference::Any => false,
                    Preference::V4 => target.address.is_ipv6(),
                    Preference::V6 => target.address.is_ipv4(),
                };
                (target.preference, second)
            });
        }
        balance(targets, self.settings.balance_limit);
    }

    /// Adds the addresses of one host to a search, or the reason that there are none.
    async fn add_host(&self, search: &mut HostSearch, host: &str, preference: u32, port: Option<u16>) {
        let settings = self.settings;
        let target = |address| Target { host: host.to_owned(), address, port, preference };
        if let Some(address) = settings.families.numeric(host) {
            return search.add([target(address)]);
        }
        if settings.host_lookup.dns {
            let kinds = settings.families.record_types();
            match self.resolver.lookup_types(host, kinds, settings.search).await {
                Ok(records) => {
                    return search.add(records.iter().filter_map(Record::address).map(target));
                }
                Err(error) => {
                    let goes_on = error.kind == ErrorKind::NotFound && settings.host_lookup.native;
                    search.fail_dns(error);
                    if !goes_on {
                        return;
                    }
                }
            }
        }
        if settings.host_lookup.native {
            match self.resolver.native_addresses(host, settings.families).await {
                Ok(addresses) => search.add(addresses.into_iter().map(target)),
                Err(error) => search.fail_native(host, error),
            }
        }
    }
}

const MAX_TARGETS: usize = 100;

/// Addresses found so far, and the weightiest problem.
#[derive(Default)]
struct HostSearch {
    targets: Vec<Target>,
    problem: Option<Problem>,
}

impl HostSearch {
    fn add(&mut self, targets: impl IntoIterator<Item = Target>) {
        let room = MAX_TARGETS.saturating_sub(self.targets.len());
        self.targets.extend(targets.into_iter().take(room));
    }

    fn is_full(&self) -> bool {
        self.targets.len() >= MAX_TARGETS
    }

    fn is_soft(&self) -> bool {
        self.problem.as_ref().is_some_and(Problem::is_soft)
    }

    /// A later failure gives the text; a status once soft stays soft.
    fn fail_dns(&mut self, error: Error) {
        let soft = self.is_soft();
        let dsn = match error.kind {
            ErrorKind::Retry => "4.4.3",
            ErrorKind::Policy => "4.7.0",
            ErrorKind::Fail if soft => "4.4.3",
            ErrorKind::Fail => "5.4.3",
            _ if soft => "4.4.4",
            _ => "5.4.4",
        };
        self.problem = Some(Problem { dsn, text: error.text });
    }

    fn fail_native(&mut self, host: &str, error: NativeError) {
        let soft = self.is_soft() || error.0 == NativeErrorKind::Again;
        // These two count as some other error, by an accident of how the reference is compiled.
        let dsn = match (soft, error.0) {
            (true, NativeErrorKind::NoAddress | NativeErrorKind::OtherFamily) => "4.3.0",
            (false, NativeErrorKind::NoAddress | NativeErrorKind::OtherFamily) => "5.3.0",
            (true, _) => "4.4.4",
            (false, _) => "5.4.4",
        };
        self.problem = Some(Problem { dsn, text: format!("unable to look up host {host}: {error}") });
    }
}

fn failed(problem: Problem) -> Found {
    Found { problem: Some(problem), ..Found::default() }
}

fn mx_status(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Retry => "4.4.3",
        ErrorKind::Policy => "4.7.0",
        ErrorKind::Fail => "5.4.3",
        ErrorKind::Invalid | ErrorKind::NotFound => "5.4.4",
        ErrorKind::NullMx | ErrorKind::NullSrv => "5.1.0",
    }
}

/// Keeps at most `limit` addresses (0: all), so that neither family crowds the other out; order stays.
fn balance(targets: &mut Vec<Target>, limit: usize) {
    let limit = limit.min(MAX_TARGETS);
    let v4 = targets.iter().filter(|target| target.address.is_ipv4()).count();
    let v6 = targets.len() - v4;
    if limit == 0 || v4 == 0 || v6 == 0 || v4 + v6 <= limit {
        return;
    }
    let half = limit / 2;
    let first_is_v4 = targets.first().is_some_and(|target| target.address.is_ipv4());
    let mut keep_v4 = if v6 <= half {
        limit - v6
    } else if v4 <= half {
        v4
    } else {
        (limit + usize::from(first_is_v4)) / 2
    };
    let mut keep_v6 = limit - keep_v4;
    targets.retain(|target| {
        let left = if target.address.is_ipv4() { &mut keep_v4 } else { &mut keep_v6 };
        let kept = *left > 0;
        *left = left.saturating_sub(1);
        kept
    });
}

/// Orders SRV hosts by priority, and at random by weight within a priority (RFC 2782).
fn order_services(records: Vec<Record>) -> Vec<(u16, u16, String)> {
    let mut services: Vec<(u16, u16, u16, String)> = records
        .into_iter()
        .filter_map(|record| match record.data {
            Data::Srv { priority, weight, port, host } => Some((priority, weight, port, host)),
            _ => None,
        })
        .collect();
    shuffle(&mut services);
    services.sort_by_key(|(priority, weight, ..)| (*priority, *weight != 0));
    let mut ordered = Vec::with_capacity(services.len());
    while let Some(&(priority, ..)) = services.first() {
        let group = services.iter().take_while(|service| service.0 == priority).count();
        let total: u64 = services.iter().take(group).map(|service| u64::from(service.1)).sum();
        let mut drawn = random_below(total + 1);
        let at = services
            .iter()
            .take(group)
            .position(|service| {
                let weight = u64::from(service.1);
                let chosen = weight >= drawn;
                drawn = drawn.saturating_sub(weight);
                chosen
            })
            .unwrap_or(0);
        let (priority, _, port, host) = services.remove(at);
        ordered.push((priority, port, host));
    }
    ordered
}

fn shuffle<T>(items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let other = random_below(last as u64 + 1) as usize;
        items.swap(last, other);
    }
}

/// A number below `bound` (which is above 0), random enough to spread load.
fn random_below(bound: u64) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0u8) % bound.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(address: &str) -> Target {
        Target { host: String::new(), address: address.parse().unwrap(), port: None, preference: 0 }
    }

    #[test]
    fn neither_family_crowds_the_other_out() {
        let mut targets: Vec<Target> = (1..=8).map(|n| target(&format!("2001:db8::{n}"))).collect();
        targets.push(target("192.0.2.1"));
        balance(&mut targets, 5);
        assert_eq!(targets.len(), 5);
        assert!(targets.last().unwrap().address.is_ipv4());
    }

    #[test]
    fn soft_failures_stay_soft() {
        let mut search = HostSearch::default();
        let error = |kind| Error { kind, no_such_name: true, negative_ttl: None, text: String::new() };
        search.fail_dns(error(ErrorKind::Retry));
        search.fail_dns(error(ErrorKind::NotFound));
        assert_eq!(search.problem.unwrap().dsn, "4.4.4");
    }

    #[test]
    fn service_order_is_by_priority() {
        let record = |priority, weight, host: &str| Record {
            owner: String::new(),
            ttl: 0,
            data: Data::Srv { priority, weight, port: 25, host: host.to_owned() },
        };
        let ordered = order_services(vec![record(20, 5, "c"), record(10, 0, "a"), record(10, 9, "b")]);
        assert_eq!(ordered.len(), 3);
        assert_eq!(ordered.last().unwrap().2, "c");
    }
}
