//! What the manual pages of tables with servers promise and no other case asks for: odd keys, lists of domains, numbers out
//! of range, hosts in all forms, and what a connection URI may demand of a PostgreSQL server.

use crate::servers_batch::Batch;
use crate::{servers_ldap, servers_mysql, servers_pgsql};
use compat::Pair;
use compat::backing::{Server, relay_port};
use compat::pair::PairBuilder;

/// Keys with all that means something to SQL, LDAP, templates or lines.
const ODD_KEYS: &[&str] = &[
    "a\nb",
    "a\tb",
    " a",
    "a ",
    "a\u{1}",
    "%s@%d",
    "%u",
    "%",
    "*",
    "(",
    "a)(cn=*",
    "a\\28",
    "\\2a",
    "#",
    "a@",
    "@",
    "a@@b",
    "\"a b\"@x",
    ";",
    "/*",
    "''",
    "\\'",
    "`",
    "a,b",
    "a+b",
    "<a>",
    "\u{7f}",
];

/// Lists of domains, and keys that are in some of them.
const DOMAINS: &[&str] = &[
    "example.com",
    "EXAMPLE.COM",
    ".example.com",
    "!example.com, static:all",
    "/domains",
    "!/domains, com",
    "texthash:/hosts",
    "inline:{example.com=x}",
    "*",
    ",",
    "fail:x",
    "/etc",
];
const KEYS_WITH_DOMAINS: &[&str] = &[
    "u@example.com",
    "U@EXAMPLE.com",
    "u@sub.example.com",
    "u@b",
    "@example.com",
    "u",
    "u@",
    "example.com",
    "a@b@example.com",
];

/// What limits may be by mistake.
const NUMBERS: &[&str] = &["-1", "x", "1x", " 2 ", "", "99999999999999999999", "+1"];
/// What time limits may be by mistake; those that are good leave a busy server its time.
const TIME_LIMITS: &[&str] = &["-1", "x", "1x", " 20 ", "", "99999999999999999999", "+10"];

fn with_files(builder: PairBuilder) -> PairBuilder {
    builder
        .file("/domains", "# comment\nexample.com\n b\n\nx.org\n")
        .file("/hosts", "example.com 1\n.x.org 2\n")
}

#[test]
fn keys() {
    let sql = "SELECT '%s','%u','%d','%1'";
    let ldap_base = "server_host = 127.0.0.1\nsearch_base = cn=%s,dc=example,dc=com\nquery_filter = (cn=*)\n";
    let mysql = Batch::new("mysql").table(servers_mysql::with_query(sql), ODD_KEYS);
    let pgsql = Batch::new("pgsql").table(servers_pgsql::with_query(sql), ODD_KEYS);
    let ldap = Batch::new("ldap").table(servers_ldap::HEAD, ODD_KEYS).table(ldap_base, ODD_KEYS);
    let pair = mysql.files(Pair::new("servers-manuals/keys-mysql")).build();
    let server = servers_mysql::serve(&pair);
    mysql.assert_same_but_leftovers(&pair);
    drop((pair, server));
    let pair = pgsql.files(Pair::new("servers-manuals/keys-pgsql")).build();
    let server = servers_pgsql::serve(&pair);
    pgsql.assert_same_but_leftovers(&pair);
    drop((pair, server));
    let pair = ldap.files(Pair::new("servers-manuals/keys-ldap")).build();
    let _server = servers_ldap::serve(&pair);
    ldap.assert_same_but_leftovers(&pair);
}

#[test]
fn domains_and_numbers_of_pgsql() {
    let mut batch = Batch::new("pgsql");
    for domains in DOMAINS {
        let query = format!("SELECT '%s'\ndomain = {domains}");
        batch = batch.table(servers_pgsql::with_query(&query), KEYS_WITH_DOMAINS);
    }
    for number in NUMBERS {
        for parameter in ["expansion_limit", "idle_interval", "retry_interval"] {
            batch = batch.table(servers_pgsql::of_key(&format!("{parameter} = {number}")), &["b"]);
        }
    }
    for statement in ["raise notice 'hi'", "raise warning 'hi %%', 1"] {
        batch = batch.table(servers_pgsql::with_query(&format!("DO $$ begin {statement}; end $$")), &["a"]);
    }
    let pair = batch.files(with_files(Pair::new("servers-manuals/pgsql"))).build();
    let _server = servers_pgsql::serve(&pair);
    batch.assert_same_but_leftovers(&pair);
}

