//! main.cf as text: lines that go on, comments within values, odd bytes, lines that are none.

use super::{one_of, sequence, several, text, value};
use proptest::prelude::*;

type Bytes = BoxedStrategy<Vec<u8>>;

/// A whole file.
pub fn file() -> Bytes {
    (several(line(), 0..14), one_of(&["", "", "", "foo = last", "\\", "# end"]))
        .prop_map(|(lines, last)| [lines, last].concat())
        .boxed()
}

/// A file of a database client.
pub fn client_file() -> Bytes {
    let setting = sequence(vec![
        one_of(&[
            "user",
            "password",
            "hosts",
            "query",
            "server_host",
            "search_base",
            "dbpath",
            "memcache",
            "uri",
            "select_field",
            "domain",
            "foo",
        ]),
        one_of(&[" = ", "="]),
        prop_oneof![6 => value::value(), 1 => continued_value()].boxed(),
        one_of(&["\n", "\n", "\n", "\r\n"]),
    ]);
    let broken = one_of(&["no equals sign\n", " = x\n", "= x\n", "user = again\n", "user\n", "us\0er = x\n"]);
    let comment = one_of(&["# comment\n", "\n", "  \n", "  # more\n", "\r\n"]);
    several(prop_oneof![12 => setting, 2 => comment, 1 => broken].boxed(), 0..6)
}

fn line() -> Bytes {
    prop_oneof![
        20 => setting(value::value()),
        2 => setting(continued_value()),
        2 => sequence(vec![text("smtpd_restriction_classes = "), class_list(), text("\n")]),
        2 => sequence(vec![text("compatibility_level = "), level(), text("\n")]),
        1 => setting(value::long_value()),
        3 => one_of(&["# comment\n", "\n", "#\n", "   \n", "\t# comment that goes on\n", " # x\n\n"]),
        1 => odd_line(),
    ]
    .boxed()
}

fn setting(value: Bytes) -> Bytes {
    let equals = one_of(&[" = ", "=", " =", "= ", "\t=\t", "  =  "]);
    let end = prop_oneof![
        12 => text("\n"),
        2 => one_of(&[" \n", "\t\n", "\r\n", " # no comment\n"]),
    ]
    .boxed();
    sequence(vec![value::name(), equals, value, end])
}

/// What `smtpd_restriction_classes` may hold: names, separated in all ways, and whatever stands for some.
fn class_list() -> Bytes {
    let class = prop_oneof![
        6 => one_of(&["class1", "class2", "foo", "permit", "smtpd_banner", "no_such"]),
        1 => value::part(),
    ];
    let separated = sequence(vec![class.boxed(), one_of(&[" ", ", ", ",", "\t", "\n  ", "\r\n  "])]);
    several(separated, 0..4)
}

/// A value over some lines, with comments and empty lines in it.
fn continued_value() -> Bytes {
    let between = one_of(&[
        "\n  ",
        "\n\t",
        "\n# within\n  ",
        "\n\n  ",
        "\n   \n  ",
        "\r\n  ",
        "\n #not within\n ",
        "\n#a\n#b\n \t",
    ]);
    let more = sequence(vec![between.clone(), value::value()]);
    // Braces that open in one line and close in another.
    let braced = sequence(vec![
        one_of(&["{", "inline:{", "$foo {", "${foo?{", "pcre:{", "pipemap:{"]),
        several(sequence(vec![between.clone(), value::value()]), 1..3),
        between,
        one_of(&["}", "}", "}}", "} x"]),
    ]);
    prop_oneof![
        3 => sequence(vec![value::value(), several(more, 1..4)]),
        1 => sequence(vec![value::value(), text(" "), braced]),
    ]
    .boxed()
}

fn level() -> Bytes {
    one_of(&[
        "0",
        "1",
        "2",
        "3.6",
        "3.9",
        "3.11",
        "9999",
        "3.6.0",
        "$foo",
        "${foo}",
        "",
        "x",
        "3.x",
        "-1",
        "3.6.1.2",
        " 2 ",
        "1000000000000",
        "3.",
    ])
}

/// What is no setting, or holds bytes that text does not.
fn odd_line() -> Bytes {
    prop_oneof![
        4 => one_of(&[
            "foo =\n", "foo = a\nfoo = b\n", "foo = a\nfoo = a\n", " foo = continues nothing\n", "foo = x\0y\n",
            "foo\0 = x\n", "\0\n", "foo = \u{80}\u{e9}\n", "foo.bar = x\n", "foo = a # b\n", "{ foo = bar }\n",
            "process_id = 1\n", "process_name = x\n", "mail_version = 1\n", "foo = \\\n", "foo = bar\\\n baz\n",
            "\u{feff}foo = x\n", "foo = a\u{2028}b\n", "foo = \u{b}\u{c}x\u{b}\n", "foo\u{b}= x\n",
        ]),
        1 => Just(b"foo = \xff\xfe\n".to_vec()),
        1 => Just(b"f\xffo = x\n".to_vec()),
        1 => one_of(&["no equals sign\n", "= x\n", "a b = c\n", "foo bar\n  = x\n", "==\n"]),
    ]
    .boxed()
}
