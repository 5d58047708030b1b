//! The mail system as a whole: its names, its networks, its directories, its users.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after start;

    /// Other configuration directories that set-gid commands may be pointed at.
    ALTERNATE_CONFIG_DIRECTORIES: Text("alternate_config_directories", "", any(), [Every]);
    /// Directory of the administrative commands.
    COMMAND_DIRECTORY: Text("command_directory", COMMAND_DIRECTORY, min(1), [Every]);
    /// The release whose defaults the site has agreed to.
    COMPATIBILITY_LEVEL: Text("compatibility_level", "0", any(), [Every]) since "3.0";
    /// Directory of main.cf and master.cf. It is known before main.cf is: no program evaluates what is set there.
    CONFIG_DIRECTORY: Text("config_directory", CONFIG_DIRECTORY, min(1), []);
    /// Directory of the programs that master(8) runs.
    DAEMON_DIRECTORY: Text("daemon_directory", DAEMON_DIRECTORY, min(1), [Every]);
    /// Directory for files that daemons write for themselves, such as caches.
    DATA_DIRECTORY: Text("data_directory", DATA_DIRECTORY, min(1), [Every]) since "2.5";
    /// Type of the tables that caches are kept in.
    DEFAULT_CACHE_DB_TYPE: Text("default_cache_db_type", CACHE_DB_TYPE, min(1), [Every]) since "3.11";
    /// Type of an indexed table that is named without one.
    DEFAULT_DATABASE_TYPE: Text("default_database_type", DATABASE_TYPE, min(1), [Every]);
    /// Log warnings about configurations that work by accident.
    HELPFUL_WARNINGS: Bool("helpful_warnings", "yes", any(), [Every]) since "2.0";
    /// Where the HTML documentation is installed, or `no`.
    HTML_DIRECTORY: Text("html_directory", HTML_DIRECTORY, min(1), [One("postfix")]);
    /// Addresses on which mail is received.
    INET_INTERFACES: Text("inet_interfaces", "all", any(), [Every]);
    /// Network protocols to use: `ipv4`, `ipv6`, `all`.
    INET_PROTOCOLS: Text("inet_protocols", "all", any(), [Every]) since "2.2";
    /// Name of the mail system in greetings, Received: headers and notices.
    MAIL_NAME: Text("mail_name", "Postfix", min(1), [Every]);
    /// User that owns the queue and runs most daemons.
    MAIL_OWNER: Text("mail_owner", "postfix", min(1), [Every]);
    /// Day of the release.
    MAIL_RELEASE_DATE: Text("mail_release_date", MAIL_RELEASE_DATE, min(1), [Every]);
    /// The release.
    MAIL_VERSION: Text("mail_version", MAIL_VERSION, min(1), [Every]);
    /// Where mailq(1) is installed.
    MAILQ_PATH: Text("mailq_path", MAILQ_PATH, min(1), [One("postfix")]);
    /// Where the manual pages are installed.
    MANPAGE_DIRECTORY: Text("manpage_directory", MANPAGE_DIRECTORY, min(1), [One("postfix")]);
    /// Directory of files that instances share and nobody edits.
    META_DIRECTORY: Text("meta_directory", META_DIRECTORY, min(1), [Every]) since "3.0";
    /// Configuration directories of the other instances, in the order of starting.
    MULTI_INSTANCE_DIRECTORIES: Text("multi_instance_directories", "", any(), [Every]) since "2.6";
    /// Let postmulti(1) start and stop this instance.
    MULTI_INSTANCE_ENABLE: Bool("multi_instance_enable", "no", any(), [Every]) since "2.6";
    /// Group of instances that this one belongs to.
    MULTI_INSTANCE_GROUP: Text("multi_instance_group", "", any(), [Every]) since "2.6";
    /// Name of this instance; also the start of its log tag.
    MULTI_INSTANCE_NAME: Text("multi_instance_name", "", any(), [Every]) since "2.6";
    /// Command that postfix(1) runs to act on all instances.
    MULTI_INSTANCE_WRAPPER: Text("multi_instance_wrapper", "", any(), [Every]) since "2.6";
    /// The domain that this host is in.
    MYDOMAIN: Text("mydomain", (MyDomain), min(1), [Every]);
    /// The Internet host name of this mail system.
    MYHOSTNAME: Text("myhostname", (MyHostname), min(1), [Every]);
    /// Networks whose clients may relay and are trusted otherwise.
    MYNETWORKS: Text("mynetworks", (MyNetworks), any(), [Every]);
    /// How to derive `mynetworks` from the interfaces: `host`, `subnet` or `class`.
    MYNETWORKS_STYLE: Text(
        "mynetworks_style", "${{$compatibility_level} <level {2} ? {subnet} : {host}}", min(1), [Every]);
    /// Where newaliases(1) is installed.
    NEWALIASES_PATH: Text("newaliases_path", NEWALIASES_PATH, min(1), [One("postfix")]);
    /// Commands of postfix(1) that postmulti(1) runs for enabled instances only.
    POSTMULTI_CONTROL_COMMANDS: Text(
        "postmulti_control_commands", "reload flush", any(), [One("postmulti")]) since "2.6";
    /// Commands of postfix(1) that postmulti(1) treats as starting an instance.
    POSTMULTI_START_COMMANDS: Text(
        "postmulti_start_commands", "start", any(), [One("postmulti")]) since "2.6";
    /// Commands of postfix(1) that postmulti(1) treats as stopping an instance.
    POSTMULTI_STOP_COMMANDS: Text(
        "postmulti_stop_commands", "stop abort drain quick-stop", any(), [One("postmulti")]) since "2.6";
    /// Where the README files are installed, or `no`.
    README_DIRECTORY: Text("readme_directory", README_DIRECTORY, min(1), [One("postfix")]);
    /// Tables with new addresses of users and domains that moved away.
    RELOCATED_MAPS: Text("relocated_maps", "", any(), [One("proxymap"), One("trivial-rewrite")]);
    /// Put the status code and "user has moved to" before what `relocated_maps` gives.
    RELOCATED_PREFIX_ENABLE: Bool(
        "relocated_prefix_enable", "yes", any(), [One("trivial-rewrite")]) since "3.11";
    /// Where sample configuration files are installed.
    SAMPLE_DIRECTORY: Text("sample_directory", SAMPLE_DIRECTORY, min(1), [One("postfix")]);
    /// Where sendmail(1) is installed.
    SENDMAIL_PATH: Text("sendmail_path", SENDMAIL_PATH, min(1), [One("postfix")]);
    /// Group of the set-gid commands and of the directories they write to.
    SETGID_GROUP: Text("setgid_group", "postdrop", min(1), [Every]);
    /// Where shared libraries and table plug-ins are installed, or `no`.
    SHLIB_DIRECTORY: Text("shlib_directory", SHLIB_DIRECTORY, min(1), [Every]) since "3.0";
}
