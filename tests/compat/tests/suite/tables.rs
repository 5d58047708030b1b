//! postmap(1) and postalias(1), the thin line: build and query cdb and lmdb, query text and pattern tables.

use compat::{Normaliser, Pair};

const TABLE: &str =
    "# a comment\nAlice@Example.com  one\nbob@example.com\ttwo words\n\n@example.net three\n  continued\n";
const ALIASES: &str = "postmaster: root\nroot: alice, \"b ob\"@example.com\nlist: :include:/etc/list\npipe: \"|/bin/cat >/dev/null\"\n";
const REGEXP: &str = "/^(al)ice@(.*)$/  $1 at ${2}\n!/@/ no-at\nif /x/\n/y/ both\nendif\n";
const CIDR: &str = "192.0.2.0/24 net\n2001:db8::/32 six\n!10.0.0.0/8 outside\n";

#[test]
fn build_and_query() {
    let pair = Pair::new("tables/build")
        .file("/t/table", TABLE)
        .file("/t/bad", "key\nkey value\nkey again\n")
        .build();
    for kind in ["cdb", "lmdb"] {
        let table = format!("{kind}:/t/table");
        pair.run(["postmap", &table]).assert_same();
        pair.run(["ls", "-l", "--time-style=+", "/t"]).assert_same();
        for key in ["alice@example.com", "ALICE@example.com", "bob@example.com", "@example.net", "nobody"] {
            pair.run(["postmap", "-q", key, &table]).assert_same();
        }
        pair.run_with_input(["postmap", "-q", "-", &table], b"bob@example.com\nnobody\n@example.net\n")
            .assert_same();
        pair.run(["postmap", "-s", &table]).assert_same();
        pair.run(["postmap", "-d", "bob@example.com", &table]).assert_same();
        pair.run(["postmap", "-d", "bob@example.com", &table]).assert_same();
        pair.run_with_input(["postmap", "-i", &table], b"new entry\n").assert_same();
        pair.run(["postmap", "-q", "new", &table]).assert_same();
        pair.run(["postmap", &format!("{kind}:/t/bad")]).assert_same();
        pair.run(["postmap", "-w", &format!("{kind}:/t/bad")]).assert_same();
        pair.run(["postmap", "-r", &format!("{kind}:/t/bad")]).assert_same();
        pair.run(["postmap", "-q", "key", &format!("{kind}:/t/bad")]).assert_same();
        pair.run(["postmap", &format!("{kind}:/t/missing")]).assert_same();
    }
    pair.run(["postmap", "/t/table"]).assert_same();
    pair.run(["postmap", "-q", "x", "nosuch:/t/table"]).assert_same();
    pair.run(["postmap"]).assert_same();
    pair.run(["postmap", "-Z"]).assert_same();
}

#[test]
fn query_text_and_patterns() {
    let pair = Pair::new("tables/query")
        .file("/t/table", TABLE)
        .file("/t/regexp", REGEXP)
        .file("/t/cidr", CIDR)
        .file("/t/broken", "/(/ x\n/a/\n/b/i y\nif /z/\n")
        .build();
    for table in [
        "texthash:/t/table",
        "regexp:/t/regexp",
        "pcre:/t/regexp",
        "cidr:/t/cidr",
        "static:all",
        "inline:{a=b, { c = d e }}",
    ] {
        for key in ["alice@example.com", "192.0.2.9", "10.1.1.1", "2001:db8::1", "xy", "nothing", "a", "c"] {
            pair.run(["postmap", "-q", key, table]).assert_same();
        }
    }
    for table in [
        "regexp:/t/broken",
        "pcre:/t/broken",
        "cidr:/t/broken",
        "texthash:/t/nowhere",
        "cdb:/t/nowhere",
        "inline:a",
    ] {
        pair.run(["postmap", "-q", "b", table]).assert_same();
    }
}

#[test]
fn aliases() {
    let pair = Pair::new("tables/aliases")
        .file("/etc/aliases", ALIASES)
        .file("/t/bad", "a b\n: c\nx: y: z\n")
        .build();
    pair.run(["newaliases"]).assert_same();
    pair.run(["ls", "-l", "--time-style=+", "/etc/aliases", "/etc/aliases.cdb"]).assert_same();
    for key in ["postmaster", "ROOT", "list", "pipe", "@", "none"] {
        pair.run(["postalias", "-q", key, "cdb:/etc/aliases"]).assert_same();
    }
    pair.run(["postalias", "cdb:/t/bad"]).assert_same();
    pair.run(["postalias", "-s", "cdb:/etc/aliases"]).normalise(&[Normaliser::UnixTime]).assert_same();
}

/// Each side reads what the other wrote.
#[test]
fn files_are_exchanged() {
    let pair = Pair::new("tables/exchange").file("/t/table", TABLE).build();
    for kind in ["cdb", "lmdb"] {
        let table = format!("{kind}:/t/table");
        pair.run(["postmap", &table]).assert_same();
        let file = format!("/t/table.{kind}");
        let (theirs, ours) = (pair.theirs.read(&file), pair.ours.read(&file));
        pair.ours.write(&file, theirs);
        pair.theirs.write(&file, ours);
        for host in pair.hosts() {
            host.must(["touch", &file]);
        }
        pair.run(["postmap", "-q", "bob@example.com", &table]).assert_same();
        pair.run(["postmap", "-s", &table]).assert_same();
    }
}
