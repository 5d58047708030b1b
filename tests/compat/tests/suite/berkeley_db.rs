//! `hash` and `btree` tables: what postmap(1) and postalias(1) print, and the files page by page, as Berkeley DB's own
//! db_dump shows them. Berkeley DB's db_verify must accept every file. A btree that was built at once has fuller pages
//! than the reference's; there, what stands in it is compared.

use compat::roots::Version;
use compat::{Host, HostSpec, Pair, Transcript};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const METHODS: [&str; 2] = ["hash", "btree"];

/// Numbers that look like chance, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A tool of Berkeley DB on a file of a host.
fn tool(name: &str, arguments: &[&str], path: &Path) -> (bool, String) {
    let output = Command::new(name).args(arguments).arg(path).output().expect("db5.3-util is installed");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// All pages of a file, without what each file has of its own: its id, and addresses in the tool.
fn pages(host: &Host, file: &str) -> String {
    let path = host.path(file);
    assert!(tool("db5.3_verify", &["-q"], &path).0, "db_verify does not accept {file}");
    let (dumped, text) = tool("db5.3_dump", &["-d", "a"], &path);
    assert!(dumped, "db_dump does not read {file}");
    let text = &text[text.find("page 0:").expect("a first page")..];
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("uid:"));
    // A page that was never written has no log position; that of others says that there is no log.
    lines.map(|line| line.replace("LSN [0][0]", "LSN [0][1]") + "\n").collect()
}

fn assert_same_pages(pair: &Pair, file: &str) {
    let (theirs, ours) = (pages(&pair.theirs, file), pages(&pair.ours, file));
    let differing = theirs.lines().zip(ours.lines()).position(|(theirs, ours)| theirs != ours);
    if let Some(line) = differing {
        let (theirs, ours) = (theirs.lines().nth(line), ours.lines().nth(line));
        panic!("{}: {file}: pages differ at line {line}: {theirs:?}, ours {ours:?}", pair.case());
    }
    assert_eq!(theirs.len(), ours.len(), "{file}");
}

/// All keys and values of a file, as Berkeley DB itself reads them.
fn entries(host: &Host, file: &str) -> String {
    let path = host.path(file);
    assert!(tool("db5.3_verify", &["-q"], &path).0, "db_verify does not accept {file}");
    let (dumped, text) = tool("db5.3_dump", &["-p"], &path);
    assert!(dumped, "db_dump does not read {file}");
    text
}

/// Compares a file that was built at once.
fn assert_same_build(pair: &Pair, method: &str, file: &str) {
    if method == "hash" {
        return assert_same_pages(pair, file);
    }
    let (theirs, ours) = (entries(&pair.theirs, file), entries(&pair.ours, file));
    assert!(theirs == ours, "{}: {file}: entries differ", pair.case());
}

/// A source with many entries: sorted ones, scattered ones, long ones.
fn source(entries: u64, seed: u64) -> String {
    let mut numbers = Numbers(seed);
    let mut text = String::new();
    for count in 0..entries {
        let number = if count % 3 == 0 { count } else { numbers.below(entries * 10) };
        let size = if numbers.below(500) == 0 { numbers.below(9000) } else { numbers.below(40) };
        let _ = writeln!(text, "user{number}@example.com v{count}{}", "x".repeat(size as usize));
    }
    text
}

/// Runs a shell script in both hosts and compares what it printed.
fn script(pair: &Pair, text: &str) {
    pair.run(["sh", "-c", text]).assert_same();
}

#[test]
fn files_of_all_sizes_are_the_same() {
    for method in METHODS {
        let mut pair = Pair::new("berkeley-db/sizes");
        for (name, entries) in [("empty", 0), ("one", 1), ("hundred", 100), ("many", 50_000)] {
            pair = pair.file(&format!("/t/{name}"), source(entries, 7));
        }
        let pair = pair.build();
        for name in ["empty", "one", "hundred", "many"] {
            script(&pair, &format!("postmap -w {method}:/t/{name}; postmap -s {method}:/t/{name} | md5sum"));
            assert_same_build(&pair, method, &format!("/t/{name}.db"));
        }
    }
}

