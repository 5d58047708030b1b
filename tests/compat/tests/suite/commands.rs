//! Commands and configurations that nobody should write, but somebody does.

use compat::host::Host;
use compat::{Pair, Transcript};
use std::io::{BufRead, BufReader};

#[test]
fn odd_configuration_directories() {
    let pair = Pair::new("commands/directories").build();
    for argv in [
        &["postqueue", "-c", "/nowhere"][..],
        &["postqueue", "-c", "", "-p"],
        &["postqueue", "-p", "-f", "-c", "/nowhere"],
        &["postmap", "-c", "", "cdb:/etc/hosts"],
        &["postdrop", "-c", ""],
        &["sendmail", "-C", "", "root"],
    ] {
        pair.run(argv).assert_same();
    }
}

/// Every command notices addresses that are not this host's; roles that configure hosts wait for the text.
#[test]
fn interfaces_that_do_not_exist() {
    for value in ["bogus.invalid", "192.0.2.7", "127.0.0.1, 2001:db8::7"] {
        let lines = format!("inet_interfaces = {value}\nmynetworks = 127.0.0.0/8\n");
        let pair = Pair::new("commands/interfaces").main_cf(&lines).build();
        pair.run(["postfix", "check"]).assert_same();
        pair.run(["postfix", "status"]).assert_same();
        pair.run(["postqueue", "-p"]).assert_same();
        pair.run(["postmap", "-q", "a", "static:b"]).assert_same();
        pair.run(["postconf", "-h", "inet_interfaces", "myhostname"]).assert_same();
    }
}

/// Each step of a start has postconf(1) warn once more; some of them run in the background.
#[test]
fn warnings_of_main_cf() {
    const SCRIPT: &str = "
        for command in check start status reload stop; do
            echo $command
            postfix $command >/tmp/said 2>&1
            sleep 2
            grep ': warning: ' /tmp/said | sort | uniq -c
        done";
    let lines = "no_such_name = 1\ndisable_dns_lookups = no\n";
    let pair = Pair::new("commands/warnings").main_cf(lines).build();
    pair.run(["sh", "-c", SCRIPT]).assert_same();
}

#[test]
fn reader_that_had_enough() {
    let table: String = (0..9999).map(|number| format!("key{number} value{number}\n")).collect();
    let pair = Pair::new("commands/pipe").file("/t/table", table).build();
    pair.run(["postmap", "cdb:/t/table"]).assert_same();
    pair.run(["bash", "-c", "postmap -s cdb:/t/table | head -1; echo ${PIPESTATUS[0]}"]).assert_same();
}

#[test]
fn postcat_keeps_out_of_the_log() {
    let pair = Pair::new("commands/postcat").build();
    for host in pair.hosts() {
        host.start_mail();
    }
    pair.run(["postcat", "-q", "ABCDEF1"]).assert_same();
    for host in pair.hosts() {
        assert!(!host.log().contains("postcat"), "{}", host.log());
    }
}

#[test]
fn listing_without_showq() {
    let pair = Pair::new("commands/no-showq").main_cf("daemon_directory = /nowhere\n").build();
    pair.run(["mkdir", "-p", "/var/spool/postfix/public"]).assert_same();
    pair.run(["postqueue", "-p"]).assert_same();
    pair.run(["mailq"]).assert_same();
}

/// A banner in an old character set goes out as it stands.
#[test]
fn banner_that_is_not_utf8() {
    Pair::new("commands/latin-1").build().assert_same(|host: &Host| {
        let mut main_cf = host.read("/etc/postfix/main.cf");
        main_cf.extend_from_slice(
            b"mail_name = P\xf6stfix\nsmtpd_banner = $myhostname ESMTP gr\xfcn $mail_name\n",
        );
        host.write("/etc/postfix/main.cf", main_cf);
        host.start_mail();
        let mut line = Vec::new();
        let connection = host.connect(25).expect("a connection");
        BufReader::new(connection).read_until(b'\n', &mut line).expect("a greeting");
        let mut transcript = Transcript::new();
        transcript.text("smtp", "greeting", &compat::pair::printable(&line));
        transcript
    });
}
