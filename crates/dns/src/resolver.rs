//! Questions to the name servers of `/etc/resolv.conf`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use hickory_resolver::config::{NameServerConfig, ResolverOpts, ServerOrderingStrategy};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer, RetryDnsHandle};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_resolver::proto::rr::{self, Name, RData};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig, system_conf};
use hosts::is_address;

use crate::error::{Error, ErrorKind, NativeError, NativeErrorKind};
use crate::hostname::check_zone_name;
use crate::hosts_file::Hosts;
use crate::log_lines;
use crate::record::{Data, Record, RecordType};
use crate::reply_filter::ReplyFilter;

/// How many aliases are followed when a server leaves that to its client.
const MAX_ALIASES: usize = 10;

/// How many records of one look-up are kept (`dns_rr_list_limit` is not settable in practice; this is its value).
const MAX_RECORDS: usize = 100;

/// Which address families are in use (`inet_protocols`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families {
    /// IPv4.
    pub v4: bool,
    /// IPv6.
    pub v6: bool,
}

impl Families {
    /// Reads the value of `inet_protocols` (names separated by comma or space). Unknown names are ignored: they were
    /// reported when the configuration was checked.
    pub fn from_inet_protocols(value: &str) -> Families {
        let mut families = Families { v4: false, v6: false };
        for name in value.split([',', ' ', '\t', '\n']) {
            families.v4 |= name == "all" || name == "ipv4";
            families.v6 |= name == "all" || name == "ipv6";
        }
        families
    }

    /// True if the address is of a family in use.
    pub fn has(&self, address: IpAddr) -> bool {
        if address.is_ipv4() { self.v4 } else { self.v6 }
    }

    /// The address that a text is, if it is of a family in use. With IPv4 alone, the C library takes `::ffff:192.0.2.1` for
    /// the IPv4 address in it.
    pub fn numeric(&self, text: &str) -> Option<IpAddr> {
        let address: IpAddr = text.parse().ok()?;
        let address = if self.v6 { address } else { address.to_canonical() };
        Some(address).filter(|address| self.has(*address))
    }

    /// The address record types to ask for, in the order in which they are asked.
    pub fn record_types(&self) -> &'static [RecordType] {
        match (self.v4, self.v6) {
            (true, true) => &[RecordType::A, RecordType::Aaaa],
            (false, true) => &[RecordType::Aaaa],
            _ => &[RecordType::A],
        }
    }
}

/// Whether the domains of resolv.conf's search list are tried after a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Search {
    /// The name as it is.
    #[default]
    None,
    /// For a name without a dot (`res_defnames`).
    LocalNames,
    /// For any name (`res_dnsrch`).
    Parents,
}

type Pool = RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>;

/// Asks name servers; cheap to clone, usable from many tasks of one tokio runtime.
#[derive(Clone)]
pub struct Resolver {
    pool: Pool,
    options: DnsRequestOptions,
    hosts: Arc<Hosts>,
    search: Arc<[String]>,
    ndots: usize,
    filter: Option<ReplyFilter>,
}

impl Resolver {
    /// Reads `/etc/resolv.conf` and `/etc/hosts`. Without name servers there, the one on this host is asked, as the
    /// C library does.
    pub fn from_system() -> Result<Resolver, Error> {
        let text = std::fs::read("/etc/resolv.conf").unwrap_or_default();
        Resolver::from_resolv_conf(&text, Hosts::read(Path::new("/etc/hosts")))
    }

