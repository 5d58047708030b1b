//! postconf(1) showing bounce templates: built-in ones, good files and bad ones, with parameters filled in and without.

use compat::{Job, Pair, batch};

/// The start of a template in a file.
const FAILURE: &str = "failure_template = <<EOF\n";

/// Texts of a failure template, without the marker at its end.
const TEXTS: &[&str] = &[
    "Charset: us-ascii\nFrom: A <a>\nSubject: S\nPostmaster-Subject: P\n\nHello $myhostname\n\n bye ${mydomain}\n",
    "",
    "Subject:\n\nx\n",
    "Subject: \t \n\nx\n",
    "Subject: ä\n\nx\n",
    "Subject: a\n\nx ä\n",
    "Charset: utf-8\nSubject: a\n\nx ä\n",
    "Charset: US-ASCII\n\nx ä\n",
    "Charset: utf-8\n\nx\n",
    "X-Foo: a\n\nx\n",
    "just text\nmore\n",
    "Subject: x\ntext follows\n",
    "Subject: x\n\n \n\t\n\ntext\n\n\n",
    "Subject: x\n",
    "Subject: x\n\n\n",
    "Subject : x\nFrom:::: y\nCharset:utf-8\n\nt\n",
    "Subject: x\n  y\n\nt\n",
    "SUBJECT: x\nfrom: z\n\nt\n",
    "Sub ject: x\n\nq\n",
    ": x\n\nq\n",
    " Subject: x\n\nq\n",
    "Sä: x\n\nq\n",
    "Subject: a\0b\n\nx\0y\nz\n",
    "\n$nosuch\n",
    "\n${nosuch?x}\n",
    "\n${nosuch:x}\n",
    "\n${myhostname\n",
    "\na $ b\n",
    "\n$(a b)\n",
    "\n$$x $$ $${a}\n",
    "\n${myhostname?{a}:{b}} ${{1} == {2}?{x}:{y}} ${{1}<{2}}\n",
    "\n${domain_to_ascii{x.y}} ${domain_to_utf8{xn--bcher-kva.y}}\n",
    "\n${foo{x}}\n",
    "\na\x01\x7f\tb\n",
    "\n# no comment\n",
    "\n$delay_warning_time $maximal_queue_lifetime $bounce_queue_lifetime_hours\n",
    "\n$myhostname $mydomain $myorigin $mail_name $process_name $service_name\n",
];

/// Whole files.
const FILES: &[&str] = &[
    "",
    "failure_template = <<\nx\n",
    "failure_template = <<!EOF\nx\n!EOF\n",
    "failure_template = <<  EOF  \n\nx\nEOF\n",
    "failure_template = <<EOF\n\nx\nEOF \nEOF\n",
    "failure_template = <<EOF\nSubject: x\n\nno end\n",
    "failure_template = <<EOF\n\nno newline\nEOF",
    "failure_template = just text\n",
    "failure_template=Subject: x\n",
    "failure_template =\n",
    "failure_template\n",
    "failure_\0template = x\n",
    "= x\n",
    "foo_template = <<EOF\nx\nEOF\n",
    "Failure_template = x\n",
    "delay_template = <<EOF\nPostmaster-Subject: x\n\ny\nEOF\nsuccess_template = <<EOF\nPostmaster-Subject: x\n\n\
     y\nEOF\nverify_template = <<EOF\npostmaster-SUBJECT: x\n\ny\nEOF\n",
    "# c\n\n  # d\nfailure_template = <<EOF\n\n# in\nEOF\n#x\n",
    "failure_template = <<EOF\n\na\nEOF\nfailure_template = <<EOF\n\nb\nEOF\n",
    "  failure_template = <<EOF\n\nx\nEOF\n",
    "failure_template = <<EOF\r\nSubject: x\r\n\r\ntext\r\nEOF\r\n",
    "failure_template = <<A\n\nf\nA\ndelay_template = <<B\n\nd\nB\nsuccess_template=<<C\n\ns\nC\n\
     verify_template=<<D\n\nv\nD\n",
];

