//! The set-gid commands as an attacker would call them.

use crate::servers_sqlite::database;
use crate::submission::{play, play_on};
use compat::{HostSpec, Pair};

/// What a caller may leave open, closed, or broken.
#[test]
fn descriptors() {
    let mut cases =
        String::from("printf 'S\\03a@bR\\03c@dM\\0N\\01xX\\0E\\0' > /t/whole; chmod 644 /t/whole\n");
    for who in ["", "nobody"] {
        for closed in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
            let input = if closed.contains("<&-") { "" } else { "</t/whole" };
            cases += &format!("{who} postdrop {input} {closed}; echo $?\n");
            for command in ["sendmail u@x", "sendmail -bp", "postqueue -p", "postlog hello"] {
                cases += &format!("{who} {command} {closed}; echo $?\n");
            }
        }
        cases +=
            &format!("for i in {{3..80}}; do eval \"exec $i</dev/null\"; done; {who} postdrop </t/whole\n");
        cases += &format!("{who} postdrop </t/whole >/dev/full; echo $?\n");
        cases += &format!(
            "{who} postdrop </etc; echo $?; {who} sendmail u@x </etc; echo $?; {who} sendmail -t </etc\n"
        );
        cases +=
            &format!("{who} sendmail -v u@x >/dev/full; echo $?; {who} sendmail u@x 2>/dev/full; echo $?\n");
    }
    play("set-gid/descriptors", &cases);
}

/// Environment, names, directories, limits.
#[test]
fn surroundings() {
    let mut cases =
        String::from("printf 'S\\03a@bR\\03c@dM\\0N\\01xX\\0E\\0' > /t/whole; chmod 644 /t/whole\n");
    for who in ["", "nobody", "nameless"] {
        for name in [
            "MAIL_CONFIG=/nowhere",
            "MAIL_CONFIG=/etc/postfix/",
            "MAIL_CONFIG=",
            "MAIL_VERBOSE=1",
            "TZ=/etc/passwd",
            "LD_PRELOAD=/x.so",
            "POSTLOG_SERVICE=/t/x POSTLOG_HOSTNAME=y",
            "RUST_BACKTRACE=full",
        ] {
            cases += &format!("export {name}; {who} postdrop </t/whole; echo $?\n");
        }
        for options in ["-c", "-c /t", "-c ''", "-c /etc/postfix", "-r", "-Z", "x"] {
            cases += &format!("{who} postdrop {options} </t/whole; echo $?\n");
        }
        cases += &format!(
            "mkdir /t/gone; cd /t/gone; rmdir /t/gone; {who} postdrop </t/whole; {who} sendmail u@x\n"
        );
        cases +=
            &format!("umask 777; {who} sendmail u@x </t/whole; echo $?; umask 0; {who} postdrop </t/whole\n");
        cases += &format!("trap '' TERM HUP INT QUIT PIPE XFSZ; {who} sendmail u@x; echo $?\n");
        cases +=
            &format!("{who} bash -c 'exec -a \"\" postdrop -Z'; {who} bash -c 'exec -a x/ sendmail -Z'\n");
        cases += &format!(
            "{who} bash -c 'exec -a mailq sendmail x'; {who} bash -c 'exec -a newaliases sendmail x'\n"
        );
        cases += &format!("{who} sendmail $(seq -f 'u%g@example.com' 5000); echo $?\n");
        for limit in ["-f 1", "-t 1", "-s 256", "-n 9", "-n 16"] {
            cases += &format!("(ulimit {limit}; seq 3000 | {who} sendmail u@x); echo $?\n");
        }
    }
    play("set-gid/surroundings", &cases);
}

/// Files that tables of [`lists_of_users`] are described in.
const TABLES: &[(&str, &str)] = &[
    ("/tables/db.cf", "hosts = 127.0.0.1\nuser = a\npassword = b\ndbname = c\nquery = select 1\n"),
    ("/tables/ldap.cf", "server_host = ldap://127.0.0.1\nsearch_base = a\n"),
    ("/tables/memcache.cf", "memcache = inet:127.0.0.1:1\n"),
    ("/tables/sqlite.cf", "dbpath = /tables/users.db\nquery = select v from t where k = '%s'\n"),
    ("/tables/bad.cf", "hosts = x\nnonsense\n"),
    ("/tables/users", "root x\n"),
    ("/tables/message", "S\x03a@bR\x03c@dM\0N\x01xX\0E\0"),
];

/// Lists of users in tables of every kind: files, servers that are not there, and what cannot be opened.
#[test]
fn lists_of_users() {
    let users = database("create table t(k, v); insert into t values('nobody', 'joe@example.com')");
    let mut pair = Pair::new("set-gid/lists-of-users").file("/tables/users.db", users);
    for (path, content) in TABLES {
        pair = pair.file(path, content);
    }
    let group_only = |host: HostSpec| host.file_with_mode("/tables/secret.cf", TABLES[3].1, 0o600);
    let mut cases = String::from(
        "cp /tables/sqlite.cf /tables/group.cf; chgrp postdrop /tables/group.cf; chmod 640 /tables/group.cf\n",
    );
    for table in [
        "pgsql:/tables/db.cf",
        "mysql:/tables/db.cf",
        "ldap:/tables/ldap.cf",
        "memcache:/tables/memcache.cf",
        "sqlite:/tables/sqlite.cf",
        "sqlite:/tables/group.cf",
        "sqlite:/tables/secret.cf",
        "socketmap:inet:127.0.0.1:1:users",
        "pgsql:legacy",
        "pgsql:/tables/missing.cf",
        "mysql:/tables/bad.cf",
        "socketmap:nonsense",
        "unsupported:x",
        "unionmap:{texthash:/tables/users,sqlite:/tables/sqlite.cf}",
    ] {
        let main_cf = format!("main_cf 'authorized_submit_users = {table}'");
        cases += &format!("{main_cf}; nobody postdrop </tables/message\n");
        cases += &format!("{main_cf}; nobody sendmail u@x\n");
    }
    for table in ["sqlite:/tables/sqlite.cf", "!nobody, static:all", "pgsql:/tables/db.cf"] {
        cases += &format!("main_cf 'authorized_mailq_users = {table}'; nobody postqueue -p; postqueue -p\n");
    }
    let logins = "main_cf 'local_login_sender_maps = sqlite:/tables/sqlite.cf'";
    for sender in ["joe@example.com", "joe+x@example.com", "other@example.com"] {
        cases += &format!("{logins}; nobody sendmail -f {sender} u@x; sendmail -f {sender} u@x\n");
    }
    play_on(pair.both(group_only), &cases);
}

/// Signals while a message comes in: no file is left, or one that is complete.
#[test]
fn signals() {
    let mut cases = String::new();
    for signal in ["INT", "QUIT", "TERM", "HUP", "PIPE", "USR1", "ALRM", "KILL", "STOP"] {
        for command in ["postdrop", "sendmail u@x"] {
            cases += &format!("interrupted {signal} {command} 2>/dev/null\n");
        }
    }
    for signal in ["TERM", "HUP"] {
        cases += &format!("trap '' TERM HUP; interrupted {signal} postdrop\n");
    }
    cases += "for i in 1 2 3 4; do sendmail u$i@x </t/message & done; wait\n";
    play("set-gid/signals", &cases);
}
