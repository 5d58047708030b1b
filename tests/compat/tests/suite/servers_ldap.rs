//! LDAP tables with a real server: logins, TLS, filters, recursion over names and URLs, limits, and what goes wrong.

use crate::servers_batch::Batch;
use compat::Pair;
use compat::backing::{Server, Tls, relay_port, relay_socket};
use compat::certificates::Authority;

const CONFIGURATION: &str = "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile @folder@/slapd.pid
argsfile @folder@/slapd.args
modulepath /usr/lib/ldap
moduleload back_mdb
allow bind_v2
TLSCertificateFile @folder@/cert.pem
TLSCertificateKeyFile @folder@/key.pem
TLSCACertificateFile @folder@/ca.pem
TLSVerifyClient try
attributetype ( 1.3.6.1.4.1.99999.1 NAME 'maildrop' EQUALITY caseIgnoreIA5Match SUBSTR caseIgnoreIA5SubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
attributetype ( 1.3.6.1.4.1.99999.2 NAME 'mailacceptinggeneralid' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.3 NAME 'memberurl2' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.4 NAME 'memberdn' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
objectclass ( 1.3.6.1.4.1.99999.10 NAME 'mailUser' SUP top AUXILIARY MAY ( maildrop $ mailacceptinggeneralid $ memberurl2 $ memberdn ) )
database mdb
suffix \"dc=example,dc=com\"
rootdn \"cn=admin,dc=example,dc=com\"
rootpw secret
directory @folder@/db
maxsize 10485760
access to dn.subtree=\"ou=secret,dc=example,dc=com\" by dn=\"cn=reader,dc=example,dc=com\" read by * none
access to attrs=userPassword by * auth
access to * by * read
";

/// Entries with no more than a name and a class.
const FRAME: &str = "dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=reader,dc=example,dc=com
objectClass: person
cn: reader
sn: reader
userPassword: readpw

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=secret,dc=example,dc=com
objectClass: organizationalUnit
ou: secret

dn: ou=example.com,dc=example,dc=com
objectClass: organizationalUnit
ou: example.com

dn: cn=alias,ou=people,dc=example,dc=com
objectClass: alias
objectClass: extensibleObject
cn: alias
mailacceptinggeneralid: alias
aliasedObjectName: cn=a,ou=people,dc=example,dc=com

dn: ou=ref,dc=example,dc=com
objectClass: referral
objectClass: extensibleObject
ou: ref
ref: ldap://127.0.0.1:389/ou=example.com,dc=example,dc=com

";

/// Users: folder, name, and the lines of their own.
const USERS: &[(&str, &str, &str)] = &[
    ("people", "a", "mail: a@example.com\nmailacceptinggeneralid: a@example.com\nmaildrop: one@dest.org"),
    ("people", "b", "mail: b@example.com\nmaildrop: x\nmaildrop: y@z.org\ndescription: descr"),
    ("people", "star", "mailacceptinggeneralid: st*r(x)\\y\nmaildrop: starred"),
    ("example.com", "umlaut", "mailacceptinggeneralid:: w6k=\nmaildrop: umlaut"),
    (
        "people",
        "group",
        "mail: group@example.com\nmemberdn: cn=a,ou=people,dc=example,dc=com\n\
         memberdn: cn=b,ou=people,dc=example,dc=com\nmemberdn: cn=gone,ou=people,dc=example,dc=com",
    ),
    (
        "people",
        "urls",
        "maildrop: self\nmemberurl2: ldap:///ou=people,dc=example,dc=com?maildrop?sub?(cn=b)\n\
         memberurl2: ldap:///cn=a,ou=people,dc=example,dc=com\n\
         memberurl2: ldap:///ou=people,dc=example,dc=com?telephoneNumber?sub?(cn=b)",
    ),
    ("people", "badurl", "memberurl2: ldap:///ou=people,dc=example,dc=com?maildrop?far"),
    ("people", "badfilter", "memberurl2: ldap:///ou=people,dc=example,dc=com?maildrop?sub?(cn=b"),
    ("people", "loop", "maildrop: looped\nmemberdn: cn=loop,ou=people,dc=example,dc=com"),
    (
        "people",
        "nested",
        "maildrop: top\nmemberdn: cn=group,ou=people,dc=example,dc=com\n\
         memberdn: cn=urls,ou=people,dc=example,dc=com",
    ),
    ("secret", "hidden", "maildrop: secret"),
    ("people", "lang", "cn;lang-de: lang2"),
];

fn content() -> String {
    let mut text = FRAME.to_owned();
    for (folder, name, lines) in USERS {
        text += &format!(
            "dn: cn={name},ou={folder},dc=example,dc=com\nobjectClass: inetOrgPerson\nobjectClass: mailUser\n\
             cn: {name}\nsn: {name}\nmailacceptinggeneralid: {name}\n{lines}\n\n"
        );
    }
    text
}

pub(crate) const HEAD: &str = "server_host = 127.0.0.1\nsearch_base = dc=example,dc=com\n";
const SPECIAL: &str = "special_result_attribute = memberdn, memberurl2\n";

fn with(rest: &str) -> String {
    format!("{HEAD}{rest}\n")
}

/// Starts a server with users.
pub(crate) fn start(tls: &Tls) -> Server {
    Server::openldap(CONFIGURATION, &content(), tls)
}

/// Starts a server for both hosts, which have the certificate of its authority as `/ca.pem`.
pub(crate) fn serve(pair: &Pair) -> Server {
    let authority = Authority::new();
    let identity = authority.issue("localhost", "DNS:localhost,IP:127.0.0.1");
    let server = start(&Tls { identity: &identity, authority: &authority });
    for host in pair.hosts() {
        host.write("/ca.pem", authority.certificate());
        relay_port(host, 389, &server.socket());
        relay_socket(host, "/run/slapd/ldapi", &server.socket());
    }
    server
}

#[test]
fn searches_and_results() {
    let special = |rest: &str| with(&format!("{SPECIAL}{rest}"));
    let mut batch = Batch::new("ldap")
        .table(
            HEAD,
            &[
                "a",
                "a@example.com",
                "b",
                "nokey",
                "st*r(x)\\y",
                "*",
                "st*",
                "é",
                "hidden",
                "",
                "group",
                ")(cn=*",
                "A",
            ],
        )
        .table(special(""), &["a", "group", "urls", "badurl", "badfilter", "nested"])
        .table(special("recursion_limit = 1"), &["a", "group", "nested"])
        .table(special("recursion_limit = 2"), &["group", "nested"])
        .table(special("recursion_limit = 3"), &["nested"])
        .table(special("recursion_limit = 40"), &["loop"])
        .table(special("expansion_limit = 2"), &["a", "b", "group", "nested"])
        .table(special("expansion_limit = 3"), &["group", "nested"])
        .table(special("size_limit = 1\nquery_filter = (|(cn=%s)(cn=b))"), &["a", "b"])
        .table(special("leaf_result_attribute = mail"), &["a", "group", "urls", "nested"])
        .table(special("terminal_result_attribute = mail"), &["a", "group", "urls", "nested"])
        .table(
            special("terminal_result_attribute = maildrop\nresult_attribute = mail"),
            &["a", "group", "urls", "nested"],
        )
        .table(with("result_attribute = mail, maildrop, cn"), &["a", "b", "group", "lang"])
        .table(with("result_attribute = cn;lang-de"), &["lang"])
        .table(with("result_format = <%s:%u:%S>"), &["a", "b"])
        .table(with("result_filter = [%s]"), &["b"])
        .table(with("result_format = %d"), &["a", "b"])
        .table(with("domain = example.com"), &["a", "a@example.com"])
        .table(with("dereference = 3"), &["alias"])
        .table(with("dereference = 0"), &["alias"])
        .table(with("query_filter = (cn=%s)\nchase_referrals = yes"), &["umlaut", "a"])
        .table(
            "server_host = 127.0.0.1\nsearch_base = ou=ref,dc=example,dc=com\nchase_referrals = yes\n",
            &["é"],
        );
    for base in [
        "ou=nosuch,dc=example,dc=com",
        "ou=%d,dc=example,dc=com",
        "",
        "no dn",
        "ou=ref,dc=example,dc=com",
        "cn=%s,ou=people,dc=example,dc=com",
        "cn=%u,ou=people,dc=%2,dc=%1",
    ] {
        let keys = ["a", "a@example.com", "é@example.com", "x, y"];
        batch = batch.table(format!("server_host = 127.0.0.1\nsearch_base = {base}\n"), &keys);
    }
    for filter in [
        "mail=%s",
        "(mail=%u*)",
        "(|(mail=%s)(cn=%s))",
        "(&(objectClass=*)(!(cn=%s)))",
        "(mail=%s",
        "nonsense",
        "(cn=b)",
        "(mail=%u@%d)",
        "(cn:caseIgnoreMatch:=%s)",
        "(mail=%s)(x=y)",
        "(nosuchattr=%s)",
    ] {
        batch = batch.table(with(&format!("query_filter = {filter}")), &["a", "a@example.com"]);
    }
    for scope in ["base", "one", "sub", "foo"] {
        let base = "server_host = 127.0.0.1\nsearch_base = ou=people,dc=example,dc=com\n";
        batch = batch.table(format!("{base}scope = {scope}\n"), &["a"]);
    }
    let pair = batch.files(Pair::new("servers-ldap/searches")).build();
    let _server = serve(&pair);
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn hosts_and_logins() {
    let mut batch = Batch::new("ldap");
    for host in [
        "server_host = ldap://127.0.0.1",
        "server_host = 127.0.0.1:389",
        "server_host = 127.0.0.1\nserver_port = 389",
        "server_host = ldapi://%2Frun%2Fslapd%2Fldapi",
        "server_host = 127.0.0.1:1 127.0.0.1",
        "server_host = 127.0.0.1:1",
        "server_host = 127.0.0.1:1\nbind = no",
        "server_host = 127.0.0.1:1\nstart_tls = yes",
        "server_host = ldapi://%2Fnosuch",
        "server_host = 127.0.0.1:390\ntimeout = 1",
        "server_host = 127.0.0.1:390\ntimeout = 1\nbind = no",
        "server_host = ldap://127.0.0.1:x",
        "server_host = 127.0.0.1:x",
        "server_host = 127.0.0.1\nversion = 2",
        "server_host = 127.0.0.1\nversion = 4",
        "version = 1",
        "server_host =",
        "server_port = x",
        "server_host = ldapi://%2Frun%2Fslapd%2Fldapi\nbind = sasl\nsasl_mechs = EXTERNAL",
    ] {
        batch = batch.table(format!("search_base = dc=example,dc=com\n{host}\n"), &["a"]);
    }
    for login in [
        "bind = no",
        "bind = none",
        "bind_dn = cn=reader,dc=example,dc=com\nbind_pw = readpw",
        "bind_dn = cn=reader,dc=example,dc=com\nbind_pw = wrong",
        "bind_dn = no dn at all\nbind_pw = x",
        "bind_dn = cn=reader,dc=example,dc=com",
        "bind_pw = x",
        "bind = foo",
        "bind = SIMPLE",
        "bind =",
        "bind = sasl\nsasl_mechs = EXTERNAL",
        "bind = sasl\nsasl_mechs = NOSUCH",
        "bind = sasl\nsasl_minssf = 9999",
        "version = 2\nbind = sasl\nsasl_mechs = EXTERNAL",
    ] {
        batch = batch.table(with(login), &["a", "hidden"]);
    }
    for tls in [
        "",
        "\nversion = 2",
        "\ntls_require_cert = yes\ntls_ca_cert_file = /ca.pem",
        "\ntls_require_cert = yes",
        "\ntls_ca_cert_file = /nosuch",
    ] {
        batch = batch.table(with(&format!("start_tls = yes{tls}")), &["a"]);
    }
    for rest in [
        "cache = yes\ncache_expiry = 1\ncache_size = 1",
        "timeout = x",
        "debuglevel = x",
        "dereference = 7",
        "start_tls = maybe",
    ] {
        batch = batch.table(with(rest), &["a"]);
    }
    let pair = batch.files(Pair::new("servers-ldap/hosts")).build();
    let _server = serve(&pair);
    // A server that never says anything.
    let _silent = pair.hosts().map(|host| host.listen("127.0.0.1", 390));
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn other_requests() {
    let pair = Pair::new("servers-ldap/requests")
        .file("/t.cf", HEAD)
        .main_cf("old_server_host = 127.0.0.1\nold_search_base = dc=example,dc=com\n")
        .build();
    let _server = serve(&pair);
    pair.run_with_input(["postmap", "-q", "-", "ldap:/t.cf"], "a\nb\nnokey\na@example.com\né\n".as_bytes())
        .assert_same();
    for request in [&["-d", "a"][..], &["-s"], &["-i"], &[]] {
        let argv: Vec<&str> = [&["postmap"], request, &["ldap:/t.cf"]].concat();
        pair.run(argv).assert_same();
    }
    pair.run(["postmap", "-q", "a", "ldap:old"]).assert_same();
}
