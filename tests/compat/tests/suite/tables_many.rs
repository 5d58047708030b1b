//! Many keys on standard input of `postmap -q -`: answers in the order of the keys, with the same complaints, whatever the
//! table's type and however many keys there are.

use compat::Pair;
use std::fmt::Write as _;

const TYPES: [&str; 4] = ["hash", "btree", "lmdb", "cdb"];

/// Entries enough for many pages, with values of which some need pages of their own.
fn source(entries: u32) -> String {
    let mut text = String::new();
    for number in 0..entries {
        let value = match number % 500 {
            17 => "v".repeat(5000),
            _ => format!("value{number}"),
        };
        let _ =
            writeln!(text, "key{}@example.com {value}", number.wrapping_mul(2_654_435_761) % 1_000_000_007);
    }
    text
}

/// Keys in no order: there, not there, twice, in capitals, empty, too long, not UTF-8.
fn keys(entries: u32) -> Vec<u8> {
    let mut keys = Vec::new();
    for number in (0..entries).rev() {
        let place = number.wrapping_mul(7919) % entries;
        let key = format!("key{}@example.com", place.wrapping_mul(2_654_435_761) % 1_000_000_007);
        let line = match number % 1000 {
            1 => key.to_uppercase().into_bytes(),
            2 => b"missing".to_vec(),
            3 => Vec::new(),
            4 => vec![b'k'; 500],
            5 => [key.as_bytes(), b"\0behind"].concat(),
            6 => [key.as_bytes(), b"\n", key.as_bytes()].concat(),
            7 if number > entries / 2 => b"\xff\xfe".to_vec(),
            _ => key.into_bytes(),
        };
        keys.extend_from_slice(&line);
        keys.push(b'\n');
    }
    keys
}

#[test]
fn answers_in_order() {
    let entries = 30_000;
    let mut builder = Pair::new("tables-many/order")
        .file("/t/keys", keys(entries))
        .file("/t/missing", "no\nnor\n".repeat(9000));
    for kind in TYPES {
        builder = builder.file(&format!("/t/{kind}"), source(entries));
    }
    let pair = builder.build();
    for kind in TYPES {
        pair.run(["postmap", &format!("{kind}:/t/{kind}")]).assert_same();
        for (input, options) in [
            ("/t/keys", ""),
            ("/t/keys", "-f"),
            ("/t/keys", "-o smtputf8_enable=no"),
            ("/t/keys", "-jq-"),
            ("/t/missing", ""),
            ("<(tail -n 3 /t/keys | head -c -3)", ""),
        ] {
            let script = format!(
                "postmap {options} -q - {kind}:/t/{kind} <{input} | tee /t/out | md5sum; head -c 300 /t/out"
            );
            pair.run(["bash", "-c", &script]).assert_same();
        }
        // The same through a pipe that gives a few lines at a time, and with a second table behind.
        let script = format!(
            "(head -n 40 /t/keys; sleep 0.2; tail -n 40 /t/keys) | postmap -q - {kind}:/t/{kind} | cut -c 1-60; \
             head -n 2000 /t/keys | postmap -q - {kind}:/t/{kind} static:other | md5sum"
        );
        pair.run(["bash", "-c", &script]).assert_same();
    }
}

/// The first key that is there decides whether keys end with a null byte, in files that have both kinds.
#[test]
fn forms_of_keys() {
    let mut pair = Pair::new("tables-many/forms");
    for kind in ["hash", "btree", "lmdb"] {
        pair = pair.file(&format!("/t/{kind}"), "a one\nb two\n");
    }
    let pair = pair.build();
    for kind in ["hash", "btree", "lmdb"] {
        pair.run(["postmap", "-N", &format!("{kind}:/t/{kind}")]).assert_same();
        let more = format!("printf 'c three\\nd four\\n' | postmap -n -i {kind}:/t/{kind}");
        pair.run(["bash", "-c", &more]).assert_same();
        for keys in ["a c b d", "c a d b", "x y c b", "x b d", "", "x y", "b", "c"] {
            let script = format!("printf '%s\\n' {keys} | postmap -q - {kind}:/t/{kind}");
            pair.run(["bash", "-c", &script]).assert_same();
        }
    }
}

/// Root's table in the directory of another user is warned of, since 3.11.7.
#[test]
fn directories_of_others() {
    let pair = Pair::new("tables-many/directories")
        .file("/p/a", "a one\n")
        .file("/p/b", "b two\n")
        .file("/r/a", "a one\n")
        .file("/p/al", "x: y\n")
        .build();
    pair.run(["sh", "-c", "chown postfix /p /p/b; ln -s /p/a /r/link; ln -s /p /lp"]).assert_same();
    let requests = [
        "lmdb:/p/a",
        "hash:/p/a",
        "cdb:/p/b",
        "lmdb:/r/a",
        "lmdb:/r/link",
        "lmdb:/lp/a",
        "-o lmdb:/p/a",
        "lmdb:/p/a lmdb:/r/a",
        "-i lmdb:/p/new",
        "-d k lmdb:/p/a",
        "texthash:/p/a",
        "foo:/p/a",
        "lmdb:/p/nosuch",
        "-i lmdb:/nodir/x",
        "-i lmdb:x/y",
        "lmdb:p//a",
        "proxy:lmdb:/p/a",
    ];
    for request in requests {
        pair.run(["sh", "-c", &format!("echo k v | postmap {request}")]).assert_same();
    }
    pair.run(["sh", "-c", "cd /p; postmap lmdb:a lmdb:./a; postalias lmdb:al; newaliases -oAlmdb:/p/al"])
        .assert_same();
}
