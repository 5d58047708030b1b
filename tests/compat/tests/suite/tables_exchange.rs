//! Table files that one side wrote and the other one reads and changes: all sizes, long and binary items, duplicates.

use bstr::ByteSlice;
use compat::{Host, Pair, Transcript};
use std::fmt::Write as _;
use std::process::Command;

const KINDS: [&str; 4] = ["hash", "btree", "lmdb", "cdb"];

/// The suffix of a table's file.
fn suffix(kind: &str) -> &str {
    if matches!(kind, "hash" | "btree") { "db" } else { kind }
}

/// Distinct keys that look like chance.
fn source(entries: u32) -> String {
    (0..entries).fold(String::new(), |mut text, number| {
        let scattered = number.wrapping_mul(2_654_435_761);
        let _ = writeln!(text, "user{scattered:x}@example{}.com value{number}", number % 100);
        text
    })
}

/// Keys and values around the sizes of pages and of LMDB's longest key, and all bytes.
fn items(longest_key: usize) -> Vec<u8> {
    let sizes = [1, 2, 255, 509, 510, 511, 1023, 1024, 1025, 4095, 4096, 4097, 65535, 65536, 65537];
    let mut text = Vec::new();
    for (number, size) in sizes.into_iter().enumerate() {
        let key = format!("{number:x}").into_bytes();
        let long_key = [key.clone(), b"k".repeat(size - 1)].concat();
        if size <= longest_key {
            text.extend_from_slice(&[&long_key[..], b" v\n"].concat());
        }
        text.extend_from_slice(&[b"value", &key[..], b" ", &b"v".repeat(size), b"\n"].concat());
    }
    for byte in (1..=255_u8).filter(|byte| !byte.is_ascii_whitespace()) {
        text.extend_from_slice(&[b'b', byte, b'"', b'x', b'"', b' ', b'v', byte, byte, b'\n']);
    }
    text
}

const DUPLICATES: &str = "key one\nother x\nkey two\nKEY three\nkey four\nlast y\nother z\n";

/// Gives each side the file that the other one wrote.
fn swap(pair: &Pair, file: &str) {
    let (theirs, ours) = (pair.theirs.read(file), pair.ours.read(file));
    pair.ours.write(file, theirs);
    pair.theirs.write(file, ours);
}

/// Reads a table in both ways.
fn read(pair: &Pair, table: &str) {
    let script = format!(
        "postmap -us {table} >/t/list; md5sum </t/list; wc -l </t/list; \
         cut -f1 /t/list >/t/keys; (cat /t/keys; echo nobody) | postmap -uq - {table} | md5sum"
    );
    pair.run(["bash", "-c", &script]).assert_same();
}

/// Builds, swaps, reads, changes, swaps again and reads.
fn exchange(kind: &str, options: &str, content: &[u8]) {
    let pair = Pair::new("tables/exchange").file("/t/t", content).build();
    let (table, file) = (format!("{kind}:/t/t"), format!("/t/t.{}", suffix(kind)));
    pair.run(["bash", "-c", &format!("postmap {options} {table}; echo $?")]).assert_same();
    swap(&pair, &file);
    read(&pair, &table);
    if kind == "cdb" {
        return;
    }
    let changes = format!(
        "awk 'NR % 3 == 0' /t/keys | postmap -ud - {table}; \
         (head -5 /t/t; printf 'new%s entry\\n' {{1..100}}) | postmap -uir {table}; echo $?"
    );
    pair.run(["bash", "-c", &changes]).assert_same();
    read(&pair, &table);
    swap(&pair, &file);
    read(&pair, &table);
}

#[test]
fn tables_of_all_sizes() {
    for kind in KINDS {
        for entries in [0, 1, 100, 5000] {
            exchange(kind, "", source(entries).as_bytes());
        }
    }
}

/// Berkeley DB's own judgement of a file.
fn assert_verified(host: &Host, file: &str) {
    let path = host.path(file);
    let accepted =
        Command::new("db5.3_verify").arg("-q").arg(&path).status().expect("db5.3-util is installed");
    assert!(accepted.success(), "db_verify does not accept {}", path.display());
}

