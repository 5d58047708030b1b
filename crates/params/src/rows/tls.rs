//! TLS as such, tlsmgr(8) and tlsproxy(8).

use crate::declare::parameters;
use crate::row::Program::{Every, One, Tls};
use crate::row::{any, min};

parameters! { after postscreen;

    /// The openssl(1) command, for `postfix tls`.
    OPENSSL_PATH: Text("openssl_path", "openssl", min(1), [Tls]) since "3.1";
    /// Support REQUIRETLS.
    REQUIRETLS_ENABLE: Bool("requiretls_enable", "yes", any(), [Every]) since "3.11";
    /// Note REQUIRETLS in Received: headers.
    REQUIRETLS_ESMTP_HEADER: Bool(
        "requiretls_esmtp_header", "yes", any(), [One("cleanup"), One("smtpd")]) since "3.11";
    /// Leave message content out of notices for REQUIRETLS mail.
    REQUIRETLS_REDACT_DSN: Bool("requiretls_redact_dsn", "yes", any(), [One("bounce")]) since "3.11";
    /// Trust the system's authorities beside those that are named.
    TLS_APPEND_DEFAULT_CA: Bool("tls_append_default_CA", "no", any(), [Tls]) since "2.4";
    /// OpenSSL configuration file to read; `default` or `none`, too.
    TLS_CONFIG_FILE: Text("tls_config_file", "default", any(), [Tls]) since "3.9";
    /// Section of that file.
    TLS_CONFIG_NAME: Text("tls_config_name", "", any(), [Tls]) since "3.9";
    /// Bytes of random seed that a process asks tlsmgr(8) for.
    TLS_DAEMON_RANDOM_BYTES: Int("tls_daemon_random_bytes", "32", min(1), [Tls]) since "2.2";
    /// Digest algorithms for TLSA records, best first.
    TLS_DANE_DIGESTS: Text("tls_dane_digests", "sha512 sha256", min(1), [Tls]) since "2.11";
    /// OpenSSL bug workarounds to switch off.
    TLS_DISABLE_WORKAROUNDS: Text("tls_disable_workarounds", "", any(), [Tls]) since "2.8";
    /// Elliptic curves to negotiate.
    TLS_EECDH_AUTO_CURVES: Text("tls_eecdh_auto_curves", "?X25519MLKEM768:DEFAULT", any(), [Tls]) since "3.2";
    /// Curve of grade `strong`.
    TLS_EECDH_STRONG_CURVE: Text("tls_eecdh_strong_curve", "prime256v1", any(), [Tls]) since "2.6";
    /// Curve of grade `ultra`.
    TLS_EECDH_ULTRA_CURVE: Text("tls_eecdh_ultra_curve", "secp384r1", any(), [Tls]) since "2.6";
    /// Ciphers of grade `export` and better.
    TLS_EXPORT_CIPHERLIST: Text("tls_export_cipherlist", "", any(), [Tls]) since "2.3";
    /// Close TLS without waiting for the other side.
    TLS_FAST_SHUTDOWN_ENABLE: Bool("tls_fast_shutdown_enable", "yes", any(), [Tls]);
    /// Groups for DH key exchange to negotiate.
    TLS_FFDHE_AUTO_GROUPS: Text("tls_ffdhe_auto_groups", "", any(), [Tls]) since "3.8";
    /// Ciphers of grade `high`.
    TLS_HIGH_CIPHERLIST: Text(
        "tls_high_cipherlist",
        "aNULL:-aNULL:HIGH:!SEED:!IDEA:!3DES:!RC2:!RC4:!RC5:!kDH:!kECDH:!aDSS:!MD5:@STRENGTH",
        min(1), [Tls]
    ) since "2.3";
    /// Ciphers of grade `low` and better.
    TLS_LOW_CIPHERLIST: Text("tls_low_cipherlist", "", any(), [Tls]) since "2.3";
    /// Ciphers of grade `medium` and better.
    TLS_MEDIUM_CIPHERLIST: Text(
        "tls_medium_cipherlist",
        "aNULL:-aNULL:HIGH:MEDIUM:!SEED:!IDEA:!3DES:!RC2:!RC4:!RC5:!kDH:!kECDH:!aDSS:!MD5:+RC4:@STRENGTH",
        min(1), [Tls]
    ) since "2.3";
    /// Ciphers without encryption.
    TLS_NULL_CIPHERLIST: Text(
        "tls_null_cipherlist", "eNULL:!kDH:!kECDH:!aDSS:!MD5:!aNULL", min(1), [Tls]) since "2.3";
    /// Let the server's order of ciphers decide.
    TLS_PREEMPT_CIPHERLIST: Bool("tls_preempt_cipherlist", "no", any(), [Tls]) since "2.8";
    /// Bytes that tlsmgr(8) reads from its source at a time.
    TLS_RANDOM_BYTES: Int("tls_random_bytes", "32", min(1), [One("tlsmgr")]) since "2.2";
    /// File in which tlsmgr(8) saves its random state.
    TLS_RANDOM_EXCHANGE_NAME: Text(
        "tls_random_exchange_name", "${data_directory}/prng_exch", any(), [One("tlsmgr")]) since "2.2";
    /// How often that file is saved.
    TLS_RANDOM_PRNG_UPDATE_PERIOD: Seconds(
        "tls_random_prng_update_period", "3600s", min(1), [One("tlsmgr")]) since "2.2";
    /// Longest time between readings of the random source.
    TLS_RANDOM_RESEED_PERIOD: Seconds(
        "tls_random_reseed_period", "3600s", min(1), [One("tlsmgr")]) since "2.2";
    /// Where tlsmgr(8) gets random bytes from.
    TLS_RANDOM_SOURCE: Text("tls_random_source", "dev:/dev/urandom", any(), [One("tlsmgr")]) since "2.2";
    /// Obey the TLS-Required: header.
    TLS_REQUIRED_ENABLE: Bool("tls_required_enable", "yes", any(), [Every]) since "3.10";
    /// Tables with keys and certificates by server name.
    TLS_SERVER_SNI_MAPS: Text("tls_server_sni_maps", "", any(), [One("tlsproxy")]) since "3.4";
    /// Cipher that protects session tickets.
    TLS_SESSION_TICKET_CIPHER: Text("tls_session_ticket_cipher", "aes-256-cbc", any(), [Tls]) since "3.0";
    /// OpenSSL options to set.
    TLS_SSL_OPTIONS: Text("tls_ssl_options", "", any(), [Tls]) since "2.11";
    /// Let `*.example.com` match `a.b.example.com`.
    TLS_WILDCARD_MATCHES_MULTIPLE_LABELS: Bool(
        "tls_wildcard_matches_multiple_labels", "yes", any(), [Tls]) since "2.11";
    /// Name of the tlsmgr(8) service.
    TLSMGR_SERVICE_NAME: Text("tlsmgr_service_name", "tlsmgr", min(1), [Tls]) since "2.11";
    /// Same as `smtp_tls_CAfile`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_CAFILE: Text(
        "tlsproxy_client_CAfile", "$smtp_tls_CAfile", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_CApath`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_CAPATH: Text(
        "tlsproxy_client_CApath", "$smtp_tls_CApath", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_cert_file`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_CERT_FILE: Text(
        "tlsproxy_client_cert_file", "$smtp_tls_cert_file", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_chain_files`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_CHAIN_FILES: Text(
        "tlsproxy_client_chain_files", "$smtp_tls_chain_files", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_dcert_file`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_DCERT_FILE: Text(
        "tlsproxy_client_dcert_file", "$smtp_tls_dcert_file", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_dkey_file`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_DKEY_FILE: Text(
        "tlsproxy_client_dkey_file", "$smtp_tls_dkey_file", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_eccert_file`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_ECCERT_FILE: Text(
        "tlsproxy_client_eccert_file", "$smtp_tls_eccert_file", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_eckey_file`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_ECKEY_FILE: Text(
        "tlsproxy_client_eckey_file", "$smtp_tls_eckey_file", any(), [One("tlsproxy")]) since "3.4";
    /// Insist on TLS, as a client.
    TLSPROXY_CLIENT_ENFORCE_TLS: Bool(
        "tlsproxy_client_enforce_tls",
        "$smtp_enforce_tls",
        any(), [One("tlsproxy")]
    ) since "3.4" instead "specify \"tlsproxy_client_security_level\"";
    /// Same as `smtp_tls_fingerprint_digest`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_FINGERPRINT_DIGEST: Text(
        "tlsproxy_client_fingerprint_digest",
        "$smtp_tls_fingerprint_digest",
        min(1), [One("tlsproxy")]
    ) since "3.4";
    /// Same as `smtp_tls_key_file`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_KEY_FILE: Text(
        "tlsproxy_client_key_file", "$smtp_tls_key_file", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_loglevel`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_LOGLEVEL: Text(
        "tlsproxy_client_loglevel", "$smtp_tls_loglevel", any(), [One("tlsproxy")]) since "3.4";
    /// Name of the parameter with the client's log level.
    TLSPROXY_CLIENT_LOGLEVEL_PARAMETER: Text(
        "tlsproxy_client_loglevel_parameter", "smtp_tls_loglevel", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtp_tls_per_site`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_PER_SITE: Text(
        "tlsproxy_client_per_site",
        "$smtp_tls_per_site",
        any(), [One("tlsproxy")]
    ) since "3.4" instead "specify \"tlsproxy_client_policy_maps\"";
    /// Same as `smtp_tls_policy_maps`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_POLICY_MAPS: Text(
        "tlsproxy_client_policy_maps",
        "${tlsproxy_client_policy?{$tlsproxy_client_policy}:{$smtp_tls_policy_maps}}",
        any(), [One("tlsproxy")]
    ) since "3.7";
    /// Same as `smtp_tls_scert_verifydepth`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_SCERT_VERIFYDEPTH: Int(
        "tlsproxy_client_scert_verifydepth",
        "$smtp_tls_scert_verifydepth",
        any(), [One("tlsproxy")]
    ) since "3.4";
    /// Same as `smtp_tls_security_level`, for the client side of tlsproxy(8).
    TLSPROXY_CLIENT_SECURITY_LEVEL: Text(
        "tlsproxy_client_security_level",
        "${tlsproxy_client_level?{$tlsproxy_client_level}:{$smtp_tls_security_level}}",
        any(), [One("tlsproxy")]
    ) since "3.7";
    /// Use TLS when offered, as a client.
    TLSPROXY_CLIENT_USE_TLS: Bool(
        "tlsproxy_client_use_tls",
        "$smtp_use_tls",
        any(), [One("tlsproxy")]
    ) since "3.4" instead "specify \"tlsproxy_client_security_level\"";
    /// Insist on TLS, as a server.
    TLSPROXY_ENFORCE_TLS: Bool(
        "tlsproxy_enforce_tls",
        "$smtpd_enforce_tls",
        any(), [One("tlsproxy")]
    ) since "2.8" instead "specify \"tlsproxy_tls_security_level\"";
    /// Name of the tlsproxy(8) service.
    TLSPROXY_SERVICE_NAME: Text(
        "tlsproxy_service_name",
        "tlsproxy",
        min(1), [One("postscreen"), One("lmtp"), One("smtp")]
    ) since "2.8";
    /// Same as `smtpd_tls_CAfile`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_CAFILE: Text(
        "tlsproxy_tls_CAfile", "$smtpd_tls_CAfile", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_CApath`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_CAPATH: Text(
        "tlsproxy_tls_CApath", "$smtpd_tls_CApath", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_always_issue_session_ids`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_ALWAYS_ISSUE_SESSION_IDS: Bool(
        "tlsproxy_tls_always_issue_session_ids",
        "$smtpd_tls_always_issue_session_ids",
        any(), [One("tlsproxy")]
    ) since "2.8";
    /// Same as `smtpd_tls_ask_ccert`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_ASK_CCERT: Bool(
        "tlsproxy_tls_ask_ccert", "$smtpd_tls_ask_ccert", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_ccert_verifydepth`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_CCERT_VERIFYDEPTH: Int(
        "tlsproxy_tls_ccert_verifydepth",
        "$smtpd_tls_ccert_verifydepth",
        any(), [One("tlsproxy")]
    ) since "2.8";
    /// Same as `smtpd_tls_cert_file`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_CERT_FILE: Text(
        "tlsproxy_tls_cert_file", "$smtpd_tls_cert_file", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_chain_files`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_CHAIN_FILES: Text(
        "tlsproxy_tls_chain_files", "$smtpd_tls_chain_files", any(), [One("tlsproxy")]) since "3.4";
    /// Same as `smtpd_tls_ciphers`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_CIPHERS: Text(
        "tlsproxy_tls_ciphers", "$smtpd_tls_ciphers", min(1), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_dcert_file`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_DCERT_FILE: Text(
        "tlsproxy_tls_dcert_file", "$smtpd_tls_dcert_file", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_dh1024_param_file`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_DH1024_PARAM_FILE: Text(
        "tlsproxy_tls_dh1024_param_file",
        "$smtpd_tls_dh1024_param_file",
        any(), [One("tlsproxy")]
    ) since "2.8";
    /// Same as `smtpd_tls_dh512_param_file`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_DH512_PARAM_FILE: Text(
        "tlsproxy_tls_dh512_param_file",
        "$smtpd_tls_dh512_param_file",
        any(), [One("tlsproxy")]
    ) since "2.8";
    /// Same as `smtpd_tls_dkey_file`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_DKEY_FILE: Text(
        "tlsproxy_tls_dkey_file", "$smtpd_tls_dkey_file", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_eccert_file`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_ECCERT_FILE: Text(
        "tlsproxy_tls_eccert_file", "$smtpd_tls_eccert_file", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_eckey_file`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_ECKEY_FILE: Text(
        "tlsproxy_tls_eckey_file", "$smtpd_tls_eckey_file", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_eecdh_grade`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_EECDH_GRADE: Text(
        "tlsproxy_tls_eecdh_grade", "$smtpd_tls_eecdh_grade", min(1), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_enable_rpk`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_ENABLE_RPK: Bool(
        "tlsproxy_tls_enable_rpk", "$smtpd_tls_enable_rpk", any(), [One("tlsproxy")]) since "3.9";
    /// Same as `smtpd_tls_exclude_ciphers`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_EXCLUDE_CIPHERS: Text(
        "tlsproxy_tls_exclude_ciphers", "$smtpd_tls_exclude_ciphers", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_fingerprint_digest`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_FINGERPRINT_DIGEST: Text(
        "tlsproxy_tls_fingerprint_digest",
        "$smtpd_tls_fingerprint_digest",
        min(1), [One("tlsproxy")]
    ) since "2.8";
    /// Same as `smtpd_tls_key_file`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_KEY_FILE: Text(
        "tlsproxy_tls_key_file", "$smtpd_tls_key_file", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_loglevel`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_LOGLEVEL: Text(
        "tlsproxy_tls_loglevel", "$smtpd_tls_loglevel", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_mandatory_ciphers`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_MANDATORY_CIPHERS: Text(
        "tlsproxy_tls_mandatory_ciphers",
        "$smtpd_tls_mandatory_ciphers",
        min(1), [One("tlsproxy")]
    ) since "2.8";
    /// Same as `smtpd_tls_mandatory_exclude_ciphers`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_MANDATORY_EXCLUDE_CIPHERS: Text(
        "tlsproxy_tls_mandatory_exclude_ciphers",
        "$smtpd_tls_mandatory_exclude_ciphers",
        any(), [One("tlsproxy")]
    ) since "2.8";
    /// Same as `smtpd_tls_mandatory_protocols`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_MANDATORY_PROTOCOLS: Text(
        "tlsproxy_tls_mandatory_protocols",
        "$smtpd_tls_mandatory_protocols",
        any(), [One("tlsproxy")]
    ) since "2.8";
    /// Same as `smtpd_tls_protocols`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_PROTOCOLS: Text(
        "tlsproxy_tls_protocols", "$smtpd_tls_protocols", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_req_ccert`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_REQ_CCERT: Bool(
        "tlsproxy_tls_req_ccert", "$smtpd_tls_req_ccert", any(), [One("tlsproxy")]) since "2.8";
    /// Same as `smtpd_tls_security_level`, for the server side of tlsproxy(8).
    TLSPROXY_TLS_SECURITY_LEVEL: Text(
        "tlsproxy_tls_security_level", "$smtpd_tls_security_level", any(), [One("tlsproxy")]) since "2.8";
    /// Offer TLS, as a server.
    TLSPROXY_USE_TLS: Bool(
        "tlsproxy_use_tls",
        "$smtpd_use_tls",
        any(), [One("tlsproxy")]
    ) since "2.8" instead "specify \"tlsproxy_tls_security_level\"";
    /// How long tlsproxy(8) may be busy with one event.
    TLSPROXY_WATCHDOG_TIMEOUT: Seconds(
        "tlsproxy_watchdog_timeout", "10s", min(10), [One("tlsproxy")]) since "2.8";
}
