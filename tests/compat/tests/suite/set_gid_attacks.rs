//! The set-gid commands under limits, configurations, input and surroundings that only an attacker would give them.

use crate::submission::play;

const WHOLE: &str =
    "printf 'S\\03a@bR\\03c@dM\\0N\\01xX\\0E\\0' > /t/whole; chmod 644 /t/whole; mkdir -m 777 /t/own\n";

/// Resources that run out.
#[test]
fn limits() {
    let mut cases = WHOLE.to_owned();
    for blocks in [0, 1, 2] {
        cases += &format!("ulimit -f {blocks}; nobody postdrop </t/whole; echo $?\n");
    }
    let large = "printf 'S\\03a@bR\\03c@dM\\0'; for i in {1..300}; do printf 'N\\012xxxxxxxxxx'; done; printf 'X\\0E\\0'";
    cases += &format!("ulimit -f 1; {{ {large}; }} | nobody postdrop; echo $?\n");
    cases += &format!("trap '' XFSZ; ulimit -f 1; {{ {large}; }} | nobody postdrop; echo $?\n");
    cases +=
        "ulimit -f 1; nobody sendmail -f a@b c@d </t/whole; seq 2000 | nobody sendmail -f a@b c@d; echo $?\n";
    for descriptors in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16] {
        cases += &format!("ulimit -n {descriptors}; nobody postdrop </t/whole; echo $?\n");
    }
    for descriptors in [0, 1, 2, 3, 10, 12, 16] {
        cases += &format!("ulimit -n {descriptors}; nobody postqueue -p; nobody postqueue -j; echo $?\n");
    }
    cases += "ulimit -t 1; nobody postdrop </t/whole; nobody postqueue -p; echo $?\n";
    cases += "ulimit -s 64; nobody postdrop </t/whole; nobody postqueue -p; echo $?\n";
    cases += "ulimit -l 0 -c unlimited; nobody postdrop </t/whole; nobody postqueue -p; echo $?\n";
    cases += "nobody nice -n 19 postdrop </t/whole; nobody setsid -w postdrop </t/whole; echo $?\n";
    play("set-gid-attacks/limits", &cases);
}

/// Long arguments, and configurations and directories of the caller's own.
#[test]
fn arguments_and_configurations() {
    let mut cases = WHOLE.to_owned();
    let repeated = |text: &str, count: usize| format!("$(printf '{text}%.0s' {{1..{count}}})");
    cases += "nobody postdrop $(seq 20000) </t/whole; echo $?; nobody postqueue $(seq 20000); echo $?\n";
    for argument in ["-p", "-s", "-i"] {
        cases += &format!("nobody postqueue {argument} {}; echo $?\n", repeated("x", 100_000));
    }
    cases += &format!("nobody postqueue -c {} -p; echo $?\n", repeated("/", 100_000));
    cases += &format!("nobody postdrop -c {} </t/whole; echo $?\n", repeated("/a", 50_000));
    cases += "cp /etc/postfix/main.cf /t/own; echo 'queue_directory = /t/own' >>/t/own/main.cf\n";
    for command in ["postdrop </t/whole", "postqueue -p", "postqueue -f", "sendmail a@b"] {
        for directory in ["/t/own", "../../etc/postfix", "/etc//postfix", "/etc/postfix/.", "postfix"] {
            cases += &format!("cd /etc; MAIL_CONFIG={directory} nobody {command}; echo $?\n");
        }
        cases += &format!("MAIL_CONFIG={} nobody {command}; echo $?\n", repeated("/", 5000));
        cases +=
            &format!("MAIL_DEBUG=1 MAIL_VERBOSE=1 MAIL_LOGTAG={} nobody {command}\n", repeated("x", 5000));
        cases += &format!("nobody env -i {command}; nobody env -i A= =x B {command}; echo $?\n");
        cases += &format!(
            "nobody env PATH=/t LANG=/etc/passwd LC_ALL=../x NLSPATH=/t/%N HOSTALIASES=/etc/shadow GCONV_PATH=/t \
             MALLOC_CHECK_=3 RUST_BACKTRACE=full RUST_MIN_STACK=1 RUST_LOG=trace {command}; echo $?\n"
        );
        cases +=
            &format!("nobody env TZ={} RUST_MIN_STACK=99999999999999 {command}\n", repeated("x", 50_000));
        cases +=
            &format!("mkdir -p -m 0 /t/closed; chown nobody /t/closed; cd /t/closed; nobody {command}\n");
        cases += &format!("umask 777; nobody {command}; umask 0; nobody {command}; echo $?\n");
        cases += &format!("nobody unshare -U -r {command}; nobody unshare -U -r chroot / {command}\n");
    }
    for option in ["-c", "-C"] {
        cases +=
            &format!("nobody postqueue {option} /t/own -p; nobody sendmail {option} /t/own a@b; echo $?\n");
    }
    cases += "nobody bash -c 'exec -a - postdrop </t/whole'; nobody bash -c 'exec -a \"$(printf \"\\n%%s\\033\")\" postqueue -Z'\n";
    cases += "nobody bash -c 'postqueue -i x/y; postqueue -s \"a b\"; postqueue -s [::1]; postqueue -s \"\"; postqueue -i \"\"'\n";
    play("set-gid-attacks/arguments", &cases);
}

