//! What connections with PostgreSQL have beside passwords: keys of SCRAM, files for the secrets of TLS, and services that
//! are defined in LDAP directories.

use crate::servers_batch::Batch;
use compat::Pair;
use compat::backing::{Server, Tls, relay_tls_port};
use compat::certificates::Authority;

const ACCESS: &str = "host all trusted all trust\nhost all all all scram-sha-256\n";

/// The password is `secret`; what is kept of it is made with a salt that is always the same.
const SETUP: &str = "create user trusted; create user u password \
    'SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$bpSY5Ze9NUH+I35LC3gVq+DpBfK46iXBxvhAKqVu9pE=:\
     VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11+NkQ=';";

/// The keys of that password, and one that is of no password.
const CLIENT: &str = "UDYBJFekGUWCXqwMpWtHoozHSsjnP%2BkJDB/M93QS8cw%3D";
const SERVER: &str = "VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11%2BNkQ%3D";
const OTHER: &str = "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg%3D";

/// Texts that are no keys.
const NO_KEYS: &[&str] = &[
    "",
    "x",
    "***",
    "eHh4",
    "eHg",
    "eHh",
    "eHg%3D",
    "eHh%3D",
    "eA%3D%3D",
    "eB%3D%3D",
    "e%3D%3D%3D",
    "e%3DHh",
    "eHh4%0A",
    "%20eHh4",
    "eHh4=",
];

#[test]
fn keys_and_secrets() {
    let mut connections: Vec<String> =
        ["u", "u:secret", "u:wrong"].map(|user| format!("{user}@HOST")).to_vec();
    for client in ["", CLIENT, OTHER] {
        for server in ["", SERVER, OTHER] {
            for user in ["u", "u:secret", "u:wrong", "trusted"] {
                let mut uri = format!("{user}@HOST?sslmode=disable");
                for (name, key) in
                    [("client", client), ("server", server)].iter().filter(|(_, key)| !key.is_empty())
                {
                    uri += &format!("&scram_{name}_key={key}");
                }
                connections.push(uri);
            }
        }
    }
    for key in NO_KEYS {
        connections.push(format!("u@HOST?scram_client_key={key}"));
        connections.push(format!("u:secret@HOST?scram_server_key={key}"));
    }
    let keys = format!("scram_client_key={CLIENT}&scram_server_key={SERVER}");
    for more in [
        "sslmode=require&channel_binding=require",
        "sslmode=require&channel_binding=disable",
        "require_auth=md5",
    ] {
        connections.push(format!("u@HOST?{keys}&{more}"));
    }
    for more in ["sslmode=bad", "channel_binding=bad", "port=bad", "requirepeer=bad", "connect_timeout=bad"] {
        connections.push(format!("u@HOST?scram_server_key=x&scram_client_key=x&{more}"));
    }
    for more in ["/k/a", "/k/b&ssl_max_protocol_version=TLSv1.2", "/no/c", "/", "", "/k/d&sslmode=disable"] {
        connections.push(format!("trusted@HOST?sslmode=require&sslkeylogfile={more}"));
    }
    let mut batch = Batch::new("pgsql");
    for uri in connections {
        let uri = uri.replace("HOST", "127.0.0.1/postgres");
        batch = batch.table(format!("hosts = postgresql://{uri}\nquery = select '<%s>'\n"), &["a"]);
    }
    let pair = batch.files(Pair::new("servers/scram")).build();
    let authority = Authority::new();
    let identity = authority.issue("localhost", "DNS:localhost");
    let server =
        Server::postgresql_with_tls(ACCESS, SETUP, &Tls { identity: &identity, authority: &authority });
    for host in pair.hosts() {
        relay_tls_port(host, 5432, &server);
        host.must(["mkdir", "/k"]);
    }
    batch.assert_same_but_leftovers(&pair);
    let labels = "cd /k; for f in *; do stat -c '%n %a' $f; cut -d' ' -f1 $f | sort | uniq -c; done";
    pair.run(["sh", "-c", labels]).assert_same();
}

/// URLs in definitions of services, and what stands behind them there.
const URLS: &[&str] = &[
    "ldap://127.0.0.1",
    "ldap://127.0.0.1/",
    "ldap://127.0.0.1/dc=x",
    "ldap://127.0.0.1/?a?one?(c=d)",
    "ldap://127.0.0.1/dc=x?a",
    "ldap://127.0.0.1/dc=x??one?(c=d)",
    "ldap://127.0.0.1/dc=x?a,b?one?(c=d)",
    "ldap://127.0.0.1/dc=x?a??(c=d)",
    "ldap://127.0.0.1/dc=x?a?far?(c=d)",
    "ldap://127.0.0.1/dc=x?a?one",
    "ldap://127.0.0.1/dc=x?a?one?",
    "ldap://127.0.0.1/dc=x?a?ONE?(c=d)",
    "ldap://127.0.0.1:x/dc=x?a?one?(c=d)",
    "ldap://127.0.0.1:1/dc=x?a?sub?(c=d)",
    "ldap://127.0.0.1:0/dc=x?a?sub?(c=d)",
    "ldap://127.0.0.1:99999/dc=x?a?sub?(c=d)",
    "ldap:///dc=x?a?base?(c=d)",
    "LDAP://127.0.0.1/dc=x?a?one?(c=d)",
    "ldaps://127.0.0.1/dc=x?a?one?(c=d)",
    "ldapX",
    "  ldap://127.0.0.1:1/dc=x?a?one?(c=d)\nbad line",
    "ldap://127.0.0.1:1/dc=x?a?one?(c=d)\nldap://h",
    "scram_client_key=x",
];

#[test]
fn services_in_directories() {
    let mut batch = Batch::new("pgsql");
    let mut services = String::new();
    for (at, url) in URLS.iter().enumerate() {
        services += &format!("[s{at}]\n{url}\nport=7\n");
        batch = batch
            .table(format!("hosts = postgresql://127.0.0.1/?service=s{at}\nquery = x\ndbname = x\n"), &["a"]);
    }
    let files = batch.files(Pair::new("servers/ldap-services"));
    let pair = files.file("/etc/postgresql-common/pg_service.conf", services).build();
    batch.assert_same_but_leftovers(&pair);
}
