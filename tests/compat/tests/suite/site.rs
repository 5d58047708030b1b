//! The site that mail flows through in these cases: Debian's packaged configuration and the lines that a small site adds.

use compat::HostSpec;
use compat::dns::{self, Data};
use compat::host::Host;
use compat::smtp::Sink;
use std::net::Ipv4Addr;

/// Addresses of this network may relay; strangers come from 127.0.0.1.
pub const INSIDER: &str = "127.0.0.3";
/// Everybody else.
pub const STRANGER: &str = "127.0.0.1";

const MAIN_CF: &str = "\
maillog_file = /var/log/mail.log
myhostname = mail.example.com
mydomain = example.com
mydestination = $myhostname, $mydomain, localhost
mynetworks = 127.0.0.3/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
message_size_limit = 4000000
alias_maps = texthash:/etc/postfix/aliases
alias_database =
virtual_alias_domains = virtual.example
virtual_alias_maps = texthash:/etc/postfix/virtual
virtual_mailbox_domains = box.example
virtual_mailbox_maps = texthash:/etc/postfix/boxes
virtual_mailbox_base = /var/vmail
virtual_uid_maps = static:1000
virtual_gid_maps = static:1000
transport_maps = texthash:/etc/postfix/transport
";

/// A host with the site's files in it.
pub fn site(spec: HostSpec) -> HostSpec {
    spec.main_cf(MAIN_CF)
        .file("/etc/postfix/aliases", "root alice\npostmaster alice\nteam alice, bob, far@example.net\n")
        .file("/etc/postfix/virtual", "sales@virtual.example alice, far@example.net\n")
        .file("/etc/postfix/boxes", "carol@box.example carol/\ndave@box.example dave\n")
        .file("/etc/postfix/transport", "discard.example discard:\nerror.example error:5.1.2 no mail here\n")
        .file("/home/bob/.forward", "/home/bob/Maildir/\n")
}

/// Starts what the site needs around it, and its mail system. The sink takes mail for `example.net`.
pub fn start(host: &Host) -> Sink {
    let sink = Sink::start(host, "127.0.0.2", 25, sink_rule);
    dns::serve(host, zone());
    host.must(["install", "-d", "-o", "1000", "-g", "1000", "/var/vmail"]);
    host.must(["chown", "bob:bob", "/home/bob/.forward"]);
    host.must(["touch", "-d", "1 hour ago", "/etc/postfix/main.cf"]);
    let output = host.start_mail();
    assert_eq!(output.status, 0, "postfix start: {}", String::from_utf8_lossy(&output.stderr));
    // The look whether it listens was a session, too.
    host.wait_for_log("disconnect from", 1);
    sink
}

fn zone() -> dns::Zone {
    let sink = Ipv4Addr::new(127, 0, 0, 2);
    vec![
        ("example.net", Data::Mx(10, "mx.example.net")),
        ("mx.example.net", Data::A(sink)),
        ("noport.example", Data::Mx(10, "closed.example")),
        ("closed.example", Data::A(Ipv4Addr::new(127, 0, 0, 9))),
        ("null.example", Data::Mx(0, ".")),
        ("mail.example.com", Data::A(Ipv4Addr::LOCALHOST)),
        ("example.com", Data::Mx(10, "mail.example.com")),
        ("example.org", Data::A(sink)),
    ]
}

/// Some recipients are refused, some put off.
fn sink_rule(line: &str) -> Option<&'static str> {
    match line {
        line if line.starts_with("RCPT TO:<unknown@") => Some("550 5.1.1 no such user"),
        line if line.starts_with("RCPT TO:<later@") => Some("450 4.2.1 try again later"),
        _ => None,
    }
}