    /// As `from_system`, with the content of a resolv.conf and a hosts file.
    pub fn from_resolv_conf(text: &[u8], hosts: Hosts) -> Result<Resolver, Error> {
        let local = || vec![NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST))];
        let (servers, search, options) = match system_conf::parse_resolv_conf(text) {
            Ok((config, options)) => {
                let (domain, search, servers) = config.into_parts();
                (servers, if search.is_empty() { domain.into_iter().collect() } else { search }, options)
            }
            Err(_) => (local(), Vec::new(), ResolverOpts::default()),
        };
        Resolver::assemble(servers, &search, options, hosts)
    }

    /// Asks the name server at this address, for tests and for tools.
    pub fn with_server(server: SocketAddr, hosts: Hosts) -> Result<Resolver, Error> {
        let mut config = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut config.connections {
            connection.port = server.port();
        }
        Resolver::assemble(vec![config], &[], ResolverOpts::default(), hosts)
    }

    fn assemble(
        servers: Vec<NameServerConfig>,
        search: &[Name],
        mut options: ResolverOpts,
        hosts: Hosts,
    ) -> Result<Resolver, Error> {
        options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
        options.num_concurrent_reqs = 1;
        options.edns0 = false;
        let retries = options.attempts.saturating_sub(1);
        let ndots = options.ndots;
        let mut request = DnsRequestOptions::default();
        request.use_edns = false;
        let tls = TlsConfig::new().map_err(|fault| initialization_failure(&fault))?;
        let context = Arc::new(PoolContext::new(options, tls));
        let pool = NameServerPool::from_config(servers, context, TokioRuntimeProvider::default());
        Ok(Resolver {
            pool: RetryDnsHandle::new(pool, retries),
            options: request,
            hosts: Arc::new(hosts),
            search: search.iter().map(plain_name).filter(|name| !name.is_empty()).collect(),
            ndots,
            filter: None,
        })
    }

    /// The same, without the records that a filter drops from DNS answers. The system's own name service is not
    /// filtered.
    pub fn with_filter(self, filter: ReplyFilter) -> Resolver {
        Resolver { filter: Some(filter), ..self }
    }

    /// All records of one type of a name. An empty list is never returned; it is `NotFound`.
    pub async fn lookup(&self, name: &str, kind: RecordType) -> Result<Vec<Record>, Error> {
        self.lookup_in(name, kind, Search::None).await
    }

    /// As `lookup`, for several types: the records of all of them, or the weightiest failure.
    pub async fn lookup_types(
        &self,
        name: &str,
        kinds: &[RecordType],
        search: Search,
    ) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        let mut worst: Option<Error> = None;
        for &kind in kinds {
            match self.lookup_in(name, kind, search).await {
                Ok(found) => records.extend(found),
                Err(error) if worst.as_ref().is_none_or(|known| error.kind >= known.kind) => {
                    worst = Some(error)
                }
                Err(_) => {}
            }
            if records.len() >= MAX_RECORDS {
                records.truncate(MAX_RECORDS);
                break;
            }
        }
        match worst {
            Some(error) if records.is_empty() => Err(error),
            _ => Ok(records),
        }
    }

    /// As `lookup`, with the search list.
    pub async fn lookup_in(
        &self,
        name: &str,
        kind: RecordType,
        search: Search,
    ) -> Result<Vec<Record>, Error> {
        let records = self.lookup_unfiltered(name, kind, search).await?;
        match &self.filter {
            Some(filter) => filter.pass(name, kind, records).await,
            None => Ok(records),
        }
    }

    async fn lookup_unfiltered(
        &self,
        name: &str,
        kind: RecordType,
        search: Search,
    ) -> Result<Vec<Record>, Error> {
        let is_root = name == ".";
        if is_address(name.as_bytes()) || (!is_root && check_zone_name(name).is_err()) {
            return Err(invalid_name(name));
        }
        let mut best: Option<Error> = None;
        for candidate in self.candidates(name, search) {
            match self.follow_aliases(&candidate, kind).await {
                Err(mut error) if error.kind == ErrorKind::NotFound => {
                    if candidate != name {
                        error.text = error.text.replacen(&candidate, name, 1);
                    }
                    if best.is_none() || !error.no_such_name {
                        best = Some(error);
                    }
                }
                outcome => return outcome,
            }
        }
        Err(best.unwrap_or_else(|| invalid_name(name)))
    }

    /// The names of an address by DNS (PTR records), as they stand there.
    pub async fn reverse(&self, address: IpAddr) -> Result<Vec<Record>, Error> {
        self.lookup_unfiltered(&reverse_name(address), RecordType::Ptr, Search::None).await
    }

    /// The addresses of a name as the system's own name service gives them: hosts file first, then DNS with the
    /// search list.
    pub async fn native_addresses(&self, name: &str, families: Families) -> Result<Vec<IpAddr>, NativeError> {
        if name.parse::<IpAddr>().is_ok() {
            let address = families.numeric(name).ok_or(NativeError(NativeErrorKind::OtherFamily))?;
            return Ok(vec![address]);
        }
        let listed: Vec<IpAddr> = self
            .hosts
            .addresses(name)
            .iter()
            .map(|&address| as_library_maps(address, families))
            .filter(|&address| families.has(address))
            .collect();
        if !listed.is_empty() {
            return Ok(listed);
        }
        let unfiltered = Resolver { filter: None, ..self.clone() };
        match unfiltered.lookup_types(name, families.record_types(), Search::Parents).await {
            Ok(records) => Ok(records.iter().filter_map(Record::address).collect()),
            Err(error) => Err(NativeError(match error.kind {
                ErrorKind::NotFound if error.no_such_name => NativeErrorKind::NoName,
                ErrorKind::NotFound => NativeErrorKind::NoAddress,
                ErrorKind::Retry => NativeErrorKind::Again,
                _ => NativeErrorKind::NoName,
            })),
        }
    }

    /// The name of an address as the system's own name service gives it: hosts file first, then DNS.
    pub async fn native_name(&self, address: IpAddr) -> Result<String, NativeError> {
        if let Some(name) = self.hosts.name(address) {
            return Ok(name.to_owned());
        }
        match self.reverse(address).await {
            Ok(records) => records
                .into_iter()
                .find_map(|record| match record.data {
                    Data::Name(name) => Some(name),
                    _ => None,
                })
                .ok_or(NativeError(NativeErrorKind::NoName)),
            Err(error) if error.kind == ErrorKind::Retry => Err(NativeError(NativeErrorKind::Again)),
            Err(_) => Err(NativeError(NativeErrorKind::NoName)),
        }
    }

    /// The full names to ask for, in order.
    fn candidates(&self, name: &str, search: Search) -> Vec<String> {
        let dots = name.bytes().filter(|&byte| byte == b'.').count();
        let searched = match search {
            Search::None => false,
            Search::LocalNames => dots == 0,
            Search::Parents => true,
        };
        if !searched {
            return vec![name.to_owned()];
        }
        let mut all: Vec<String> = self.search.iter().map(|domain| format!("{name}.{domain}")).collect();
        let at = if dots >= self.ndots { 0 } else { all.len() };
        all.insert(at, name.to_owned());
        all
    }

    async fn follow_aliases(&self, name: &str, kind: RecordType) -> Result<Vec<Record>, Error> {
        let mut target = name.to_owned();
        for _ in 0..MAX_ALIASES {
            let response = self.ask(&target, kind).await?;
            match read_answer(&target, kind, &response)? {
                Answer::Records(records) => return Ok(records),
                Answer::Alias(alias) => target = alias,
            }
        }
        log_lines::server_loop(&target);
        Err(Error {
            kind: ErrorKind::NotFound,
            no_such_name: false,
            negative_ttl: None,
            text: format!("Name server loop for {target}"),
        })
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Result<DnsResponse, Error> {
        let mut full = Name::from_ascii(name).map_err(|_| invalid_name(name))?;
        full.set_fqdn(true);
        let query = Query::query(full, wire_type(kind));
        let answer = self.pool.lookup(query, self.options).first_answer().await;
        let response = answer.map_err(|fault| query_failure(name, kind, &fault))?;
        match response.metadata.response_code {
            ResponseCode::NoError => Ok(response),
            code => Err(code_failure(name, kind, code, response.negative_ttl())),
        }
    }
}

