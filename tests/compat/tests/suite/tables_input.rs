//! postmap(1) and postalias(1) with input and tables that nobody would give them on purpose: alias lines of every kind,
//! standard input that cannot be read, output that cannot be written, files that are no tables, data that is no text.

use compat::{Job, Pair, batch};

/// Alias lines as they come, and as they should not.
const ALIASES: &[&str] = &[
    "",
    "a: b",
    "a: b, c\n d",
    "a:b",
    "a b",
    "a",
    "a:",
    "a: ",
    ": b",
    "a::b",
    "a:b:c",
    "\"a b\": c",
    "\"a: b",
    "\"a\\\"b\": c",
    "\"a\" b: c",
    "\"a\".\"b\": c",
    "a\"b\"c: d",
    "\"\": b",
    "\"a\\\\\": b",
    "\"\ta\": b",
    "'a b': c",
    "a.b: c",
    "a.: b",
    ".a: b",
    "a..b: c",
    "a . b: c",
    "a@b: c",
    "a@b.c : d",
    "a @ b: c",
    "\"a\"@b: c",
    "a%b: c",
    "a!b: c",
    "a+b: c",
    "a=b: c",
    "a (comment): b",
    "a (c: b",
    "a): b",
    "(c): b",
    "a: (c)",
    "<a>: b",
    "a: <b>",
    "[a]: b",
    "[a: b",
    "a, b: c",
    "a;b: c",
    "a;: b",
    "a: b;",
    "a: group: b;",
    "a b c: d",
    "a \n : b",
    "a:b,\n,c",
    "a: b\n\n c",
    "a: b #c",
    "#a: b",
    " a: b",
    "a: :include:/x",
    "a: |cmd",
    "a: \"|cmd arg\"",
    "a: /file",
    "a: \"/file name\"",
    "|cmd: b",
    "\"|cmd a\": b",
    "/file: b",
    ":include:/x: b",
    "a: \"\"",
    "a: \"b c\" d",
    "a: {b}",
    "a: b=c",
    "a: b\\",
    "a\\: b",
    "a\\:b: c",
    "\\a: b",
    "a: b\ta",
    "a:\r",
    "a: b\r",
    "a\0: b",
    "a: b\0c",
    "A: b\na: c",
    "a: b\na: c",
    "É: b\né: c",
    "@: b",
    "@x: b",
    "YP_MASTER_NAME: x",
    "yp_last_modified: x",
    "owner-a: b",
    "=?utf-8?q?a?=: b",
];

/// Keys that the alias lines may have.
const KEYS: &str =
    "a\nA\na b\n\"a b\"\na:\na.b\na@b\na+b\né\nÉ\n@\n\n|cmd\n/file\n<a>\nyp_master_name\nYP_MASTER_NAME\n";

fn shell(script: &str) -> Vec<String> {
    ["bash", "-c", script].map(str::to_owned).to_vec()
}

/// Runs each script in its own folder, which has these files in it.
fn compare(case: &str, files: &[(&str, &[u8])], scripts: &[String]) {
    let files: Vec<(String, Vec<u8>)> = [("main.cf", &b"default_database_type = lmdb\n"[..])]
        .iter()
        .chain(files)
        .map(|(name, content)| ((*name).to_owned(), content.to_vec()))
        .collect();
    let jobs: Vec<Job> = (0..)
        .zip(scripts)
        .map(|(number, script)| Job {
            title: format!("{case}/{number}"),
            files: files.clone(),
            commands: vec![shell(&format!("cd /etc/postfix; {script}"))],
            edits: false,
        })
        .collect();
    batch::assert_same(&Pair::new(case).build(), &jobs);
}

#[test]
fn alias_lines() {
    let scripts: Vec<String> = ALIASES
        .iter()
        .map(|line| {
            let line = format!("{line}\n").replace('\\', "\\\\").replace('%', "%%").replace('\0', "\\0").replace('\'', "'\\''");
            format!(
                "printf '{line}' >t; postalias t; echo $?; postalias -s t | sed -E 's/[0-9]{{10}}/TIME/'; postmap -s t | wc -l; \
                 postalias -q - t <keys; postalias -fw hash:t; postalias -jq - hash:t <keys; \
                 for option in '' r w n; do postalias -i$option t <t; echo $?; postalias -s t | sed -E 's/[0-9]{{10}}/TIME/'; done; \
                 postalias -d - t <keys; postalias -s t | sed -E 's/[0-9]{{10}}/TIME/'"
            )
        })
        .collect();
    compare("tables/alias-lines", &[("keys", KEYS.as_bytes())], &scripts);
}

/// A directory or nothing at all as standard input has no lines.
#[test]
fn input_that_cannot_be_read() {
    let mut scripts = Vec::new();
    for kind in ["cdb", "lmdb", "hash"] {
        for input in ["<.", "<&-", "<empty"] {
            scripts.push(format!(
                "postmap {kind}:t 2>/dev/null; for options in '-q -' '-hq -' '-bq -' '-d -' -i -s; do \
                 postmap $options {kind}:t {input}; echo $?; done; postmap -s {kind}:t; postalias -q - {kind}:t {input}; echo $?"
            ));
        }
    }
    compare("tables/unreadable-input", &[("t", b"k v\n"), ("empty", b"")], &scripts);
}