#[test]
fn long_and_binary_items_are_the_same() {
    let mut text = Vec::new();
    for size in
        [1, 2, 255, 256, 1006, 1007, 1008, 1023, 1024, 1025, 4069, 4070, 4071, 4095, 4096, 4097, 65536]
    {
        for (key, value) in [(size, 1), (9, size), (size - 1, size + 1)] {
            text.extend_from_slice(
                &[b"k".repeat(key), format!("{size} ").into_bytes(), b"v".repeat(value)].concat(),
            );
            text.push(b'\n');
        }
    }
    for byte in 1..=255_u8 {
        text.extend_from_slice(&[b'b', byte, b'x', b' ', byte, b'\n']);
    }
    for method in METHODS {
        for options in ["-u", "-un", "-unr", "-uNr"] {
            let pair = Pair::new("berkeley-db/items").file("/t/t", &text).build();
            script(&pair, &format!("postmap {options} {method}:/t/t; postmap -us {method}:/t/t"));
            assert_same_build(&pair, method, "/t/t.db");
            script(
                &pair,
                &format!("postmap -us {method}:/t/t | cut -f1 | postmap -u -q - {method}:/t/t | md5sum"),
            );
        }
    }
}

#[test]
fn options_treat_duplicates_the_same() {
    const TABLE: &str = "key one\nother x\nkey two\nKEY three\nkey: four\n\nbad\nkey five\n";
    for method in METHODS {
        for options in ["-o", "-w", "-r", "-f", "-n", "-N", "-p", "-wn", "-rN"] {
            let pair = Pair::new("berkeley-db/duplicates").file("/t/t", TABLE).build();
            let table = format!("{method}:/t/t");
            pair.run(["postmap", options, &table]).assert_same();
            assert_same_build(&pair, method, "/t/t.db");
            pair.run(["postmap", "-s", &table]).assert_same();
            pair.run(["postmap", "-q", "key", &table]).assert_same();
            pair.run_with_input(["postmap", "-i", options, &table], TABLE.as_bytes()).assert_same();
            assert_same_build(&pair, method, "/t/t.db");
        }
    }
}

#[test]
fn changes_leave_the_same_pages() {
    let mut numbers = Numbers(11);
    for method in METHODS {
        let table = format!("{method}:/t/t");
        let pair = Pair::new("berkeley-db/changes").file("/t/t", source(2000, 3)).build();
        script(&pair, &format!("postmap -iw {table} </t/t"));
        assert_same_pages(&pair, "/t/t.db");
        for round in 0..4 {
            let added = source(1500, 100 + round);
            let removed: String = (0..1800).fold(String::new(), |mut list, _| {
                let _ = writeln!(
                    list,
                    "user{}@example.com",
                    numbers.below(if round == 3 { 2000 } else { 15_000 })
                );
                list
            });
            pair.run_with_input(
                ["postmap", "-i", if round % 2 == 0 { "-r" } else { "-w" }, &table],
                added.as_bytes(),
            )
            .assert_same();
            assert_same_pages(&pair, "/t/t.db");
            pair.run_with_input(["postmap", "-d", "-", &table], removed.as_bytes()).assert_same();
            assert_same_pages(&pair, "/t/t.db");
        }
        script(
            &pair,
            &format!(
                "postmap -s {table} | cut -f1 >/t/keys; postmap -d - {table} </t/keys; postmap -s {table}"
            ),
        );
        assert_same_pages(&pair, "/t/t.db");
    }
}

#[test]
fn each_reads_and_changes_what_the_other_wrote() {
    for method in METHODS {
        let pair = Pair::new("berkeley-db/exchange").file("/t/t", source(5000, 5)).build();
        script(&pair, &format!("postmap -w {method}:/t/t"));
        let (theirs, ours) = (pair.theirs.read("/t/t.db"), pair.ours.read("/t/t.db"));
        pair.theirs.write("/t/t.db", &ours);
        pair.ours.write("/t/t.db", &theirs);
        script(&pair, &format!("postmap -s {method}:/t/t; postmap -s {method}:/t/t | cut -f1 >/t/keys"));
        script(&pair, &format!("postmap -q - {method}:/t/t </t/keys | md5sum"));
        script(
            &pair,
            &format!(
                "head -3000 /t/keys | postmap -d - {method}:/t/t; echo 'new entry' | postmap -i {method}:/t/t"
            ),
        );
        assert_same_build(&pair, method, "/t/t.db");
    }
}

