//! postmap(1) on hundreds of generated tables: every kind of rule with every kind of mistake, asked for keys that are
//! likely to match. Same tables in every run.

use compat::{Job, Pair, batch};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Values of a strategy, the same in each run.
fn samples<S: Strategy>(strategy: S, count: usize) -> Vec<S::Value> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[4; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    proptest::sample::select(texts).prop_map(str::to_owned)
}

/// Tables of such lines; sometimes the last one has no newline.
fn tables(line: impl Strategy<Value = String>, count: usize) -> Vec<String> {
    let table = (proptest::collection::vec(line, 1..16), prop_oneof![5 => Just("\n"), 1 => Just("")])
        .prop_map(|(lines, end)| lines.join("\n") + end);
    samples(table, count)
}

/// Compares what commands say about each of the tables, which stand in `/etc/postfix/t`, with keys in `keys`.
fn compare(case: &str, tables: &[String], keys: &str, commands: &[&str]) {
    let jobs: Vec<Job> = (0..)
        .zip(tables)
        .map(|(number, table)| Job {
            title: format!("{case}/{number}"),
            files: [("main.cf", ""), ("t", table.as_str()), ("keys", keys)]
                .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
                .to_vec(),
            commands: commands
                .iter()
                .map(|command| ["sh", "-c", command].map(str::to_owned).to_vec())
                .collect(),
            edits: false,
        })
        .collect();
    batch::assert_same(&Pair::new(case).build(), &jobs);
}

const ADDRESSES: &str = "10.0.0.1\n10.1.2.3\n192.0.2.0\n192.0.2.129\n0.0.0.0\n255.255.255.255\n1.2.3\n010.0.0.1\n\
    ::\n::1\n2001:db8::\n2001:DB8::1\nfe80::1\nfe80::1%lo\n::ffff:10.0.0.1\n::10.0.0.1\nname\n\n[::1]\n 10.0.0.1\n\
    2001:db8:8000::1\n1:2:3:4:5:6:7:8\n";

/// A network, or something like it.
fn network() -> impl Strategy<Value = String> {
    let address = one_of(&[
        "10.0.0.1",
        "10.0.0.0",
        "10.128.0.0",
        "192.0.2.0",
        "192.0.2.128",
        "0.0.0.0",
        "255.255.255.255",
        "1.2.3",
        "010.0.0.1",
        "256.1.1.1",
        "::",
        "::1",
        "2001:db8::",
        "2001:DB8::1",
        "2001:db8:8000::",
        "fe80::",
        "::ffff:10.0.0.0",
        "::10.0.0.1",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "2001:db8:::",
        "::g",
    ]);
    let bits = one_of(&[
        "0",
        "1",
        "8",
        "8",
        "10",
        "16",
        "24",
        "25",
        "32",
        "32",
        "33",
        "64",
        "127",
        "128",
        "128",
        "129",
        "",
        "x",
        "-1",
        "+8",
        "024",
        "264",
        "4294967296",
        "4294967304",
        "99999999999999999999",
    ]);
    (address, bits, 0..20u8).prop_map(|(address, bits, form)| match form {
        0..6 => address,
        6..15 => format!("{address}/{bits}"),
        15 => format!("[{address}]/{bits}"),
        16 => format!("[{address}/{bits}]"),
        17 => format!("[{address}]"),
        18 => format!("[{address}"),
        _ => format!("[{address}]x"),
    })
}

const NEGATIONS: &[&str] = &["", "", "", "", "!", "! ", "!!", "!\t!"];
const ODD_LINES: &[&str] =
    &[" leading", "# comment", "", "iffy x", "endiffy", "!", "if", "if !", "x", "   # y", "\tz z"];
const ENDS: &[&str] = &["endif", "ENDIF", "endif ", "endif x", "endif#"];
const BEGINS: &[&str] = &["if ", "IF ", "if", "If\t"];

#[test]
fn cidr() {
    let line = prop_oneof![
        12 => (one_of(NEGATIONS), network(), one_of(&[" OK", "\tREJECT", " two  words ", " $1", "", " "]))
            .prop_map(|(not, network, result)| format!("{not}{network}{result}")),
        3 => (one_of(BEGINS), one_of(NEGATIONS), network(), one_of(&["", "", " ", " junk"]))
            .prop_map(|(begin, not, network, rest)| format!("{begin}{not}{network}{rest}")),
        3 => one_of(ENDS),
        1 => one_of(ODD_LINES),
    ];
    let commands = ["postmap -q - cidr:/etc/postfix/t </etc/postfix/keys"];
    compare("tables/generated-cidr", &tables(line, 200), ADDRESSES, &commands);
}

const TEXTS: &str = "a\nA\nalice@example.com\nbob@example.org\nab\naab\nxx\nxyz\na.b\naXb\n/\n\nuser@example.com\n\
    foo bar\na#b\né\n$\n!\nac\nbd\na\tb\nUSER@EXAMPLE.COM\na!b\nnothing\n\\\n";

