//! The command as a whole, on small configurations. All expectations are what Postfix 3.11 (Debian's build) prints.

#![allow(clippy::unwrap_used, reason = "helpers of tests have nobody to report to")]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A configuration directory.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new(main_cf: &str, master_cf: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("main.cf"), main_cf).unwrap();
        std::fs::write(folder.path().join("master.cf"), master_cf).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_postconf"))
            .arg("-c")
            .arg(self.path())
            .args(args)
            .env_remove("MAIL_CONFIG")
            .output()
            .unwrap()
    }

    /// Standard output of a run that succeeds without a word on stderr.
    fn show(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    /// What stands on stderr, without the name of the program and the directory.
    fn complaints(&self, args: &[&str]) -> Vec<String> {
        let directory = format!("{}/", self.path().display());
        String::from_utf8_lossy(&self.run(args).stderr)
            .lines()
            .map(|line| line.split_once(": ").map_or(line, |(_, text)| text).replace(&directory, ""))
            .collect()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }
}

const MAIN: &str = "myhostname = mail.example.com\nrelayhost = [$my_relay]:25\nmy_relay = gw.$mydomain\n\
                    mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions =\n";
const MASTER: &str = "smtp inet n - y - - smtpd\n -o { smtpd_banner = $myhostname ready } -v\n\
                      vacation unix - n n - - pipe\n  flags=Rq user=vacation argv={/bin/vacation -x} $sender\n";

#[test]
fn what_is_set_is_shown_in_order() {
    let site = Site::new(MAIN, MASTER);
    let directory = site.path().display().to_string();
    let expected = format!(
        "config_directory = {directory}\nmy_relay = gw.$mydomain\nmyhostname = mail.example.com\n\
         mynetworks = 127.0.0.0/8\nrelayhost = [$my_relay]:25\nsmtpd_relay_restrictions =\n"
    );
    assert_eq!(site.show(&["-n"]), expected);
}

#[test]
fn values_are_expanded() {
    let site = Site::new(MAIN, MASTER);
    assert_eq!(site.show(&["-xh", "relayhost", "mydomain"]), "[gw.example.com]:25\nexample.com\n");
    assert_eq!(site.show(&["-x", "-o", "mydomain=x.test", "relayhost"]), "relayhost = [gw.x.test]:25\n");
    assert_eq!(site.show(&["-xh", "append_dot_mydomain"]), "yes\n");
}

#[test]
fn services_define_parameters() {
    let site = Site::new(MAIN, MASTER);
    let shown = site.show(&["-C", "service"]);
    assert_eq!(shown.lines().count(), 17);
    assert!(shown.contains("vacation_time_limit = $command_time_limit\n"));
}

#[test]
fn entries_are_shown_in_columns() {
    let site = Site::new(MAIN, MASTER);
    assert_eq!(
        site.show(&["-M"]),
        "smtp       inet  n       -       y       -       -       smtpd -o {smtpd_banner=$myhostname ready} -v\n\
         vacation   unix  -       n       n       -       -       pipe flags=Rq user=vacation \
         {argv={/bin/vacation -x}} $sender\n"
    );
    assert_eq!(
        site.show(&["-Mfx", "smtp"]),
        "smtp       inet  n       -       y       -       -       smtpd\n    \
         -o {smtpd_banner=mail.example.com ready}\n    -v\n"
    );
    assert_eq!(site.show(&["-F", "smtp/inet/chroot"]), "smtp/inet/chroot = y\n");
    assert_eq!(site.show(&["-Ph", "smtp"]), "$myhostname ready\n");
    assert_eq!(site.show(&["-jP"]), "{\"smtp/inet/smtpd_banner\": \"$myhostname ready\"}\n");
}

#[test]
fn names_that_nobody_reads_are_warned_about() {
    let site = Site::new("myorgin = x\nsmtp_use_tls = yes\nrelayhost = $nosuch\n", "");
    assert_eq!(
        site.complaints(&["-h", "mail_name", "unknown"]),
        [
            "warning: main.cf: undefined parameter: nosuch",
            "warning: unknown: unknown parameter",
            "warning: main.cf: unused parameter: myorgin=x",
            "warning: main.cf: support for parameter \"smtp_use_tls\" will be removed; instead, specify \
             \"smtp_tls_security_level\"",
            "warning: See https://www.postfix.org/DEPRECATION_README.html for details",
        ]
    );
    assert_eq!(site.complaints(&["-qh", "mail_name"]), ["warning: main.cf: undefined parameter: nosuch"]);
}

#[test]
fn broken_files_are_fatal() {
    let site = Site::new("foo\n", "");
    assert_eq!(
        site.complaints(&["-n"]),
        ["fatal: main.cf, line 1: missing '=' after attribute name: \"foo\""]
    );
    assert_eq!(site.run(&["-n"]).status.code(), Some(1));
    let site = Site::new("", "smtp inet n - y\n");
    assert_eq!(site.complaints(&["-M"]), ["fatal: file master.cf: line 1: bad field count"]);
    let site = Site::new("relayhost = ${a b}\n", "");
    assert_eq!(
        site.complaints(&["-xh", "relayhost"]).last().map(String::as_str),
        Some("fatal: macro processing error")
    );
}

#[test]
fn main_cf_is_edited() {
    let site = Site::new("# head\nmyhostname = a.test\n\nmydestination = a,\n# in between\n  b\n", "");
    site.show(&["-e", "mydestination = c", "relayhost="]);
    assert_eq!(
        site.file("main.cf"),
        "# head\nmyhostname = a.test\n\nmydestination = c\n# in between\nrelayhost = \n"
    );
    site.show(&["-#", "myhostname"]);
    site.show(&["-X", "relayhost"]);
    assert_eq!(site.file("main.cf"), "# head\n#myhostname = a.test\n\nmydestination = c\n# in between\n");
}

#[test]
fn master_cf_is_edited() {
    let site = Site::new("", MASTER);
    site.show(&["-Fe", "*/*/chroot=n"]);
    site.show(&["-Pe", "smtp/inet/syslog_name=in"]);
    site.show(&["-PX", "smtp/inet/smtpd_banner"]);
    site.show(&["-Me", "relay/unix=relay unix - - n - - smtp"]);
    site.show(&["-M#", "vacation/unix"]);
    assert_eq!(
        site.file("master.cf"),
        "smtp       inet  n       -       n       -       -       smtpd -v\n    -o syslog_name=in\n\
         #vacation   unix  -       n       n       -       -       pipe flags=Rq\n\
         #    user=vacation {argv={/bin/vacation -x}} $sender\n\
         relay      unix  -       -       n       -       -       smtp\n"
    );
    assert_eq!(
        site.complaints(&["-Pe", "nosuch/inet/a=b"]),
        ["warning: unmatched service_name/type: \"nosuch/inet/a=b\""]
    );
}
