//! Tables whose servers are asked over TLS: who trusts whom, and what a failure looks like.

use crate::servers_batch::Batch;
use crate::servers_ldap;
use compat::backing::{Server, Tls, relay_port, relay_socket, relay_tls_address, relay_tls_port};
use compat::certificates::{Authority, Identity};
use compat::pair::PairBuilder;
use compat::{Host, Pair};

/// Who is there: one authority that is trusted by the servers and one that is not, and certificates of both.
struct Cast {
    authority: Authority,
    stranger: Authority,
    client: Identity,
    stranger_client: Identity,
}

/// The names of the machine on which clients see the servers.
const HERE: &str = "DNS:localhost,IP:127.0.0.1,IP:127.0.0.2";

impl Cast {
    fn new() -> Cast {
        let (authority, stranger) = (Authority::new(), Authority::new());
        let client = authority.issue("mail", "DNS:mail");
        let stranger_client = stranger.issue("mail", "DNS:mail");
        Cast { authority, stranger, client, stranger_client }
    }

    fn tls<'a>(&'a self, identity: &'a Identity) -> Tls<'a> {
        Tls { identity, authority: &self.authority }
    }

    /// Puts certificates into a host: `/tls/ca.pem`, `/tls/client.pem`, ...
    fn place(&self, host: &Host) {
        let authority = self.authority.certificate();
        let stranger = self.stranger.certificate();
        let both = [self.client.certificate.clone(), self.client.key.clone()].concat();
        for (name, content) in [
            ("ca.pem", &authority),
            ("strange-ca.pem", &stranger),
            ("two-ca.pem", &[stranger.clone(), authority.clone()].concat()),
            ("client.pem", &self.client.certificate),
            ("client.key", &self.client.key),
            ("both.pem", &both),
            ("strange-client.pem", &self.stranger_client.certificate),
            ("strange-client.key", &self.stranger_client.key),
            ("nonsense.pem", &b"nonsense\n".to_vec()),
        ] {
            host.write(format!("/tls/{name}"), content);
        }
        let hash = self.authority.hash();
        host.must([
            "sh",
            "-c",
            &format!(
                "cd /tls; cp client.key open.key; chmod 600 client.key strange-client.key both.pem; \
                 mkdir d; ln -s ../ca.pem d/{hash}.0"
            ),
        ]);
    }
}

const PGSQL_ACCESS: &str = "hostssl all mail all cert
hostssl all wants all trust clientcert=verify-ca
hostssl all scram all scram-sha-256
hostnossl all clear all trust
host all plain all password
";

const PGSQL_SETUP: &str = "create database maildb; create user mail; create user wants; create user clear;
create user scram password 'secret'; create user plain password 'secret';";

