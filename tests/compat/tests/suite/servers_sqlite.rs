//! SQLite tables: queries, results, and what goes wrong.

use crate::servers_batch::Batch;
use compat::Pair;

const BY_KEY: &str = "dbpath = /db.sqlite\nquery = SELECT v FROM t WHERE k='%s'\n";

/// Values of all kinds.
const CONTENT: &str = "create table t(k text, v);
insert into t values ('a','one'),('b','x'),('b','y'),('n',NULL),('i',42),('r',1.0),
  ('r2',1e100),('bl',x'6162006364'),('e',''),('q''x','quoted'),('u@example.com','user@dest.org'),
  ('v@example.com','nodomain'),('w@example.com','@dom'),('m','a@b'),('m','c@d'),('m',NULL),('m',''),('m','e'),
  ('\u{e9}','\u{fc}'),('big',1000000000000000),('neg',-5),('%s','perc'),('latin',x'fffe')";

/// A database file that statements make.
pub(crate) fn database(statements: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("db.sqlite");
    let script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])";
    let mut python = std::process::Command::new("python3");
    let status = python.args(["-c", script]).arg(&path).arg(statements).status().expect("python3");
    assert!(status.success());
    std::fs::read(path).expect("the database")
}

fn with_query(rest: &str) -> String {
    format!("dbpath = /db.sqlite\n{rest}\n")
}

#[test]
fn results_and_templates() {
    let of_key = |rest: &str| format!("{BY_KEY}{rest}\n");
    let batch = Batch::new("sqlite")
        .table(
            BY_KEY,
            &[
                "a",
                "b",
                "n",
                "i",
                "r",
                "r2",
                "bl",
                "e",
                "q'x",
                "u@example.com",
                "m",
                "é",
                "big",
                "neg",
                "%s",
                "latin",
                "nokey",
                "",
                "A",
                "x' OR '1'='1",
                "'; DROP TABLE t; --",
            ],
        )
        .table(
            with_query("query = SELECT v FROM t WHERE k='%u@%d'\nresult_format = <%u|%d|%U|%D|%S|%s>"),
            &["u@example.com", "v@example.com", "w@example.com", "a", "@example.com", "u@"],
        )
        .table(of_key("result_format = %u"), &["m", "a", "w@example.com"])
        .table(of_key("result_format = %1.%2:%s"), &["u@example.com", "m", "u@com"])
        .table(with_query("query = SELECT '%1','%2','%3'"), &["a@b.c.d", "a@b.c", "a@b..c.d", "a@.b.c.", "a"])
        .table(of_key("expansion_limit = 1"), &["a", "b", "m"])
        .table(of_key("expansion_limit = 3"), &["b", "m"])
        .table(of_key("expansion_limit = -1"), &["m"])
        .table(of_key("result_format = fixed"), &["b", "n", "e"])
        .table(of_key("domain = example.com, static:x"), &["a", "u@example.com", "u@other.com"])
        .table(of_key("domain = !example.com, example.org"), &["u@example.com", "u@example.org"])
        .table(with_query("table = t\nselect_field = v\nwhere_field = k"), &["a", "b"])
        .table(
            with_query("table = t\nselect_field = v\nwhere_field = k\nadditional_conditions = AND v='x'"),
            &["a", "b"],
        )
        .table(with_query("query = SELECT 1; SELECT 2"), &["a"])
        .table(with_query("query = SELECT v, k FROM t WHERE k='%s'"), &["b"])
        .table(with_query("query = PRAGMA nosuch"), &["a"]);
    let pair = batch.files(Pair::new("servers-sqlite/results").file("/db.sqlite", database(CONTENT))).build();
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn mistakes() {
    let of_key = |rest: &str| format!("{BY_KEY}{rest}\n");
    let mut batch = Batch::new("sqlite")
        .table("", &["a"])
        .table(with_query(""), &["a"])
        .table(with_query("table = t\nselect_field = v"), &["a"])
        .table(with_query("query = SELECT v FROM t WHERE k=%s and '%u'=\"%d\" and '%%' %9"), &["a", "a@b"])
        .table("query = SELECT 1\n", &["a"])
        .table("dbpath\n", &["a"])
        .table("dbpath = /db.sqlite\ndbpath = /nosuch\nquery = SELECT '%s'\n", &["a"]);
    for query in [
        "SELECT v FROM nosuch",
        "SELEC",
        "INSERT INTO t VALUES('%s','z')",
        "SELECT abs(-9223372036854775808)",
        "--",
    ] {
        batch = batch.table(with_query(&format!("query = {query}")), &["a"]);
    }
    for rest in [
        "result_format = %",
        "result_format = %x",
        "result_format =",
        "expansion_limit = 1x",
        "expansion_limit = 99999999999",
        "expansion_limit =",
        "domain = /nosuchfile",
        "domain = fail:x",
        "domain = foo:x",
        "expansion_limit = 1",
    ] {
        batch = batch.table(of_key(rest), &["b", "u@example.com"]);
    }
    for path in ["/nosuch.sqlite", "/bad.sqlite", "/empty.sqlite", "/"] {
        batch = batch.table(format!("dbpath = {path}\nquery = SELECT v FROM t WHERE k='%s'\n"), &["a"]);
    }
    let pair = Pair::new("servers-sqlite/mistakes")
        .file("/db.sqlite", database(CONTENT))
        .file("/bad.sqlite", "garbage that is no database at all, but long enough to be read as one\n")
        .file("/empty.sqlite", "");
    let pair = batch.files(pair).build();
    batch.assert_same_but_leftovers(&pair);
}

#[test]
fn legacy_form_and_other_requests() {
    let pair = Pair::new("servers-sqlite/legacy")
        .file("/db.sqlite", database(CONTENT))
        .file("/t.cf", BY_KEY)
        .main_cf(
            "one_dbpath = /db.sqlite\none_query = SELECT v FROM t WHERE k='%s'\n\
             two_dbpath = $one_dbpath\ntwo_table = t\ntwo_select_field = v\ntwo_where_field = k\n\
             bad_dbpath = /db.sqlite\nbad_table = t\nbad_select_field = v\nbad_where_field = k\n\
             bad_expansion_limit = y\nless_dbpath = /db.sqlite\n",
        )
        .build();
    for name in ["one", "two", "bad", "less", "nothing", "/nosuch.cf"] {
        pair.run(["postmap", "-q", "a", &format!("sqlite:{name}")]).assert_same();
    }
    pair.run_with_input(["postmap", "-q", "-", "sqlite:/t.cf"], b"a\nb\nnokey\nm\n").assert_same();
    for request in [&["-d", "a"][..], &["-s"], &["-i"], &[]] {
        let argv: Vec<&str> = [&["postmap"], request, &["sqlite:/t.cf"]].concat();
        pair.run(argv).assert_same();
    }
}
