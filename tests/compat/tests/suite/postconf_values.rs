//! Bad values of every parameter, as a program that reads the parameter speaks of them.

use compat::{Job, Pair, batch};
use params::{Program, Row, Shape};

/// Values that no parameter of a shape takes. Not evaluated: they are the same for the reference.
fn bad_values(row: &Row) -> Vec<String> {
    let mut values: Vec<String> = vec!["${x".to_owned()];
    // Option -n sets the name of the service after all else.
    if row.name == params::SERVICE_NAME.name() {
        return Vec::new();
    }
    let fixed: &[&str] = match row.shape {
        Shape::Text => &[],
        Shape::Raw => return too_short(row),
        Shape::Int => &["1x", "2147483648", "", "x", " 1 x", "-2147483649", "0x10"],
        Shape::Long => &["1x", "9223372036854775808", "", "x", "-9223372036854775809"],
        Shape::Seconds => &["1x", "-1s", "", "x", "1 s", "2147483648", "3600000h"],
        Shape::Bool => &["1", "", "x", "yes no", "true"],
    };
    // All of them for some parameters, two for the others: they share their code in both programs.
    let count = if row.name.len().is_multiple_of(8) { fixed.len() } else { 2 };
    values.extend(fixed.iter().take(count).map(|value| (*value).to_owned()));
    values.extend(too_short(row));
    if row.limits.max != 0 && row.shape != Shape::Text {
        values.push((row.limits.max + 1).to_string());
    }
    values
}

/// What lies below the lower limit.
fn too_short(row: &Row) -> Vec<String> {
    match (row.shape, row.limits.min) {
        (_, 0) | (Shape::Bool, _) => Vec::new(),
        (Shape::Text | Shape::Raw, min) => vec!["x".repeat(min as usize - 1)],
        (_, min) => vec![(min - 1).to_string()],
    }
}

/// A daemon that reads the parameter, or a command with harmless arguments.
fn reader(row: &Row) -> Option<Reader> {
    row.programs.first().map(|program| match program {
        Program::Every | Program::Servers => Reader::Daemon("smtpd"),
        Program::Tls => Reader::Daemon("smtp"),
        Program::One(name) => match *name {
            "postfix" => Reader::Command("postfix status"),
            "postmulti" => Reader::Command("postmulti -l"),
            "postdrop" => Reader::Command("postdrop -r"),
            "sendmail" => Reader::Command("sendmail -bs"),
            "postqueue" => Reader::Command("postqueue -p"),
            "posttls-finger" => Reader::Command("posttls-finger -l none 127.0.0.1"),
            "master" => Reader::Command("/usr/lib/postfix/sbin/master -t"),
            name => Reader::Daemon(name),
        },
    })
}