/// Users of PostgreSQL and parameters of their connection; `{ca}` and `{client}` stand for what names the certificates.
const PGSQL_CONNECTIONS: &[(&str, &str)] = &[
    ("mail", "{client}"),
    ("mail", "sslmode=verify-full&{ca}&{client}"),
    ("mail", "sslmode=verify-full&{ca}&sslcert=/tls/both.pem&sslkey=/tls/both.pem"),
    ("mail", "sslmode=require&sslcert=/tls/both.pem"),
    ("mail", "sslmode=require&sslcert=/tls/client.pem"),
    ("mail", "sslmode=require&sslcert=/tls/client.pem&sslkey=/tls/missing"),
    ("mail", "sslmode=require&sslcert=/tls/missing"),
    ("mail", "sslmode=require&sslcert=/tls/nonsense.pem&sslkey=/tls/client.key"),
    ("mail", "sslmode=require&sslcert=/tls/client.pem&sslkey=/tls/nonsense.pem"),
    ("mail", "sslmode=require&sslcert=/tls/client.pem&sslkey=/tls/open.key"),
    ("mail", "sslmode=require&sslcert=/tls/client.pem&sslkey=/tls/strange-client.key"),
    ("mail", "sslmode=require&sslcert=/tls/strange-client.pem&sslkey=/tls/strange-client.key"),
    ("wants", "sslmode=require&{client}"),
    ("wants", "{client}&sslmode=disable"),
    ("scram:secret", "sslmode=verify-ca&{ca}"),
    ("scram:secret", "sslmode=verify-full&{ca}"),
    ("scram:secret", "sslmode=require&{ca}"),
    ("scram:secret", "sslmode=verify-ca&sslrootcert=/tls/strange-ca.pem"),
    ("scram:secret", "sslmode=verify-full&sslrootcert=/tls/two-ca.pem"),
    ("scram:secret", "sslmode=require&sslrootcert=/tls/strange-ca.pem"),
    ("scram:secret", "sslmode=prefer&sslrootcert=/tls/strange-ca.pem"),
    ("scram:secret", "sslmode=verify-ca&sslrootcert=/tls/missing"),
    ("scram:secret", "sslmode=verify-ca&sslrootcert=/tls/nonsense.pem"),
    ("scram:secret", "sslmode=require&sslrootcert=/tls/missing"),
    ("scram:secret", "sslmode=verify-full&{ca}&sslcrl=/tls/nobody.crl"),
    ("scram:secret", "sslmode=verify-full&{ca}&sslcrl=/tls/server.crl"),
    ("scram:secret", "sslmode=require&{ca}&sslcrl=/tls/server.crl"),
    ("scram:secret", "sslmode=require&sslcrl=/tls/server.crl"),
    ("scram:secret", "sslmode=verify-ca&{ca}&sslcrl=/tls/missing"),
    ("scram:secret", "sslmode=verify-ca&{ca}&sslcrl=/tls/nonsense.pem"),
    ("scram:secret", "sslmode=verify-ca&{ca}&sslcrl="),
    ("scram:secret", "sslmode=verify-ca&{ca}&sslcrldir=/tls/crls"),
    ("scram:secret", "sslmode=verify-ca&{ca}&sslcrldir=/tls/d"),
    ("scram:secret", "sslmode=verify-ca&{ca}&sslcrldir=/tls/missing"),
    ("scram:secret", "sslrootcert=system"),
    ("scram:secret", "sslmode=require&sslrootcert=system"),
    ("scram:secret", "ssl=true"),
    ("scram:secret", "sslmode=require&channel_binding=require"),
    ("scram:secret", "sslmode=require&channel_binding=disable"),
    ("plain:secret", "sslmode=require&channel_binding=require"),
    ("scram:secret", "sslmode=require&require_auth=scram-sha-256"),
    ("plain:secret", "sslmode=require&require_auth=scram-sha-256"),
    ("plain:secret", "sslmode=require&require_auth=!password"),
    ("scram:secret", "sslmode=require&sslnegotiation=direct"),
    ("scram:secret", "sslmode=prefer&sslnegotiation=direct"),
    ("scram:secret", "sslmode=require&ssl_min_protocol_version=TLSv1.3"),
    ("scram:secret", "sslmode=require&ssl_max_protocol_version=TLSv1.2"),
    ("scram:secret", "sslmode=require&ssl_min_protocol_version=TLSv9"),
    ("scram:secret", "sslmode=require&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2"),
    ("mail", "sslmode=require&sslcertmode=disable&{client}"),
    ("wants", "sslmode=require&sslcertmode=require"),
    ("wants", "sslmode=require&sslcertmode=require&{client}"),
    ("wants", "sslmode=require&sslcertmode=foo"),
    ("scram:secret", "sslmode=require&sslsni=0"),
];

#[test]
fn pgsql() {
    let cast = Cast::new();
    let mut batch = Batch::new("pgsql");
    let table = |uri: &str| format!("hosts = postgresql://{uri}\nquery = select '<%s>'\n");
    for user in ["mail", "wants", "scram:secret", "scram:wrong", "clear", "plain:secret", "nobody"] {
        for mode in ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] {
            let uri = format!("{user}@localhost/maildb?sslmode={mode}");
            batch = batch.table(table(&uri), &["a"]);
        }
    }
    let ca = "sslrootcert=/tls/ca.pem";
    let client = "sslcert=/tls/client.pem&sslkey=/tls/client.key";
    for (user, parameters) in PGSQL_CONNECTIONS {
        let parameters = parameters.replace("{ca}", ca).replace("{client}", client);
        batch = batch.table(table(&format!("{user}@localhost/maildb?{parameters}")), &["a"]);
    }
    for host in ["127.0.0.1", "other.example", "localhost:5433"] {
        let uri = format!("scram:secret@{host}/maildb?sslmode=verify-full&{ca}");
        batch = batch.table(table(&uri), &["a"]);
    }
    let login = "dbname = maildb\nquery = select '<%s>'\n";
    for user in ["user = scram\npassword = secret\n", "user = mail\n"] {
        batch = batch.table(format!("hosts = localhost\n{user}{login}"), &["a"]);
    }
    let pair = batch.files(with_names(Pair::new("servers-tls/pgsql"))).build();
    let identity = cast.authority.issue("localhost", HERE);
    let server = Server::postgresql_with_tls(PGSQL_ACCESS, PGSQL_SETUP, &cast.tls(&identity));
    let strange = cast.stranger.issue("other.example", "DNS:other.example");
    let stranger = Server::postgresql_with_tls(PGSQL_ACCESS, PGSQL_SETUP, &cast.tls(&strange));
    let revocations =
        [("nobody", cast.authority.revoked(&[])), ("server", cast.authority.revoked(&[&identity]))];
    for host in pair.hosts() {
        cast.place(host);
        for (name, list) in &revocations {
            host.write(format!("/tls/{name}.crl"), list);
        }
        let hash = cast.authority.hash();
        host.must(["sh", "-c", &format!("mkdir /tls/crls; ln -s ../server.crl /tls/crls/{hash}.r0")]);
        relay_tls_port(host, 5432, &server);
        relay_tls_port(host, 5433, &stranger);
    }
    batch.assert_same_but_leftovers(&pair);
}

