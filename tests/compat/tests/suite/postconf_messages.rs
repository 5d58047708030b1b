//! Every message that postconf(1) of the reference has: the reference gives it here, and ours the same.
//!
//! Left out are those that take a failing disk or a second editor (`postconf/edits`), those about a daemon's plug-ins
//! (`postconf/options/plug-ins`), usage errors (`postconf/options/lines`), and what only a program's mistake can cause.

use compat::{Job, Pair, batch};

/// A message, or the part of it that tells it from others, with the main.cf, the master.cf and the command that cause it. No
/// text: no such file. Words of the command are divided by blanks, but for the last, which begins behind `' '`.
type Message = (&'static str, Option<&'static str>, Option<&'static str>, &'static str);

const SERVICE: Option<&str> = Some("foo unix - - n - 0 smtp -o a=b\n");

const NOTHING: Option<&str> = Some("");

/// Of options and operands.
const REQUESTS: &[Message] = &[
    ("specify one of -h", NOTHING, NOTHING, "-hH"),
    ("with option -M, do not specify -n", NOTHING, SERVICE, "-Mn"),
    ("specify one of -b and -t", NOTHING, NOTHING, "-bt"),
    ("options -b and -t require at most one template file", NOTHING, NOTHING, "-b a b"),
    ("unknown -C option value \"x\"", NOTHING, NOTHING, "-C x"),
    ("At most one -T <mode> option may be specified", NOTHING, NOTHING, "-T a -T b"),
    ("unknown 'postconf -T' mode: x", NOTHING, NOTHING, "-T x"),
    ("-e requires name=value argument", NOTHING, NOTHING, "-e"),
    ("missing service argument", NOTHING, SERVICE, "-X"),
    ("invalid parameter override: x: missing '=' after attribute name", NOTHING, NOTHING, "-n -o x"),
    ("invalid parameter override: =x: missing attribute name", NOTHING, NOTHING, "-n -o =x"),
    ("no_such: unknown parameter", NOTHING, NOTHING, "no_such"),
    ("unmatched request: \"bar/unix\"", NOTHING, SERVICE, "-M bar/unix"),
    ("unmatched request: \"foo/inet/command\"", NOTHING, SERVICE, "-F foo/inet/command"),
    ("unmatched request: \"foo/unix/b\"", NOTHING, SERVICE, "-P foo/unix/b"),
    ("-M option requires service_name[/type]", NOTHING, SERVICE, "-M a/b/c"),
    ("-F option requires service_name[/type[/field]]", NOTHING, SERVICE, "-F a/b/c/d"),
    ("-P option requires service_name[/type[/parameter]]", NOTHING, SERVICE, "-P a/b/c/d"),
    ("invalid service attribute name: \"bar\"", NOTHING, SERVICE, "-F foo/unix/bar"),
];

/// Of what an edit may be given.
const EDITS: &[Message] = &[
    ("-e, -X, or -# accepts no multi-line input", NOTHING, NOTHING, "-e ' 'a=b\nc"),
    ("-e, -X, or -# accepts no comment input", NOTHING, NOTHING, "-e ' ' #a=b"),
    ("missing '=' after attribute name: \"a\"", NOTHING, NOTHING, "-e a"),
    ("missing attribute name: \"=a\"", NOTHING, NOTHING, "-e =a"),
    ("-X or -# requires non-blank parameter names", NOTHING, NOTHING, "-X ' ' "),
    ("specify one of -e, -#", NOTHING, NOTHING, "-# a=b"),
    ("ignoring earlier request: 'a = 1'", NOTHING, NOTHING, "-e a=1 a=2"),
    ("multiple entries for \"a\"", Some("a = 1\na = 1\n"), NOTHING, "-e a=2"),
    ("open /etc/postfix/main.cf for reading: No such file", None, NOTHING, "-e a=2"),
    ("-Me, -Fe, -Pe, -X, or -# accept no multi-line input", NOTHING, SERVICE, "-Me ' 'foo/unix=a\nb"),
    ("-Me, -Fe, -Pe, -X, or -# accept no comment input", NOTHING, SERVICE, "-Pe ' ' #foo/unix/a=b"),
    ("missing '=' after attribute name: \"foo/unix\"", NOTHING, SERVICE, "-Me foo/unix"),
    ("missing attribute name: \"=foo\"", NOTHING, SERVICE, "-Fe =foo"),
    ("specify one of -e, -X", NOTHING, SERVICE, "-MX foo/unix=a"),
    ("-Me, -MX or -M# requires service_name/type", NOTHING, SERVICE, "-MX foo"),
    ("-Fe or -FX requires service_name/type/field_name", NOTHING, SERVICE, "-Fe foo/unix=a"),
    ("-Fe does not accept wild-card field name", NOTHING, SERVICE, "-Fe foo/unix/*=a"),
    ("-Fe does not accept whitespace in non-command field", NOTHING, SERVICE, "-Fe ' 'foo/unix/chroot=a b"),
    ("-Pe or -PX requires service_name/type/parameter", NOTHING, SERVICE, "-PX foo/unix"),
    ("-Pe does not accept wild-card parameter name", NOTHING, SERVICE, "-Pe foo/unix/*=a"),
    ("-Pe does not accept whitespace in parameter value", NOTHING, SERVICE, "-Pe ' 'foo/unix/a=b c"),
    ("unmatched service_name/type: \"bar/unix/a=b\"", NOTHING, SERVICE, "-Pe bar/unix/a=b"),
    ("open /etc/postfix/master.cf for reading: No such file", NOTHING, None, "-Pe foo/unix/a=b"),
    ("line 2: specify service name and type on the same line", NOTHING, Some("# \nfoo\n"), "-MX foo/unix"),
    (
        "line 1: service name syntax \"f=o\" is unsupported with -Me",
        NOTHING,
        Some("f=o unix - - n - 0 smtp\n"),
        "-MX foo/unix",
    ),
    (
        "line 1: service type syntax \"u/x\" is unsupported with -Me",
        NOTHING,
        Some("foo u/x - - n - 0 smtp\n"),
        "-MX foo/unix",
    ),
    ("bad field count: \"foo/unix=foo unix\"", NOTHING, SERVICE, "-Me ' 'foo/unix=foo unix"),
    ("bad field count: \"new/unix=new unix\"", NOTHING, SERVICE, "-Me ' 'new/unix=new unix"),
    ("line 1: bad field count", NOTHING, Some("foo unix -\n"), "-Fe foo/unix/chroot=n"),
    ("invalid chroot field \"x\" in \"x\"", NOTHING, SERVICE, "-Fe foo/unix/chroot=x"),
];