/// What main.cf has besides, for texts that depend on it.
const SETTINGS: &[&str] = &[
    "",
    "delay_warning_time=0\nmaximal_queue_lifetime=100d\n",
    "delay_warning_time=4000h\nmaximal_queue_lifetime=1s\n",
    "header_from_format=obsolete\n",
    "mydomain=xn--bcher-kva.example\nmyhostname=mail.xn--bcher-kva.example\n",
    "smtputf8_enable=no\nmydomain=xn--bcher-kva.example\n",
    "relayhost=a\nrelayhost=b\n",
];

fn show(operands: &[&str]) -> Vec<Vec<String>> {
    let command =
        |option: &str| ["postconf", option].iter().chain(operands).map(|word| (*word).to_owned()).collect();
    vec![command("-b"), command("-t")]
}

/// Shows a template file on top of the packaged configuration.
fn job(main_cf: &[u8], title: &str, settings: &str, template: &str) -> Job {
    Job {
        title: title.to_owned(),
        files: vec![
            ("main.cf".to_owned(), [main_cf, settings.as_bytes()].concat()),
            ("template".to_owned(), template.as_bytes().to_vec()),
        ],
        commands: show(&["/etc/postfix/template"]),
        edits: false,
    }
}

#[test]
fn files() {
    let pair = Pair::new("postconf/templates/files").build();
    let main_cf = pair.theirs.read("/etc/postfix/main.cf");
    let texts = TEXTS.iter().map(|text| format!("{FAILURE}{text}EOF\n"));
    let files = texts.chain(FILES.iter().map(|file| (*file).to_owned())).enumerate();
    let jobs: Vec<Job> = files.map(|(at, file)| job(&main_cf, &format!("file {at}"), "", &file)).collect();
    batch::assert_same(&pair, &jobs);
}

#[test]
fn values() {
    let pair = Pair::new("postconf/templates/values").build();
    let main_cf = pair.theirs.read("/etc/postfix/main.cf");
    let mut jobs = Vec::new();
    for (at, settings) in SETTINGS.iter().enumerate() {
        for suffix in ["seconds", "minutes", "hours", "days", "weeks", "second", ""] {
            for parameter in ["delay_warning_time", "maximal_queue_lifetime"] {
                let file = format!("{FAILURE}\nafter ${{{parameter}_{suffix}}}\nEOF\n");
                jobs.push(job(&main_cf, &format!("{at} {parameter} {suffix}"), settings, &file));
            }
        }
        let file = format!("{FAILURE}From: x\n\n$myhostname $mydomain $myorigin $mail_name\nEOF\n");
        jobs.push(job(&main_cf, &format!("{at} names"), settings, &file));
    }
    batch::assert_same(&pair, &jobs);
}

/// Where the file comes from, and what else is in the way.
#[test]
fn places() {
    let pair = Pair::new("postconf/templates/places").build();
    let main_cf = pair.theirs.read("/etc/postfix/main.cf");
    let mut jobs = Vec::new();
    for operand in [&[][..], &[""], &["/nosuch"], &["/etc"], &["main.cf"], &["a", "b"]] {
        let job = job(&main_cf, &format!("operand {operand:?}"), "", "");
        jobs.push(Job { commands: show(operand), ..job });
    }
    for settings in [
        "bounce_template_file=/etc/postfix/template\n",
        "bounce_template_file=$foo\nfoo=bar\n",
        "bounce_template_file=/etc/postfix/main.cf\n",
        "daemon_directory=/nosuch\n",
        "inet_interfaces=nosuch.invalid\n",
        "myhostname=foo_bar..x\n",
        "delay_warning_time=x\n",
        "compatibility_level=x\n",
        "mail_owner=nosuch\n",
    ] {
        let job = job(&main_cf, settings.trim(), settings, &format!("{FAILURE}\nown text\nEOF\n"));
        jobs.push(Job { commands: show(&[]), ..job });
    }
    batch::assert_same(&pair, &jobs);
}