/// Makes a file by db_load: with other page sizes, byte order, checksums, several values for a key.
fn load(host: &Host, file: &str, method: &str, settings: &[&str], pairs: &str) {
    use std::io::Write;
    let mut command = Command::new("db5.3_load");
    command.args(["-T", "-t", method]);
    for setting in settings {
        command.args(["-c", setting]);
    }
    let mut child =
        command.arg(host.path(file)).stdin(Stdio::piped()).spawn().expect("db5.3-util is installed");
    child.stdin.take().expect("a pipe").write_all(pairs.as_bytes()).expect("db_load reads");
    assert!(child.wait().expect("db_load ends").success(), "{settings:?}");
}

#[test]
fn files_of_other_shapes_are_read_and_changed() {
    let pairs = (0..900).fold(String::new(), |mut text, number| {
        let size = if number % 50 == 0 { number * 3 } else { number % 30 };
        let _ = writeln!(text, "key{}\nvalue{number}{}", number * 7919 % 1009, "x".repeat(size));
        text
    });
    for method in METHODS {
        let shapes: &[&[&str]] = &[
            &["db_pagesize=512", "db_lorder=4321"],
            &["db_pagesize=1024", "chksum=1"],
            &["db_pagesize=16384", "db_lorder=1234"],
            &["db_pagesize=65536", "db_lorder=4321", "chksum=1"],
            if method == "hash" { &["h_ffactor=10", "h_nelem=500"] } else { &["bt_minkey=8"] },
        ];
        for settings in shapes {
            let pair = Pair::new("berkeley-db/shapes").file("/t/keys", "key5\nkey77\nnone\n").build();
            for host in pair.hosts() {
                load(host, "/t/t.db", method, settings, &pairs);
            }
            let table = format!("{method}:/t/t");
            script(
                &pair,
                &format!("postmap -s {table}; postmap -q - {table} </t/keys; postmap -d key77 {table}"),
            );
            pair.run_with_input(["postmap", "-ir", &table], source(800, 9).as_bytes()).assert_same();
            assert_same_pages(&pair, "/t/t.db");
        }
    }
}

#[test]
fn files_with_several_values_for_a_key_are_read() {
    let pairs = (0..1500).fold(String::new(), |mut text, number| {
        let key = match number % 3 {
            0 => "many".to_owned(),
            1 => format!("few{}", number % 60),
            _ => format!("one{number}"),
        };
        let _ = writeln!(text, "{key}\nvalue{number}");
        text
    });
    for method in METHODS {
        for settings in [["duplicates=1", "db_pagesize=512"], ["dupsort=1", "db_pagesize=4096"]] {
            let pair = Pair::new("berkeley-db/values").build();
            for host in pair.hosts() {
                std::fs::create_dir_all(host.path("/t")).expect("a folder");
                load(host, "/t/t.db", method, &settings, &pairs);
            }
            let table = format!("{method}:/t/t");
            script(
                &pair,
                &format!("postmap -s {table}; printf 'many\\nfew7\\none2\\n' | postmap -q - {table}"),
            );
        }
    }
}