/// A directory, a device and a short file in the place of a cdb.
#[test]
fn no_cdb() {
    let scripts = [
        "mkdir x.cdb",
        "ln -s /dev/null x.cdb",
        "echo short >x.cdb",
        "truncate -s 2047 x.cdb",
        "truncate -s 2048 x.cdb",
    ]
    .map(|command| format!("{command}; postmap -q k cdb:x; postmap -s cdb:x; postmap -q - cdb:x <t"));
    compare("tables/no-cdb", &[("t", b"k v\n")], &scripts);
}

/// A value that is not UTF-8, and what each kind of query says of it.
#[test]
fn values_that_are_no_text() {
    let mut scripts = Vec::new();
    for table in ["texthash:t", "regexp:p", "pcre:p"] {
        scripts.push(format!(
            "touch -d '1 hour ago' t p; for command in postmap postalias; do \
               for options in '-q k' '-q -' '-uq k' '-jq -'; do $command $options {table} <m; echo $?; done; done; \
             for options in -h -b -hb -hU -bU -hbmU; do postmap $options -q - {table} <m; echo $?; done"
        ));
    }
    compare("tables/no-text", &[("t", b"k \xff\n"), ("p", b"/k/ \xff\n"), ("m", b"k: v\n\nk\n")], &scripts);
}

/// Answers that nobody can read are an error for ours.
#[test]
fn output_that_cannot_be_written() {
    let pair = Pair::new("tables/full-output").file("/t/t", "k v\n").build();
    pair.run(["postmap", "lmdb:/t/t"]).assert_same();
    pair.run(["bash", "-c", "postmap -q k lmdb:/t/t >/dev/full"]).assert_same();
}

/// A signal in the middle of a build or update waits for its end. `lmdb`, whose updates are transactions, does not wait.
#[test]
fn signals_wait() {
    let pair = Pair::new("tables/signals").build();
    for (command, kind) in [
        ("postmap", "cdb"),
        ("postmap", "hash"),
        ("postmap", "btree"),
        ("postalias", "hash"),
        ("postmap -i", "hash"),
    ] {
        for signal in ["TERM", "HUP"] {
            // The pipe holds less than what is written first, so the update has begun when that is done.
            let script = format!(
                "rm -rf /c; mkdir /c; cd /c; mkfifo p; {{ {command} {kind}:p {} & exec 3>p; \
                 seq -f 'key%.0f: value' 20000 >&3; kill -{signal} $!; \
                 echo 'last: value' >&3; exec 3>&-; wait $!; }} 2>/dev/null; echo $?; ls; \
                 postmap -q last {kind}:p; postmap -q last: {kind}:p; postmap -s {kind}:p | grep -c key",
                if command.ends_with("-i") { "<p" } else { "" }
            );
            pair.run(["bash", "-c", &script]).assert_same();
        }
    }
}

/// Tables in tables in tables, and files of another type than they are asked for by names that libdb shows in its own
/// way.
#[test]
fn tables_within_tables() {
    let mut scripts: Vec<String> = ["unionmap:{", "pipemap:{", "debug:"]
        .iter()
        .map(|outer| {
            let end = if outer.ends_with('{') { "}" } else { "" };
            format!("postmap -q a '{}static:x{}' 2>&1 | md5sum", outer.repeat(60), end.repeat(60))
        })
        .collect();
    for name in ["t", "./t", "folder/../t", "/etc/postfix/t"] {
        scripts.push(format!(
            "mkdir folder; postmap btree:t 2>/dev/null; postmap -q k hash:{name}; postmap -s hash:{name}; \
             postmap -i hash:{name} <t; postmap -d k hash:{name}"
        ));
    }
    compare("tables/within", &[("t", b"k v\n")], &scripts);
}

/// `-F` with keys out of a message: patterns' results are files, too, and what they encode is not decoded.
#[test]
fn files_for_messages() {
    let tables = ["regexp:p", "pcre:p", "texthash:t", "lmdb:t", "hash:t", "inline:{body=t}", "static:{t}"];
    let scripts = tables.map(|table| {
        format!(
            "touch -d '1 hour ago' t p; postmap -F lmdb:t; postmap -F hash:t; \
             for options in -F -hF -bF -hbF -hbmFj -hbFU; do postmap $options -q - {table} <m; echo $?; done; \
             postmap -Fq body {table}; echo $?; postmap -Fs {table} | sort"
        )
    });
    let files: [(&str, &[u8]); 3] = [
        ("t", b"body t\nA:   m\nno nothing\n"),
        ("p", b"/^A/ t\n/x/ nothing\n/body/ m, t\n"),
        ("m", b"A: b\nB: c\n\nbody\nno\n"),
    ];
    compare("tables/files-for-messages", &files, &scripts);
}