const RESULTS: &[&str] = &[
    " OK",
    " $1",
    " $2",
    " ${1}",
    " $(1)",
    " $$",
    " $$1",
    " a$1b",
    " ${1}x$2",
    " $0",
    " $10",
    " $a",
    " ${",
    " $",
    " ${}",
    " ${1",
    "",
    " ",
    " $1$1",
    " two  words ",
    " $-1",
    " ${10000000000}",
    " $01",
    " $ 1",
    " $1_",
    " x$$y$$",
    " $((1))",
    " $1$",
    "\tFILTER x:y",
];

/// A pattern with delimiters and option letters, or something like it.
fn pattern(wrong: &'static [&'static str]) -> impl Strategy<Value = String> {
    let body = prop_oneof![
        8 => one_of(&[
            "a", "^a", "a$", "al(ice|bob)", "(a)(b)?", "[abc]+", "[[:alpha:]]+@", "^(.*)@(.*)$", "x{2,3}", "a\\.b", "\\/",
            "^$", ".*", "a|", "()", "A", "(x(y)z)", "^user", "example\\.com$", "a#b", "a b", "@", "\\bfoo\\b", "é",
            "^(([a-z]+)@)?(ex)", "(a|b)(c|d)", "\\$", "$", "a\\!b", "(a)\\1", "\\w@", "a.b", "[^a]b", "(user|bob)@ex",
            "(alice)?.*example", "ali+ce", "(bob|xyz){1,2}",
        ]),
        1 => proptest::sample::select(wrong).prop_map(str::to_owned),
    ];
    let delimiter = prop_oneof![8 => Just("/"), 1 => Just("|"), 1 => Just("#"), 1 => Just("a")];
    let letters = one_of(&["", "", "", "", "i", "m", "x", "ii", "im", "z", "iz", "X", "s", "A", "U", " "]);
    (one_of(NEGATIONS), delimiter, body, letters)
        .prop_map(|(not, delimiter, body, letters)| format!("{not}{delimiter}{body}{delimiter}{letters}"))
}

fn pattern_line(wrong: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        10 => (pattern(wrong), one_of(RESULTS)).prop_map(|(pattern, result)| format!("{pattern}{result}")),
        1 => (pattern(wrong), pattern(wrong), one_of(RESULTS))
            .prop_map(|(pattern, not, result)| format!("{pattern}!{not}{result}")),
        3 => (one_of(BEGINS), pattern(wrong), one_of(&["", "", " ", " junk"]))
            .prop_map(|(begin, pattern, rest)| format!("{begin}{pattern}{rest}")),
        3 => one_of(ENDS),
        1 => one_of(ODD_LINES),
        1 => one_of(&["/a", "/a\\", "//", "// x", "///i x", "if /a", "if /a\\", "foo bar"]),
    ]
}

#[test]
fn regexp() {
    let line =
        pattern_line(&["(", "*a", "a**", "+", "a{1", "a{2,1}", "[z-a]", "[[:foo:]]", "\\", "a++", "a)"]);
    let commands = ["postmap -q - regexp:/etc/postfix/t </etc/postfix/keys"];
    compare("tables/generated-regexp", &tables(line, 200), TEXTS, &commands);
}

/// Mistakes whose place is the same in each release of PCRE2.
#[test]
fn pcre() {
    let line = pattern_line(&[
        "(",
        "(?i)A",
        "(?:a)b",
        "(?=a)",
        "^(?!x)",
        "a\\x41",
        "\\d+",
        "(?<n>a)",
        "a++b",
        "\\Qa.b\\E",
    ]);
    let commands = ["postmap -q - pcre:/etc/postfix/t </etc/postfix/keys"];
    compare("tables/generated-pcre", &tables(line, 200), TEXTS, &commands);
}