/// Of what stands in main.cf.
const MAIN_CF: &[Message] = &[
    ("open /etc/postfix/main.cf: No such file", None, NOTHING, "-n"),
    ("main.cf, line 1: missing '=' after attribute name: \"foo\"", Some("foo\n"), NOTHING, "-n"),
    ("main.cf, line 2: missing attribute name: \"= x\"", Some("\n= x\n"), NOTHING, "-n"),
    ("line 2: overriding earlier entry: a=1", Some("a = 1\na = 2\n"), NOTHING, "-n"),
    ("line 1: text after null byte may be ignored", Some("a = 1\0 2\n"), NOTHING, "-n"),
    ("line 1-3: text after null byte may be ignored", Some("a = 1\0\n\n 2\n"), NOTHING, "-n"),
    ("logical line must not start with whitespace: \"  a = 1\"", Some("  a = 1\n"), NOTHING, "-n"),
    (
        "logical line must not start with whitespace: \" abcdefghijklmnopqrstuvwxyzabc...\"",
        Some(" abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\n"),
        NOTHING,
        "-n",
    ),
    ("main.cf: unused parameter: a=1", Some("a = 1\n"), NOTHING, "-n"),
    ("main.cf: undefined parameter: no_such", Some("myorigin = $no_such\n"), NOTHING, "-n"),
    ("main.cf: read-only parameter assignment: process_id=1", Some("process_id = 1\n"), NOTHING, "-n"),
    ("$foo in main.cf validates foo=value in main.cf", Some("myorigin = $foo\nfoo = 1\n"), NOTHING, "-vn"),
    ("will be removed; instead, ", Some("smtpd_use_tls = yes\n"), NOTHING, "-n"),
    ("See https://www.postfix.org/DEPRECATION_README.html", Some("smtpd_use_tls = yes\n"), NOTHING, "-n"),
    ("macro processing error", Some("myorigin = ${foo\n"), NOTHING, "-x myorigin"),
    ("truncated macro reference: \"${foo\"", Some("myorigin = ${foo\n"), NOTHING, "-n"),
    ("empty macro name: \"${}\"", Some("myorigin = ${}\n"), NOTHING, "-n"),
    (
        "unreasonable macro call nesting: \"foo\"",
        Some("myorigin = $foo\nfoo = $foo\n"),
        NOTHING,
        "-x myorigin",
    ),
    (
        "unreasonable macro call nesting: \"true\"",
        Some("myorigin = ${q?$l}\nl = ${{x}=={x}}${l?a$l}\nq = x\n"),
        NOTHING,
        "-x myorigin",
    ),
    ("attribute name syntax error at: \"...a>>>!b\"", Some("myorigin = ${a!b}\n"), NOTHING, "-n"),
    ("#comment after other text is not allowed: #b c...", Some("alias_maps = a: #b c\n"), NOTHING, "-n"),
    ("missing '}' in \"{a:\"", Some("alias_maps = {a:\n"), NOTHING, "-n"),
    ("syntax error after '}' in \"{a:}b\"", Some("alias_maps = {a:}b\n"), NOTHING, "-n"),
    (
        "malformed compatibility level syntax: \"x\"",
        Some("myorigin = ${{1} <level {x}?{a}}\n"),
        NOTHING,
        "-x myorigin",
    ),
];