/// Each side reads the million that the other one wrote: all in the table's order, and a fifth by key.
#[test]
fn a_million_entries() {
    let pair = Pair::new("tables/exchange-million").file("/t/t", source(1_000_000)).build();
    let on_both = |script: &str| {
        pair.assert_same(|host| {
            let output = host.run(["bash", "-c", script]);
            let mut transcript = Transcript::new();
            transcript.text("stdout", script, &output.stdout.to_str_lossy());
            transcript.text("stderr", script, &output.stderr.to_str_lossy());
            transcript
        });
    };
    on_both("awk 'NR % 5 == 0 { print $1 }' /t/t | sort -k 1.7,1.9 >/t/keys; wc -l </t/keys");
    for kind in KINDS {
        let (table, file) = (format!("{kind}:/t/t"), format!("/t/t.{}", suffix(kind)));
        on_both(&format!("postmap {table}; echo $?"));
        if suffix(kind) == "db" {
            assert_verified(&pair.theirs, &file);
            assert_verified(&pair.ours, &file);
        }
        swap(&pair, &file);
        on_both(&format!("postmap -us {table} | md5sum; postmap -q - {table} </t/keys | md5sum; rm {file}"));
    }
}

#[test]
fn long_and_binary_items() {
    for kind in KINDS {
        let longest_key = if kind == "lmdb" { 510 } else { usize::MAX };
        for options in ["-u", "-un", "-uN"] {
            exchange(kind, options, &items(longest_key));
        }
    }
    // One byte too long for LMDB, and no byte at all.
    let pair = Pair::new("tables/exchange-limits")
        .file("/t/t", [b"k".repeat(511), b" v\n".to_vec()].concat())
        .build();
    pair.run(["postmap", "lmdb:/t/t"]).assert_same();
    pair.run_with_input(["postmap", "-i", "lmdb:/t/t"], &[b"k".repeat(512), b" v\n".to_vec()].concat())
        .assert_same();
}

#[test]
fn duplicates() {
    for kind in KINDS {
        for options in ["", "-w", "-r", "-u", "-wf", "-rn"] {
            exchange(kind, options, DUPLICATES.as_bytes());
        }
    }
}

/// With `-v`: what is opened, and how large it may become. Other lines tell of the reference's own functions.
#[test]
fn verbose() {
    let pair = Pair::new("tables/verbose").file("/t/t", "a b\n").file("/t/aliases", "a: b\n").build();
    let shown = "grep -E '^post[a-z]*: (open |dict_open: |database )|^[^p]'";
    for kind in KINDS {
        let script = format!(
            "(postmap -v {kind}:/t/t; postmap -v -q a {kind}:/t/t; postmap -v -s {kind}:/t/t; echo a | postmap -v -q - {kind}:/t/t; \
              [ {kind} = cdb ] || {{ echo c d | postmap -v -i {kind}:/t/t; postmap -v -d a {kind}:/t/t; }}; \
              postalias -v {kind}:/t/aliases; postalias -v -q a {kind}:/t/aliases) 2>&1 | {shown}"
        );
        pair.run(["bash", "-c", &script]).assert_same();
    }
}

/// Values that are files: of no byte, and of all.
#[test]
fn files_as_values() {
    let all: Vec<u8> = (0..=255_u8).cycle().take(70_000).collect();
    let pair = Pair::new("tables/exchange-files")
        .file("/t/t", "void /t/void\nall /t/all\nboth /t/all, /t/void, /t/all\n")
        .file("/t/void", "")
        .file("/t/all", all)
        .build();
    for kind in KINDS {
        let (table, file) = (format!("{kind}:/t/t"), format!("/t/t.{}", suffix(kind)));
        pair.run(["postmap", "-F", &table]).assert_same();
        swap(&pair, &file);
        let script = format!(
            "for key in void all both; do postmap -q $key {table} | md5sum; postmap -Fq $key {table} | md5sum; done; \
             postmap -Fs {table} | md5sum"
        );
        pair.run(["bash", "-c", &script]).assert_same();
    }
}
