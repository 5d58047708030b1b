//! Picks the directories that are compiled in, by the environment variable OXIPOST_PROFILE.
//!
//! The names follow each distribution's own postfix package, because installing over it is the swap.

/// Settings of one system, as pairs of name and value.
type Settings = [(&'static str, &'static str); 18];

/// Debian's package, suite sid.
const DEBIAN: Settings = [
    ("CONFIG_DIRECTORY", "/etc/postfix"),
    ("DAEMON_DIRECTORY", "/usr/lib/postfix/sbin"),
    ("COMMAND_DIRECTORY", "/usr/sbin"),
    ("QUEUE_DIRECTORY", "/var/spool/postfix"),
    ("DATA_DIRECTORY", "/var/lib/postfix"),
    ("META_DIRECTORY", "/usr/share/postfix"),
    ("SHLIB_DIRECTORY", "/usr/lib/postfix"),
    ("MANPAGE_DIRECTORY", "/usr/share/man"),
    ("README_DIRECTORY", "/usr/share/doc/postfix"),
    ("HTML_DIRECTORY", "/usr/share/doc/postfix/html"),
    ("SAMPLE_DIRECTORY", "/etc/postfix"),
    ("SENDMAIL_PATH", "/usr/sbin/sendmail"),
    ("NEWALIASES_PATH", "/usr/bin/newaliases"),
    ("MAILQ_PATH", "/usr/bin/mailq"),
    ("MAIL_SPOOL_DIRECTORY", "/var/mail"),
    ("DATABASE_TYPE", "cdb"),
    ("CACHE_DB_TYPE", "lmdb"),
    ("ALIAS_MAPS", "$default_database_type:/etc/aliases, nis:mail.aliases"),
];

/// What differs from Debian in an installation from the original's own source.
const UPSTREAM: &[(&str, &str)] = &[
    ("DAEMON_DIRECTORY", "/usr/libexec/postfix"),
    ("META_DIRECTORY", "/etc/postfix"),
    ("SHLIB_DIRECTORY", "no"),
    ("MANPAGE_DIRECTORY", "/usr/local/man"),
    ("README_DIRECTORY", "no"),
    ("HTML_DIRECTORY", "no"),
    ("DATABASE_TYPE", "hash"),
    ("CACHE_DB_TYPE", "btree"),
];

/// What differs from Debian in Fedora's and Red Hat's package. It is built with the original's defaults but for the
/// libraries; the names with `.postfix` at the end and the documentation's places stand in its main.cf.
const REDHAT: &[(&str, &str)] = &[
    ("DAEMON_DIRECTORY", "/usr/libexec/postfix"),
    ("META_DIRECTORY", "/etc/postfix"),
    ("SHLIB_DIRECTORY", "/usr/lib64/postfix"),
    ("MANPAGE_DIRECTORY", "/usr/local/man"),
    ("README_DIRECTORY", "no"),
    ("HTML_DIRECTORY", "no"),
    ("DATABASE_TYPE", "lmdb"),
    ("CACHE_DB_TYPE", "lmdb"),
];

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-env-changed=OXIPOST_PROFILE");
    let profile = std::env::var("OXIPOST_PROFILE").unwrap_or_else(|_| "debian".to_owned());
    let changes: &[(&str, &str)] = match profile.as_str() {
        "debian" => &[],
        "upstream" => UPSTREAM,
        "redhat" => REDHAT,
        other => return Err(format!("OXIPOST_PROFILE={other}: expected debian, upstream or redhat")),
    };
    println!("cargo:rustc-env=OXIPOST_PROFILE_NAME={profile}");
    for (name, common) in DEBIAN {
        let value = changes.iter().find(|(changed, _)| *changed == name).map_or(common, |(_, value)| value);
        println!("cargo:rustc-env=OXIPOST_{name}={value}");
    }
    Ok(())
}