/// Of the files of database clients: `/etc/postfix/client.cf` has an unknown name, `/etc/postfix/bad.cf` is broken.
const CLIENTS: &[Message] = &[
    (
        "mysql:/etc/postfix/client.cf: unused parameter: foo=1",
        Some("alias_maps = mysql:/etc/postfix/client.cf\n"),
        NOTHING,
        "-n",
    ),
    (
        "bad.cf, line 1: missing '=' after attribute name",
        Some("alias_maps = ldap:/etc/postfix/bad.cf\n"),
        NOTHING,
        "-n",
    ),
    (
        "open \"pgsql\" configuration \"/no/such\": No such file",
        Some("alias_maps = pgsql:/no/such\n"),
        NOTHING,
        "-n",
    ),
    (
        "open \"sqlite\" configuration \"/etc\": not a regular file",
        Some("alias_maps = sqlite:/etc\n"),
        NOTHING,
        "-n",
    ),
];

/// Of what stands in master.cf.
const MASTER_CF: &[Message] = &[
    ("fatal: open /etc/postfix/master.cf: No such file", NOTHING, None, "-M"),
    ("warning: open /etc/postfix/master.cf: No such file", NOTHING, None, "-n"),
    ("line 1: bad field count", NOTHING, Some("foo unix\n"), "-M"),
    ("invalid type field \"u\"", NOTHING, Some("foo u - - n - 0 smtp\n"), "-M"),
    ("invalid private field \"x\"", NOTHING, Some("foo unix x - n - 0 smtp\n"), "-M"),
    ("invalid unprivileged field \"x\"", NOTHING, Some("foo unix - x n - 0 smtp\n"), "-M"),
    ("invalid chroot field \"x\"", NOTHING, Some("foo unix - - x - 0 smtp\n"), "-M"),
    ("invalid wakeup field \"x\"", NOTHING, Some("foo unix - - n x 0 smtp\n"), "-M"),
    ("invalid process_limit field \"x\"", NOTHING, Some("foo unix - - n - x smtp\n"), "-M"),
    ("master.cf: missing '}' in \"{a\"", NOTHING, Some("foo unix - - n - 0 smtp {a\n"), "-M"),
    ("master.cf: syntax error after '}' in \"{a}b\"", NOTHING, Some("foo unix - - n - 0 smtp {a}b\n"), "-M"),
    (
        "master.cf: missing '=' after attribute name: \"a\"",
        NOTHING,
        Some("foo unix - - n - 0 smtp -o {a}\n"),
        "-M",
    ),
    ("master.cf: unused parameter: a=b", NOTHING, SERVICE, "-M"),
    (
        "master.cf: undefined parameter: no_such",
        NOTHING,
        Some("foo unix - - n - 0 smtp -o myorigin=$no_such\n"),
        "-M",
    ),
    (
        "master.cf: read-only parameter assignment: process_name=x",
        NOTHING,
        Some("foo unix - - n - 0 smtp -o process_name=x\n"),
        "-M",
    ),
    (
        "$a in master.cf:foo/unix validates a=value in master.cf:foo/unix",
        NOTHING,
        Some("foo unix - - n - 0 smtp -o myorigin=$a -o a=1\n"),
        "-vM",
    ),
    (
        "$a in master.cf:foo/unix validates a=value in main.cf",
        Some("a = 1\n"),
        Some("foo unix - - n - 0 smtp -o myorigin=$a\n"),
        "-vM",
    ),
    ("$a in main.cf validates a=value in master.cf:foo/unix", Some("myorigin = $a\n"), SERVICE, "-vM"),
    (
        "master.cf:foo/unix: missing '}' in \"{a:\"",
        NOTHING,
        Some("foo unix - - n - 0 smtp -o alias_maps={a:\n"),
        "-P",
    ),
    ("mail_dict: macro processing error", Some("smtpd_restriction_classes = ${a\n"), NOTHING, "-n"),
];

fn job(message: &Message) -> Job {
    let (_, main_cf, master_cf, command) = message;
    let (options, last) = command.split_once("' '").unwrap_or((command, ""));
    let words = ["postconf"].into_iter().chain(options.split_whitespace());
    let last = command.contains("' '").then_some(last);
    let texts = [("main.cf", *main_cf), ("master.cf", *master_cf)];
    let clients = [("client.cf", Some("user = x\nfoo = 1\n")), ("bad.cf", Some("foo\n"))];
    let files = texts.into_iter().chain(clients);
    Job {
        title: format!("{command}: {}", message.0),
        files: files.filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect(),
        commands: vec![words.chain(last).map(str::to_owned).collect()],
        edits: true,
    }
}

#[test]
fn messages() {
    let pair = Pair::new("postconf/messages").build();
    let all = [REQUESTS, EDITS, MAIN_CF, CLIENTS, MASTER_CF].concat();
    let jobs: Vec<Job> = all.iter().map(job).collect();
    batch::assert_same(&pair, &jobs);
    let mut missing = String::new();
    for ((text, ..), outputs) in all.iter().zip(batch::outputs(&pair.theirs, &jobs)) {
        let said: Vec<u8> = outputs.into_iter().flat_map(|output| output.stderr).collect();
        let said = String::from_utf8_lossy(&said);
        if !said.contains(text) {
            missing += &format!("{text}\n    but {said}");
        }
    }
    assert!(missing.is_empty(), "messages that the reference did not give:\n{missing}");
}
