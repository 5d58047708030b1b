//! PostgreSQL tables with a real server: logins, queries, results, and what goes wrong.

use crate::servers_batch::Batch;
use compat::Pair;
use compat::backing::{Server, relay_port, relay_socket};

const ACCESS: &str = "local all trusted trust\nlocal all md5user md5\nlocal all plain password\n\
                      local all rejected reject\nlocal all all scram-sha-256\n";

const SETUP: &str = r#"
create user mail password 'sec''ret'; create user trusted; create user rejected;
create user plain password 'plainpw';
set password_encryption = md5; create user md5user password 'md5pw';
create database maildb;
\c maildb
create table t(k text, v text, w text); grant all on t to public;
insert into t values ('a','one','1'),('b','x','2'),('b','y',NULL),('n',NULL,'3'),('e','','4'),('q''x','quoted','5'),
  ('bs\x','back','6'),('u@example.com','user@dest.org','7'),('é','ü','8'),('m','a@b','c@d'),('m',NULL,'');
create function f(text) returns setof text as 'select v from t where k=$1' language sql;
create function err(text) returns text as $$ begin
  raise exception 'my error' using detail = 'the detail', hint = 'a hint'; end $$ language plpgsql;
"#;

const LOGIN: &str = "user = mail\npassword = sec'ret\ndbname = maildb\n";
const LOCAL: &str = "hosts = unix:/run/postgresql\n";
const BY_KEY: &str = "query = SELECT v FROM t WHERE k='%s'\n";

/// Starts a server for both hosts.
pub(crate) fn serve(pair: &Pair) -> Server {
    let server = Server::postgresql(ACCESS, SETUP);
    for host in pair.hosts() {
        relay_port(host, 5432, &server.socket());
        relay_socket(host, "/run/postgresql/.s.PGSQL.5432", &server.socket());
    }
    server
}

pub(crate) fn with_query(query: &str) -> String {
    format!("{LOGIN}{LOCAL}query = {query}\n")
}

pub(crate) fn of_key(rest: &str) -> String {
    format!("{LOGIN}{LOCAL}{BY_KEY}{rest}\n")
}

