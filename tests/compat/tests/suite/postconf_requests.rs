//! postconf(1) with requests that look right and are not quite: white space around names, lists with carriage returns,
//! templates with names that the bounce daemon does not know.

use compat::{Job, Pair, Transcript, batch};

const MAIN_CF: &str = "a = 1\n  2\n# note\nb = $a\nrelayhost = [x]\n";

const MASTER_CF: &str = "smtp inet n - y - - smtpd\n  -o a=1\nfoo unix - - n - 0 smtp -o b=2\n";

/// Requests with white space where it counts, and where it does not.
const REQUESTS: &[&[&str]] = &[
    &["-X", "a "],
    &["-X", " a"],
    &["-X", "a\t", "b"],
    &["-#", "a\r"],
    &["-#", "b ", "b"],
    &["-e", " a = 3 "],
    &["-M", "-X", "smtp/inet "],
    &["-M", "-X", " smtp/inet"],
    &["-M", "-#", "foo/unix\r", "smtp/inet"],
    &["-M", "-X", "foo/* "],
    &["-M", "-#", "*/*\r"],
    &["-F", "-X", "smtp/inet/chroot "],
    &["-P", "-X", "smtp/inet/a "],
    &["-P", "-X", "smtp/inet/* "],
    &["-P", "-X", " foo/unix/b", "smtp/inet/a\t"],
];

/// Settings of lists of hosts.
const HOSTS: &[&str] = &[
    "inet_interfaces = 127.0.0.1\r",
    "inet_interfaces = 127.0.0.1 \r",
    "inet_interfaces = 127.0.0.1,\t127.0.0.1",
    "inet_interfaces = 127.0.0.1\r127.0.0.1",
];

fn command(words: &[&str]) -> Vec<String> {
    ["postconf"].iter().chain(words).map(|&word| word.to_owned()).collect()
}

fn file(name: &str, text: &str) -> (String, Vec<u8>) {
    (name.to_owned(), text.as_bytes().to_vec())
}

#[test]
fn white_space() {
    let pair = Pair::new("postconf/requests/white-space").build();
    let jobs: Vec<Job> = REQUESTS
        .iter()
        .map(|words| Job {
            title: format!("{words:?}"),
            files: vec![file("main.cf", MAIN_CF), file("master.cf", MASTER_CF)],
            commands: vec![command(words)],
            edits: true,
        })
        .collect();
    batch::assert_same(&pair, &jobs);
}

#[test]
fn lists_of_hosts() {
    let pair = Pair::new("postconf/requests/lists-of-hosts").build();
    let jobs: Vec<Job> = HOSTS
        .iter()
        .map(|setting| Job {
            title: (*setting).to_owned(),
            files: vec![file("main.cf", &format!("{setting}\n")), file("master.cf", "")],
            commands: vec![command(&["mynetworks"])],
            edits: false,
        })
        .collect();
    batch::assert_same(&pair, &jobs);
}

/// The classes that `-C` names are told of with `-v`, if it comes first.
#[test]
fn verbose_classes() {
    const OPTIONS: &[&[&str]] = &[
        &["-v", "-C", "USER,service"],
        &["-C", "user", "-v"],
        &["-v", "-Call"],
        &["-v", "-C", "user,nosuch"],
    ];
    let pair = Pair::new("postconf/requests/verbose-classes").build();
    let commands = OPTIONS.iter().map(|options| command(&[options, &["nosuch"][..]].concat())).collect();
    let files = vec![file("main.cf", "a = 1\n"), file("master.cf", "")];
    batch::assert_same(&pair, &[Job { title: "-v".to_owned(), files, commands, edits: false }]);
}

/// Fields that are not what they should be, with bytes that are no text: each is one question mark.
#[test]
fn bytes_in_fields() {
    const ENTRIES: [&[u8]; 6] = [
        b"foo u\xff n n n - 0 smtp",
        b"f\xff unix \xff\xfe n n - 0 s\xff -o a=\xc3\xa9",
        b"foo unix n n n \xe2\x82 0 smtp",
        b"foo unix n n n - \xc3\xa9 smtp",
        b"foo ux n n n - 0 smtp -o a=b\0c -o d=e",
        b"foo unix n n \0 - 0 smtp",
    ];
    let pair = Pair::new("postconf/requests/bytes-in-fields").build();
    let jobs: Vec<Job> = ENTRIES
        .iter()
        .map(|entry| Job {
            title: String::from_utf8_lossy(entry).into_owned(),
            files: vec![file("main.cf", MAIN_CF), ("master.cf".to_owned(), [*entry, b"\n"].concat())],
            commands: [&["-n"][..], &["-M"], &["-Fj"], &["-P"]].map(command).to_vec(),
            edits: false,
        })
        .collect();
    batch::assert_same(&pair, &jobs);
}

