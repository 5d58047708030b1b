//! MySQL tables with a real server: logins, option files, queries, stored procedures, and what goes wrong.

use crate::servers_batch::Batch;
use compat::Pair;
use compat::backing::{Server, relay_port, relay_socket};

const SETUP: &str = r#"
create database maildb character set utf8mb4; use maildb;
create user mail@localhost identified by 'sec''ret'; grant all on maildb.* to mail@localhost;
create user nopw@localhost; grant all on maildb.* to nopw@localhost;
create table t(k varchar(90) collate utf8mb4_bin, v varchar(90), w varchar(90));
insert into t values ('a','one','1'),('b','x','2'),('b','y',NULL),('n',NULL,'3'),('e','','4'),('q''x','quoted','5'),
  ('bs\\x','back','6'),('u@example.com','user@dest.org','7'),('é','ü','8'),('m','a@b','c@d'),('m',NULL,''),
  ('"dq','dquote','9');
delimiter //
create procedure one(x varchar(90)) begin select v from t where k=x; end//
create procedure two(x varchar(90)) begin select v from t where k=x; select w from t where k=x; end//
create procedure none(x varchar(90)) begin set @a=1; end//
create procedure fails(x varchar(90)) begin
  select v from t where k=x; signal sqlstate '45000' set message_text='my error'; end//
"#;

const LOGIN: &str = "user = mail\npassword = sec'ret\ndbname = maildb\n";
const LOCAL: &str = "hosts = unix:/run/my.sock\n";
const BY_KEY: &str = "query = SELECT v FROM t WHERE k='%s'\n";
const OPTIONS: &str = "[client]\nuser=mail\npassword=\"sec'ret\"\n[g]\nuser=nopw\npassword=\n\
                       [h]\nport=1\nsocket=/nosuch\n[client-server]\nconnect-timeout=5\n";

/// Starts a server for both hosts.
pub(crate) fn serve(pair: &Pair) -> Server {
    let server = Server::mariadb(SETUP);
    for host in pair.hosts() {
        relay_port(host, 3306, &server.socket());
        relay_socket(host, "/run/my.sock", &server.socket());
        relay_socket(host, "/run/mysqld/mysqld.sock", &server.socket());
        relay_socket(host, "/run/mariadbd/mysqld.sock", &server.socket());
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
    let mut batch = Batch::new("mysql")
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
                "\"dq",
                "\\' or 1=1 -- ",
                "nokey",
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
        .table(with_query("SELECT v FROM t WHERE k='%u' and '%d'='x'"), &["a", "a@x"])
        .table(of_key("charset = latin1"), &["a", "é"])
        .table(of_key("charset = nosuch"), &["a"])
        .table(of_key("domain = example.com"), &["a", "u@example.com"])
        .table(of_key("domain = /nosuch"), &["a@b"]);
    for procedure in ["one", "two", "none", "fails", "nosuch"] {
        let call = with_query(&format!("CALL {procedure}('%s')"));
        batch = batch
            .table(call.clone(), &["a", "nokey"])
            .table(call + "require_result_set = no\n", &["a", "nokey"]);
    }
    for query in ["SELECT nope FROM t", "SELECT 1; SELECT 2", "SELECT 1 2 3", "--", "KILL CONNECTION_ID()"] {
        batch = batch.table(with_query(query), &["a"]);
    }
    for rest in ["", "\nrequire_result_set = no"] {
        batch = batch.table(with_query(&format!("INSERT INTO t VALUES('zz','%s',''){rest}")), &["a"]);
    }
    let pair = batch.files(Pair::new("servers-mysql/queries")).build();
    let _server = serve(&pair);
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn hosts_and_logins() {
    let mut batch = Batch::new("mysql");
    for hosts in [
        "127.0.0.1",
        "inet:127.0.0.1:3306",
        "127.0.0.1:mysql",
        "localhost",
        "unix:/run/my.sock, 127.0.0.1",
        "127.0.0.1:1",
        "unix:/nosuch",
        "127.0.0.1:foo",
        "127.0.0.1:99999",
    ] {
        batch = batch.table(format!("{LOGIN}hosts = {hosts}\n{BY_KEY}"), &["a"]);
    }
    for login in [
        "user = mail\npassword = wrong",
        "user = mail",
        "user = nosuch\npassword = x",
        "user = nopw",
        "",
        "option_file = /opt.cnf",
        "option_file = /opt.cnf\noption_group = g",
        "option_file = /opt.cnf\noption_group = h\nhosts = localhost",
        "option_file = /opt.cnf\noption_group = h\nhosts = 127.0.0.1",
        "option_file = /opt.cnf\noption_group =",
        "option_file = /nosuch\nuser = nopw",
    ] {
        let place = if login.contains("hosts") { "" } else { LOCAL };
        batch = batch.table(format!("{login}\ndbname = maildb\n{place}{BY_KEY}"), &["a"]);
    }
    for tls in
        ["tls_verify_cert = yes", "tls_verify_cert = no", "tls_CAfile = /nosuch", "tls_verify_cert = maybe"]
    {
        batch = batch.table(format!("{LOGIN}hosts = 127.0.0.1\n{BY_KEY}{tls}\n"), &["a"]);
    }
    let batch = batch
        .table(format!("{LOGIN}{BY_KEY}"), &["a", "nokey"])
        .table(format!("user = mail\npassword = sec'ret\ndbname = nosuch\n{LOCAL}{BY_KEY}"), &["a"])
        .table(format!("user = x\n{LOCAL}{BY_KEY}"), &["a"])
        .table(of_key("retry_interval = 0"), &["a"])
        .table(format!("{LOGIN}{LOCAL}"), &["a"])
        .table(format!("{LOGIN}{LOCAL}table = t\n"), &["a"]);
    let pair = batch.files(Pair::new("servers-mysql/hosts").file("/opt.cnf", OPTIONS)).build();
    let _server = serve(&pair);
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn other_requests() {
    let pair = Pair::new("servers-mysql/requests")
        .file("/t.cf", of_key(""))
        .main_cf(
            "old_user = nopw\nold_dbname = maildb\nold_hosts = localhost\nold_table = t\n\
             old_select_field = v\nold_where_field = k\n",
        )
        .build();
    let _server = serve(&pair);
    pair.run_with_input(["postmap", "-q", "-", "mysql:/t.cf"], "a\nb\nnokey\nm\né\n".as_bytes())
        .assert_same();
    for request in [&["-d", "a"][..], &["-s"], &["-i"], &[]] {
        let argv: Vec<&str> = [&["postmap"], request, &["mysql:/t.cf"]].concat();
        pair.run(argv).assert_same();
    }
    pair.run(["postmap", "-q", "a", "mysql:old"]).assert_same();
}
