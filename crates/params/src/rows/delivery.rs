//! Delivery to local users, virtual mailboxes and commands.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after queue;

    /// The parameter `alias_database`.
    ALIAS_DATABASE: Text("alias_database", "$default_database_type:/etc/aliases", any(), [Every]);
    /// The parameter `alias_maps`.
    ALIAS_MAPS: Text("alias_maps", ALIAS_MAPS, any(), [One("local"), One("proxymap"), One("smtpd")]);
    /// The parameter `allow_mail_to_commands`.
    ALLOW_MAIL_TO_COMMANDS: Text("allow_mail_to_commands", "alias, forward", any(), [One("local")]);
    /// The parameter `allow_mail_to_files`.
    ALLOW_MAIL_TO_FILES: Text("allow_mail_to_files", "alias, forward", any(), [One("local")]);
    /// The parameter `allow_min_user`.
    ALLOW_MIN_USER: Bool("allow_min_user", "no", any(), [One("trivial-rewrite")]);
    /// The parameter `biff`.
    BIFF: Bool("biff", "yes", any(), [One("local")]);
    /// The parameter `command_execution_directory`.
    COMMAND_EXECUTION_DIRECTORY: Raw("command_execution_directory", "", any(), [One("local")]) since "2.2";
    /// The parameter `command_expansion_filter`.
    COMMAND_EXPANSION_FILTER: Text(
        "command_expansion_filter",
        "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        min(1), [One("local")]
    );
    /// The parameter `command_time_limit`.
    COMMAND_TIME_LIMIT: Seconds(
        "command_time_limit", "1000s", min(1), [One("local"), One("pipe"), One("spawn")]);
    /// The parameter `default_delivery_status_filter`.
    DEFAULT_DELIVERY_STATUS_FILTER: Text("default_delivery_status_filter", "", any(), [Every]) since "3.0";
    /// The parameter `default_privs`.
    DEFAULT_PRIVS: Text("default_privs", "nobody", min(1), [Every]);
    /// The parameter `execution_directory_expansion_filter`.
    EXECUTION_DIRECTORY_EXPANSION_FILTER: Text(
        "execution_directory_expansion_filter",
        "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        min(1), [One("local")]
    ) since "2.2";
    /// The parameter `expand_owner_alias`.
    EXPAND_OWNER_ALIAS: Bool("expand_owner_alias", "no", any(), [One("local")]);
    /// The parameter `export_environment`.
    EXPORT_ENVIRONMENT: Text("export_environment", "TZ MAIL_CONFIG LANG", any(), [Every]);
    /// The parameter `fallback_transport`.
    FALLBACK_TRANSPORT: Text("fallback_transport", "", any(), [One("local")]);
    /// The parameter `fallback_transport_maps`.
    FALLBACK_TRANSPORT_MAPS: Text("fallback_transport_maps", "", any(), [One("local")]) since "2.3";
    /// The parameter `forward_expansion_filter`.
    FORWARD_EXPANSION_FILTER: Text(
        "forward_expansion_filter",
        "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        min(1), [One("local")]
    );
    /// The parameter `forward_path`.
    FORWARD_PATH: Raw(
        "forward_path",
        "$home/.forward${recipient_delimiter}${extension}, $home/.forward",
        any(), [One("local")]
    );
    /// The parameter `frozen_delivered_to`.
    FROZEN_DELIVERED_TO: Bool("frozen_delivered_to", "yes", any(), [One("local")]) since "2.3";
    /// The parameter `home_mailbox`.
    HOME_MAILBOX: Text("home_mailbox", "", any(), [One("local")]);
    /// The parameter `local_command_shell`.
    LOCAL_COMMAND_SHELL: Text("local_command_shell", "", any(), [One("local")]);
    /// The parameter `local_delivery_status_filter`.
    LOCAL_DELIVERY_STATUS_FILTER: Text(
        "local_delivery_status_filter",
        "$default_delivery_status_filter",
        any(), [One("local")]
    ) since "3.0";
    /// The parameter `local_destination_concurrency_limit`.
    LOCAL_DESTINATION_CONCURRENCY_LIMIT: Int(
        "local_destination_concurrency_limit", "2", any(), [One("qmgr")]);
    /// The parameter `local_destination_recipient_limit`.
    LOCAL_DESTINATION_RECIPIENT_LIMIT: Int("local_destination_recipient_limit", "1", any(), [One("qmgr")]);
    /// The parameter `luser_relay`.
    LUSER_RELAY: Raw("luser_relay", "", any(), [One("local")]);
    /// The parameter `mail_spool_directory`.
    MAIL_SPOOL_DIRECTORY: Text(
        "mail_spool_directory", MAIL_SPOOL_DIRECTORY, any(), [One("local"), One("virtual")]);
    /// The parameter `mailbox_command`.
    MAILBOX_COMMAND: Raw("mailbox_command", "", any(), [One("local")]);
    /// The parameter `mailbox_command_maps`.
    MAILBOX_COMMAND_MAPS: Text("mailbox_command_maps", "", any(), [One("local")]);
    /// The parameter `mailbox_delivery_lock`.
    MAILBOX_DELIVERY_LOCK: Text("mailbox_delivery_lock", "fcntl, dotlock", min(1), [One("local")]);
    /// The parameter `mailbox_size_limit`.
    MAILBOX_SIZE_LIMIT: Long("mailbox_size_limit", "51200000", any(), [One("local")]);
    /// The parameter `mailbox_transport`.
    MAILBOX_TRANSPORT: Text("mailbox_transport", "", any(), [One("local")]);
    /// The parameter `mailbox_transport_maps`.
    MAILBOX_TRANSPORT_MAPS: Text("mailbox_transport_maps", "", any(), [One("local")]) since "2.3";
    /// The parameter `owner_request_special`.
    OWNER_REQUEST_SPECIAL: Bool("owner_request_special", "yes", any(), [Every]);
    /// The parameter `pipe_delivery_status_filter`.
    PIPE_DELIVERY_STATUS_FILTER: Text(
        "pipe_delivery_status_filter", "$default_delivery_status_filter", any(), [One("pipe")]) since "3.0";
    /// The parameter `prepend_delivered_header`.
    PREPEND_DELIVERED_HEADER: Text(
        "prepend_delivered_header", "command, file, forward", any(), [One("local")]);
    /// The parameter `propagate_unmatched_extensions`.
    PROPAGATE_UNMATCHED_EXTENSIONS: Text(
        "propagate_unmatched_extensions",
        "canonical, virtual",
        any(), [One("cleanup"), One("local"), One("lmtp"), One("smtp")]
    );
    /// The parameter `require_home_directory`.
    REQUIRE_HOME_DIRECTORY: Bool("require_home_directory", "no", any(), [One("local")]);
    /// The parameter `reset_owner_alias`.
    RESET_OWNER_ALIAS: Bool("reset_owner_alias", "no", any(), [One("local")]) since "2.8";
    /// The parameter `sun_mailtool_compatibility`.
    SUN_MAILTOOL_COMPATIBILITY: Bool("sun_mailtool_compatibility", "no", any(), [One("local")]);
    /// The parameter `virtual_delivery_status_filter`.
    VIRTUAL_DELIVERY_STATUS_FILTER: Text(
        "virtual_delivery_status_filter",
        "$default_delivery_status_filter",
        any(), [One("virtual")]
    ) since "3.0";
    /// The parameter `virtual_gid_maps`.
    VIRTUAL_GID_MAPS: Text("virtual_gid_maps", "", any(), [One("virtual")]);
    /// The parameter `virtual_mailbox_base`.
    VIRTUAL_MAILBOX_BASE: Text("virtual_mailbox_base", "", min(1), [One("virtual")]);
    /// The parameter `virtual_mailbox_domains`.
    VIRTUAL_MAILBOX_DOMAINS: Text(
        "virtual_mailbox_domains",
        "$virtual_mailbox_maps",
        any(), [One("proxymap"), One("trivial-rewrite")]
    ) since "2.0";
    /// The parameter `virtual_mailbox_limit`.
    VIRTUAL_MAILBOX_LIMIT: Long("virtual_mailbox_limit", "51200000", any(), [One("virtual")]);
    /// The parameter `virtual_mailbox_lock`.
    VIRTUAL_MAILBOX_LOCK: Text("virtual_mailbox_lock", "fcntl, dotlock", min(1), [One("virtual")]);
    /// The parameter `virtual_mailbox_maps`.
    VIRTUAL_MAILBOX_MAPS: Text(
        "virtual_mailbox_maps",
        "",
        any(), [One("proxymap"), One("smtpd"), One("trivial-rewrite"), One("virtual")]
    );
    /// The parameter `virtual_minimum_uid`.
    VIRTUAL_MINIMUM_UID: Int("virtual_minimum_uid", "100", min(1), [One("virtual")]);
    /// The parameter `virtual_uid_maps`.
    VIRTUAL_UID_MAPS: Text("virtual_uid_maps", "", any(), [One("virtual")]);
}
