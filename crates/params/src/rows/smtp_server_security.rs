//! TLS and authentication in the SMTP server.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min, span};

parameters! { after smtp_server;

    /// The parameter `broken_sasl_auth_clients`.
    BROKEN_SASL_AUTH_CLIENTS: Bool("broken_sasl_auth_clients", "no", any(), [One("smtpd")]);
    /// The parameter `cyrus_sasl_config_path`.
    CYRUS_SASL_CONFIG_PATH: Text(
        "cyrus_sasl_config_path", "", any(), [One("lmtp"), One("smtp"), One("smtpd")]) since "2.5";
    /// The parameter `send_cyrus_sasl_authzid`.
    SEND_CYRUS_SASL_AUTHZID: Bool("send_cyrus_sasl_authzid", "no", any(), [Every]) since "2.4";
    /// The parameter `smtpd_enforce_tls`.
    SMTPD_ENFORCE_TLS: Bool(
        "smtpd_enforce_tls",
        "no",
        any(), [One("postscreen"), One("smtpd"), One("tlsproxy")]
    ) since "2.2" instead "specify \"smtpd_tls_security_level\"";
    /// The parameter `smtpd_sasl_auth_enable`.
    SMTPD_SASL_AUTH_ENABLE: Bool("smtpd_sasl_auth_enable", "no", any(), [One("smtpd")]);
    /// The parameter `smtpd_sasl_authenticated_header`.
    SMTPD_SASL_AUTHENTICATED_HEADER: Bool(
        "smtpd_sasl_authenticated_header", "no", any(), [One("smtpd")]) since "2.3";
    /// The parameter `smtpd_sasl_exceptions_networks`.
    SMTPD_SASL_EXCEPTIONS_NETWORKS: Text(
        "smtpd_sasl_exceptions_networks", "", any(), [One("smtpd")]) since "2.1";
    /// The parameter `smtpd_sasl_local_domain`.
    SMTPD_SASL_LOCAL_DOMAIN: Text("smtpd_sasl_local_domain", "", any(), [One("smtpd")]);
    /// The parameter `smtpd_sasl_mechanism_filter`.
    SMTPD_SASL_MECHANISM_FILTER: Text(
        "smtpd_sasl_mechanism_filter", "!external, static:rest", any(), [One("smtpd")]) since "3.6";
    /// The parameter `smtpd_sasl_path`.
    SMTPD_SASL_PATH: Text("smtpd_sasl_path", "smtpd", min(1), [One("smtpd")]) since "2.3";
    /// The parameter `smtpd_sasl_response_limit`.
    SMTPD_SASL_RESPONSE_LIMIT: Int(
        "smtpd_sasl_response_limit", "12288", min(12288), [One("smtpd")]) since "3.4";
    /// The parameter `smtpd_sasl_security_options`.
    SMTPD_SASL_SECURITY_OPTIONS: Text("smtpd_sasl_security_options", "noanonymous", any(), [One("smtpd")]);
    /// The parameter `smtpd_sasl_service`.
    SMTPD_SASL_SERVICE: Text("smtpd_sasl_service", "smtp", min(1), [One("smtpd")]) since "2.11";
    /// The parameter `smtpd_sasl_tls_security_options`.
    SMTPD_SASL_TLS_SECURITY_OPTIONS: Text(
        "smtpd_sasl_tls_security_options",
        "$smtpd_sasl_security_options",
        any(), [One("smtpd")]
    ) since "2.2";
    /// The parameter `smtpd_sasl_type`.
    SMTPD_SASL_TYPE: Text("smtpd_sasl_type", "cyrus", min(1), [One("smtpd")]) since "2.3";
    /// The parameter `smtpd_starttls_timeout`.
    SMTPD_STARTTLS_TIMEOUT: Seconds(
        "smtpd_starttls_timeout", "${stress?{10}:{300}}s", min(1), [One("smtpd")]) since "2.2";
    /// The parameter `smtpd_tls_CAfile`.
    SMTPD_TLS_CAFILE: Text("smtpd_tls_CAfile", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_CApath`.
    SMTPD_TLS_CAPATH: Text("smtpd_tls_CApath", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_always_issue_session_ids`.
    SMTPD_TLS_ALWAYS_ISSUE_SESSION_IDS: Bool(
        "smtpd_tls_always_issue_session_ids", "yes", any(), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// The parameter `smtpd_tls_ask_ccert`.
    SMTPD_TLS_ASK_CCERT: Bool(
        "smtpd_tls_ask_ccert", "no", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_auth_only`.
    SMTPD_TLS_AUTH_ONLY: Bool("smtpd_tls_auth_only", "no", any(), [One("smtpd")]) since "2.2";
    /// The parameter `smtpd_tls_ccert_verifydepth`.
    SMTPD_TLS_CCERT_VERIFYDEPTH: Int(
        "smtpd_tls_ccert_verifydepth", "9", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_cert_file`.
    SMTPD_TLS_CERT_FILE: Text("smtpd_tls_cert_file", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_chain_files`.
    SMTPD_TLS_CHAIN_FILES: Text(
        "smtpd_tls_chain_files", "", any(), [One("smtpd"), One("tlsproxy")]) since "3.4";
    /// The parameter `smtpd_tls_ciphers`.
    SMTPD_TLS_CIPHERS: Text(
        "smtpd_tls_ciphers", "medium", min(1), [One("smtpd"), One("tlsproxy")]) since "2.6";
    /// The parameter `smtpd_tls_dcert_file`.
    SMTPD_TLS_DCERT_FILE: Text(
        "smtpd_tls_dcert_file", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_dh1024_param_file`.
    SMTPD_TLS_DH1024_PARAM_FILE: Text(
        "smtpd_tls_dh1024_param_file",
        "",
        any(), [One("smtpd"), One("tlsproxy")]
    ) since "2.2" instead "do not specify (leave at default)";
    /// The parameter `smtpd_tls_dh512_param_file`.
    SMTPD_TLS_DH512_PARAM_FILE: Text(
        "smtpd_tls_dh512_param_file", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_dkey_file`.
    SMTPD_TLS_DKEY_FILE: Text(
        "smtpd_tls_dkey_file", "$smtpd_tls_dcert_file", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_eccert_file`.
    SMTPD_TLS_ECCERT_FILE: Text(
        "smtpd_tls_eccert_file", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.6";
    /// The parameter `smtpd_tls_eckey_file`.
    SMTPD_TLS_ECKEY_FILE: Text(
        "smtpd_tls_eckey_file",
        "$smtpd_tls_eccert_file",
        any(), [One("smtpd"), One("tlsproxy")]
    ) since "2.6";
    /// The parameter `smtpd_tls_eecdh_grade`.
    SMTPD_TLS_EECDH_GRADE: Text(
        "smtpd_tls_eecdh_grade",
        "auto",
        min(1), [One("smtpd"), One("tlsproxy")]
    ) since "2.6" instead "do not specify (leave at default)";
    /// The parameter `smtpd_tls_enable_rpk`.
    SMTPD_TLS_ENABLE_RPK: Bool(
        "smtpd_tls_enable_rpk", "no", any(), [One("smtpd"), One("tlsproxy")]) since "3.9";
    /// The parameter `smtpd_tls_exclude_ciphers`.
    SMTPD_TLS_EXCLUDE_CIPHERS: Text(
        "smtpd_tls_exclude_ciphers", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// The parameter `smtpd_tls_fingerprint_digest`.
    SMTPD_TLS_FINGERPRINT_DIGEST: Text(
        "smtpd_tls_fingerprint_digest",
        "${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}",
        min(1), [One("smtpd"), One("tlsproxy")]
    ) since "2.5";
    /// The parameter `smtpd_tls_key_file`.
    SMTPD_TLS_KEY_FILE: Text(
        "smtpd_tls_key_file", "$smtpd_tls_cert_file", any(), [One("smtpd"), One("tlsproxy")]);
    /// The parameter `smtpd_tls_loglevel`.
    SMTPD_TLS_LOGLEVEL: Text(
        "smtpd_tls_loglevel", "0", any(), [One("smtpd"), One("tlsmgr"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_mandatory_ciphers`.
    SMTPD_TLS_MANDATORY_CIPHERS: Text(
        "smtpd_tls_mandatory_ciphers", "medium", min(1), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// The parameter `smtpd_tls_mandatory_exclude_ciphers`.
    SMTPD_TLS_MANDATORY_EXCLUDE_CIPHERS: Text(
        "smtpd_tls_mandatory_exclude_ciphers", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// The parameter `smtpd_tls_mandatory_protocols`.
    SMTPD_TLS_MANDATORY_PROTOCOLS: Text(
        "smtpd_tls_mandatory_protocols", ">=TLSv1", any(), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// The parameter `smtpd_tls_protocols`.
    SMTPD_TLS_PROTOCOLS: Text(
        "smtpd_tls_protocols", ">=TLSv1", any(), [One("smtpd"), One("tlsproxy")]) since "2.6";
    /// The parameter `smtpd_tls_received_header`.
    SMTPD_TLS_RECEIVED_HEADER: Bool("smtpd_tls_received_header", "no", any(), [One("smtpd")]) since "2.2";
    /// The parameter `smtpd_tls_req_ccert`.
    SMTPD_TLS_REQ_CCERT: Bool(
        "smtpd_tls_req_ccert", "no", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// The parameter `smtpd_tls_security_level`.
    SMTPD_TLS_SECURITY_LEVEL: Text(
        "smtpd_tls_security_level",
        "",
        any(), [One("postscreen"), One("smtpd"), One("tlsproxy")]
    ) since "2.3";
    /// The parameter `smtpd_tls_session_cache_database`.
    SMTPD_TLS_SESSION_CACHE_DATABASE: Text(
        "smtpd_tls_session_cache_database", "", any(), [One("tlsmgr")]) since "2.2";
    /// The parameter `smtpd_tls_session_cache_timeout`.
    SMTPD_TLS_SESSION_CACHE_TIMEOUT: Seconds(
        "smtpd_tls_session_cache_timeout", "3600s", span(0, 8640000), [One("tlsmgr")]) since "2.2";
    /// The parameter `smtpd_tls_wrappermode`.
    SMTPD_TLS_WRAPPERMODE: Bool("smtpd_tls_wrappermode", "no", any(), [One("smtpd")]) since "2.2";
    /// The parameter `smtpd_use_tls`.
    SMTPD_USE_TLS: Bool(
        "smtpd_use_tls",
        "no",
        any(), [One("postscreen"), One("smtpd"), One("tlsproxy")]
    ) since "2.2" instead "specify \"smtpd_tls_security_level\"";
}
