//! Look-ups against a small name server in the same process. Expected texts and status codes are those of smtp(8) of
//! postfix-3.11 for the same zone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail loudly")]

use std::net::{IpAddr, SocketAddr};

use dns::exchange::{Exchanges, Found, HostLookup, Preference, Settings};
use dns::{Data, ErrorKind, Families, Hosts, RecordType, Resolver, Search};
use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, CNAME, MX, PTR, SRV, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType as WireType};
use oxipost_dns as dns;
use tokio::net::UdpSocket;

fn name(text: &str) -> Name {
    Name::from_labels(text.split('.').map(str::as_bytes)).unwrap()
}

fn mx(preference: u16, host: &str) -> RData {
    let host = if host.is_empty() { Name::root() } else { name(host) };
    RData::MX(MX::new(preference, host))
}

fn a(address: &str) -> RData {
    let IpAddr::V4(address) = address.parse().unwrap() else { panic!("IPv4 only") };
    RData::A(A(address))
}

/// The records of a name, or the server's failure.
fn zone(owner: &str) -> Result<Vec<RData>, ResponseCode> {
    Ok(match owner {
        "one.test" => vec![mx(10, "mx1.one.test")],
        "mx1.one.test" => vec![a("192.0.2.1")],
        "two.test" => vec![mx(20, "mxb.two.test"), mx(10, "mxa.two.test")],
        "mxa.two.test" => vec![a("192.0.2.3")],
        "mxb.two.test" => vec![a("192.0.2.2")],
        "null.test" => vec![mx(0, "")],
        "ahost.test" => vec![a("192.0.2.9")],
        "nodata.test" => vec![RData::TXT(TXT::new(vec!["x".to_owned(), "y\u{1}".to_owned()]))],
        "cname.test" => vec![RData::CNAME(CNAME(name("one.test")))],
        "badmx.test" => vec![mx(10, "nx.badmx.test")],
        "badmx2.test" => vec![mx(10, "-bad-.badmx.test")],
        "nummx.test" => vec![mx(10, "192.0.2.2")],
        "loop.test" => vec![mx(10, "self.loop.test")],
        "self.loop.test" => vec![a("192.0.2.77")],
        "backup.test" => vec![mx(10, "nx.backup.test"), mx(20, "self.loop.test")],
        "c1.test" => vec![RData::CNAME(CNAME(name("c2.test")))],
        "c2.test" => vec![RData::CNAME(CNAME(name("c1.test")))],
        "tomx.test" => vec![mx(10, "sf.fail.test")],
        "_submission._tcp.srv.test" => {
            vec![RData::SRV(SRV::new(1, 1, 587, name("mx1.one.test")))]
        }
        "1.2.0.192.in-addr.arpa" => vec![RData::PTR(PTR(name("mx1.one.test")))],
        owner if owner.ends_with("fail.test") => return Err(ResponseCode::ServFail),
        owner if owner.ends_with("refused.test") => return Err(ResponseCode::Refused),
        owner if owner.ends_with("formerr.test") => return Err(ResponseCode::FormErr),
        _ => return Err(ResponseCode::NXDomain),
    })
}

fn answer(question: &[u8]) -> Vec<u8> {
    let mut message = Message::from_vec(question).unwrap();
    message.metadata.message_type = MessageType::Response;
    let query = message.queries[0].clone();
    let owner = query.name().to_ascii().trim_end_matches('.').to_ascii_lowercase();
    match zone(&owner) {
        Err(code) => message.metadata.response_code = code,
        Ok(records) => {
            for data in records {
                let fits = data.record_type() == query.query_type();
                if fits || data.record_type() == WireType::CNAME {
                    message.add_answer(Record::from_rdata(query.name().clone(), 60, data));
                }
            }
        }
    }
    message.to_vec().unwrap()
}

async fn resolver() -> Resolver {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server: SocketAddr = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            let _ = socket.send_to(&answer(&buffer[..length]), peer).await;
        }
    });
    Resolver::with_server(server, Hosts::parse("192.0.2.50 inhosts")).unwrap()
}

fn settings() -> Settings {
    Settings {
        families: Families { v4: true, v6: false },
        host_lookup: HostLookup { dns: true, native: false },
        search: Search::None,
        preference: Preference::Any,
        randomize: true,
        balance_limit: 5,
        defer_if_no_address: false,
        ignore_mx_lookup_error: false,
        ignore_srv_lookup_error: false,
        allow_srv_fallback: false,
    }
}

async fn domain(domain: &str) -> Found {
    let resolver = resolver().await;
    let is_own = |address: IpAddr| address.to_string() == "192.0.2.77";
    let settings = settings();
    let exchanges = Exchanges { resolver: &resolver, settings: &settings, is_own_address: Some(&is_own) };
    exchanges.of_domain(domain).await
}

