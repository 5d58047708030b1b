//! Delivery to local users, virtual mailboxes and commands.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after queue;

    /// Alias files that newaliases(1) builds.
    ALIAS_DATABASE: Text("alias_database", "$default_database_type:/etc/aliases", any(), [Every]);
    /// Alias tables that local(8) looks in.
    ALIAS_MAPS: Text("alias_maps", ALIAS_MAPS, any(), [One("local"), One("proxymap"), One("smtpd")]);
    /// Where mail may be sent to commands: `alias`, `forward`, `include`.
    ALLOW_MAIL_TO_COMMANDS: Text("allow_mail_to_commands", "alias, forward", any(), [One("local")]);
    /// Where mail may be sent to files: `alias`, `forward`, `include`.
    ALLOW_MAIL_TO_FILES: Text("allow_mail_to_files", "alias, forward", any(), [One("local")]);
    /// Allow recipients that begin with `-`.
    ALLOW_MIN_USER: Bool("allow_min_user", "no", any(), [One("trivial-rewrite")]);
    /// Tell users who asked for it about new mail.
    BIFF: Bool("biff", "yes", any(), [One("local")]);
    /// Directory in which `mailbox_command` and others run.
    COMMAND_EXECUTION_DIRECTORY: Raw("command_execution_directory", "", any(), [One("local")]) since "2.2";
    /// Characters allowed in what is put into `mailbox_command`.
    COMMAND_EXPANSION_FILTER: Text(
        "command_expansion_filter",
        "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        min(1), [One("local")]
    );
    /// Time limit for outside commands.
    COMMAND_TIME_LIMIT: Seconds(
        "command_time_limit", "1000s", min(1), [One("local"), One("pipe"), One("spawn")]);
    /// Table that replaces status codes and texts of deliveries.
    DEFAULT_DELIVERY_STATUS_FILTER: Text("default_delivery_status_filter", "", any(), [Every]) since "3.0";
    /// User with whose rights local(8) acts when there is no other.
    DEFAULT_PRIVS: Text("default_privs", "nobody", min(1), [Every]);
    /// Characters allowed in what is put into `command_execution_directory`.
    EXECUTION_DIRECTORY_EXPANSION_FILTER: Text(
        "execution_directory_expansion_filter",
        "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        min(1), [One("local")]
    ) since "2.2";
    /// Use the content of an `owner-` alias, not its name, as the sender.
    EXPAND_OWNER_ALIAS: Bool("expand_owner_alias", "no", any(), [One("local")]);
    /// Environment variables that outside commands get.
    EXPORT_ENVIRONMENT: Text("export_environment", "TZ MAIL_CONFIG LANG", any(), [Every]);
    /// Transport for local users whom no table knows.
    FALLBACK_TRANSPORT: Text("fallback_transport", "", any(), [One("local")]);
    /// Tables that choose such a transport by user.
    FALLBACK_TRANSPORT_MAPS: Text("fallback_transport_maps", "", any(), [One("local")]) since "2.3";
    /// Characters allowed in what is put into `forward_path`.
    FORWARD_EXPANSION_FILTER: Text(
        "forward_expansion_filter",
        "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        min(1), [One("local")]
    );
    /// Where to look for a user's .forward file.
    FORWARD_PATH: Raw(
        "forward_path",
        "$home/.forward${recipient_delimiter}${extension}, $home/.forward",
        any(), [One("local")]
    );
    /// Compare Delivered-To: with what it was before .forward and aliases, to find loops.
    FROZEN_DELIVERED_TO: Bool("frozen_delivered_to", "yes", any(), [One("local")]) since "2.3";
    /// Mailbox in the user's home; a directory if it ends in `/`.
    HOME_MAILBOX: Text("home_mailbox", "", any(), [One("local")]);
    /// Shell for commands; empty runs those without shell syntax directly.
    LOCAL_COMMAND_SHELL: Text("local_command_shell", "", any(), [One("local")]);
    /// Like `default_delivery_status_filter`, for local(8).
    LOCAL_DELIVERY_STATUS_FILTER: Text(
        "local_delivery_status_filter",
        "$default_delivery_status_filter",
        any(), [One("local")]
    ) since "3.0";
    /// Greatest number of deliveries at once to one local user.
    LOCAL_DESTINATION_CONCURRENCY_LIMIT: Int(
        "local_destination_concurrency_limit", "2", any(), [One("qmgr")]);
    /// Greatest number of recipients in one local delivery.
    LOCAL_DESTINATION_RECIPIENT_LIMIT: Int("local_destination_recipient_limit", "1", any(), [One("qmgr")]);
    /// Who gets mail for unknown local users.
    LUSER_RELAY: Raw("luser_relay", "", any(), [One("local")]);
    /// Directory of the users' mailboxes.
    MAIL_SPOOL_DIRECTORY: Text(
        "mail_spool_directory", MAIL_SPOOL_DIRECTORY, any(), [One("local"), One("virtual")]);
    /// Command that delivers to mailboxes.
    MAILBOX_COMMAND: Raw("mailbox_command", "", any(), [One("local")]);
    /// Tables that choose such a command by user.
    MAILBOX_COMMAND_MAPS: Text("mailbox_command_maps", "", any(), [One("local")]);
    /// Ways to lock a mailbox before delivery.
    MAILBOX_DELIVERY_LOCK: Text("mailbox_delivery_lock", "fcntl, dotlock", min(1), [One("local")]);
    /// Greatest size of a mailbox or maildir file, in bytes; 0 for none.
    MAILBOX_SIZE_LIMIT: Long("mailbox_size_limit", "51200000", any(), [One("local")]);
    /// Transport for all local users, after aliases and .forward.
    MAILBOX_TRANSPORT: Text("mailbox_transport", "", any(), [One("local")]);
    /// Tables that choose such a transport by user.
    MAILBOX_TRANSPORT_MAPS: Text("mailbox_transport_maps", "", any(), [One("local")]) since "2.3";
    /// Treat `owner-NAME` and `NAME-request` as addresses without extension.
    OWNER_REQUEST_SPECIAL: Bool("owner_request_special", "yes", any(), [Every]);
    /// Like `default_delivery_status_filter`, for pipe(8).
    PIPE_DELIVERY_STATUS_FILTER: Text(
        "pipe_delivery_status_filter", "$default_delivery_status_filter", any(), [One("pipe")]) since "3.0";
    /// When local(8) adds Delivered-To:.
    PREPEND_DELIVERED_HEADER: Text(
        "prepend_delivered_header", "command, file, forward", any(), [One("local")]);
    /// Which tables pass an address's extension on to the result.
    PROPAGATE_UNMATCHED_EXTENSIONS: Text(
        "propagate_unmatched_extensions",
        "canonical, virtual",
        any(), [One("cleanup"), One("local"), One("lmtp"), One("smtp")]
    );
    /// Defer mail for users whose home is not there.
    REQUIRE_HOME_DIRECTORY: Bool("require_home_directory", "no", any(), [One("local")]);
    /// Forget the owner of an alias that expands to one without owner.
    RESET_OWNER_ALIAS: Bool("reset_owner_alias", "no", any(), [One("local")]) since "2.8";
    /// Make up for mailbox locks of an old mail reader.
    SUN_MAILTOOL_COMPATIBILITY: Bool("sun_mailtool_compatibility", "no", any(), [One("local")]);
    /// Like `default_delivery_status_filter`, for virtual(8).
    VIRTUAL_DELIVERY_STATUS_FILTER: Text(
        "virtual_delivery_status_filter",
        "$default_delivery_status_filter",
        any(), [One("virtual")]
    ) since "3.0";
    /// Tables with the group id for each virtual mailbox.
    VIRTUAL_GID_MAPS: Text("virtual_gid_maps", "", any(), [One("virtual")]);
    /// What virtual(8) puts before all mailbox paths.
    VIRTUAL_MAILBOX_BASE: Text("virtual_mailbox_base", "", min(1), [One("virtual")]);
    /// Domains whose mail goes to virtual mailboxes.
    VIRTUAL_MAILBOX_DOMAINS: Text(
        "virtual_mailbox_domains",
        "$virtual_mailbox_maps",
        any(), [One("proxymap"), One("trivial-rewrite")]
    ) since "2.0";
    /// Greatest size of a virtual mailbox or maildir file, in bytes; 0 for none.
    VIRTUAL_MAILBOX_LIMIT: Long("virtual_mailbox_limit", "51200000", any(), [One("virtual")]);
    /// Ways to lock a virtual mailbox before delivery.
    VIRTUAL_MAILBOX_LOCK: Text("virtual_mailbox_lock", "fcntl, dotlock", min(1), [One("virtual")]);
    /// Tables with the path of each virtual mailbox.
    VIRTUAL_MAILBOX_MAPS: Text(
        "virtual_mailbox_maps",
        "",
        any(), [One("proxymap"), One("smtpd"), One("trivial-rewrite"), One("virtual")]
    );
    /// Least user id that virtual(8) acts for.
    VIRTUAL_MINIMUM_UID: Int("virtual_minimum_uid", "100", min(1), [One("virtual")]);
    /// Tables with the user id for each virtual mailbox.
    VIRTUAL_UID_MAPS: Text("virtual_uid_maps", "", any(), [One("virtual")]);
}