/// A last line without its end, whose last byte the reference's editor takes for the end of the file.
#[test]
fn last_byte() {
    let pair = Pair::new("postconf/requests/last-byte").build();
    let job = |name: &str, text: &[u8], words: &[&str]| Job {
        title: name.to_owned(),
        files: vec![file("main.cf", ""), file("master.cf", ""), (name.to_owned(), text.to_vec())],
        commands: vec![command(words)],
        edits: true,
    };
    let jobs = [
        job("main.cf", b"a = 1\nb = \xff", &["-e", "a=2"]),
        job("master.cf", b"foo unix - - n - 0 smtp\n# \xff", &["-F", "foo/unix/chroot=y"]),
    ];
    batch::assert_same(&pair, &jobs);
}

/// Whatever the directory's name ends with, a slash stands between it and the name of a file; an empty name is that of
/// the root directory and not of the current one.
#[test]
fn directories() {
    let pair = Pair::new("postconf/requests/directories").build();
    pair.assert_same(|host| {
        let mut transcript = Transcript::new();
        for directory in ["/c/", "/c//", "", ".", "/nosuch/"] {
            for options in ["-n", "-M", "-m", "-e b=2", "-M -e foo/unix=x", "-X a", "-b"] {
                let text = format!(
                    "rm -rf /c; mkdir /c; cd /c; echo 'a = 1' > main.cf; : > master.cf; \
                     touch -d '1 hour ago' *; postconf -c '{directory}' {options}; echo $?; \
                     MAIL_CONFIG='{directory}' postconf {options}; echo $?; cat main.cf"
                );
                let output = host.run(["bash", "-c", &text]);
                let title = format!("{directory} {options}");
                transcript.text("stdout", &title, &String::from_utf8_lossy(&output.stdout));
                transcript.text("stderr", &title, &String::from_utf8_lossy(&output.stderr));
            }
        }
        transcript
    });
}

/// What `postconf -b` and an administrator's own hand give the daemon: with `-V`, it complains on standard error.
#[test]
fn options_of_a_daemon() {
    let pair = Pair::new("postconf/requests/options-of-a-daemon").build();
    pair.assert_same(|host| {
        let mut transcript = Transcript::new();
        for options in ["-o a", "-o =b", "-o '{ a = b }'", "-Z", "-o", "-s x"] {
            let text = format!("/usr/lib/postfix/sbin/bounce -SVndump_templates {options}; echo $?");
            let output = host.run(["bash", "-c", &text]);
            transcript.text("stdout", options, &String::from_utf8_lossy(&output.stdout));
            transcript.text("stderr", options, &String::from_utf8_lossy(&output.stderr));
        }
        transcript
    });
}

/// A template may name what main.cf sets and what the bounce daemon reads, and nothing else.
#[test]
fn names_in_templates() {
    const NAMES: [&str; 10] = [
        "undisclosed_recipients_header",
        "smtpd_banner",
        "relayhost",
        "alias_maps",
        "mynetworks",
        "biff",
        "bounce_notice_recipient",
        "mail_version",
        "mine",
        "process_name",
    ];
    let pair = Pair::new("postconf/requests/names-in-templates").build();
    let jobs: Vec<Job> = NAMES
        .iter()
        .map(|name| Job {
            title: (*name).to_owned(),
            files: vec![
                file("main.cf", "mine = $smtpd_banner!\nbounce_template_file = $config_directory/t\n"),
                file("master.cf", ""),
                file("t", &format!("failure_template = <<EOF\nFrom: a\nSubject: b\n\n[${name}]\nEOF\n")),
            ],
            commands: vec![command(&["-b"])],
            edits: false,
        })
        .collect();
    batch::assert_same(&pair, &jobs);
}

/// Two services can make the same name: the first in master.cf decides which family it belongs to.
#[test]
fn names_of_two_services() {
    const MASTER_CFS: [&str; 4] = [
        "x_destination unix - - n - - smtp\nx unix - - n - - smtp\n",
        "x unix - - n - - smtp\nx_destination unix - - n - - smtp\n",
        "x unix - - n - - smtpd\nx_destination unix - - n - - pipe\nx inet n - n - - lmtp\n",
        "x- unix - - n - - smtp\nx unix - - n - - spawn\nx_y unix - - n - - pipe\nx unix - - n - - pipe\n",
    ];
    const DISPLAYS: [&[&str]; 6] = [
        &["-d"],
        &["-C", "service"],
        &["-n", "x_destination_recipient_limit", "x_time_limit"],
        &["-h", "x_destination_recipient_limit", "x_destination_destination_recipient_limit"],
        &["-x", "x_time_limit", "x-_recipient_limit", "x_y_time_limit"],
        &["-Px", "-p", "-C", "service"],
    ];
    let pair = Pair::new("postconf/requests/names-of-two-services").build();
    let job = |master_cf: &&str| Job {
        title: master_cf.replace('\n', "; "),
        files: vec![
            file("main.cf", "x_destination_recipient_limit = 5\nx_time_limit = 7\n"),
            file("master.cf", master_cf),
        ],
        commands: DISPLAYS.iter().map(|words| command(words)).collect(),
        edits: false,
    };
    let jobs: Vec<Job> = MASTER_CFS.iter().map(job).collect();
    batch::assert_same(&pair, &jobs);
}
