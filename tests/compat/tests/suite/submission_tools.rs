//! postlock, postkick, postlog and qshape; and submissions to a running mail system, among them those of mixed systems.

use crate::submission::play;
use compat::host::Host;
use compat::normalise::{self, Normaliser};
use compat::roots::Version;
use compat::{HostSpec, Pair, Transcript};

#[test]
fn postlock() {
    play(
        "submission/postlock",
        r"
        postlock
        /usr/sbin/postlock; echo $?
        postlock -Z x y; postlock -l
        for style in bogus 'fcntl,bogus dotlock' FCNTL ''; do postlock -l ''$style /t/f true; echo $?; done
        for style in fcntl flock dotlock 'fcntl, dotlock' 'flock fcntl dotlock'; do postlock -l ''$style /t/f ls /t; done
        postlock /t/f sh -c 'exit 7'; echo $?; postlock /t/f sh -c 'kill -9 $$'; echo $?; postlock /t/f false; echo $?
        postlock /t/f /nonexist; echo $?; postlock /t/f nonexist; echo $?; postlock /t/f /etc; echo $?
        echo 'echo script $1' > /t/script; chmod 755 /t/script; postlock /t/f /t/script x; echo $?
        postlock /nonexist/f true; echo $?; postlock -l fcntl /nonexist/f true; echo $?; postlock /t true; echo $?
        postlock /dev/null true; echo $?; postlock '' true; echo $?; postlock -c /nowhere /t/f true; echo $?
        ln -s /t/f /t/l; postlock /t/l true; echo $?; ln /t/f /t/h; postlock /t/h true; echo $?; rm /t/h
        postlock /t/new sh -c 'ls -l /t/new* | cut -c1-10; cat; echo to >> /t/new' <<< in; cat /t/new
        main_cf deliver_lock_attempts=2 deliver_lock_delay=1s; touch /t/g.lock; postlock /t/g true; echo $?
        main_cf deliver_lock_attempts=1; for style in fcntl flock; do postlock -l $style /t/q postlock -l $style /t/q true; done
        main_cf deliver_lock_attempts=1; postlock -l fcntl /t/q postlock -l flock /t/q echo both
        main_cf stale_lock_time=1; touch /t/s.lock; sleep 2.5; postlock -l dotlock /t/s echo stale; ls /t/s*
        main_cf mailbox_delivery_lock=wrong; postlock /t/f true; echo $?; postlock -l fcntl /t/f true; echo $?
        main_cf mailbox_delivery_lock=; postlock /t/f true; echo $?
        main_cf junk; postlock /t/f true; echo $?
        nobody postlock /t/f true; echo $?; nobody postlock /t/nobodys id -u; ls -ln /t/nobodys | cut -c1-30
        postlock /t/f sh -c 'ls /proc/self/fd | wc -l'
        ",
    );
}

/// Requests of every form to the services of a running system. The reference writes twice, and dies of SIGPIPE if the
/// service hangs up in between: `kick` takes that for a success. It can be contacted until its last process has gone,
/// which may be after `postfix stop`.
#[test]
fn postkick() {
    let script = r"
        postkick; postkick a b; postkick a b c d; postkick -x a b c; /usr/sbin/postkick
        postkick a b c; postkick public nowhere W; postkick . main.cf W; postkick pid master.pid W; postkick '' public/pickup W
        postkick .. etc W; postkick public . W; postkick -c /nowhere public pickup W; postkick ../../../tmp x W
        kick() { postkick $*; status=$?; [ $status != 141 ] || status=0; echo $status; }
        kick public pickup W; kick public qmgr W; kick public qmgr FADI
        mkfifo public/fifo; postkick public fifo hello; echo $?; exec 5<>public/fifo; postkick public fifo hello; echo $?; head -c 5 <&5; exec 5>&-
        setpriv --reuid nobody --regid nogroup --clear-groups postkick public pickup W; echo $?
        postfix stop 2>/dev/null; while grep -qsx pickup /proc/[0-9]*/comm; do sleep 0.1; done
        postkick public pickup W; echo $?";
    let pair = Pair::new("submission/postkick").build();
    pair.assert_same(|host| {
        host.start_mail();
        let mut transcript = Transcript::new();
        let output = host.run(["bash", "-c", &format!("cd /var/spool/postfix; exec 2>&1; {script}")]);
        transcript.text("stdout", "postkick", &compat::pair::printable(&output.stdout));
        transcript
    });
}