#[test]
fn files_that_are_no_tables() {
    for (method, other) in [("hash", "btree"), ("btree", "hash")] {
        let pair =
            Pair::new("berkeley-db/odd").file("/t/t", "a b\n").file("/t/garbage.db", "garbage\n").build();
        let table = format!("{method}:/t/t");
        script(
            &pair,
            &format!(
                "postmap -q a {table}; postmap -s {table}; postmap -d a {table}; postmap {method}:/t/none"
            ),
        );
        script(
            &pair,
            &format!("postmap -q a {method}:/t/garbage; echo a b | postmap -i {method}:/t/garbage"),
        );
        script(
            &pair,
            &format!(
                "postmap {other}:/t/t; postmap -q a {table}; echo a c | postmap -i {table}; postmap {table}"
            ),
        );
        script(
            &pair,
            &format!(
                ">/t/t.db; postmap -q a {table}; postmap -d a {table}; postmap {table}; ls -l --time-style=+ /t"
            ),
        );
        script(&pair, &format!(">/t/t.db; echo a c | postmap -i {table}; postmap -s {table}"));
        script(
            &pair,
            &format!(
                "touch -d '1 hour ago' /t/t.db; touch -d '30 min ago' /t/t; postmap -q a {table}; postmap -s {table}"
            ),
        );
        script(&pair, &format!("postmap -q a {table} {other}:/t/t; postmap {table} {method}:/t/other"));
        script(
            &pair,
            &format!("rm /t/t.db; mkdir /t/t.db; postmap {table}; postmap -d a {table} 2>&1 | grep -v ^BDB"),
        );
    }
}

#[test]
fn owner_and_mode_are_the_same() {
    const PREPARATIONS: [&str; 10] = [
        ":",
        "chmod 600 /t/t",
        "chmod 666 /t/t",
        "postmap TABLE; chmod 640 /t/t.db; chown 0:100 /t/t.db",
        "chown 100:100 /t/t; chmod 1777 /t",
        "postmap TABLE; chown 100:100 /t/t /t/t.db",
        "postmap TABLE; ln /t/t.db /t/second.db",
        "postmap TABLE; mv /t/t.db /t/real.db; ln -s real.db /t/t.db",
        "chmod 555 /t; chown 100 /t/t",
        "postmap TABLE; chmod 400 /t/t.db; chown 100 /t/t /t/t.db",
    ];
    for method in METHODS {
        let table = format!("{method}:/t/t");
        for preparation in PREPARATIONS {
            let pair = Pair::new("berkeley-db/owner").file("/t/t", "a b\n").build();
            let before = preparation.replace("TABLE", &table);
            script(&pair, &format!("{before}; postmap {table}; ls -l --time-style=+ /t; postmap -s {table}"));
        }
    }
}

#[test]
fn alias_files_have_the_same_entries() {
    const ALIASES: &str = "postmaster: root\nroot: alice, \"b ob\"@example.com\npipe: \"|/bin/cat\"\n";
    for method in METHODS {
        let pair = Pair::new("berkeley-db/aliases").file("/t/t", ALIASES).build();
        let table = format!("{method}:/t/t");
        script(
            &pair,
            &format!("postalias {table}; postalias -s {table} | sed 's/\\(LAST_MODIFIED:.\\).*/\\1/'"),
        );
        script(
            &pair,
            &format!(
                "echo 'new: entry' | postalias -i {table}; postalias -s {table} | grep -v LAST_MODIFIED"
            ),
        );
        script(
            &pair,
            &format!("postalias -q root {table}; postalias -d root {table}; postalias -q root {table}"),
        );
    }
}

/// Postfix's own postmap writes over the old file; with ours the old table answers until the new one is complete.
#[test]
fn a_rebuild_is_never_seen_half_done() {
    for method in METHODS {
        let host = HostSpec::ours(Version::V3_11).file("/t/t", source(20_000, 5)).start();
        let table = format!("{method}:/t/t");
        host.must(["sh", "-c", &format!("echo 'sentinel here' >>/t/t; postmap -w {table}")]);
        let killed = format!(
            "mkfifo /t/slow; ln -s t.db /t/slow.db; (head -5000 /t/t; sleep 60) >/t/slow & \
             postmap -w {method}:/t/slow & sleep 1; kill -9 $!; wait $! ; postmap -q sentinel {table}"
        );
        let watched = format!(
            "postmap -w {table} & while kill -0 $! 2>/dev/null; do \
             postmap -q sentinel {table} || echo missing; done; postmap -q sentinel {table}"
        );
        let mut transcript = Transcript::new();
        for script in [killed, watched] {
            let answers = String::from_utf8_lossy(&host.run(["sh", "-c", &script]).stdout).into_owned();
            transcript.text("stdout", "every answer is the sentinel's", &answers);
            assert!(!answers.is_empty() && answers.lines().all(|line| line == "here"), "{answers}");
        }
        pages(&host, "/t/t.db");
    }
}