/// Another name of the machine, which no certificate has.
fn with_names(pair: PairBuilder) -> PairBuilder {
    pair.file("/etc/hosts", "127.0.0.1 localhost other.example\n")
}

const MYSQL_SETUP: &str = "create database maildb;
create user far@'%' identified by 'secret' require ssl; grant all on maildb.* to far@'%';
create user open@'%' require ssl; grant all on maildb.* to open@'%';
create user mail@localhost identified by 'secret'; grant all on maildb.* to mail@localhost;
create user safe@localhost identified by 'secret' require ssl; grant all on maildb.* to safe@localhost;
create user known@localhost identified by 'secret' require x509; grant all on maildb.* to known@localhost;
";

#[test]
fn mysql() {
    let cast = Cast::new();
    let mut batch = Batch::new("mysql");
    let table = |user: &str, host: &str, parameters: &str| {
        format!(
            "hosts = {host}\nuser = {user}\npassword = secret\ndbname = maildb\nquery = select '<%s>'\n{parameters}\n"
        )
    };
    let ca = "tls_CAfile = /tls/ca.pem";
    let client = "tls_cert_file = /tls/client.pem\ntls_key_file = /tls/client.key";
    for user in ["mail", "safe", "known"] {
        for parameters in [
            String::new(),
            ca.to_owned(),
            format!("{ca}\ntls_verify_cert = yes"),
            format!("{ca}\ntls_verify_cert = no"),
            "tls_verify_cert = yes".to_owned(),
            "tls_verify_cert = no".to_owned(),
            format!("{ca}\n{client}"),
            format!("{client}\ntls_verify_cert = yes"),
            client.to_owned(),
            "tls_CApath = /tls/d".to_owned(),
            "tls_CApath = /tls/d\ntls_verify_cert = yes".to_owned(),
            "tls_CApath = /tls/missing\ntls_verify_cert = yes".to_owned(),
            "tls_CAfile = /tls/strange-ca.pem".to_owned(),
            "tls_CAfile = /tls/two-ca.pem\ntls_verify_cert = yes".to_owned(),
            "tls_CAfile = /tls/nonsense.pem\ntls_verify_cert = yes".to_owned(),
            "tls_cert_file = /tls/missing\ntls_key_file = /tls/missing".to_owned(),
            "tls_cert_file = /tls/client.pem".to_owned(),
            "tls_key_file = /tls/client.key".to_owned(),
            "tls_cert_file = /tls/both.pem\ntls_key_file = /tls/both.pem".to_owned(),
            "tls_cert_file = /tls/both.pem".to_owned(),
            "tls_cert_file = /tls/client.pem\ntls_key_file = /tls/strange-client.key".to_owned(),
            "tls_cert_file = /tls/strange-client.pem\ntls_key_file = /tls/strange-client.key".to_owned(),
            "tls_cert_file = /tls/nonsense.pem\ntls_key_file = /tls/nonsense.pem".to_owned(),
            "tls_ciphers = ECDHE-ECDSA-AES256-GCM-SHA384".to_owned(),
            "tls_ciphers = nonsense".to_owned(),
        ] {
            batch = batch.table(table(user, "127.0.0.1", &parameters), &["a"]);
        }
    }
    for host in ["localhost", "inet:localhost", "other.example", "127.0.0.1:3307", "unix:/run/my.sock"] {
        for parameters in ["", "tls_CAfile = /tls/ca.pem\ntls_verify_cert = yes"] {
            batch = batch.table(table("safe", host, parameters), &["a"]);
        }
    }
    // Servers elsewhere are not believed without authorities.
    for parameters in ["tls_verify_cert = yes", "tls_CAfile = /tls/ca.pem", client] {
        batch = batch.table(table("far", "127.0.0.2", parameters), &["a"]);
    }
    let open = table("open", "127.0.0.2", "tls_verify_cert = yes").replace("password = secret\n", "");
    batch = batch.table(open, &["a"]);
    let pair = batch.files(with_names(Pair::new("servers-tls/mysql"))).build();
    let identity = cast.authority.issue("localhost", HERE);
    let server = Server::mariadb_with_tls(MYSQL_SETUP, &cast.tls(&identity));
    let strange = cast.stranger.issue("other.example", "DNS:other.example");
    let stranger = Server::mariadb_with_tls(MYSQL_SETUP, &cast.tls(&strange));
    for host in pair.hosts() {
        cast.place(host);
        relay_port(host, 3306, &server.socket());
        relay_port(host, 3307, &stranger.socket());
        relay_socket(host, "/run/my.sock", &server.socket());
        relay_tls_address(host, "127.0.0.2", 3306, &server);
    }
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn ldap() {
    let cast = Cast::new();
    let mut batch = Batch::new("ldap");
    let ca = "tls_ca_cert_file = /tls/ca.pem";
    let client = "tls_cert = /tls/client.pem\ntls_key = /tls/client.key";
    for host in [
        "ldaps://localhost",
        "ldaps://127.0.0.1",
        "ldaps://other.example",
        "ldap://localhost\nstart_tls = yes",
        "ldap://other.example\nstart_tls = yes",
        "ldaps://localhost\nstart_tls = yes",
        "ldaps://localhost:389",
        "ldap://localhost:636",
        "ldaps://localhost:1 ldaps://localhost",
    ] {
        for parameters in [
            String::new(),
            "tls_require_cert = yes".to_owned(),
            format!("tls_require_cert = yes\n{ca}"),
            format!("tls_require_cert = no\n{ca}\n{client}"),
        ] {
            batch = batch.table(ldap_table(host, &parameters), &["a"]);
        }
    }
    for parameters in [
        "tls_require_cert = yes\ntls_ca_cert_dir = /tls/d",
        "tls_require_cert = yes\ntls_ca_cert_dir = /tls/missing",
        "tls_require_cert = yes\ntls_ca_cert_file = /tls/strange-ca.pem",
        "tls_require_cert = yes\ntls_ca_cert_file = /tls/two-ca.pem",
        "tls_require_cert = yes\ntls_ca_cert_file = /tls/nonsense.pem",
        "tls_ca_cert_file = /tls/missing",
        "tls_cert = /tls/missing\ntls_key = /tls/missing",
        "tls_cert = /tls/client.pem",
        "tls_key = /tls/client.key",
        "tls_cert = /tls/client.pem\ntls_key = /tls/strange-client.key",
        "tls_cert = /tls/nonsense.pem\ntls_key = /tls/client.key",
        "tls_cert = /tls/both.pem\ntls_key = /tls/both.pem",
        "tls_cipher_suite = NORMAL",
        "tls_cipher_suite = nonsense",
        "tls_random_file = /dev/urandom",
        "tls_require_cert = maybe",
        "bind = sasl\nsasl_mechs = EXTERNAL",
    ] {
        for host in ["ldaps://localhost", "ldap://localhost\nstart_tls = yes"] {
            batch = batch.table(ldap_table(host, parameters), &["a"]);
        }
    }
    let external = format!("{client}\nbind = sasl\nsasl_mechs = EXTERNAL");
    batch = batch.table(ldap_table("ldaps://localhost", &external), &["a"]);
    let pair = batch.files(with_names(Pair::new("servers-tls/ldap"))).build();
    let identity = cast.authority.issue("localhost", HERE);
    let server = servers_ldap::start(&cast.tls(&identity));
    for host in pair.hosts() {
        cast.place(host);
        relay_port(host, 389, &server.socket());
        relay_tls_port(host, 636, &server);
    }
    batch.assert_same_but_leftovers(&pair);
}

fn ldap_table(host: &str, parameters: &str) -> String {
    format!("server_host = {host}\nsearch_base = dc=example,dc=com\n{parameters}\n")
}