/// Where IPv4 alone is asked for, the C library takes the IPv6 loopback address of the hosts file for the other one.
fn as_library_maps(address: IpAddr, families: Families) -> IpAddr {
    match address {
        IpAddr::V6(v6) if !families.v6 && v6.is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        other => other,
    }
}

/// The name under which an address's PTR record stands.
pub fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let mut name = String::with_capacity(72);
            for byte in address.octets().iter().rev() {
                name.push_str(&format!("{:x}.{:x}.", byte & 15, byte >> 4));
            }
            name.push_str("ip6.arpa");
            name
        }
    }
}

enum Answer {
    Records(Vec<Record>),
    Alias(String),
}

fn read_answer(name: &str, kind: RecordType, response: &DnsResponse) -> Result<Answer, Error> {
    let wanted = wire_type(kind);
    let mut records = Vec::new();
    let mut alias = None;
    let mut saw_malformed = false;
    for record in &response.answers {
        let owner = plain_name(&record.name);
        let is_root = name == "." && owner.is_empty();
        if !is_root && !passes(&owner, "resource name", kind, name) {
            return Err(malformed_reply(name, kind));
        }
        if record.record_type() == wanted {
            match read_data(name, kind, &record.data)? {
                Some(data) => records.push(Record { owner, ttl: record.ttl, data }),
                None => saw_malformed = true,
            }
            if records.len() >= MAX_RECORDS {
                break;
            }
        } else if let RData::CNAME(target) = &record.data {
            let target = plain_name(&target.0);
            if !passes(&target, "resource data", RecordType::Cname, name) {
                return Err(malformed_reply(name, kind));
            }
            alias = Some(target);
        }
    }
    match alias {
        _ if !records.is_empty() => Ok(Answer::Records(records)),
        Some(alias) => Ok(Answer::Alias(alias)),
        None if saw_malformed => Err(malformed_reply(name, kind)),
        None => Err(code_failure(name, kind, ResponseCode::NoError, response.negative_ttl())),
    }
}