const PG_SERVICES: &str = "# services\n[known]\n host=/run/postgresql\nuser=trusted\ndbname=maildb\n\n\
    [unknown-parameter]\nnosuch=x\n[no-value]\nhost\n[nested]\nservice=known\n";

/// A list of hosts finds its primary, or does not; a socket's owner is the one that was named.
#[test]
fn kinds_of_pgsql_servers() {
    let uri = |rest: &str| {
        format!(
            "hosts = postgresql:///maildb?host=/run/postgresql&user=trusted{rest}\nquery = select '<%s>'\n"
        )
    };
    let mut batch = Batch::new("pgsql");
    for wanted in ["any", "read-write", "read-only", "primary", "standby", "prefer-standby", "x", ""] {
        for transactions in ["", "&options=-c%20default_transaction_read_only%3Don"] {
            batch = batch.table(uri(&format!("&target_session_attrs={wanted}{transactions}")), &["a"]);
        }
    }
    for wanted in ["standby", "prefer-standby"] {
        let uri = format!(
            "hosts = postgresql:///maildb?host=/nosuch,/run/postgresql&user=trusted&target_session_attrs={wanted}\n"
        );
        batch = batch.table(uri + "query = select '<%s>'\n", &["a"]);
    }
    for rest in [
        "&requirepeer=",
        "&service=x",
        "&gssencmode=x",
        "&load_balance_hosts=x",
        "&load_balance_hosts=random",
        "&connect_timeout=x",
        "&connect_timeout=-1",
        "&port=x",
        "&port=0",
        "&client_encoding=bad",
        "&client_encoding=LATIN1",
        "&client_encoding=auto",
        "&client_encoding=",
        "&max_protocol_version=",
        "&max_protocol_version=3.1",
        "&min_protocol_version=x",
        "&min_protocol_version=3.2&max_protocol_version=3.0",
        "&oauth_issuer=x&oauth_client_id=x&oauth_client_secret=x&oauth_scope=x",
        "&oauth_ca_file=x",
        "&sslkeylogfile=/nosuch/x",
        "&service=known",
        "&service=none",
        "&service=unknown-parameter",
        "&service=no-value",
        "&service=nested",
    ] {
        batch = batch.table(uri(rest), &["a"]);
    }
    // What a service defines comes behind what the URI says.
    batch = batch
        .table("hosts = postgresql:///?service=known\nquery = select '<%s>'\n", &["a"])
        .table("hosts = postgresql://nobody@/nodb?service=known\nquery = select '<%s>'\n", &["a"]);
    let batch = batch.table("user = x\ndbname = x\nhosts = unix:/etc/passwd\nquery = select 1\n", &["a"]);
    let builder = Pair::new("servers-manuals/kinds").file("/root/.pg_service.conf", PG_SERVICES);
    let pair = batch.files(builder).build();
    let _server = servers_pgsql::serve(&pair);
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn hosts_domains_and_numbers_of_mysql() {
    let mut batch = Batch::new("mysql");
    for hosts in [
        "inet:",
        "unix:",
        "127.0.0.1:0",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "/run/my.sock",
        "[::1]",
        "LOCALHOST",
    ] {
        let login = "user = mail\npassword = sec'ret\ndbname = maildb\n";
        batch = batch.table(format!("{login}hosts = {hosts}\nquery = SELECT '%s'\n"), &["a"]);
    }
    for domains in DOMAINS {
        let query = format!("SELECT '%s'\ndomain = {domains}");
        batch = batch.table(servers_mysql::with_query(&query), KEYS_WITH_DOMAINS);
    }
    for number in NUMBERS {
        for parameter in ["expansion_limit", "idle_interval", "retry_interval"] {
            batch = batch.table(servers_mysql::of_key(&format!("{parameter} = {number}")), &["b"]);
        }
    }
    let pair = batch.files(with_files(Pair::new("servers-manuals/mysql"))).build();
    let _server = servers_mysql::serve(&pair);
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn hosts_and_numbers_of_ldap() {
    let mut batch = Batch::new("ldap");
    for number in NUMBERS {
        for parameter in
            ["expansion_limit", "size_limit", "recursion_limit", "dereference", "version", "server_port"]
        {
            let rest = format!("special_result_attribute = memberdn\n{parameter} = {number}\n");
            batch = batch.table(servers_ldap::HEAD.to_owned() + &rest, &["group"]);
        }
    }
    for limit in TIME_LIMITS {
        batch = batch.table(servers_ldap::HEAD.to_owned() + &format!("timeout = {limit}\n"), &["a"]);
    }
    for host in [
        "127.0.0.1:0",
        "127.0.0.1:-1",
        "127.0.0.1:+389",
        "127.0.0.1:",
        "ldap://127.0.0.1:0",
        "ldap://127.0.0.1/dc=x",
        "127.0.0.1,127.0.0.1:1",
        "http://127.0.0.1",
        "ldap://",
        "LDAP://127.0.0.1",
        "::1",
        "cldap://127.0.0.1",
    ] {
        batch = batch.table(format!("server_host = {host}\nsearch_base = dc=example,dc=com\n"), &["a"]);
    }
    for name in ["/", "/etc"] {
        batch = batch.table(servers_ldap::HEAD.to_owned() + &format!("domain = {name}\n"), &["a@b"]);
    }
    let pair = batch.files(Pair::new("servers-manuals/ldap")).build();
    let _server = servers_ldap::serve(&pair);
    batch.assert_same_but_leftovers(&pair);
    for kind in ["ldap", "mysql", "pgsql", "sqlite", "memcache"] {
        for name in ["/", "/etc", "./x", "x y"] {
            pair.run(["postmap", "-q", "a", &format!("{kind}:{name}")]).assert_same();
        }
    }
}

#[test]
fn parameters_of_memcache() {
    let mut batch = Batch::new("memcache");
    for rest in [
        "flags = x",
        "flags = -1",
        "ttl = -1",
        "key_format = a b%s",
        "key_format = %d:%u",
        "key_format = %1",
        "key_format = %",
        "key_digest = SHA512",
        "key_digest = sha512-256",
        "key_digest = sha224",
        "data_size_limit = -1",
        "line_size_limit = 1",
        "max_try = 0",
        "retry_pause = -1",
        "timeout = x",
        "backup =",
        "backup = foo",
        "backup = foo:bar",
        // What this one stores must not answer the others, which run at the same time.
        "backup = static:x\nkey_format = stored:%s",
        "domain = example.com",
        "domain = !example.com, static:all",
    ] {
        let keys = ["a", "u@example.com", "@example.com", "u@", "x y", "a\tb", &"a".repeat(300)];
        batch = batch.table(format!("memcache = inet:127.0.0.1:11211\ntimeout = 20\n{rest}\n"), &keys);
    }
    let pair = batch.files(Pair::new("servers-manuals/memcache")).build();
    let servers = pair.hosts().map(|host| {
        let server = Server::memcached();
        relay_port(host, 11211, &server.socket());
        server
    });
    batch.assert_same(&pair);
    drop(servers);
}

/// Sends requests to proxymap(8) one after the other and prints its answers; attributes end with `|`.
const ASK_PROXYMAP: &str = r#"
use IO::Socket::UNIX;
my $socket = IO::Socket::UNIX->new(Peer => "/var/spool/postfix/private/" . shift) or die "connect: $!";
my $answer = sub { local $/ = "\0\0"; my $text = <$socket>; $text =~ tr/\0/|/; print "$text\n" };
$answer->();
for my $request (@ARGV) {
    print $socket join("\0", split(/[= ]/, $request)), "\0\0";
    $socket->flush;
    $answer->();
}
"#;

/// A client that asks for no locks shares the table with others nevertheless, and its changes are on disk at once.
#[test]
fn changes_through_proxymap() {
    let kinds = ["hash", "btree", "lmdb"];
    let mut builder = Pair::new("servers-manuals/proxymap").file("/ask.pl", ASK_PROXYMAP);
    for kind in kinds {
        builder = builder.file(&format!("/t/{kind}"), "w 1\n");
    }
    let pair = builder
        .main_cf("proxy_write_maps = proxy:hash:/t/hash, proxy:btree:/t/btree, proxy:lmdb:/t/lmdb\ninet_protocols = ipv4\n")
        .build();
    for kind in kinds {
        pair.run(["sh", "-c", &format!("postmap {kind}:/t/{kind}; chown postfix /t /t/{kind}*")])
            .assert_same();
    }
    for host in pair.hosts() {
        host.start_mail();
    }
    for kind in kinds {
        let table = format!("table={kind}:/t/{kind} instance_flags=0 flags=24");
        for requests in [
            format!("'request=update {table} key=k value=v' 'request=update {table} key=w value=2'"),
            format!(
                "'request=delete {table} key=k' 'request=delete {table} key=k' 'request=lookup {table} key=w'"
            ),
        ] {
            let script = format!(
                "perl /ask.pl proxywrite {requests}; timeout 9 postmap -s {kind}:/t/{kind} | sort; \
                 timeout 9 postmap -d nokey {kind}:/t/{kind}; echo $?"
            );
            pair.run(["bash", "-c", &script]).assert_same();
        }
    }
}
