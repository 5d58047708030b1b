//! Commands in the surroundings that main.cf, their caller's environment, and limits make for them, while the mail system
//! is down.

use super::submission::play;

/// One of each way to use the environment; in the reference, each complaint takes a second.
const COMMANDS: &str = "sendmail u@x; postqueue -p; postcat -q ABCDE; postlog x";

/// What import_environment says about the environment of commands, and export_environment about that of their children.
#[test]
fn environment() {
    let mut cases = String::new();
    for list in ["{A=b", "A=b}", "{ A = b } TZ", "{A}", "{}", "=x", "{ = }", "{A b=c}", "{A=b}c", ""] {
        cases += &format!("main_cf 'import_environment={list}'; {COMMANDS}\n");
        cases += &format!("main_cf 'export_environment={list}'; nobody sendmail u@x\n");
    }
    // The next command finds what the first one set.
    cases +=
        "main_cf 'import_environment=MAIL_CONFIG=/nowhere'; sendmail u@x; newaliases; mailq; nobody mailq\n";
    cases += "main_cf 'export_environment={ MAIL_CONFIG = /no where }'; sendmail u@x\n";
    play("submission/environment", &cases);
}

/// MAIL_DEBUG in the environment.
#[test]
fn debugger() {
    let mut cases = String::new();
    for command in [
        "sendmail u@x",
        "nobody mailq",
        "newaliases",
        "sendmail -Z",
        "postqueue -p",
        "postsuper",
        "postcat x",
    ] {
        cases += &format!("MAIL_DEBUG= {command}\n");
        cases += &format!(
            "main_cf 'debugger_command=echo $process_name $daemon_directory >&2; exit 5'; MAIL_DEBUG=1 {command}\n"
        );
    }
    cases += "main_cf 'debugger_command=ls -l /proc/$process_id/exe | sed s/.*-.//; nosuch'; MAIL_DEBUG=1 sendmail u@x 2>&1 | grep -v running\n";
    play("submission/debugger", &cases);
}

/// Files that may not grow, also where the messages go.
#[test]
fn file_size() {
    let cases = r#"
        main_cf message_size_limit=10; sendmail u@x
        main_cf message_size_limit=10; nobody sendmail u@x
        main_cf message_size_limit=100; perl -e 'print "Subject: big\n\n", ("x"x50 ."\n")x5' | sendmail u@x
        main_cf message_size_limit=1000; perl -e 'print "x\n"x5000' | sendmail u@x 2>/dev/null
        main_cf message_size_limit=0; sendmail u@x
        main_cf message_size_limit=-1; sendmail u@x
        ulimit -f 0; sendmail u@x
        ulimit -f 1; perl -e 'print "x\n"x5000' | sendmail u@x
        ulimit -f 1; perl -e 'print "x\n"x5000' | nobody sendmail u@x
        ulimit -f 0; postsuper -s
    "#;
    play("submission/file-size", cases);
}

/// Wrong letters in the middle of others, and programs that are not there.
#[test]
fn mistakes() {
    let cases = "
        sendmail -d0.1 u@x
        sendmail -DEY
        sendmail -td u@x
        sendmail -dt u@x
        sendmail -dCx u@x
        sendmail -iB
        sendmail -v -Nsuccess u@x
        sendmail -v -N success,delay,sometimes u@x
        main_cf command_directory=/nowhere; sendmail -bd
        main_cf command_directory=/nowhere; sendmail -v -bd
        main_cf command_directory=/nowhere; sendmail u@x
    ";
    play("submission/mistakes", cases);
}
