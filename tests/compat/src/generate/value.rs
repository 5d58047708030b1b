//! Names and values of main.cf: the `$name` language with all its forms, and with what is wrong in it.

use super::{one_of, sequence, several, text};
use proptest::prelude::*;

type Bytes = BoxedStrategy<Vec<u8>>;

/// Names that users make up. Few, so that references find settings.
const USER_NAMES: &[&str] = &["foo", "bar", "baz", "my_list", "Foo", "class1", "class2", "2nd"];

/// Built-in names of all kinds, and some that a service or a database client defines.
const NAMES: &[&str] = &[
    "myhostname",
    "mydomain",
    "myorigin",
    "mydestination",
    "mynetworks",
    "mynetworks_style",
    "inet_interfaces",
    "inet_protocols",
    "relayhost",
    "compatibility_level",
    "smtpd_banner",
    "smtpd_recipient_restrictions",
    "smtpd_restriction_classes",
    "smtpd_relay_restrictions",
    "virtual_alias_maps",
    "alias_maps",
    "local_recipient_maps",
    "proxy_read_maps",
    "queue_run_delay",
    "message_size_limit",
    "smtpd_helo_required",
    "smtpd_tls_security_level",
    "smtpd_use_tls",
    "smtp_sasl_password_maps",
    "parent_domain_matches_subdomains",
    "default_destination_concurrency_limit",
    "smtp_destination_concurrency_limit",
    "foo_destination_recipient_limit",
    "foo_initial_destination_concurrency",
    "foo_time_limit",
    "relay_transport_rate_delay",
    "config_directory",
    "multi_instance_name",
    "syslog_name",
    "mail_owner",
    "disable_dns_lookups",
    "process_name",
    "forward_path",
    "luser_relay",
    "command_execution_directory",
    "default_rbl_reply",
    "stress",
    "ldapsrc_server_host",
    "ldapsrc_search_base",
    "mysqlsrc_user",
    "mysqlsrc_hosts",
    "sqlitesrc_dbpath",
    "pgsqlsrc_query",
    "memcachesrc_memcache",
    "mongosrc_uri",
    "foo_user",
    "virtual_mailbox_maps",
    "header_checks",
    "smtpd_client_restrictions",
];

const NO_NAMES: &[&str] = &["", "x-y", "no_such", "f.o", "é", "a b", "$foo", "{foo}", "#x"];

const WORDS: &[&str] = &[
    "a",
    "x",
    "yes",
    "no",
    "10",
    "3.6",
    "2",
    "5m",
    "1h",
    "100s",
    "-1",
    "1x",
    "all",
    "ipv4",
    "host",
    "class1, class2",
    "permit_mynetworks",
    "reject",
    "check_client_access",
    "hash:/etc/aliases",
    "[127.0.0.0/8]",
    "é",
    "localhost",
    "example.com",
    ",",
    ";",
    "#no",
    "=",
    "==",
    "'q'",
    "\"q\"",
    "\\",
    "|",
    "99999999999999999999",
    "0",
];

const TABLES: &[&str] = &[
    "ldap:ldapsrc",
    "mysql:mysqlsrc",
    "proxy:mysql:mysqlsrc",
    "sqlite:sqlitesrc",
    "pgsql:pgsqlsrc",
    "memcache:memcachesrc",
    "mysql:/etc/postfix/client.cf",
    "proxy:ldap:/etc/postfix/client.cf",
    "pgsql:/etc/postfix/no_such.cf",
    "pipemap:{mysql:/etc/postfix/client.cf, ldap:ldapsrc}",
    "unionmap:{static:x, {inline:{a=b}}, sqlite:$foo}",
    "{ ldap:ldapsrc }",
    "ldap:$foo",
    "mysql:${config_directory}/client.cf",
    "texthash:/etc/postfix/client.cf",
    "inline:{ a=b, {c = d e} }",
    "check_sender_access mysql:mysqlsrc",
    "mongodb:mongosrc",
    "mongodb:/etc/postfix/client.cf",
    "memcache:/etc/postfix/client.cf",
    "debug:proxy:sqlite:/etc/postfix/client.cf",
    "mysql:/etc/postfix",
    "pgsql:./client.cf",
    "ldap:",
    "mysql:{mysqlsrc}",
    "regexp:{ {/mysql:foo/ ldap:ldapsrc} }",
    "pcre:{ { /x/ {mysql:/etc/postfix/client.cf} }, ldap:foo }",
    "{ check_client_access { mysql:foo }, permit }",
    "static:{mysql:foo}",
    "mysql:foo,ldap:foo;sqlite:foo",
    "mysql:foo(0,lock|fold_fix)",
    "#ldap:ldapsrc",
];

const OPERATORS: &[&str] = &[
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    " == ",
    " != ",
    " <level ",
    " >=level ",
    "<=level",
    " ==level",
    "!=level",
    ">level ",
];

const NO_OPERATORS: &[&str] = &[" = ", "===", " ", " <lvl ", "=<", " ~ ", "== level"];

/// The name of a parameter.
pub fn name() -> Bytes {
    prop_oneof![10 => one_of(USER_NAMES), 14 => one_of(NAMES), 1 => one_of(NO_NAMES)].boxed()
}