/// A record's content, None if it names what cannot be a host.
fn read_data(query: &str, kind: RecordType, data: &RData) -> Result<Option<Data>, Error> {
    let host = |name: &Name| {
        let host = plain_name(name);
        passes(&host, "resource data", kind, query).then_some(host)
    };
    Ok(match data {
        RData::A(address) => Some(Data::Address(IpAddr::V4(address.0))),
        RData::AAAA(address) => Some(Data::Address(IpAddr::V6(address.0))),
        RData::MX(mx) if mx.exchange.is_root() => {
            return Err(null_service(
                ErrorKind::NullMx,
                format!("Domain {query} does not accept mail (nullMX)"),
            ));
        }
        RData::MX(mx) => host(&mx.exchange).map(|host| Data::Mx { preference: mx.preference, host }),
        RData::SRV(srv) if srv.target.is_root() => {
            let text = format!("Domain {query} does not support SRV requests");
            return Err(null_service(ErrorKind::NullSrv, text));
        }
        RData::SRV(srv) => host(&srv.target).map(|host| Data::Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            host,
        }),
        RData::PTR(name) => host(&name.0).map(Data::Name),
        RData::NS(name) => host(&name.0).map(Data::Name),
        RData::CNAME(name) => host(&name.0).map(Data::Name),
        RData::SOA(soa) => Some(Data::Soa { negative_ttl: soa.minimum }),
        RData::TXT(text) => Some(Data::Txt(
            text.txt_data
                .iter()
                .flat_map(|part| part.iter())
                .map(|&byte| if (b' '..=b'~').contains(&byte) { char::from(byte) } else { ' ' })
                .collect(),
        )),
        _ => None,
    })
}

/// Lets a name in an answer pass, and says in the log what is wrong with it.
fn passes(name: &str, place: &str, kind: RecordType, query: &str) -> bool {
    // Names of addresses are the C library's business in the reference, and that is silent about them.
    if kind == RecordType::Ptr {
        return is_address(name.as_bytes()) || check_zone_name(name).is_ok();
    }
    if is_address(name.as_bytes()) {
        log_lines::numeric_name(place, kind, query, name);
        return true;
    }
    match check_zone_name(name) {
        Ok(()) => true,
        Err(fault) => {
            log_lines::malformed_name(&fault, place, kind, query, name);
            false
        }
    }
}

/// A name as the C library shows it: specials after a backslash, unprintable bytes in decimal, no final dot.
fn plain_name(name: &Name) -> String {
    let mut text = String::with_capacity(64);
    for (number, label) in name.iter().enumerate() {
        if number > 0 {
            text.push('.');
        }
        for &byte in label {
            match byte {
                b'"' | b'.' | b';' | b'\\' | b'(' | b')' | b'@' | b'$' => {
                    text.push('\\');
                    text.push(char::from(byte));
                }
                b'!'..=b'~' => text.push(char::from(byte)),
                _ => text.push_str(&format!("\\{byte:03}")),
            }
        }
    }
    text
}