#[test]
fn texts() {
    let key = one_of(&[
        "a",
        "A",
        "b",
        "key",
        "alice@Example.com",
        "\"a b\"",
        "\"a b",
        "a\\ b",
        "É",
        "é",
        "a:",
        "b:",
        "\"\"",
        "@dom",
        "\\",
        "\"a\\\"b\"",
        "a\"b c\"d",
        "unterß",
    ]);
    let space = one_of(&[" ", "\t", "  ", " \t ", "\u{b}", "\u{c}", "\r"]);
    let value =
        one_of(&["1", "three four", "a, b", "  x  ", "", "\"q\"", "é", "$x", "v\r", ":include:/x", "|cmd"]);
    let line = prop_oneof![
        10 => (key, space, value).prop_map(|(key, space, value)| format!("{key}{space}{value}")),
        2 => one_of(&[" cont", "\tcont", " #c", "#c", "", " ", "k", "=", "a: b", "c: d, e", "nul\0l x", "\0", ": x"]),
    ];
    let keys = "a\nA\nb\nkey\nalice@example.com\n\"a b\"\na\\ b\né\nÉ\na:\n@dom\n\nunterss\nc\nnul\n";
    let commands = [
        "cd /etc/postfix; touch -d '1 hour ago' t; postmap -q - texthash:t <keys",
        "cd /etc/postfix; postmap cdb:t; postmap -s cdb:t; postmap -q - cdb:t <keys; md5sum t.cdb",
        "cd /etc/postfix; postmap -w lmdb:t; postmap -sj lmdb:t; postmap -d - lmdb:t <keys; postmap -s lmdb:t",
        "cd /etc/postfix; postmap -r cdb:t; postmap -q - -j cdb:t <keys; md5sum t.cdb",
        "cd /etc/postfix; postalias lmdb:t; postalias -s lmdb:t | grep -v YP_LAST; postalias -q - lmdb:t <keys",
    ];
    compare("tables/generated-texts", &tables(line, 60), keys, &commands);
}

/// Options, alone and together, of both commands, on tables of several types; what the folder looks like afterwards.
#[test]
fn options() {
    let option = prop_oneof![
        3 => one_of(&["-q key", "-q -", "-q KEY", "-q nobody", "-q ''", "-d key", "-d -", "-i", "-s", "-q postmaster"]),
        4 => one_of(&["-n", "-N", "-o", "-p", "-r", "-u", "-w", "-f", "-F", "-j", "-h", "-b", "-m", "-U", "-Z"]),
        1 => one_of(&["-c /nowhere", "-c /etc/postfix", "-wN", "-rf", "-jq key", "-js", "-hm"]),
    ];
    let table = one_of(&[
        "cdb:t",
        "lmdb:t",
        "t",
        "cdb:t lmdb:t",
        "cdb:missing",
        "lmdb:missing",
        "cdb:files",
        "lmdb:files",
        "cdb:private",
        "texthash:t",
        "inline:{key=v}",
        "inline:{x}",
        "static:{a b}",
        "regexp:t",
        "pcre:{{/k(e)y/ y$1}}",
        "cidr:t",
        "environ:x",
        "unix:passwd.byname",
        "internal:x",
        "fail:x",
        "debug:inline:{key=v}",
        "debug:lmdb:t",
        "debug:x",
        "pipemap:{inline:{key=a},inline:{a=c}}",
        "unionmap:{static:a,inline:{key=b}}",
        "randmap:{a}",
        "nosuch:t",
        "nis:t",
        "dbm:t",
        "",
        "cdb:folder",
        "texthash:folder",
        "cdb:",
        ":t",
    ]);
    let input = one_of(&[
        "key\\na\\nnobody\\n",
        "key value\\nnew entry\\n k\\n",
        "From: a@b\\nSubject: key\\n  more\\n\\nbody\\nkey\\n",
        "a: b\\nc: d, e\\n",
        "\\351 x\\n\\303\\251 y\\n",
        "f /etc/postfix/t\\ng /etc/postfix/missing\\nh /etc/postfix/folder\\n",
    ]);
    let program = prop_oneof![3 => Just("postmap"), 1 => Just("postalias")];
    let command = (program, proptest::collection::vec(option, 0..4), table, input).prop_map(
        |(program, options, table, input)| {
            format!(
                "mkdir -p folder; chmod 600 private; chown 1:1 private; printf '{input}' | {program} {} {table}; echo $?; \
                 stat -c '%n %A %u %g' *; [ {program} = postalias ] || md5sum *.cdb",
                options.join(" ")
            )
            .replace("{t}", "t")
        },
    );
    let prepared = one_of(&["", "", "postmap cdb:t lmdb:t;", "postmap -n lmdb:t; postmap -N cdb:t;"]);
    let script =
        (prepared, command).prop_map(|(prepared, command)| format!("cd /etc/postfix; {prepared} {command}"));
    let files = [
        ("main.cf", "default_database_type = lmdb\n"),
        ("t", "key value\nKey2 two words\na b\n# c\nk2 v\n  cont\nkey again\nbad\né x\npostmaster: root, \"a b\"\n"),
        ("files", "key /etc/postfix/t\ng /etc/postfix/missing\nh /etc/postfix/t, /etc/postfix/private\n"),
        ("private", "key value\n"),
    ]
    .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let jobs: Vec<Job> = (0..)
        .zip(samples(script, 160))
        .map(|(number, script)| Job {
            title: format!("tables/generated-options/{number}"),
            files: files.to_vec(),
            commands: vec![["bash", "-c", script.as_str()].map(str::to_owned).to_vec()],
            edits: false,
        })
        .collect();
    batch::assert_same(&Pair::new("tables/generated-options").build(), &jobs);
}
