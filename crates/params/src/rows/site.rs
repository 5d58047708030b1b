//! The mail system as a whole: its names, its networks, its directories, its users.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after start;

    /// The parameter `alternate_config_directories`.
    ALTERNATE_CONFIG_DIRECTORIES: Text("alternate_config_directories", "", any(), [Every]);
    /// The parameter `command_directory`.
    COMMAND_DIRECTORY: Text("command_directory", COMMAND_DIRECTORY, min(1), [Every]);
    /// The parameter `compatibility_level`.
    COMPATIBILITY_LEVEL: Text("compatibility_level", "0", any(), [Every]) since "3.0";
    /// The parameter `config_directory`.
    CONFIG_DIRECTORY: Text("config_directory", CONFIG_DIRECTORY, min(1), [Every]);
    /// The parameter `daemon_directory`.
    DAEMON_DIRECTORY: Text("daemon_directory", DAEMON_DIRECTORY, min(1), [Every]);
    /// The parameter `data_directory`.
    DATA_DIRECTORY: Text("data_directory", DATA_DIRECTORY, min(1), [Every]) since "2.5";
    /// The parameter `default_cache_db_type`.
    DEFAULT_CACHE_DB_TYPE: Text("default_cache_db_type", CACHE_DB_TYPE, min(1), [Every]) since "3.11";
    /// The parameter `default_database_type`.
    DEFAULT_DATABASE_TYPE: Text("default_database_type", DATABASE_TYPE, min(1), [Every]);
    /// The parameter `helpful_warnings`.
    HELPFUL_WARNINGS: Bool("helpful_warnings", "yes", any(), [Every]) since "2.0";
    /// The parameter `html_directory`.
    HTML_DIRECTORY: Text("html_directory", HTML_DIRECTORY, min(1), [One("postfix")]);
    /// The parameter `inet_interfaces`.
    INET_INTERFACES: Text("inet_interfaces", "all", any(), [Every]);
    /// The parameter `inet_protocols`.
    INET_PROTOCOLS: Text("inet_protocols", "all", any(), [Every]) since "2.2";
    /// The parameter `mail_name`.
    MAIL_NAME: Text("mail_name", "Postfix", min(1), [Every]);
    /// The parameter `mail_owner`.
    MAIL_OWNER: Text("mail_owner", "postfix", min(1), [Every]);
    /// The parameter `mail_release_date`.
    MAIL_RELEASE_DATE: Text("mail_release_date", MAIL_RELEASE_DATE, min(1), [Every]);
    /// The parameter `mail_version`.
    MAIL_VERSION: Text("mail_version", MAIL_VERSION, min(1), [Every]);
    /// The parameter `mailq_path`.
    MAILQ_PATH: Text("mailq_path", MAILQ_PATH, min(1), [One("postfix")]);
    /// The parameter `manpage_directory`.
    MANPAGE_DIRECTORY: Text("manpage_directory", MANPAGE_DIRECTORY, min(1), [One("postfix")]);
    /// The parameter `meta_directory`.
    META_DIRECTORY: Text("meta_directory", META_DIRECTORY, min(1), [Every]) since "3.0";
    /// The parameter `multi_instance_directories`.
    MULTI_INSTANCE_DIRECTORIES: Text("multi_instance_directories", "", any(), [Every]) since "2.6";
    /// The parameter `multi_instance_enable`.
    MULTI_INSTANCE_ENABLE: Bool("multi_instance_enable", "no", any(), [Every]) since "2.6";
    /// The parameter `multi_instance_group`.
    MULTI_INSTANCE_GROUP: Text("multi_instance_group", "", any(), [Every]) since "2.6";
    /// The parameter `multi_instance_name`.
    MULTI_INSTANCE_NAME: Text("multi_instance_name", "", any(), [Every]) since "2.6";
    /// The parameter `multi_instance_wrapper`.
    MULTI_INSTANCE_WRAPPER: Text("multi_instance_wrapper", "", any(), [Every]) since "2.6";
    /// The parameter `mydomain`.
    MYDOMAIN: Text("mydomain", (MyDomain), min(1), [Every]);
    /// The parameter `myhostname`.
    MYHOSTNAME: Text("myhostname", (MyHostname), min(1), [Every]);
    /// The parameter `mynetworks`.
    MYNETWORKS: Text("mynetworks", (MyNetworks), any(), [Every]);
    /// The parameter `mynetworks_style`.
    MYNETWORKS_STYLE: Text(
        "mynetworks_style", "${{$compatibility_level} <level {2} ? {subnet} : {host}}", min(1), [Every]);
    /// The parameter `newaliases_path`.
    NEWALIASES_PATH: Text("newaliases_path", NEWALIASES_PATH, min(1), [One("postfix")]);
    /// The parameter `postmulti_control_commands`.
    POSTMULTI_CONTROL_COMMANDS: Text(
        "postmulti_control_commands", "reload flush", any(), [One("postmulti")]) since "2.6";
    /// The parameter `postmulti_start_commands`.
    POSTMULTI_START_COMMANDS: Text(
        "postmulti_start_commands", "start", any(), [One("postmulti")]) since "2.6";
    /// The parameter `postmulti_stop_commands`.
    POSTMULTI_STOP_COMMANDS: Text(
        "postmulti_stop_commands", "stop abort drain quick-stop", any(), [One("postmulti")]) since "2.6";
    /// The parameter `readme_directory`.
    README_DIRECTORY: Text("readme_directory", README_DIRECTORY, min(1), [One("postfix")]);
    /// The parameter `relocated_maps`.
    RELOCATED_MAPS: Text("relocated_maps", "", any(), [One("proxymap"), One("trivial-rewrite")]);
    /// The parameter `relocated_prefix_enable`.
    RELOCATED_PREFIX_ENABLE: Bool(
        "relocated_prefix_enable", "yes", any(), [One("trivial-rewrite")]) since "3.11";
    /// The parameter `sample_directory`.
    SAMPLE_DIRECTORY: Text("sample_directory", SAMPLE_DIRECTORY, min(1), [One("postfix")]);
    /// The parameter `sendmail_path`.
    SENDMAIL_PATH: Text("sendmail_path", SENDMAIL_PATH, min(1), [One("postfix")]);
    /// The parameter `setgid_group`.
    SETGID_GROUP: Text("setgid_group", "postdrop", min(1), [Every]);
    /// The parameter `shlib_directory`.
    SHLIB_DIRECTORY: Text("shlib_directory", SHLIB_DIRECTORY, min(1), [Every]) since "3.0";
}
