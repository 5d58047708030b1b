//! TLS and authentication in the SMTP server.

use crate::declare::parameters;
use crate::row::Program::{Every, One};
use crate::row::{any, min, span};

parameters! { after smtp_server;

    /// Announce AUTH in an old form, too.
    BROKEN_SASL_AUTH_CLIENTS: Bool("broken_sasl_auth_clients", "no", any(), [One("smtpd")]);
    /// Where Cyrus SASL looks for its configuration.
    CYRUS_SASL_CONFIG_PATH: Text(
        "cyrus_sasl_config_path", "", any(), [One("lmtp"), One("smtp"), One("smtpd")]) since "2.5";
    /// Send an authorization id when logging in with Cyrus SASL.
    SEND_CYRUS_SASL_AUTHZID: Bool("send_cyrus_sasl_authzid", "no", any(), [Every]) since "2.4";
    /// Insist on TLS.
    SMTPD_ENFORCE_TLS: Bool(
        "smtpd_enforce_tls",
        "no",
        any(), [One("postscreen"), One("smtpd"), One("tlsproxy")]
    ) since "2.2" instead "specify \"smtpd_tls_security_level\"";
    /// Offer logins with SASL.
    SMTPD_SASL_AUTH_ENABLE: Bool("smtpd_sasl_auth_enable", "no", any(), [One("smtpd")]);
    /// Name the login in Received: headers.
    SMTPD_SASL_AUTHENTICATED_HEADER: Bool(
        "smtpd_sasl_authenticated_header", "no", any(), [One("smtpd")]) since "2.3";
    /// Clients to which AUTH is not offered.
    SMTPD_SASL_EXCEPTIONS_NETWORKS: Text(
        "smtpd_sasl_exceptions_networks", "", any(), [One("smtpd")]) since "2.1";
    /// The local SASL realm.
    SMTPD_SASL_LOCAL_DOMAIN: Text("smtpd_sasl_local_domain", "", any(), [One("smtpd")]);
    /// SASL mechanisms that may be offered.
    SMTPD_SASL_MECHANISM_FILTER: Text(
        "smtpd_sasl_mechanism_filter", "!external, static:rest", any(), [One("smtpd")]) since "3.6";
    /// Where the SASL implementation is to be found.
    SMTPD_SASL_PATH: Text("smtpd_sasl_path", "smtpd", min(1), [One("smtpd")]) since "2.3";
    /// Greatest length of a client's response.
    SMTPD_SASL_RESPONSE_LIMIT: Int(
        "smtpd_sasl_response_limit", "12288", min(12288), [One("smtpd")]) since "3.4";
    /// Properties that SASL mechanisms must have.
    SMTPD_SASL_SECURITY_OPTIONS: Text("smtpd_sasl_security_options", "noanonymous", any(), [One("smtpd")]);
    /// Service name that is given to the SASL implementation.
    SMTPD_SASL_SERVICE: Text("smtpd_sasl_service", "smtp", min(1), [One("smtpd")]) since "2.11";
    /// The same as `smtpd_sasl_security_options`, in TLS sessions.
    SMTPD_SASL_TLS_SECURITY_OPTIONS: Text(
        "smtpd_sasl_tls_security_options",
        "$smtpd_sasl_security_options",
        any(), [One("smtpd")]
    ) since "2.2";
    /// The SASL implementation.
    SMTPD_SASL_TYPE: Text("smtpd_sasl_type", "cyrus", min(1), [One("smtpd")]) since "2.3";
    /// Time limit for the TLS handshake.
    SMTPD_STARTTLS_TIMEOUT: Seconds(
        "smtpd_starttls_timeout", "${stress?{10}:{300}}s", min(1), [One("smtpd")]) since "2.2";
    /// File with certificates of authorities to trust.
    SMTPD_TLS_CAFILE: Text("smtpd_tls_CAfile", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// Directory with certificates of authorities to trust.
    SMTPD_TLS_CAPATH: Text("smtpd_tls_CApath", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// Give session ids even when no sessions are kept.
    SMTPD_TLS_ALWAYS_ISSUE_SESSION_IDS: Bool(
        "smtpd_tls_always_issue_session_ids", "yes", any(), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// Ask clients for a certificate.
    SMTPD_TLS_ASK_CCERT: Bool(
        "smtpd_tls_ask_ccert", "no", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// Offer AUTH in TLS sessions only.
    SMTPD_TLS_AUTH_ONLY: Bool("smtpd_tls_auth_only", "no", any(), [One("smtpd")]) since "2.2";
    /// How long a client's certificate chain may be.
    SMTPD_TLS_CCERT_VERIFYDEPTH: Int(
        "smtpd_tls_ccert_verifydepth", "9", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// File with our RSA certificate.
    SMTPD_TLS_CERT_FILE: Text("smtpd_tls_cert_file", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// Files with private keys and their certificate chains.
    SMTPD_TLS_CHAIN_FILES: Text(
        "smtpd_tls_chain_files", "", any(), [One("smtpd"), One("tlsproxy")]) since "3.4";
    /// Least grade of ciphers, with opportunistic TLS.
    SMTPD_TLS_CIPHERS: Text(
        "smtpd_tls_ciphers", "medium", min(1), [One("smtpd"), One("tlsproxy")]) since "2.6";
    /// File with our DSA certificate.
    SMTPD_TLS_DCERT_FILE: Text(
        "smtpd_tls_dcert_file", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// File with parameters for DH key exchange.
    SMTPD_TLS_DH1024_PARAM_FILE: Text(
        "smtpd_tls_dh1024_param_file",
        "",
        any(), [One("smtpd"), One("tlsproxy")]
    ) since "2.2" instead "do not specify (leave at default)";
    /// File with parameters for DH key exchange of export grade; not used.
    SMTPD_TLS_DH512_PARAM_FILE: Text(
        "smtpd_tls_dh512_param_file", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// File with our DSA key.
    SMTPD_TLS_DKEY_FILE: Text(
        "smtpd_tls_dkey_file", "$smtpd_tls_dcert_file", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// File with our ECDSA certificate.
    SMTPD_TLS_ECCERT_FILE: Text(
        "smtpd_tls_eccert_file", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.6";
    /// File with our ECDSA key.
    SMTPD_TLS_ECKEY_FILE: Text(
        "smtpd_tls_eckey_file",
        "$smtpd_tls_eccert_file",
        any(), [One("smtpd"), One("tlsproxy")]
    ) since "2.6";
    /// Strength of elliptic-curve key exchange.
    SMTPD_TLS_EECDH_GRADE: Text(
        "smtpd_tls_eecdh_grade",
        "auto",
        min(1), [One("smtpd"), One("tlsproxy")]
    ) since "2.6" instead "do not specify (leave at default)";
    /// Ask clients for raw public keys in place of certificates.
    SMTPD_TLS_ENABLE_RPK: Bool(
        "smtpd_tls_enable_rpk", "no", any(), [One("smtpd"), One("tlsproxy")]) since "3.9";
    /// Ciphers never to use.
    SMTPD_TLS_EXCLUDE_CIPHERS: Text(
        "smtpd_tls_exclude_ciphers", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// Digest algorithm of fingerprints.
    SMTPD_TLS_FINGERPRINT_DIGEST: Text(
        "smtpd_tls_fingerprint_digest",
        "${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}",
        min(1), [One("smtpd"), One("tlsproxy")]
    ) since "2.5";
    /// File with our RSA key.
    SMTPD_TLS_KEY_FILE: Text(
        "smtpd_tls_key_file", "$smtpd_tls_cert_file", any(), [One("smtpd"), One("tlsproxy")]);
    /// How much to log about TLS.
    SMTPD_TLS_LOGLEVEL: Text(
        "smtpd_tls_loglevel", "0", any(), [One("smtpd"), One("tlsmgr"), One("tlsproxy")]) since "2.2";
    /// Least grade of ciphers, with mandatory TLS.
    SMTPD_TLS_MANDATORY_CIPHERS: Text(
        "smtpd_tls_mandatory_ciphers", "medium", min(1), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// More ciphers not to use, with mandatory TLS.
    SMTPD_TLS_MANDATORY_EXCLUDE_CIPHERS: Text(
        "smtpd_tls_mandatory_exclude_ciphers", "", any(), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// TLS versions, with mandatory TLS.
    SMTPD_TLS_MANDATORY_PROTOCOLS: Text(
        "smtpd_tls_mandatory_protocols", ">=TLSv1", any(), [One("smtpd"), One("tlsproxy")]) since "2.3";
    /// TLS versions, with opportunistic TLS.
    SMTPD_TLS_PROTOCOLS: Text(
        "smtpd_tls_protocols", ">=TLSv1", any(), [One("smtpd"), One("tlsproxy")]) since "2.6";
    /// Tell about TLS in Received: headers.
    SMTPD_TLS_RECEIVED_HEADER: Bool("smtpd_tls_received_header", "no", any(), [One("smtpd")]) since "2.2";
    /// Insist on a trusted client certificate.
    SMTPD_TLS_REQ_CCERT: Bool(
        "smtpd_tls_req_ccert", "no", any(), [One("smtpd"), One("tlsproxy")]) since "2.2";
    /// TLS level: `none`, `may`, `encrypt`.
    SMTPD_TLS_SECURITY_LEVEL: Text(
        "smtpd_tls_security_level",
        "",
        any(), [One("postscreen"), One("smtpd"), One("tlsproxy")]
    ) since "2.3";
    /// Table that keeps TLS sessions for resumption.
    SMTPD_TLS_SESSION_CACHE_DATABASE: Text(
        "smtpd_tls_session_cache_database", "", any(), [One("tlsmgr")]) since "2.2";
    /// How long a TLS session is kept.
    SMTPD_TLS_SESSION_CACHE_TIMEOUT: Seconds(
        "smtpd_tls_session_cache_timeout", "3600s", span(0, 8640000), [One("tlsmgr")]) since "2.2";
    /// Begin with TLS, without STARTTLS.
    SMTPD_TLS_WRAPPERMODE: Bool("smtpd_tls_wrappermode", "no", any(), [One("smtpd")]) since "2.2";
    /// Offer TLS.
    SMTPD_USE_TLS: Bool(
        "smtpd_use_tls",
        "no",
        any(), [One("postscreen"), One("smtpd"), One("tlsproxy")]
    ) since "2.2" instead "specify \"smtpd_tls_security_level\"";
}