/// Input without end, without line breaks, in pieces, twice; readers that have gone.
#[test]
fn input_and_output() {
    let mut cases = WHOLE.to_owned();
    let head = "printf 'S\\03a@bR\\03c@dM\\0'";
    for line in [
        "nobody bash -c 'head -c 300000 /dev/zero | postdrop'; echo $?",
        "nobody bash -c 'head -c 300000 /dev/zero | tr \"\\0\" x | sendmail a@b'; echo $?",
        "{ printf 'S\\377\\377\\377\\177'; head -c 300000 /dev/zero; } | nobody postdrop; echo $?",
        "{ printf 'S\\377\\377\\377\\377\\377'; head -c 3000 /dev/zero; } | nobody postdrop; echo $?",
        "{ printf 'S\\03a@b'; for i in {1..5000}; do printf 'R\\03c@d'; done; printf 'M\\0N\\01xX\\0E\\0'; } | nobody postdrop; echo $?",
        "cat /t/whole /t/whole | nobody postdrop; echo $?",
        "{ cat /t/whole; sleep 1; } | nobody postdrop; echo $?",
        "exec 9> >(true); wait $!; nobody postdrop </t/whole >&9 9>&-; echo $?; nobody postqueue -p >&9 9>&-; echo $?",
        "nobody bash -c 'postdrop <>/dev/null; postdrop 0>/dev/null'; echo $?",
        "nobody bash -c 'postdrop </t/whole >/t/own/1 & postdrop </t/whole >/t/own/2 & wait'; cat /t/own/[12]",
        "trap '' TERM INT HUP QUIT ALRM PIPE CHLD XFSZ; nobody postdrop </t/whole; ulimit -f 0; nobody postdrop </t/whole; echo $?",
        "ln -s /etc/passwd /var/spool/postfix/maildrop/link; nobody postdrop </t/whole; rm /var/spool/postfix/maildrop/link",
    ] {
        cases += line;
        cases += "\n";
    }
    for (length, bytes) in [("\\200\\200\\004", 65_536), ("\\200\\200\\100", 1_048_576)] {
        cases += &format!(
            "{{ {head}; printf 'N{length}'; head -c {bytes} /dev/zero; printf 'X\\0E\\0'; }} | nobody postdrop; echo $?\n"
        );
    }
    cases += &format!(
        "ulimit -f 2000; nobody timeout 1 bash -c '{{ {}; yes \"$(printf \"N\\002x\")\"; }} | postdrop'; echo $?\n",
        head.replace('\'', "\"")
    );
    cases += "mkfifo /t/slow; chmod 644 /t/slow; exec 3<>/t/slow; nobody postdrop </t/slow & sleep 0.3; kill -STOP $!; \
              sleep 0.2; cat /t/whole >&3; kill -CONT $!; wait $!; echo $?\n";
    play("set-gid-attacks/input", &cases);
}
