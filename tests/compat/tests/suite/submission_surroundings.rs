//! Commands in the surroundings that main.cf, their caller's environment, and limits make for them, while the mail system
//! is down.

use super::submission::{play, play_on};
use compat::Pair;

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
        main_cf maillog_file=relative; postlog x; sendmail u@x; postsuper -s
        main_cf syslog_name=a syslog_name=b; postlog x; postlog -t y x
        main_cf syslog_name=b hash_queue_depth=x; postlog x
        main_cf a=b a=c syslog_name=n; MAIL_LOGTAG=m postlog -t d x
    ";
    play("submission/mistakes", cases);
}

/// What commands say with `-v`, but for the reference's tables of parameters and the libraries that it loads for table types.
#[test]
fn verbose() {
    let insides =
        "dict_(update|lookup|eval|load_fp|register|open_)|mac_parse|myflock|dymap_|scan_dir_|_cdb_open";
    let lines = "
        postqueue -v -f
        postqueue -v -i ABCDEF
        postqueue -v -i ../x
        postqueue -v -s x.org
        main_cf relay_domains=x.org; postqueue -v -s x.org
        main_cf 'relay_domains=x.org, y.org'; postqueue -v -s sub.y.org
        echo z.org >/t/domains; main_cf fast_flush_domains=/t/domains; postqueue -v -s z.org
        nobody postqueue -v -s x.org
        main_cf 'authorized_submit_users=!nobody, static:all'; sendmail -v -v u@x
        main_cf authorized_submit_users=cdb:/etc/aliases; sendmail -v -v u@x
        postsuper -v -d ABCDEF
        postsuper -v -p
        postcat -v -q ABCDEF
        postdrop -v </dev/null
        nobody postdrop -v </dev/null
        postlog -v x
        postlock -v /t/lk true
        postkick -v public pickup W
        newaliases -v
        sendmail -v -q
        sendmail -v -qRx.org
        sendmail -v -v u@x
        sendmail -bv -v -v u@x
        nobody sendmail -v -v u@x
    ";
    let cases: String = lines
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            // Two processes at once: the order of their lines is left to chance.
            let order =
                if line.contains("sendmail -v -v") || line.contains("-bv -v") { " | sort" } else { "" };
            format!("{line} 2>&1 | grep -avE '{insides}'{order}\n")
        })
        .collect();
    play("submission/verbose", &cases);
}

/// A service: it says to each client what its argument says, and then keeps quiet, or hangs up at once.
const SERVICE: &str = r#"
use IO::Socket::UNIX;
use Socket;
my ($path, $greeting) = @ARGV;
$greeting =~ s/\\0/\0/g;
unlink $path;
my $socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 5) or die $!;
chmod 0777, $path;
my @kept;
while (my $client = $socket->accept) {
    if ($greeting eq 'hangup') { close $client; next }
    syswrite $client, $greeting;
    push @kept, $client;
}
"#;

/// postqueue at services that say nothing, too little, or nonsense.
#[test]
fn bad_services() {
    let start = "protocol\\0mail_queue_list_protocol\\0\\0";
    let greetings = [
        String::new(),
        "hangup".to_owned(),
        "proto".to_owned(),
        "protocol\\0nonsense\\0\\0".to_owned(),
        start.to_owned(),
        format!("{start}queue_name\\0def"),
        format!("{start}queue_name\\0def\\0queue\\0x\\0"),
        format!("{start}queue_name\\0def\\0queue_id\\0x\\0\\0"),
        format!("{start}queue_name\\0def\\0queue_id\\0x\\0time\\0abc\\0"),
    ];
    let socket = "/var/spool/postfix/public/odd";
    let settings = "main_cf ipc_timeout=2s trigger_timeout=2s showq_service_name=odd flush_service_name=odd queue_service_name=odd";
    let mut cases = String::new();
    for (at, greeting) in greetings.iter().enumerate() {
        let start = format!(
            "perl /t/service.pl {socket} '{greeting}' & until [ \"$(stat -c %a {socket} 2>/dev/null)\" = 777 ]; do sleep 0.01; done; {settings}"
        );
        cases += &format!("{start}; postqueue -p; kill $!; rm {socket}\n");
        // In an announcement of flush(8), what follows is the same; ours does not tell half of one from none.
        if [0, 1, 3].contains(&at) {
            cases += &format!("{start}; postqueue -i ABCDEF; kill $!; rm {socket}\n");
        }
    }
    cases += &format!(
        "touch {socket}; {settings}; postqueue -p; postqueue -f; postqueue -i ABCDEF; rm {socket}\n"
    );
    play_on(Pair::new("submission/bad-services").file("/t/service.pl", SERVICE), &cases);
}

/// Puts a program that tells its environment and arguments in the place of each command that another one starts.
const INFORMERS: &str = r#"mkdir -p /t/told; for name in postdrop postqueue postalias; do printf '#!/bin/sh\necho "$0 $*" >&2; /usr/bin/env | /usr/bin/sort | /bin/grep -v "^_=\|PWD=\|SHLVL=" >&2\n' > /t/told/$name; chmod 755 /t/told/$name; done; main_cf command_directory=/t/told"#;

/// The environment of postdrop, postqueue and postalias, and of the command of postlock.
#[test]
fn environment_of_children() {
    let mut cases = String::new();
    for settings in ["", "syslog_name=other", "'import_environment=MAIL_LOGTAG=forced TZ'"] {
        for variables in ["TZ=UTC", "MAIL_LOGTAG=mine A=b TZ=UTC", "PATH=/nowhere LANG=de"] {
            for command in ["sendmail u@x", "sendmail -bp", "sendmail -q", "sendmail -bi"] {
                cases += &format!("{INFORMERS} {settings}; cd /; env -i {variables} /usr/sbin/{command}\n");
            }
            let main_cf = if settings.is_empty() { String::new() } else { format!("main_cf {settings}; ") };
            cases +=
                &format!("{main_cf}cd /; env -i {variables} /usr/sbin/postlock /t/locked /usr/bin/env\n");
        }
    }
    play("submission/environment-of-children", &cases);
}

/// A reader that hangs up: who dies of SIGPIPE, who does not, and what becomes of that when the signal is ignored.
#[test]
fn readers_that_hang_up() {
    let message = r"printf 'T\0171424242424 1234S\001aR\001bM\0N\002hiX\0E\0' > /t/queued";
    let mut cases = String::new();
    for command in [
        "postcat /t/queued",
        "postcat -bh /t/queued",
        "postqueue -p",
        "sendmail -bp",
        "postconf -d",
        "postmap -s texthash:/t/numbers",
        "postlog x 2>&1 >/dev/null",
        "postsuper -v 2>&1 >/dev/null",
        "postsuper -d x 2>&1 >/dev/null",
        "sendmail -t 2>&1 >/dev/null",
        "sendmail -v u@x",
        "postlock /t/locked echo x",
    ] {
        for prepare in ["", "trap '' PIPE;"] {
            // What postmap says of its own about writes that fail, the reference does not.
            if !command.starts_with("postmap") || prepare.is_empty() {
                cases += &format!(
                    "{message}; seq 20000 | sed 's/$/ x/' > /t/numbers; ({prepare} sleep 0.1; {command}; echo $? >&2) | true\n"
                );
            }
        }
    }
    play("submission/readers-that-hang-up", &cases);
}
