//! master.cf as text: every field, `-o` in all its forms, braces, continuation lines, and fields that are wrong.

use super::{one_of, sequence, several, text, value};
use proptest::prelude::*;

type Bytes = BoxedStrategy<Vec<u8>>;

/// A whole file.
pub fn file() -> Bytes {
    let line = prop_oneof![
        10 => sequence(vec![entry(), one_of(&["\n", "\n", "\n", " \n", "\r\n"])]),
        2 => one_of(&["# comment\n", "\n", "   \n", "#smtp inet n - y - - smtpd\n", "\t# x\n"]),
        1 => bad_entry(),
    ]
    .boxed();
    prop_oneof![
        20 => several(line, 0..8),
        1 => several(entry(), 1..2),
    ]
    .boxed()
}

/// The name of a service as commands take it.
pub fn service() -> BoxedStrategy<String> {
    prop_oneof![
        Just("smtp/inet"),
        Just("foo/unix"),
        Just("*/unix"),
        Just("smtp/*"),
        Just("*/*"),
        Just("smtp/unix"),
        Just("no_such/unix"),
        Just("foo"),
        Just("a/b/c")
    ]
    .prop_map(str::to_owned)
    .boxed()
}

/// An entry without the line end.
pub fn entry() -> Bytes {
    let blank = || one_of(&[" ", " ", " ", "   ", "\t", "\n  ", "\n# within\n  "]);
    let arguments = several(sequence(vec![blank(), argument()]), 0..5);
    let fields = prop_oneof![
        6 => sequence(vec![text("smtp inet n - "), flag(), text(" - "), limit(), text(" smtpd")]),
        4 => sequence(vec![
            prop_oneof![
                30 => one_of(&["foo", "smtp", "bar", "relay", "retry"]),
                1 => Just(b"f\xffo".to_vec()),
            ].boxed(),
            one_of(&[" ", "\t", "   "]),
            one_of(&["unix", "fifo", "pass", "unix-dgram"]),
            blank(), flag(), blank(), flag(), blank(), flag(), blank(), wakeup(), blank(), limit(), blank(), command(),
        ]),
        2 => sequence(vec![inet_name(), text(" inet n - n - - "), command()]),
    ]
    .boxed();
    sequence(vec![fields, arguments])
}

fn flag() -> Bytes {
    one_of(&["-", "n", "y"])
}

fn wakeup() -> Bytes {
    one_of(&["-", "0", "60", "300?", "0?", "1000000"])
}

fn limit() -> Bytes {
    one_of(&["-", "0", "1", "100", "00", "2147483647"])
}

fn command() -> Bytes {
    one_of(&[
        "smtp",
        "smtpd",
        "local",
        "virtual",
        "lmtp",
        "pipe",
        "spawn",
        "error",
        "discard",
        "qmgr",
        "cleanup",
        "bounce",
        "/usr/lib/postfix/sbin/smtp",
        "no_such",
        "foo",
    ])
}

fn inet_name() -> Bytes {
    one_of(&[
        "smtp",
        "25",
        "587",
        "127.0.0.1:25",
        "[::1]:25",
        "[127.0.0.1]:submission",
        "localhost:10025",
        "[::1]:smtp",
        "host.example.com:2525",
        "465",
    ])
}

/// One argument, or an option with its value.
fn argument() -> Bytes {
    let assignment = sequence(vec![value::name(), text("="), word()]);
    let braced = sequence(vec![
        text("{"),
        one_of(&["", " "]),
        value::name(),
        one_of(&["=", " = "]),
        value::value(),
        one_of(&["", " "]),
        text("}"),
    ]);
    let lookup = sequence(vec![
        one_of(&["-o smtpd_client_restrictions=", "-o class1=", "-o alias_maps=", "-o foo="]),
        value::table(),
    ]);
    prop_oneof![
        6 => sequence(vec![text("-o "), assignment.clone()]),
        1 => lookup,
        2 => sequence(vec![one_of(&["-o", "-vo"]), prop_oneof![assignment.clone(), braced.clone()].boxed()]),
        3 => sequence(vec![text("-o "), braced.clone()]),
        1 => braced,
        2 => one_of(&["-v", "-vo", "flags=DRhu", "user=nobody", "argv=/bin/x", "${recipient}", "-D", "--", "{", "}", "{a}b", "-o", "-obaz", "-o=x", "-oo"]),
        1 => sequence(vec![text("-vo "), assignment]),
        1 => sequence(vec![text("argv=/bin/x "), one_of(&["{ a b }", "$foo", "${foo?{x}}", "-o a=b", "{}"])]),
    ]
    .boxed()
}

/// A value without white space.
fn word() -> Bytes {
    let no_blanks = |value: Vec<u8>| value.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    value::part().prop_map(no_blanks).boxed()
}

/// An entry with a field that is missing or wrong.
fn bad_entry() -> Bytes {
    prop_oneof![
        8 => one_of(&[
            "smtp inet y - n - - smtpd\n", "foo unix n n n - -\n", "foo nosuch n n n - - smtp\n",
            "foo unix x n n - - smtp\n", "foo unix n x n - - smtp\n", "foo unix n n x - - smtp\n",
            "foo unix n n n x - smtp\n", "foo unix n n n - x smtp\n", "foo unix n n n - -1 smtp\n",
            "foo unix n n n -5 - smtp\n", "foo unix n n n 5x - smtp\n", "foo unix\n", "- unix n n n - - smtp\n",
            "foo - n n n - - smtp\n", "foo unix n n n - - -\n", "foo unix n n n ? - smtp\n",
            "foo unix n n n - 99999999999 smtp\n", "foo unix n n n 1?? - smtp\n", ":25 inet n n n - - smtpd\n",
            "[::1 inet n n n - - smtpd\n", "1.2.3.4: inet n n n - - smtpd\n", "a:b:c inet n n n - - smtpd\n",
            "99999 inet n n n - - smtpd\n", "nosuchport inet n n n - - smtpd\n", "  begins blank\n",
            "foo unix n n n - - smtp -o\n", "foo unix n n n - - smtp -o x\n", "foo unix n n n - - smtp -o {x\n",
            "foo unix n n n - - smtp -o { x }\n", "foo unix n n n - - smtp {a} b}\n", "foo unix n n n - - smtp\0x\n",
            "é unix n n n - - smtp\n", "foo unix n n n - - smtp -o =x\n",
        ]),
        1 => Just(b"foo unix n n n - - smtp -o foo=\xff\n".to_vec()),
    ]
    .boxed()
}
