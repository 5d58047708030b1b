//! Processes and what they share: time limits, services, logging, table drivers, name service.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min};

parameters! { after site;

    /// Go on with MX or address records when a SRV look-up fails.
    ALLOW_SRV_LOOKUP_FALLBACK: Bool(
        "allow_srv_lookup_fallback", "no", any(), [One("lmtp"), One("smtp")]) since "3.8";
    /// Interval over which client rates are counted.
    ANVIL_RATE_TIME_UNIT: Seconds("anvil_rate_time_unit", "60s", min(1), [One("anvil")]);
    /// How often anvil(8) logs peak counts.
    ANVIL_STATUS_UPDATE_TIME: Seconds("anvil_status_update_time", "600s", min(1), [One("anvil")]) since "2.2";
    /// How long postkick(1) waits for its request to be taken.
    APPLICATION_EVENT_DRAIN_TIME: Seconds(
        "application_event_drain_time", "100s", min(1), [Every]) since "2.1";
    /// Bytes of buffer while building a Berkeley DB table.
    BERKELEY_DB_CREATE_BUFFER_SIZE: Int(
        "berkeley_db_create_buffer_size", "16777216", min(1), [Every]) since "2.0";
    /// Bytes of buffer while reading a Berkeley DB table.
    BERKELEY_DB_READ_BUFFER_SIZE: Int("berkeley_db_read_buffer_size", "131072", min(1), [Every]) since "2.0";
    /// Time limit for talking to the connection cache.
    CONNECTION_CACHE_PROTOCOL_TIMEOUT: Seconds(
        "connection_cache_protocol_timeout", "5s", min(1), [One("lmtp"), One("smtp")]) since "2.3";
    /// Name of the scache(8) service.
    CONNECTION_CACHE_SERVICE_NAME: Text(
        "connection_cache_service_name", "scache", min(1), [One("lmtp"), One("smtp")]) since "2.2";
    /// How often scache(8) logs statistics.
    CONNECTION_CACHE_STATUS_UPDATE_TIME: Seconds(
        "connection_cache_status_update_time", "600s", min(1), [One("scache")]);
    /// Longest time that a connection stays in the cache.
    CONNECTION_CACHE_TTL_LIMIT: Seconds("connection_cache_ttl_limit", "2s", min(1), [One("scache")]);
    /// End a daemon that cannot open one of its tables.
    DAEMON_TABLE_OPEN_ERROR_IS_FATAL: Bool(
        "daemon_table_open_error_is_fatal", "no", any(), [Every]) since "2.9";
    /// How long a daemon may be busy with one request before its watchdog ends it.
    DAEMON_TIMEOUT: Seconds("daemon_timeout", "18000s", min(1), [Every]);
    /// How much more verbose logging becomes for peers in `debug_peer_list`.
    DEBUG_PEER_LEVEL: Int("debug_peer_level", "2", min(1), [Every]);
    /// Clients and servers for which to log verbosely.
    DEBUG_PEER_LIST: Text("debug_peer_list", "", any(), [Every]);
    /// Command to run for daemons with option `-D`; the others do not evaluate it.
    DEBUGGER_COMMAND: Text("debugger_command", "", any(), []);
    /// Greatest number of processes of a service that sets none.
    DEFAULT_PROCESS_LIMIT: Int("default_process_limit", "100", min(1), [Every]);
    /// Do not ask the DNS in the SMTP and LMTP clients.
    DISABLE_DNS_LOOKUPS: Bool(
        "disable_dns_lookups", "no", any(), [Every]) instead "specify \"smtp_dns_support_level\"";
    /// Work around resolvers that give a wrong lifetime for negative answers.
    DNS_NCACHE_TTL_FIX_ENABLE: Bool("dns_ncache_ttl_fix_enable", "no", any(), [Every]) since "3.1";
    /// Makes internal services fail, for tests.
    FAULT_INJECTION_CODE: Int("fault_injection_code", "0", any(), [Every]);
    /// How often to try to start a process.
    FORK_ATTEMPTS: Int("fork_attempts", "5", min(1), [Every]);
    /// Wait between attempts to start a process.
    FORK_DELAY: Seconds("fork_delay", "1s", min(1), [Every]);
    /// Go on with address records when the MX look-up fails.
    IGNORE_MX_LOOKUP_ERROR: Bool("ignore_mx_lookup_error", "no", any(), [One("smtp")]);
    /// Treat a failed SRV look-up like one that finds nothing.
    IGNORE_SRV_LOOKUP_ERROR: Bool(
        "ignore_srv_lookup_error", "no", any(), [One("lmtp"), One("smtp")]) since "3.8";
    /// Environment variables that daemons keep from their parent.
    IMPORT_ENVIRONMENT: Text(
        "import_environment",
        "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME \
         XDG_RUNTIME_DIR",
        any(), [Every]
    );
    /// How long an unused connection to an internal service stays open.
    IPC_IDLE: Seconds("ipc_idle", "5s", min(1), [Every]);
    /// Time limit for sending or receiving over an internal connection.
    IPC_TIMEOUT: Seconds("ipc_timeout", "3600s", min(1), [Every]);
    /// How long a busy connection to an internal service stays open.
    IPC_TTL: Seconds("ipc_ttl", "1000s", min(1), [Every]) since "2.1";
    /// TCP service names with their ports, known without a system file.
    KNOWN_TCP_PORTS: Text(
        "known_tcp_ports",
        "lmtp=24, smtp=25, smtps=submissions=465, submission=587",
        any(), [Every]
    ) since "3.6";
    /// Initial size limit of an LMDB table, in bytes.
    LMDB_MAP_SIZE: Long("lmdb_map_size", "16777216", min(1), [Every]) since "2.11";
    /// Log file that postlogd(8) writes; empty means syslog.
    MAILLOG_FILE: Text("maillog_file", "", any(), [Every]) since "3.4";
    /// Command that `postfix logrotate` compresses with.
    MAILLOG_FILE_COMPRESSOR: Text("maillog_file_compressor", "gzip", min(1), [Every]) since "3.4";
    /// Mode of a new log file.
    MAILLOG_FILE_PERMISSIONS: Text("maillog_file_permissions", "0600", min(1), [Every]) since "3.9";
    /// Directories in which a log file may be.
    MAILLOG_FILE_PREFIXES: Text("maillog_file_prefixes", "/var, /dev/stdout", min(1), [Every]) since "3.4";
    /// Date format at the end of a rotated log file's name.
    MAILLOG_FILE_ROTATE_SUFFIX: Text(
        "maillog_file_rotate_suffix", "%Y%m%d-%H%M%S", min(1), [Every]) since "3.4";
    /// Services of master.cf to leave out.
    MASTER_SERVICE_DISABLE: Text("master_service_disable", "", any(), [One("master")]) since "2.6";
    /// How long a daemon waits for work before it ends.
    MAX_IDLE: Seconds("max_idle", "100s", min(1), [Every]);
    /// How many requests a daemon serves before it ends.
    MAX_USE: Int("max_use", "100", min(1), [Every]);
    /// Table types that replace Berkeley DB types of one's own choosing.
    NON_BDB_CUSTOM_MAPPING: Text("non_bdb_custom_mapping", "", any(), [Every]) since "3.11";
    /// Directories where root-owned tables may be migrated.
    NON_BDB_MIGRATION_ALLOW_ROOT_PREFIXES: Text(
        "non_bdb_migration_allow_root_prefixes",
        "/etc /usr/local/etc",
        any(), [One("nbdb_reindexd")]
    ) since "3.11";
    /// Directories where tables of other users may be migrated.
    NON_BDB_MIGRATION_ALLOW_USER_PREFIXES: Text(
        "non_bdb_migration_allow_user_prefixes",
        "$data_directory /var/lib/mailman /var/lib/mailman3",
        any(), [One("nbdb_reindexd")]
    ) since "3.11";
    /// What to do with Berkeley DB tables: `disable`, or how to migrate them.
    NON_BDB_MIGRATION_LEVEL: Text("non_bdb_migration_level", "disable", min(1), [Every]) since "3.11";
    /// Log that another table type is used in place of a Berkeley DB one.
    NON_BDB_MIGRATION_LOG_REDIRECT: Bool(
        "non_bdb_migration_log_redirect", "yes", any(), [Every]) since "3.11";
    /// Name of the service that builds replacement tables.
    NON_BDB_MIGRATION_SERVICE_NAME: Text(
        "non_bdb_migration_service_name", "nbdb_reindex", any(), [Every]) since "3.11";
    /// Name of the postlogd(8) service.
    POSTLOG_SERVICE_NAME: Text("postlog_service_name", "postlog", min(1), [Every]) since "3.4";
    /// How long postlogd(8) may be busy with one request.
    POSTLOGD_WATCHDOG_TIMEOUT: Seconds(
        "postlogd_watchdog_timeout", "10s", min(10), [One("postlogd")]) since "3.4";
    /// Id of the running process; cannot be set, and no program evaluates what is set.
    PROCESS_ID: Int("process_id", (ProcessId), any(), []);
    /// Directory of pid files, within the queue directory.
    PROCESS_ID_DIRECTORY: Text("process_id_directory", "pid", min(1), [Every]);
    /// Name of the running program; cannot be set, and no program evaluates what is set.
    PROCESS_NAME: Text("process_name", (ProcessName), any(), []);
    /// Tables that proxymap(8) may read for others.
    PROXY_READ_MAPS: Text(
        "proxy_read_maps",
        "$local_recipient_maps $mydestination $virtual_alias_maps $virtual_alias_domains \
         $virtual_mailbox_maps $virtual_mailbox_domains $relay_recipient_maps $relay_domains \
         $canonical_maps $sender_canonical_maps $recipient_canonical_maps $relocated_maps $transport_maps \
         $mynetworks $smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps \
         $lmtp_generic_maps $alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions \
         $smtpd_sender_restrictions $smtpd_relay_restrictions $smtpd_recipient_restrictions \
         $address_verify_sender_dependent_default_transport_maps \
         $address_verify_sender_dependent_relayhost_maps $address_verify_transport_maps \
         $fallback_transport_maps $lmtp_discard_lhlo_keyword_address_maps $lmtp_pix_workaround_maps \
         $lmtp_sasl_password_maps $lmtp_tls_policy_maps $mailbox_command_maps $mailbox_transport_maps \
         $postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps \
         $sender_dependent_default_transport_maps $sender_dependent_relayhost_maps \
         $smtp_discard_ehlo_keyword_address_maps $smtp_pix_workaround_maps $smtp_sasl_password_maps \
         $smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps $smtpd_milter_maps \
         $virtual_gid_maps $virtual_uid_maps $local_login_sender_maps $postscreen_reject_footer_maps \
         $smtpd_reject_footer_maps $tls_server_sni_maps $tlsproxy_client_policy_maps \
         $default_delivery_status_filter $lmtp_delivery_status_filter $lmtp_dns_reply_filter \
         $lmtp_reply_filter $local_delivery_status_filter $pipe_delivery_status_filter \
         $postscreen_command_filter $smtp_delivery_status_filter $smtp_dns_reply_filter \
         $smtp_reply_filter $smtpd_command_filter $smtpd_dns_reply_filter $virtual_delivery_status_filter \
         $body_checks $header_checks $lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks \
         $lmtp_nested_header_checks $milter_header_checks $mime_header_checks $nested_header_checks \
         $smtp_body_checks $smtp_header_checks $smtp_mime_header_checks $smtp_nested_header_checks \
         $smtpd_reject_filter_maps $debug_peer_list $smtpd_etrn_restrictions $fast_flush_domains \
         $authorized_flush_users $lmtp_connection_cache_destinations $local_header_rewrite_clients \
         $masquerade_exceptions $postscreen_access_list $postscreen_allowlist_interfaces \
         $postscreen_forbidden_commands $qmqpd_authorized_clients $authorized_mailq_users \
         $smtp_connection_cache_destinations $smtpd_log_access_permit_actions $smtpd_forbidden_commands \
         $smtpd_client_event_limit_exceptions $smtpd_sasl_exceptions_networks \
         $smtpd_sasl_mechanism_filter $smtp_requiretls_policy $smtp_sasl_mechanism_filter \
         $authorized_submit_users $smtpd_authorized_verp_clients $smtpd_authorized_xclient_hosts \
         $smtpd_authorized_xforward_hosts",
        any(), [One("proxymap")]
    ) since "2.0";
    /// Tables that proxymap(8) may write for others.
    PROXY_WRITE_MAPS: Text(
        "proxy_write_maps",
        "$smtp_sasl_auth_cache_name $lmtp_sasl_auth_cache_name $address_verify_map $postscreen_cache_map",
        any(), [One("proxymap")]
    ) since "2.5";
    /// Name of the proxymap(8) service for reading.
    PROXYMAP_SERVICE_NAME: Text("proxymap_service_name", "proxymap", min(1), [Every]) since "2.6";
    /// Name of the proxymap(8) service for writing.
    PROXYWRITE_SERVICE_NAME: Text("proxywrite_service_name", "proxywrite", min(1), [Every]) since "2.6";
    /// Name of the service that a daemon runs as.
    SERVICE_NAME: Text("service_name", "amnesiac", any(), [Every]) since "3.3";
    /// How long to wait before starting a service again that fails.
    SERVICE_THROTTLE_TIME: Seconds("service_throttle_time", "60s", min(1), [One("master")]);
    /// Name of the showq(8) service.
    SHOWQ_SERVICE_NAME: Text("showq_service_name", "showq", min(1), [Every]) since "2.0";
    /// Filled in by master(8) while a public service has all its processes busy.
    STRESS: Text("stress", "", any(), [One("smtpd")]) since "2.5";
    /// Facility of log lines.
    SYSLOG_FACILITY: Text("syslog_facility", "mail", min(1), [Every]);
    /// What log lines have before the program's name.
    SYSLOG_NAME: Text(
        "syslog_name", "${multi_instance_name?{$multi_instance_name}:{postfix}}", min(1), [Every]);
    /// Size of TCP socket buffers; 0 leaves it to the system.
    TCP_WINDOWSIZE: Int("tcp_windowsize", "0", any(), [Every]) since "2.6";
    /// Time limit for waking up a service.
    TRIGGER_TIMEOUT: Seconds("trigger_timeout", "10s", min(1), [Every]);
    /// Services for which SRV records are looked up.
    USE_SRV_LOOKUP: Text("use_srv_lookup", "", any(), [One("lmtp"), One("smtp")]) since "3.8";
}