/// Who says that a value is bad.
enum Reader {
    /// A program of `daemon_directory`, which takes values by `-o` and logs to standard error with `-V`.
    Daemon(&'static str),
    /// A command line; the value stands in main.cf.
    Command(&'static str),
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The command lines of one parameter.
fn daemon_job(pair: &Pair, row: &Row, daemon: &str) -> Job {
    let run = |value: &String| {
        let mut command = words(&format!("/usr/lib/postfix/sbin/{daemon} -V -l -z -n {daemon} -t unix -o"));
        command.push(format!("{}={value}", row.name));
        command
    };
    Job {
        title: row.name.to_owned(),
        // virtual(8) does not start without it.
        files: files(pair, "virtual_mailbox_base = /var/mail\n"),
        commands: bad_values(row).iter().map(run).collect(),
        edits: false,
    }
}

fn command_jobs(pair: &Pair, row: &Row, line: &str) -> Vec<Job> {
    let job = |value: &String| Job {
        title: format!("{} = {value}", row.name),
        files: files(pair, &format!("{} = {value}\n", row.name)),
        commands: vec![words(line)],
        edits: false,
    };
    bad_values(row).iter().map(job).collect()
}

/// The packaged configuration with more lines.
fn files(pair: &Pair, lines: &str) -> Vec<(String, Vec<u8>)> {
    let packaged = |name: &str| pair.theirs.read(format!("/etc/postfix/{name}"));
    let main_cf = [packaged("main.cf"), lines.as_bytes().to_vec()].concat();
    vec![("main.cf".to_owned(), main_cf), ("master.cf".to_owned(), packaged("master.cf"))]
}

#[test]
fn bad_values_of_every_parameter() {
    let pair = Pair::new("postconf/values").build();
    let mut jobs = Vec::new();
    for row in params::rows().iter().filter(|row| !row.legacy) {
        match reader(row) {
            Some(Reader::Daemon(daemon)) => jobs.push(daemon_job(&pair, row, daemon)),
            Some(Reader::Command(line)) => jobs.extend(command_jobs(&pair, row, line)),
            None => {}
        }
    }
    jobs.retain(|job| !job.commands.is_empty());
    println!("{} bad values", jobs.iter().map(|job| job.commands.len()).sum::<usize>());
    batch::assert_same(&pair, &jobs);
}

/// Every command evaluates what all programs read.
#[test]
fn bad_values_in_every_command() {
    /// The reference's scripts run postconf(1) and postlog(1) again and again, and each warns again; ours does most of
    /// their work itself. How often a harmless warning is repeated is not compared.
    const SCRIPTS: &[&str] = &["postfix status", "postfix check"];
    /// These go on to use the mail system, if the configuration is good.
    const USERS: &[&str] = &["postdrop -r", "sendmail -bv root", "sendmail -bs"];
    const COMMANDS: &[&str] = &[
        "postmap -q x static:y",
        "postalias -q x static:y",
        "postqueue -p",
        "postsuper -s",
        "postcat /dev/null",
        "postlog x",
        "sendmail -bv",
        "mailq",
        "newaliases",
        "/usr/lib/postfix/sbin/master -t",
    ];
    const BAD: &[&str] = &[
        "ipc_timeout = 1x",
        "max_use = many",
        "smtputf8_enable = perhaps",
        "queue_directory =",
        "myhostname = -bad",
        "mydomain = a..b",
        "inet_protocols = ipx",
        "compatibility_level = 3.x",
        "mail_owner = no_such_user",
        "setgid_group = no_such_group",
        "myorigin = /no/such/file",
        "syslog_facility = none",
        "foo",
        "queue_directory = ${queue_directory}",
        "hash_queue_depth = 0",
    ];
    /// Only a warning.
    const HARMLESS: &str = "foo = a\nfoo = b";
    let pair = Pair::new("postconf/commands").build();
    for host in pair.hosts() {
        // Makes the queue's directories: without them, postdrop waits for them.
        host.must(["postfix", "check"]);
    }
    let job = |line: &str, commands: &[&str]| Job {
        title: line.to_owned(),
        files: files(&pair, &format!("{line}\n")),
        commands: commands.iter().map(|command| words(command)).collect(),
        edits: false,
    };
    let bad = BAD.iter().map(|line| job(line, &[COMMANDS, SCRIPTS, USERS].concat()));
    batch::assert_same(&pair, &bad.chain([job(HARMLESS, COMMANDS)]).collect::<Vec<_>>());
}

/// All parameters are set at once: which are on their way out, and which are not expanded?
#[test]
fn every_parameter_set() {
    let pair = Pair::new("postconf/every-parameter").build();
    let rows = || params::rows().iter().filter(|row| !row.legacy);
    let set_to = |value: &str| rows().map(|row| format!("{} = {value}\n", row.name)).collect::<String>();
    let job = |title: &str, main_cf: String, commands: &[&str]| Job {
        title: title.to_owned(),
        files: files(&pair, &main_cf),
        commands: commands.iter().map(|line| words(line)).collect(),
        edits: false,
    };
    let own_name = "own_name = x\n".to_owned() + &set_to("$own_name");
    let jobs = [
        job("words", set_to("x"), &["postconf -n", "postconf -nj", "postconf -C builtin"]),
        job("references", own_name, &["postconf -nx", "postconf -x", "postconf -Px"]),
        job("old", old_names(), &["postconf -n", "postconf"]),
    ];
    batch::assert_same(&pair, &jobs);
}

/// The names that parameters had before.
fn old_names() -> String {
    params::rows().iter().filter(|row| row.legacy).map(|row| format!("{} = x\n", row.name)).collect()
}

/// Networks come from the interfaces, the protocols and the style.
#[test]
fn networks() {
    const STYLES: &[&str] = &["class", "subnet", "host", "", "none"];
    const INTERFACES: &[&str] = &[
        "all",
        "loopback-only",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "10.1.2.3",
        "127.0.0.1, ::1",
        "",
        "all, localhost",
    ];
    const PROTOCOLS: &[&str] = &["all", "ipv4", "ipv6", "none"];
    let pair = Pair::new("postconf/networks").build();
    let mut jobs = Vec::new();
    for style in STYLES {
        for interfaces in INTERFACES {
            for protocols in PROTOCOLS {
                let lines = format!(
                    "mynetworks_style = {style}\ninet_interfaces = {interfaces}\ninet_protocols = {protocols}\n"
                );
                let commands = ["postconf mynetworks", "postconf -d mynetworks", "postmap -q x static:y"];
                jobs.push(Job {
                    title: format!("{style}; {interfaces}; {protocols}"),
                    files: files(&pair, &lines),
                    commands: commands.iter().map(|line| words(line)).collect(),
                    edits: false,
                });
            }
        }
    }
    batch::assert_same(&pair, &jobs);
}

/// Set-gid commands take only directories that the default main.cf allows from users other than root.
#[test]
fn directories_of_others() {
    const SETTINGS: &[&str] = &[
        "",
        "alternate_config_directories = /tmp/other",
        "alternate_config_directories = /nowhere, /tmp/other",
        "alternate_config_directories = /nowhere /tmp/other/",
        "other = /tmp/other\nalternate_config_directories = $other",
        "alternate_config_directories = /tmp/other\nmulti_instance_directories = /nowhere",
        "multi_instance_directories = /tmp/other",
        "multi_instance_directories = /nowhere,/tmp/other",
        "multi_instance_directories = /tmp/others",
        "alternate_config_directories = ${x",
    ];
    const WAYS: &[&str] = &[
        "postqueue -c /tmp/other -p",
        "postqueue -c /tmp/other/ -p",
        "postdrop -c /tmp/other -r",
        "postqueue -c /etc/postfix -p",
        "postlog -c /tmp/other x",
        "postconf -c /tmp/other -h foo",
        "env MAIL_CONFIG=/tmp/other postqueue -p",
        "env MAIL_CONFIG=/tmp/other postdrop -r",
        "env MAIL_CONFIG=/tmp/other postconf -h foo",
        "env MAIL_CONFIG=/tmp/no_such postqueue -p",
    ];
    let pair = Pair::new("postconf/directories").build();
    for host in pair.hosts() {
        host.must(["postfix", "check"]);
        // What is wrong in it tells that it was read.
        host.write("/tmp/other/main.cf", "foo = other\nmax_use = many\n");
        host.must(["touch", "-d", "1 hour ago", "/tmp/other/main.cf"]);
    }
    let others = WAYS
        .iter()
        .map(|line| words(&format!("setpriv --reuid=nobody --regid=nogroup --clear-groups {line}")));
    let commands: Vec<Vec<String>> = WAYS.iter().map(|line| words(line)).chain(others).collect();
    let job = |lines: &&str| Job {
        title: (*lines).to_owned(),
        files: files(&pair, &format!("{lines}\n")),
        commands: commands.clone(),
        edits: false,
    };
    batch::assert_same(&pair, &SETTINGS.iter().map(job).collect::<Vec<_>>());
}
