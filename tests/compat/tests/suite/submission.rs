//! Command lines of sendmail and postdrop while the mail system is down: what they print, their exit status, and the file
//! that they leave in the maildrop directory, record by record.
//!
//! All cases of a test are lines of one shell script that runs inside the host: a process more for each would be slow.

use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::pair::PairBuilder;
use compat::{Pair, Transcript};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Runs each line of /t/cases with bash, and keeps what came of it in /t/out/NUMBER.
const RUNNER: &str = r#"
mkdir -p /var/spool/postfix/maildrop /t/out
postfix check 2>/dev/null
chgrp postdrop /var/spool/postfix/maildrop
chmod 1730 /var/spool/postfix/maildrop
chmod 1777 /t
nobody() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
nameless() { setpriv --reuid 12345 --regid 12345 --clear-groups "$@"; }
# The reference waits for a main.cf that was just written to settle.
main_cf() {
  cp -p /etc/postfix/main.cf /t/main.cf
  printf '%s\n' "$@" >> /etc/postfix/main.cf
  touch -d '1 hour ago' /etc/postfix/main.cf
}
named() { grep -slx "$1" /proc/[0-9]*/comm; }
# interrupted SIGNAL COMMAND..: sends it a signal after the start of its input, and tells how it ended.
interrupted() {
  mkfifo /t/pipe
  "${@:2}" < /t/pipe > /t/said 2> /t/complaint &
  exec 5> /t/pipe
  printf 'S\03a@bR\03c@d\n\n' >&5
  # postdrop says the file's name when it is ready; sendmail says nothing.
  if [ "$2" = postdrop ]; then until [ -s /t/said ]; do sleep 0.01; done
  else until [ -n "$(ls /var/spool/postfix/maildrop)" ]; do sleep 0.01; done; sleep 0.1; fi
  kill -$1 $!
  # A busy machine takes its time; a signal that is ignored changes nothing.
  for wait in {1..20}; do sleep 0.1; case $(cut -d' ' -f3 /proc/$!/stat) in [ZT]) break;; esac; done
  # Of a message whose sendmail has ended, postdrop may still have to remove the file.
  if grep -q '^State:.Z' /proc/$!/status; then while [ -n "$(named postdrop)" ]; do sleep 0.01; done; fi
  ls /var/spool/postfix/maildrop | wc -l
  kill -CONT $! 2>/dev/null
  exec 5>&-
  wait $! 2>/dev/null
  echo $?
  cat /t/complaint
  rm /t/pipe
}
export -f nobody nameless main_cf named interrupted
printf 'Subject: x\n\nbody\n' > /t/message
number=0
while IFS= read -r line; do
  number=$((number + 1))
  out=/t/out/$number
  mkdir $out
  # Not for everything: a limit of the case's own must not stop what is after it.
  timeout 60 bash -c "cd /t; $line" > $out/stdout 2> $out/stderr < /t/message
  echo $? > $out/status
  # Of a message that was given up, postdrop may still have to remove the file.
  while [ -n "$(named postdrop)" ]; do sleep 0.01; done
  if [ -e /t/main.cf ]; then mv /t/main.cf /etc/postfix/main.cf; fi
  for file in /var/spool/postfix/maildrop/*; do
    # An unfinished file is not mail. (The reference leaves some that are refused.)
    if [ -x "$file" ]; then mv "$file" $out/; elif [ -e "$file" ]; then rm "$file"; fi
  done
done < /t/cases
"#;

/// Plays cases, a line of shell each, on both sides. Inside, `nobody` and `nameless` start a command as a user without
/// rights and as one without a name, `main_cf` adds lines to main.cf for the case, `interrupted` sends a
/// signal to one that waits for input, and the input is a short message.
pub(crate) fn play(name: &str, cases: &str) {
    play_on(Pair::new(name), cases);
}

/// As [`play`], on hosts with more in them.
pub(crate) fn play_on(pair: PairBuilder, cases: &str) {
    let lines: Vec<&str> = cases.lines().map(str::trim_start).filter(|line| !line.is_empty()).collect();
    let pair = pair.file("/t/runner", RUNNER).file("/t/cases", lines.join("\n") + "\n").build();
    pair.assert_same(|host| {
        host.must(["bash", "/t/runner"]);
        let mut transcript = Transcript::new();
        for (at, line) in lines.iter().enumerate() {
            note(&mut transcript, host, &format!("/t/out/{}", at + 1), line);
        }
        transcript
    });
}

fn note(transcript: &mut Transcript, host: &Host, folder: &str, line: &str) {
    let rules = [Normaliser::QueueId, Normaliser::Pid];
    for channel in ["status", "stdout", "stderr"] {
        let text = compat::pair::printable(&host.read(format!("{folder}/{channel}")));
        transcript.text(channel, line, &normalise::apply(&rules, &text));
    }
    let entries = fs::read_dir(host.path(folder)).expect("the folder of a case").flatten();
    let is_mail = |path: &Path| !["status", "stdout", "stderr"].iter().any(|name| path.ends_with(name));
    let mut mail: Vec<String> =
        entries.map(|entry| entry.path()).filter(|path| is_mail(path)).map(|path| records(&path)).collect();
    mail.sort();
    transcript.text("files", line, &mail.concat());
}

/// A file's mode and owner, and its records; of the time only that there is one.
fn records(path: &Path) -> String {
    let status = path.metadata().expect("a file in maildrop");
    let mut text = format!("{:o} {}:{}\n", status.mode(), status.uid(), status.gid());
    let bytes = fs::read(path).expect("a file in maildrop");
    let mut rest = bytes.as_slice();
    while let Some((&kind, mut after)) = rest.split_first() {
        let mut length = 0;
        for shift in (0..).step_by(7) {
            let (&byte, more) = after.split_first().expect("a length");
            after = more;
            length |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        let (data, more) = after.split_at(length);
        rest = more;
        let shown = if kind == b'T' { "time".to_owned() } else { data.escape_ascii().to_string() };
        text += &format!("{} {shown}\n", kind.escape_ascii());
    }
    text
}

/// Options of sendmail, right and wrong.
const OPTIONS: &[&str] = &[
    "-Ax",
    "-B8BITMIME",
    "-B7BIT",
    "-Bx",
    "-C/etc/postfix",
    "-C/etc/postfix/main.cf",
    "-C/nowhere",
    "-Cmain.cf",
    "-Fname",
    "-F",
    "-G",
    "-Lx",
    "-Nsuccess",
    "-Nnever",
    "-Nnever,success",
    "-Nfoo",
    "-N",
    "-OREQUIRETLS=yes",
    "-OSMTPUTF8=yes",
    "-OSMTPUTF8=foo",
    "-OS=yes",
    "-O",
    "-Ox=y",
    "-RFULL",
    "-Rhdrs",
    "-Rfoo",
    "-U",
    "-Venv",
    "-Vab",
    "-V+=",
    "-V ab",
    "-X",
    "-XV",
    "-XV+=",
    "-XV+",
    "-XVxx",
    "-Xz",
    "-b",
    "-bh",
    "-bH",
    "-bm",
    "-bv",
    "-bx",
    "-c",
    "-em",
    "-fa@b",
    "-f '<>'",
    "-f ''",
    "-h5",
    "-h",
    "-i",
    "-m",
    "-n",
    "-oi",
    "-oA",
    "-o7",
    "-oem",
    "-o",
    "-p",
    "-pabc",
    "-ra@b",
    "-r",
    "-q",
    "-q5m",
    "-qR",
    "-qRsite",
    "-qI",
    "-qx",
    "-t",
    "-v",
    "-x",
    "-Z",
    "--",
    "--help",
    "'-?'",
    "-:",
    "-bi x",
    "-I x",
    "-bp x",
    "-q x",
    "-bd x",
    "-bs x",
    "-t -bp",
    "-q5m -bm -qIx y",
];

/// Each option by itself and with others, with and without recipients.
#[test]
fn options() {
    let mut cases = String::new();
    for &option in OPTIONS {
        for rest in ["", "u@x", "-t u@x", "-v u@x"] {
            if option == "-v" && rest.starts_with("-v") {
                continue; // postdrop's debugging output
            }
            cases += &format!("sendmail {option} {rest}\n");
        }
    }
    play("submission/options", &cases);
}

/// What becomes of the lines of a message.
#[test]
fn messages() {
    let bodies = [
        "",
        r"\n",
        "x",
        r".\n",
        ".",
        r"a\n.\nb\n",
        r"a\n..\nb\n",
        r"a\r\nb\r\n",
        r"a\r\nb\n",
        r"a\nb\r\n",
        r"a\r\r\n\r\n",
        r".\r\nx\r\n",
        r"x\r\n.\r\ny\r\n",
        r"From me\nSubject: x\n\nb\n",
        r">From me\n>>>From you\nFrom: a\n\nFrom x\n",
        "From",
        r"From \n",
        ">>>",
        r"From a\r\nFrom b\r\nTo: x@y\r\n\r\nhi\r\n",
        r"a\0b\n\0\nc\n",
        r"\200\377\n",
        r"Subject: \351\n\n\351\n",
    ];
    let mut cases = String::new();
    for body in bodies {
        for options in ["", "-i", "-t"] {
            cases += &format!("printf '{body}' | sendmail {options} u@x\n");
        }
    }
    for (count, end) in
        [(2047, r"\n.\n"), (2048, r"\n"), (2048, r".\n"), (2048, r"\n.\ny\n"), (2049, ""), (5000, r"\n")]
    {
        cases += &format!("(head -c {count} /dev/zero | tr '\\0' x; printf '{end}') | sendmail u@x\n");
    }
    for setting in [
        "sendmail_fix_line_endings=strict",
        "sendmail_fix_line_endings=never",
        "sendmail_fix_line_endings=bogus",
        "message_size_limit=500",
        "message_size_limit=0",
        "line_length_limit=20",
        "header_size_limit=50",
    ] {
        let message =
            r"To: a@b, c@d, e@f, g@h, i@j, k@l, m@n, o@p, q@r, s@t\r\nX: a long line of text\r\n\r\nb\nc\r\n";
        for options in ["u@x", "-t"] {
            cases += &format!("main_cf {setting}; (printf '{message}'; seq 300) | sendmail {options}\n");
        }
    }
    play("submission/messages", &cases);
}

/// Headers of a message, with recipients in them or not.
const HEADERS: &[&str] = &[
    r"To: a@b, c@d\nCc: e@f\nBcc: g@h\n\nx\n",
    r#"To: A B <a@b>, "C, D" <c@d>, (comment) e@f (x)\n\nx"#,
    r"Resent-To: r@s\nTo: a@b\n\nx",
    r"To: a@b\nResent-Cc: r@s\nResent-Bcc: q@q\nBcc: z@z\n\nx",
    r"To: group: a@b, c@d;\n\n",
    r"To: undisclosed-recipients:;\nBcc: x@y\n\n",
    r"To:\n\n",
    r"To: ,,,\n\n",
    r"To: <>\n\n",
    r#"To: ""\n\n"#,
    r"To: a b c\n\n",
    r"To: <@a,@b:c@d>\n\n",
    r"To: a%%b@c!d\n\n",
    r#"To: "a b"@c\n\n"#,
    r"To: a\\,b@c\n\n",
    r#"To: "unterminated@b\n\n"#,
    r"To: (unterminated a@b\n\n",
    r"To: <a@b\n\n",
    r"To: a@b>\n\n",
    r"To: a@[1.2.3.4]\n\n",
    r"To: a@[unterminated\n\n",
    r"To: a@b\n c@d\n\te@f,\n  g@h\n\nx\n",
    r"to: l@x\nTO: U@x\ntO : s@x\n\n",
    r"Apparently-To: a@b\n\n",
    r"Delivered-To: a@b\nReply-To: c@d\nFrom: e@f\nSender: g@h\nErrors-To: i@j\n\n",
    r"Resent-To:\nTo: a@b\n\n",
    r"no header\nTo: a@b\n\n",
    r"To: a@b\nbroken\nCc: c@d\n\n",
    r"\nTo: a@b\n",
    r" To: a@b\n\n",
    "To: a@b",
    r": a\nTo: b@c\n\n",
    r"To: \351@b, u\351@\351.com\n\n",
    r"To: a\0b@c\n\n",
    r"To: a@b\r\nCc: c@d\r\n\r\nx\r\n",
    r"To: a@b\rCc: c@d\n\n",
    r"Content-Type: multipart/mixed; boundary=x\nTo: a@b\n\n--x\nTo: no@no\n\n--x--\n",
    r"To: a@b;c@d\n\n",
    r"To: a@b<c@d>\n\n",
    r"To: <a@b>c@d\n\n",
    r"To: a@@b, a.@b, .a@b, a..b@c, a@b.\n\n",
    r"To: |/bin/cat, /etc/passwd, :include:/x\n\n",
    r#"To: "q\\"uote"@x, "b\\\\s"@y\n\n"#,
    r"To: a@b\n.\nCc: c@d\n\n",
];

/// Recipients out of headers, and out of command lines.
#[test]
fn recipients() {
    let mut cases = String::new();
    for header in HEADERS {
        for options in ["-t", "-ti extra@x", "-t -Nsuccess,delay -B8BITMIME"] {
            cases += &format!("printf '{header}' | sendmail {options}\n");
        }
    }
    cases +=
        "(seq -f 'user%06g@example.com,' 3000 | sed '1s/^/To: /; 2,$s/^/ /'; echo; echo x) | sendmail -t\n";
    cases +=
        "(seq -f 'user%06g@example.com,' 6000 | sed '1s/^/To: /; 2,$s/^/ /'; echo; echo x) | sendmail -t\n";
    for address in [
        "a@b",
        "a@b,c@d",
        "A B <a@b>",
        "<a@b>",
        "",
        "<>",
        " ",
        "a b",
        r#""a b"@c"#,
        "a@b c@d",
        "group:a@b;",
        "(c)",
        "-x",
        "<",
        ">",
        "@",
        "a@",
        "@b",
        ",",
        "a,,b",
        ";",
        "a\\,b",
    ] {
        for options in ["--", "-f", "-F", "-bv"] {
            let recipient = if matches!(options, "-f" | "-F") { "u@x" } else { "" };
            cases += &format!("sendmail {options} '{address}' {recipient}\n");
        }
    }
    play("submission/recipients", &cases);
}

/// Who calls, with which environment and which main.cf.
#[test]
fn callers() {
    let mut cases = String::new();
    for environment in [
        "NAME='Env Name'",
        "NAME=",
        "NAME=$'a\\nb'",
        "MAIL_CONFIG=/nowhere",
        "MAIL_CONFIG=",
        "MAIL_LOGTAG=tag/x",
        "LOGNAME=other",
        "MAIL_VERBOSE=1",
        "TZ=Nowhere/X",
    ] {
        for who in ["", "nobody", "nameless"] {
            cases += &format!("export {environment}; {who} sendmail u@x\n");
        }
    }
    for setting in [
        "authorized_submit_users=root",
        "authorized_submit_users='!nobody, static:all'",
        "authorized_submit_users=",
        "authorized_submit_users=fail:x",
        "authorized_submit_users='!unknown, static:all'",
        "local_login_sender_maps='inline:{nobody=nobody@x, root=*}'",
        "local_login_sender_maps=fail:x",
        "local_login_sender_maps=bogus:y",
        "local_login_sender_maps=static:@y",
        "smtputf8_enable=no",
        "requiretls_enable=no",
        "verp_delimiter_filter=#$",
        "'import_environment=NAME=forced MAIL_CONFIG'",
        "command_directory=/nowhere",
        "queue_directory=/nowhere",
        "maillog_file=/nolog",
        "syslog_name=abc",
        "alternate_config_directories=/t",
        "junk",
        "message_size_limit=abc",
        "recipient_delimiter=+",
    ] {
        for who in ["", "nobody"] {
            for options in
                ["u@x", "-f nobody+b@x u@x", "-f '' u@x", "-XV#$ -OREQUIRETLS=yes -OSMTPUTF8=yes u@x"]
            {
                cases += &format!("main_cf {setting}; {who} sendmail {options}\n");
            }
        }
    }
    play("submission/callers", &cases);
}

/// Records that a stranger may send to postdrop.
#[test]
fn records_for_postdrop() {
    let mut cases = String::new();
    let whole = r"A\025rewrite_context=localF\04NameS\03a@bR\03c@dM\0N\01xX\0E\0";
    for (before, after) in
        [("", ""), ("", "garbage"), (whole, whole), (r"S\01aR\01bM\0X\0E\0", ""), ("", r"M\0X\0E\0")]
    {
        cases += &format!("printf '{before}{after}' | postdrop\n");
    }
    // Each of these ends in a fatal line, after which the reference sleeps for a second: all at once.
    let mut wrong: Vec<String> = ["p", "w", "Q", "O", "@", "C", "T", "W", "M", "X", "E", "N", "B"]
        .iter()
        .map(|kind| format!(r"S\01aR\01b{kind}\04dataM\0X\0E\0"))
        .collect();
    for data in [r"a\nb", r"a\rb", r"a\0b"] {
        wrong.extend(["S", "R", "F"].map(|kind| format!(r"S\01aR\01b{kind}\03{data}M\0X\0E\0")));
    }
    wrong.extend(
        [r"S\377\377\377\377\177", r"S\377\377\377\377\377\377\377\01", r"S\200", r"S\201", "S"]
            .map(str::to_owned),
    );
    wrong.push(r"S\01aR\01bE\0".to_owned());
    for (at, records) in wrong.iter().enumerate() {
        cases += &format!("{{ printf '{records}' | postdrop >/dev/null; echo $?; }} > /t/wrong{at} 2>&1 & ");
    }
    cases += "wait; tail -n +1 /t/wrong*\n";
    for attribute in [
        "encoding=8bit",
        "encoding=",
        "encoding=9bit",
        "encoding",
        "=x",
        "",
        "a=b",
        "envelope_id=abc",
        "notify_flags=3",
        "dsn_orig_rcpt=rfc822;x",
        "rewrite_context=remote",
        "rewrite_context=x",
        "trace_flags=256",
        "trace_flags=512",
        "trace_flags=768",
        "trace_flags=abc",
        "trace_flags= 512x",
        "client_address=1.2.3.4",
        "sasl_method=x",
        "create_time=1",
        r" encoding\013=\0138bit ",
        "ENCODING=8bit",
    ] {
        let length = attribute.replace(r"\013", "v").len();
        cases += &format!(r"printf 'A\{length:03o}{attribute}S\01aR\01bM\0X\0E\0' | postdrop");
        cases += "\n";
    }
    play("submission/records", &cases);
}