fn wire_type(kind: RecordType) -> rr::RecordType {
    match kind {
        RecordType::A => rr::RecordType::A,
        RecordType::Aaaa => rr::RecordType::AAAA,
        RecordType::Mx => rr::RecordType::MX,
        RecordType::Txt => rr::RecordType::TXT,
        RecordType::Ptr => rr::RecordType::PTR,
        RecordType::Ns => rr::RecordType::NS,
        RecordType::Soa => rr::RecordType::SOA,
        RecordType::Srv => rr::RecordType::SRV,
        RecordType::Cname => rr::RecordType::CNAME,
    }
}

fn query_failure(name: &str, kind: RecordType, fault: &NetError) -> Error {
    match fault {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            code_failure(name, kind, none.response_code, none.negative_ttl)
        }
        NetError::Dns(DnsError::ResponseCode(code)) => code_failure(name, kind, *code, None),
        _ => code_failure(name, kind, ResponseCode::ServFail, None),
    }
}

/// The failure for a server's response code, NoError meaning an answer without records.
fn code_failure(name: &str, kind: RecordType, code: ResponseCode, negative_ttl: Option<u32>) -> Error {
    // REFUSED and NOTIMP count as no answer from that server, as in the C library.
    let (error_kind, reason) = match code {
        ResponseCode::NXDomain => (ErrorKind::NotFound, "Host not found"),
        ResponseCode::NoError => (ErrorKind::NotFound, "Host found but no data record of requested type"),
        ResponseCode::ServFail | ResponseCode::Refused | ResponseCode::NotImp => {
            (ErrorKind::Retry, "Host not found, try again")
        }
        _ => (ErrorKind::Fail, "Non-recoverable error"),
    };
    Error {
        kind: error_kind,
        no_such_name: code == ResponseCode::NXDomain,
        negative_ttl,
        text: format!(
            "Host or domain name not found. Name service error for name={name} type={kind}: {reason}"
        ),
    }
}

fn malformed_reply(name: &str, kind: RecordType) -> Error {
    let reason = "Malformed or unexpected name server reply";
    Error {
        kind: ErrorKind::Invalid,
        no_such_name: false,
        negative_ttl: None,
        text: format!("Name service error for name={name} type={kind}: {reason}"),
    }
}

fn invalid_name(name: &str) -> Error {
    Error {
        kind: ErrorKind::NotFound,
        no_such_name: true,
        negative_ttl: None,
        text: format!("Name service error for {name}: invalid host or domain name"),
    }
}

fn null_service(kind: ErrorKind, text: String) -> Error {
    Error { kind, no_such_name: false, negative_ttl: None, text }
}

fn initialization_failure(_fault: &NetError) -> Error {
    Error {
        kind: ErrorKind::Fail,
        no_such_name: false,
        negative_ttl: None,
        text: "Name service initialization failure".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_addresses() {
        assert_eq!(reverse_name("192.0.2.7".parse().unwrap()), "7.2.0.192.in-addr.arpa");
        assert!(reverse_name("2001:db8::1".parse().unwrap()).starts_with("1.0.0.0."));
        assert!(reverse_name("2001:db8::1".parse().unwrap()).ends_with("8.b.d.0.1.0.0.2.ip6.arpa"));
    }

    #[test]
    fn names_are_shown_as_the_c_library_does() {
        let name = Name::from_labels([&b"-a\x01"[..], b"b@c"]).unwrap();
        assert_eq!(plain_name(&name), "-a\\001.b\\@c");
    }

    #[test]
    fn families_in_use() {
        assert_eq!(Families::from_inet_protocols("all"), Families { v4: true, v6: true });
        assert_eq!(Families::from_inet_protocols("ipv4, ipv6"), Families { v4: true, v6: true });
        assert_eq!(Families::from_inet_protocols("ipv4"), Families { v4: true, v6: false });
    }
}