/// A value without line ends.
pub fn value() -> Bytes {
    let parts = proptest::collection::vec(part(), 0..5);
    (parts, prop_oneof![3 => Just(" "), 2 => Just(""), 2 => Just(", "), 1 => Just("\t")])
        .prop_map(|(parts, between)| parts.join(between.as_bytes()))
        .boxed()
}

/// A piece of a value: a word, a table, a reference of any depth.
pub fn part() -> Bytes {
    let leaf = prop_oneof![
        40 => one_of(WORDS),
        12 => table(),
        30 => plain_reference(),
        1 => broken_reference(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let inner = inner.boxed();
        prop_oneof![4 => conditional(inner.clone()), 3 => relational(inner.clone()), 1 => function(inner)]
            .boxed()
    })
    .boxed()
}

/// A table, or some.
pub fn table() -> Bytes {
    one_of(TABLES)
}

/// A name within a reference, seldom one that breaks it.
fn referred() -> Bytes {
    prop_oneof![60 => one_of(USER_NAMES), 60 => one_of(NAMES), 1 => one_of(NO_NAMES)].boxed()
}

fn blank() -> Bytes {
    one_of(&["", " ", "  ", "\t"])
}

/// `$name`, `${name}`, `$(name)`.
fn plain_reference() -> Bytes {
    let bare = prop_oneof![one_of(USER_NAMES), one_of(NAMES)].boxed();
    prop_oneof![
        4 => sequence(vec![text("$"), bare]),
        3 => sequence(vec![text("${"), referred(), text("}")]),
        2 => sequence(vec![text("$("), referred(), text(")")]),
        1 => sequence(vec![text("${"), blank(), referred(), blank(), text("}")]),
        1 => one_of(&["$$", "$$foo"]),
    ]
    .boxed()
}

/// What stops the expansion of the value it is in.
fn broken_reference() -> Bytes {
    prop_oneof![
        one_of(&[
            "$",
            "${",
            "${}",
            "$()",
            "${foo",
            "$(foo",
            "$(foo}",
            "${foo)",
            "${foo?",
            "${foo?{a}",
            "${foo?{a}}}",
            "${foo?{a}x}",
            "${foo?{a}:{b}c}",
            "${foo!a}",
            "${foo{a}}",
            "${{a}}",
            "${{a} == b}",
            "${{a} == {b} x}",
            "${{$foo} == {$bar}?{y}:{n}",
            "}",
            "{",
            ")",
            "${?a}",
            "${:a}",
            "${foo?a:b}",
            "$.",
            "$ {foo}",
        ]),
        sequence(vec![text("${"), one_of(USER_NAMES), one_of(&["?", ":", "!", "{", " x"])]),
    ]
    .boxed()
}

/// `${name?text}` and its like; `$(...)`, too.
fn conditional(inner: Bytes) -> Bytes {
    let branch = prop_oneof![
        inner.clone(),
        sequence(vec![blank(), text("{"), inner.clone(), text("}"), blank()]),
        sequence(vec![text("{"), inner.clone(), text(" "), inner, text("}")]),
    ]
    .boxed();
    let test = sequence(vec![blank(), referred(), blank()]);
    let parts = prop_oneof![
        2 => sequence(vec![test.clone(), text("?"), branch.clone()]),
        2 => sequence(vec![test.clone(), text(":"), branch.clone()]),
        3 => sequence(vec![test, text("?"), branch.clone(), text(":"), branch]),
    ]
    .boxed();
    bracketed(parts)
}

/// `${{left} operator {right} ? {text} : {text}}`.
fn relational(inner: Bytes) -> Bytes {
    let operand = sequence(vec![text("{"), blank(), inner.clone(), blank(), text("}")]);
    let operator = prop_oneof![30 => one_of(OPERATORS), 1 => one_of(NO_OPERATORS)].boxed();
    let relation = sequence(vec![blank(), operand.clone(), operator, operand]);
    let braced = sequence(vec![text("{"), inner, text("}")]);
    let branches = prop_oneof![
        1 => text(""),
        2 => sequence(vec![blank(), text("?"), blank(), braced.clone()]),
        1 => sequence(vec![text(":"), braced.clone()]),
        3 => sequence(vec![blank(), text("?"), braced.clone(), blank(), text(":"), blank(), braced]),
    ]
    .boxed();
    bracketed(sequence(vec![relation, branches]))
}

fn function(inner: Bytes) -> Bytes {
    let name = prop_oneof![
        20 => one_of(&["domain_to_ascii", "domain_to_utf8"]),
        1 => one_of(&["no_function"]),
    ]
    .boxed();
    bracketed(sequence(vec![name, blank(), text("{"), inner, text("}")]))
}

/// In braces mostly, else in parentheses.
fn bracketed(parts: Bytes) -> Bytes {
    prop_oneof![
        5 => sequence(vec![text("${"), parts.clone(), text("}")]),
        1 => sequence(vec![text("$("), parts, text(")")]),
    ]
    .boxed()
}

/// A value that is longer than any buffer.
pub fn long_value() -> Bytes {
    (several(part(), 1..4), 500_usize..3000)
        .prop_map(|(part, times)| {
            let mut value = part.repeat(times / part.len().max(1) + 1);
            value.truncate(12_000);
            value
        })
        .boxed()
}