async fn problem(text: &str) -> (&'static str, String) {
    let found = domain(text).await;
    assert!(found.targets.is_empty(), "{text}");
    let problem = found.problem.unwrap();
    (problem.dsn, problem.text)
}

#[tokio::test(flavor = "current_thread")]
async fn exchangers_come_in_order() {
    let hosts = |found: Found| found.targets.into_iter().map(|target| target.host).collect::<Vec<_>>();
    assert_eq!(hosts(domain("one.test").await), ["mx1.one.test"]);
    assert_eq!(hosts(domain("two.test").await), ["mxa.two.test", "mxb.two.test"]);
    assert_eq!(hosts(domain("ahost.test").await), ["ahost.test"]);
    assert_eq!(hosts(domain("cname.test").await), ["mx1.one.test"]);
    assert_eq!(hosts(domain("nummx.test").await), ["192.0.2.2"]);
}

#[tokio::test(flavor = "current_thread")]
async fn failures_have_their_texts() {
    let error = |name: &str, kind: &str, reason: &str| {
        format!("Host or domain name not found. Name service error for name={name} type={kind}: {reason}")
    };
    let again = "Host not found, try again";
    assert_eq!(problem("nx.test").await, ("5.4.4", error("nx.test", "A", "Host not found")));
    assert_eq!(
        problem("nodata.test").await,
        ("5.4.4", error("nodata.test", "A", "Host found but no data record of requested type"))
    );
    assert_eq!(problem("x.fail.test").await, ("4.4.3", error("x.fail.test", "MX", again)));
    assert_eq!(problem("x.refused.test").await, ("4.4.3", error("x.refused.test", "MX", again)));
    assert_eq!(
        problem("x.formerr.test").await,
        ("5.4.3", error("x.formerr.test", "MX", "Non-recoverable error"))
    );
    assert_eq!(problem("badmx.test").await, ("5.4.4", error("nx.badmx.test", "A", "Host not found")));
    assert_eq!(problem("tomx.test").await, ("4.4.3", error("sf.fail.test", "A", again)));
    assert_eq!(
        problem("null.test").await,
        ("5.1.0", "Domain null.test does not accept mail (nullMX)".to_owned())
    );
    assert_eq!(
        problem("badmx2.test").await,
        (
            "5.4.4",
            "Name service error for name=badmx2.test type=MX: Malformed or unexpected name server reply"
                .to_owned()
        )
    );
    assert_eq!(problem("c1.test").await, ("5.4.4", "Name server loop for c1.test".to_owned()));
}

#[tokio::test(flavor = "current_thread")]
async fn mail_does_not_go_in_circles() {
    assert_eq!(problem("loop.test").await, ("5.4.6", "mail for loop.test loops back to myself".to_owned()));
    assert_eq!(
        problem("backup.test").await,
        ("4.4.4", "unable to find primary relay for backup.test".to_owned())
    );
    assert!(domain("loop.test").await.found_myself);
}

#[tokio::test(flavor = "current_thread")]
async fn services_have_ports() {
    let resolver = resolver().await;
    let settings = settings();
    let exchanges = Exchanges { resolver: &resolver, settings: &settings, is_own_address: None };
    let found = exchanges.of_service("srv.test", "submission", true).await;
    assert_eq!(found.targets.first().and_then(|target| target.port), Some(587));
    assert!(exchanges.of_service("one.test", "submission", true).await.targets.is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn other_records() {
    let resolver = resolver().await;
    let texts = resolver.lookup("nodata.test", RecordType::Txt).await.unwrap();
    assert_eq!(texts[0].data, Data::Txt("xy ".to_owned()));
    assert_eq!(resolver.native_name("192.0.2.1".parse().unwrap()).await.as_deref(), Ok("mx1.one.test"));
    assert_eq!(resolver.native_name("192.0.2.50".parse().unwrap()).await.as_deref(), Ok("inhosts"));
    let families = Families { v4: true, v6: true };
    assert_eq!(resolver.native_addresses("inhosts", families).await, Ok(vec!["192.0.2.50".parse().unwrap()]));
    let missing = resolver.native_addresses("nx.test", families).await.unwrap_err();
    assert_eq!(missing.to_string(), "Name or service not known");
    let invalid = resolver.lookup("192.0.2.1", RecordType::A).await.unwrap_err();
    assert_eq!(invalid.text, "Name service error for 192.0.2.1: invalid host or domain name");
    assert_eq!(invalid.kind, ErrorKind::NotFound);
}
