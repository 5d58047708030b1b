//! Servers of tables that end between two look-ups, and servers that take their time.

use crate::servers_batch::Batch;
use crate::{servers_ldap, servers_mysql, servers_pgsql};
use compat::backing::{Server, relay_port};
use compat::{Normaliser, Pair};

/// Looks one key up, waits until the server is gone, and looks another one up. postmap(1) has its first answer when it waits
/// for input with a connection open.
const SCRIPT: &str = r#"
READ=0 PSELECT=270 # on x86_64
has_answer() {
  for process in /proc/[0-9]*; do
    [ "$(cat $process/comm 2>/dev/null)" = postmap ] || continue
    read -r call descriptor rest < $process/syscall
    case $call:$(readlink $process/fd/$((descriptor))) in
    $READ:pipe:* | $PSELECT:*) ls -l $process/fd | grep -q socket: && return 0;;
    esac
  done
  return 1
}
{
  echo a
  for try in {1..1000}; do if has_answer; then break; fi; sleep 0.05; done
  sleep 0.3
  touch /answered
  until [ -e /gone ]; do sleep 0.05; done
  echo b
} | postmap -q - $1
"#;

/// Plays [`SCRIPT`] on both hosts while a server ends.
fn dies_in_between(pair: &Pair, table: &str, servers: Vec<Server>) {
    let hosts = pair.hosts();
    let [theirs, ours] = std::thread::scope(|scope| {
        let runs = hosts.map(|host| scope.spawn(move || host.run(["bash", "-c", SCRIPT, "bash", table])));
        for host in hosts {
            host.wait_for("an answer", || host.path("/answered").exists());
        }
        drop(servers);
        for host in hosts {
            host.write("/gone", "");
        }
        runs.map(|run| run.join().expect("a run"))
    });
    let text = |output: &compat::Output| {
        let all = [output.stdout.as_slice(), &output.stderr].concat();
        let text = compat::normalise::apply(&[Normaliser::LeftoverNumber], &String::from_utf8_lossy(&all));
        // Whether the end of a connection looks like an error, and which, is a matter of microseconds.
        let cut = |line: &str| {
            let end = ["system error: ", "I/O error: "].iter().find_map(|mark| line.find(mark));
            line[..end.unwrap_or(line.len())].to_owned() + "\n"
        };
        text.lines().map(cut).collect::<String>()
    };
    assert_eq!((theirs.status, text(&theirs)), (ours.status, text(&ours)));
}

#[test]
fn mysql_dies() {
    let pair = Pair::new("servers-trouble/mysql").file("/t.cf", servers_mysql::of_key("")).build();
    let server = servers_mysql::serve(&pair);
    dies_in_between(&pair, "mysql:/t.cf", vec![server]);
}

#[test]
fn ldap_dies() {
    let pair = Pair::new("servers-trouble/ldap").file("/t.cf", servers_ldap::HEAD).build();
    let server = servers_ldap::serve(&pair);
    dies_in_between(&pair, "ldap:/t.cf", vec![server]);
}

#[test]
fn memcached_dies() {
    let pair = Pair::new("servers-trouble/memcache")
        .file("/t.cf", "memcache = inet:127.0.0.1:11211\nbackup = texthash:/backup\n")
        .file("/backup", "a one\nb two\n")
        .build();
    let servers = vec![Server::memcached(), Server::memcached()];
    for (host, server) in pair.hosts().into_iter().zip(&servers) {
        relay_port(host, 11211, &server.socket());
    }
    dies_in_between(&pair, "memcache:/t.cf", servers);
}

/// Ports where somebody listens and never says anything.
fn silent(pair: &Pair, port: u16) -> [std::net::TcpListener; 2] {
    pair.hosts().map(|host| host.listen("127.0.0.1", port))
}

#[test]
fn pgsql_is_slow() {
    let silent_host = "query = select 1\nhosts = postgresql://mail:x@127.0.0.1:5439/maildb?connect_timeout=2";
    let batch = Batch::new("pgsql")
        .table(servers_pgsql::with_query("SELECT v FROM t, pg_sleep(1) WHERE k='%s'"), &["a", "b", "nokey"])
        .table(
            servers_pgsql::with_query(
                "SET statement_timeout = 500; SELECT v FROM t, pg_sleep(9) WHERE k='%s'",
            ),
            &["a"],
        )
        .table(silent_host, &["a"])
        .table(format!("{silent_host}&sslmode=disable\n"), &["a"])
        .table(format!("{silent_host}\nhosts = 127.0.0.1:1 unix:/run/postgresql\n"), &["a"]);
    let pair = batch.files(Pair::new("servers-trouble/pgsql-slow")).build();
    let _server = servers_pgsql::serve(&pair);
    let _silent = silent(&pair, 5439);
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn mysql_is_slow() {
    let silent_host = "hosts = 127.0.0.1:3309\nuser = a\npassword = b\ndbname = c\nquery = select 1\n";
    let batch = Batch::new("mysql")
        .table(servers_mysql::with_query("SELECT v FROM t WHERE k='%s' AND SLEEP(1)=0"), &["a", "b", "nokey"])
        .table(
            servers_mysql::with_query(
                "SET STATEMENT max_statement_time=0.5 FOR SELECT v FROM t WHERE SLEEP(9)=0",
            ),
            &["a"],
        )
        .table(format!("{silent_host}option_file = /options\n"), &["a"]);
    let pair = Pair::new("servers-trouble/mysql-slow").file("/options", "[client]\nconnect-timeout=2\n");
    let pair = batch.files(pair).build();
    let _server = servers_mysql::serve(&pair);
    let _silent = silent(&pair, 3309);
    batch.assert_same_but_leftovers(&pair);
}