#[test]
fn queries_and_results() {
    let mut batch = Batch::new("pgsql")
        .table(
            of_key(""),
            &[
                "a",
                "b",
                "n",
                "e",
                "q'x",
                "bs\\x",
                "'; drop table t; --",
                "u@example.com",
                "é",
                "m",
                "A",
                "",
                "%s",
                "\\",
                "nokey",
                "\\'; drop table t; --",
            ],
        )
        .table(with_query("SELECT v,w FROM t WHERE k='%s'"), &["a", "b", "n", "e", "m"])
        .table(
            with_query("SELECT v,w FROM t WHERE k='%s'\nresult_format = <%s:%U>"),
            &["a", "b", "n", "e", "m", "u@example.com"],
        )
        .table(with_query("SELECT v,w FROM t WHERE k='%s'\nexpansion_limit = 1"), &["a", "b", "m"])
        .table(
            format!(
                "{LOGIN}{LOCAL}table = t\nselect_field = v\nwhere_field = k\n\
                 additional_conditions = and w is not null\n"
            ),
            &["a", "b"],
        )
        .table(format!("{LOGIN}{LOCAL}select_function = f\n"), &["a", "b"])
        .table(with_query("SELECT v FROM t WHERE k='%u' and '%d'='x'"), &["a", "a@x"])
        .table(of_key("encoding = LATIN1"), &["a", "é"])
        .table(of_key("domain = example.com"), &["a", "u@example.com"]);
    for query in [
        "select err('%s')",
        "SELECT nope FROM t",
        "SELECT v FROM t WHERE v = 'a constant that is long enough to be cut off at the end' and kk='%s' and v='x'",
        "SELECT v FROM t WHERE v = 'a constant that is long enough to be cut off at the start of it' and kk='%s'",
        "SELECT 1 2 3",
        "SELECT 1; SELECT 2",
        "SELECT 1; SELEC 2",
        "INSERT INTO t VALUES('zz','%s')",
        "INSERT INTO t VALUES('zz','%s') returning v",
        "SELECT 1; delete from t where k='zz'",
        "--",
        "COPY t TO STDOUT",
        "COPY t FROM STDIN",
        "SELECT pg_terminate_backend(pg_backend_pid())",
    ] {
        batch = batch.table(with_query(query), &["a"]);
    }
    let pair = batch.files(Pair::new("servers-pgsql/queries")).build();
    let _server = serve(&pair);
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn hosts_and_logins() {
    let login = |login: &str| format!("{login}\ndbname = maildb\nhosts = 127.0.0.1\n{BY_KEY}");
    let mut batch = Batch::new("pgsql");
    for hosts in [
        "127.0.0.1",
        "inet:127.0.0.1:5432",
        "localhost",
        "unix:/run/postgresql",
        "/run/postgresql, 127.0.0.1",
        "127.0.0.1:1 127.0.0.1:1",
        "/nosuch",
        "127.0.0.1:foo",
        "127.0.0.1:99999",
        "postgresql://mail:sec%27ret@127.0.0.1/maildb?sslmode=disable",
        "postgresql:///maildb?host=/run/postgresql&user=trusted",
        "postgresql://127.0.0.1/maildb?sslmode=require&user=mail&password=sec'ret",
        "postgresql://127.0.0.1/maildb?nosuch=1",
        "postgresql://127.0.0.1/maildb?sslmode=foo",
        "postgresql://127.0.0.1/%zz",
    ] {
        batch = batch.table(format!("{LOGIN}hosts = {hosts}\n{BY_KEY}"), &["a"]);
    }
    for user in [
        "user = mail\npassword = wrong",
        "user = mail",
        "user = nosuch\npassword = x",
        "user = rejected\npassword = x",
        "user = md5user\npassword = md5pw",
        "user = md5user\npassword = wrong",
        "user = plain\npassword = plainpw",
        "user = trusted",
    ] {
        batch = batch.table(login(user), &["a"]);
    }
    let batch = batch
        .table(format!("{LOGIN}{BY_KEY}"), &["a", "nokey"])
        .table(format!("user = mail\npassword = sec'ret\ndbname = nosuch\n{LOCAL}{BY_KEY}"), &["a"])
        .table(format!("user = x\n{LOCAL}{BY_KEY}"), &["a"])
        .table(of_key("encoding = nosuch"), &["a"])
        .table(of_key("retry_interval = 0"), &["a"])
        .table(of_key("idle_interval = x"), &["a"])
        .table(of_key("domain = /nosuch"), &["a@b"])
        .table(format!("{LOGIN}{LOCAL}"), &["a"])
        .table(format!("{LOGIN}{LOCAL}table = t\n"), &["a"]);
    let pair = batch.files(Pair::new("servers-pgsql/hosts")).build();
    let _server = serve(&pair);
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn other_requests_and_proxy() {
    let pair = Pair::new("servers-pgsql/requests")
        .file("/t.cf", of_key(""))
        .main_cf(
            "old_user = trusted\nold_dbname = maildb\nold_hosts = unix:/run/postgresql\nold_table = t\n\
             old_select_field = v\nold_where_field = k\n\
             virtual_alias_maps = proxy:pgsql:/t.cf\nmaillog_file = /var/log/mail.log\ninet_protocols = ipv4\n",
        )
        .build();
    let _server = serve(&pair);
    pair.run_with_input(["postmap", "-q", "-", "pgsql:/t.cf"], "a\nb\nnokey\nm\né\n".as_bytes())
        .assert_same();
    for request in [&["-d", "a"][..], &["-s"], &["-i"], &[]] {
        let argv: Vec<&str> = [&["postmap"], request, &["pgsql:/t.cf"]].concat();
        pair.run(argv).assert_same();
    }
    pair.run(["postmap", "-q", "a", "pgsql:old"]).assert_same();
    for host in pair.hosts() {
        host.start_mail();
    }
    for key in ["a", "b", "nokey", "q'x"] {
        pair.run(["postmap", "-q", key, "proxy:pgsql:/t.cf"]).assert_same();
    }
}

#[test]
fn server_dies_in_between() {
    let pair = Pair::new("servers-pgsql/dies").file("/t.cf", of_key("")).build();
    let server = serve(&pair);
    let script = "(echo a; until [ -e /died ]; do sleep 0.1; done; echo b) | postmap -q - pgsql:/t.cf";
    let (theirs, ours) = std::thread::scope(|scope| {
        let run = |host: &'static str| {
            let host = if host == "theirs" { &pair.theirs } else { &pair.ours };
            host.run(["bash", "-c", script])
        };
        let theirs = scope.spawn(move || run("theirs"));
        let ours = scope.spawn(move || run("ours"));
        // Both have their first answer.
        let answered =
            "select count(*) from pg_stat_activity where query like 'SELECT v%' and state = 'idle'";
        pair.ours.wait_for("two answers", || server.postgresql_value(answered) == "2");
        drop(server);
        for host in pair.hosts() {
            host.write("/died", "");
        }
        (theirs.join().expect("a run"), ours.join().expect("a run"))
    });
    let text = |output: &compat::Output| {
        let all = [output.stdout.as_slice(), &output.stderr].concat();
        compat::normalise::apply(&[compat::Normaliser::LeftoverNumber], &String::from_utf8_lossy(&all))
    };
    assert_eq!(text(&theirs), text(&ours));
}
