//! Where this build's system has things: set by the build profile (`OXIPOST_PROFILE`, see build.rs).

/// Name of the build profile: `debian`, `upstream` or `redhat`.
pub const NAME: &str = env!("OXIPOST_PROFILE_NAME");

/// Configuration directory when neither `-c` nor MAIL_CONFIG says otherwise.
pub const CONFIG_DIRECTORY: &str = env!("OXIPOST_CONFIG_DIRECTORY");
/// Directory of the programs that master(8) starts.
pub const DAEMON_DIRECTORY: &str = env!("OXIPOST_DAEMON_DIRECTORY");
/// Directory of the administrative commands.
pub const COMMAND_DIRECTORY: &str = env!("OXIPOST_COMMAND_DIRECTORY");
/// Top of the mail queue.
pub const QUEUE_DIRECTORY: &str = env!("OXIPOST_QUEUE_DIRECTORY");
/// Directory of data that the mail system itself writes.
pub const DATA_DIRECTORY: &str = env!("OXIPOST_DATA_DIRECTORY");
/// Directory of files that instances share and no one edits.
pub const META_DIRECTORY: &str = env!("OXIPOST_META_DIRECTORY");
/// Directory of shared libraries, or `no`.
pub const SHLIB_DIRECTORY: &str = env!("OXIPOST_SHLIB_DIRECTORY");
/// Directory of the manual pages.
pub const MANPAGE_DIRECTORY: &str = env!("OXIPOST_MANPAGE_DIRECTORY");
/// Directory of the README files, or `no`.
pub const README_DIRECTORY: &str = env!("OXIPOST_README_DIRECTORY");
/// Directory of the HTML documentation, or `no`.
pub const HTML_DIRECTORY: &str = env!("OXIPOST_HTML_DIRECTORY");
/// Directory of sample configuration files.
pub const SAMPLE_DIRECTORY: &str = env!("OXIPOST_SAMPLE_DIRECTORY");
/// Path of sendmail(1).
pub const SENDMAIL_PATH: &str = env!("OXIPOST_SENDMAIL_PATH");
/// Path of newaliases(1).
pub const NEWALIASES_PATH: &str = env!("OXIPOST_NEWALIASES_PATH");
/// Path of mailq(1).
pub const MAILQ_PATH: &str = env!("OXIPOST_MAILQ_PATH");
/// Directory of the users' mailboxes.
pub const MAIL_SPOOL_DIRECTORY: &str = env!("OXIPOST_MAIL_SPOOL_DIRECTORY");
/// Type of an indexed table that is named without one.
pub const DATABASE_TYPE: &str = env!("OXIPOST_DATABASE_TYPE");
/// Type of the tables that keep caches.
pub const CACHE_DB_TYPE: &str = env!("OXIPOST_CACHE_DB_TYPE");
/// Where the alias tables are.
pub const ALIAS_MAPS: &str = env!("OXIPOST_ALIAS_MAPS");
/// The Postfix release that we speak; scripts compare it.
pub const MAIL_VERSION: &str = "3.11.7";
/// The day of that release.
pub const MAIL_RELEASE_DATE: &str = "20260907";
/// The newest level of compatible behaviour.
pub const LAST_COMPAT_LEVEL: &str = "3.11";

#[cfg(test)]
mod tests {
    use super::NAME;
    use crate::{Default, Row};

    /// Defaults by profile: Debian's as its postconf 3.11 prints them; upstream's as sys_defs.h and mail_params.h of 3.11
    /// have them for Linux, built by makedefs without options.
    const DEFAULTS: &[(&str, &str, &str, &str)] = &[
        ("daemon_directory", "/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/libexec/postfix"),
        ("default_cache_db_type", "lmdb", "btree", "lmdb"),
        ("default_database_type", "cdb", "hash", "lmdb"),
        ("html_directory", "/usr/share/doc/postfix/html", "no", "no"),
        ("manpage_directory", "/usr/share/man", "/usr/local/man", "/usr/local/man"),
        ("meta_directory", "/usr/share/postfix", "/etc/postfix", "/etc/postfix"),
        ("readme_directory", "/usr/share/doc/postfix", "no", "no"),
        ("shlib_directory", "/usr/lib/postfix", "no", "/usr/lib64/postfix"),
    ];

    /// What `postconf -d` of Postfix 3.11.6 prints: built from its source by makedefs without options on Linux, but for
    /// `-DUSE_TLS` with OpenSSL 3.5; with an empty master.cf, and without the lines that every host has its own of.
    const UPSTREAM: &str = include_str!("defaults-upstream-3.11.6.txt");

    fn text_of(row: &Row) -> Option<String> {
        match row.default {
            Default::Text(text) => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
            Default::Computed(_) => None,
        }
    }

    #[test]
    fn defaults_are_those_of_the_profile() {
        let mut count = 0;
        for line in UPSTREAM.lines() {
            let (name, upstream) = line.split_once(" =").expect(line);
            let changed = DEFAULTS.iter().find(|(parameter, ..)| *parameter == name);
            let expected = match (changed, NAME) {
                (Some((_, debian, ..)), "debian") => debian,
                (Some((.., redhat)), "redhat") => redhat,
                _ => upstream.trim_start(),
            };
            let row = crate::by_name(name).expect(name);
            assert_eq!(text_of(row).as_deref(), Some(expected), "{name} of {NAME}");
            count += 1;
        }
        let hosts_own = ["mail_version", "mail_release_date", "config_directory"];
        let all = crate::rows().iter().filter(|row| !row.legacy && !hosts_own.contains(&row.name));
        assert_eq!(
            count,
            all.filter(|row| text_of(row).is_some()).count(),
            "a parameter is missing in the list"
        );
    }
}