/// Several alias databases of several types, and what becomes of those behind one that cannot be built.
#[test]
fn newaliases() {
    let cases = r"
        printf 'a: b\nb: c, d\n' > /t/one; printf 'x: y\n' > /t/two; printf 'q: r\nbroken line\nq: s\n' > /t/odd; chown nobody /t/two
        main_cf 'alias_database = cdb:/t/one, lmdb:/t/two hash:/t/odd'; newaliases; echo $?; ls -ln /t/*.cdb /t/*.db /t/*.lmdb | cut -c1-24; for table in cdb:one lmdb:two hash:odd; do postalias -s ${table%:*}:/t/${table#*:} | grep -v MODIFIED; done; rm /t/*.*db
        main_cf 'alias_database = cdb:/t/one cdb:/t/missing lmdb:/t/two'; newaliases; echo $?; ls /t/*.*db; rm /t/*.*db
        main_cf 'alias_database = /t/one /t/two'; sendmail -bi; echo $?; ls /t/*.*db; rm /t/*.*db
        main_cf 'alias_database = texthash:/t/one cdb:/t/two'; newaliases; echo $?; ls /t/*.*db
        main_cf 'alias_database = nosuch:/t/one cdb:/t/two'; newaliases; echo $?; ls /t/*.*db
        main_cf 'alias_database ='; newaliases; echo $?; sendmail -I; echo $?
        main_cf 'alias_database = cdb:/t/one'; sendmail -oA/t/two -bi; echo $?; ls /t/*.*db; rm /t/*.*db
        main_cf 'alias_database = cdb:/t/one'; sendmail -oAlmdb:/t/two -I; echo $?; ls /t/*.*db; rm /t/*.*db
        main_cf 'alias_database = cdb:/t/one, ,, cdb:/t/one'; newaliases; echo $?; ls /t/*.*db; rm /t/*.*db
        main_cf 'alias_database = cdb:/t/one'; nobody newaliases; echo $?; ls /t/*.*db
        main_cf 'alias_database = lmdb:/t/two'; chmod 777 /t; nobody newaliases; echo $?; ls -ln /t/*.*db | cut -c1-24
        newaliases x; echo $?; newaliases -Z; echo $?; newaliases -C /nowhere; echo $?";
    play("submission/newaliases", cases);
}

/// Files that qshape(1) counts, and others. The reference is a Perl script that needs two modules of the full Perl.
const QUEUE: &str = r#"
for module in File/Find Getopt/Std; do
  mkdir -p /etc/perl/${module%/*}
  cp /host-perl/$module.pm /etc/perl/$module.pm
done
mkdir -p /q/deferred/A /q/deferred/B /q/odd /var/spool/postfix/incoming /var/spool/postfix/active
now=$(date +%s)
# message FILE AGE SENDER RECIPIENT..
message() {
  file=$1 time=$((now - $2)) sender=$3; shift 3
  { printf 'C\017  4  90 1 0 4 0T\014%s 1' $time; printf "S\\$(printf %03o ${#sender})%s" "$sender"
    for recipient; do printf "R\\$(printf %03o ${#recipient})%s" "$recipient"; done
    printf 'M\000N\002hiX\000E\000'; } > $file
  chmod 700 $file
}
message /q/deferred/A/AAAAAA1 60 a@example.com x@a.example.net y@b.example.net Z@B.EXAMPLE.NET.
message /q/deferred/A/AAAAAA2 1000 '' root u@d1.sub.example.org u@d22.sub.example.org u@d333.sub.example.org
message /q/deferred/B/BBBBBB1 100000 b@x.example.com u@d4444.sub.example.org u@d55555.sub.example.org u@d666666.sub.example.org
message /q/deferred/B/BBBBBB2 9000000 b@y.example.com 'a@b@..dots..example.de' "u@$(printf 'long%.0s' {1..12}).example.com"
message /q/deferred/AAAAA 60 short@name.example n@n
message /q/odd/CCCCCC1 60 no-x@bit.example n@n; chmod 600 /q/odd/CCCCCC1
printf 'C\003abc' > /q/odd/CCCCCC2; chmod 700 /q/odd/CCCCCC2
message /q/odd/CCCCCC3 60 cut@short.example n@n; truncate -s -2 /q/odd/CCCCCC3
printf 'S\003o@lR\005new@eM\000N\002hiX\000E\000' > /q/odd/CCCCCC4; chmod 700 /q/odd/CCCCCC4
"#;

#[test]
fn qshape() {
    let module = |name: &str| {
        let perl = std::process::Command::new("perl")
            .args(["-e", "print join qq(\\n), @INC"])
            .output()
            .expect("perl");
        let folders = String::from_utf8(perl.stdout).expect("UTF-8");
        let found = folders
            .lines()
            .map(|folder| format!("{folder}/{name}"))
            .find_map(|path| std::fs::read(path).ok());
        found.unwrap_or_else(|| panic!("no {name} on this machine"))
    };
    let pair = Pair::new("submission/qshape")
        .file("/host-perl/File/Find.pm", module("File/Find.pm"))
        .file("/host-perl/Getopt/Std.pm", module("Getopt/Std.pm"))
        .file("/make-queue", QUEUE)
        .build();
    pair.assert_same(|host| {
        host.must(["bash", "/make-queue"]);
        let mut transcript = Transcript::new();
        for options in [
            "-h",
            "-x",
            "-c /nowhere",
            "-c /nowhere /q/deferred",
            "/q/deferred",
            "-s /q/deferred",
            "-p -m 2 /q/deferred",
            "-p /q/deferred",
            "-spm1 /q/deferred",
            "-l /q/deferred",
            "-b 3 /q/deferred",
            "-b 1 -t 0.1 /q/deferred",
            "-b 70 -l -t 1000 /q/deferred",
            "-w 120 /q/deferred",
            "-w 40 /q/deferred",
            "-t 1.5 -b 12 /q/deferred",
            "/q/odd",
            "/q/deferred/A/AAAAAA1 /q/deferred/B",
            "-N 1 -n 2 /q/deferred",
            "-sb 5 -t60 -- /q/deferred",
            "/q/deferred >/dev/full",
            "",
        ] {
            let output = host.run(["sh", "-c", &format!("qshape {options}")]);
            transcript.text("status", options, &output.status.to_string());
            // Rows with the same count and the same length of name come in any order.
            transcript.unordered("stdout", options, &compat::pair::printable(&output.stdout));
            if !options.contains("odd") {
                transcript.text("stderr", options, &compat::pair::printable(&output.stderr));
            }
        }
        transcript
    });
}

/// A site that delivers to mailboxes.
fn submit_everything(host: &Host) -> Transcript {
    host.start_mail();
    let mut transcript = Transcript::new();
    let t = &mut transcript;
    let message = b"From nobody\nSubject: hello\nTo: root\n\nGr\xfc\xdfe\n.\nnot here\n";
    for argv in [
        &["sendmail", "-f", "a@example.com", "root"][..],
        &["sendmail", "-t", "-F", "Some Body", "-f", "b@example.com"],
        &["sendmail", "-i", "-B8BITMIME", "-f", "c@example.com", "root", "root"],
        &["sendmail", "-v", "-f", "root", "root"],
        &["sendmail", "-bv", "-f", "root", "root", "nosuchuser"],
        &["sendmail", "-Nsuccess", "-Venvid", "-RHDRS", "-f", "root", "root"],
        &["sendmail", "-f", "", "nosuchuser"],
        &["sendmail", "-G", "-f", "d", "root@localhost"],
        &["sendmail", "-OSMTPUTF8=yes", "-f", "e@example.com", "root"],
    ] {
        let output = host.run_with_input(argv, message);
        t.output(&argv.join(" "), &output, &[]);
    }
    let dialogue = b"EHLO me\r\nMAIL FROM:<s@example.com> SIZE=100\r\nRCPT TO:<root>\r\nRCPT TO:<a@elsewhere.example>\r\nDATA\r\nSubject: by SMTP\r\n\r\n..x\r\n.\r\nVRFY root\r\nRSET\r\nNOOP\r\nETRN x\r\nFOO\r\nQUIT\r\n";
    for who in ["root", "nobody"] {
        let output = match who {
            "root" => host.run_with_input(["sendmail", "-bs"], dialogue),
            _ => host.run_with_input(
                ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "sendmail", "-bs"],
                dialogue,
            ),
        };
        t.output(&format!("sendmail -bs as {who}"), &output, Normaliser::ALL);
    }
    // Its status is left to chance, see `postkick`.
    let _ = host.run(["postkick", "public", "pickup", "W"]);
    host.settle();
    let mailbox = compat::pair::printable(&std::fs::read(host.path("/var/mail/root")).unwrap_or_default());
    t.unordered("delivered", "root", &normalise::without_identity(Normaliser::ALL, &mailbox));
    let log = host.log();
    let about =
        |line: &&str| ["/pickup[", "/cleanup[", "/local[", "/smtpd["].iter().any(|name| line.contains(name));
    let log: String = log.lines().filter(about).map(|line| format!("{line}\n")).collect();
    t.unordered("log", "pickup, cleanup, local", &normalise::without_identity(Normaliser::ALL, &log));
    transcript
}

fn spec(base: HostSpec) -> HostSpec {
    // Neither a look-up nor a delivery outside.
    base.main_cf("default_transport = retry:elsewhere\ndelay_warning_time = 0\n")
}

#[test]
fn to_a_running_system() {
    Pair::new("submission/running").both(spec).build().assert_same(submit_everything);
}

/// Our sendmail and postdrop into the real pickup, and the real ones into ours; our pickup among real programs.
#[test]
fn in_mixed_systems() {
    let theirs = submit_everything(&spec(HostSpec::reference(Version::V3_11)).start());
    let swapped = |base: HostSpec, command: &str| {
        let host = spec(base.swap_command(command)).start();
        theirs.assert_same(&submit_everything(&host), &format!("submission/mixed-{command}"));
    };
    for command in ["sendmail", "postdrop"] {
        swapped(HostSpec::reference(Version::V3_11), command);
        swapped(HostSpec::ours(Version::V3_11), command);
    }
    let host = spec(HostSpec::reference(Version::V3_11).swap_daemon("pickup")).start();
    theirs.assert_same(&submit_everything(&host), "submission/mixed-pickup");
}
