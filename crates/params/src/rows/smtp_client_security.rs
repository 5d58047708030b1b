//! TLS and authentication in the SMTP and LMTP clients.

use crate::declare::parameters;
use crate::row::Program::One;
use crate::row::{any, min, span};

parameters! { after lmtp_client;

    /// Same as `smtp_enforce_tls`, for the LMTP client.
    LMTP_ENFORCE_TLS: Bool(
        "lmtp_enforce_tls", "no", any(), [One("lmtp")]) since "2.3" instead "lmtp_tls_security_level";
    /// Same as `smtp_log_tls_feature_status`, for the LMTP client.
    LMTP_LOG_TLS_FEATURE_STATUS: Bool(
        "lmtp_log_tls_feature_status", "yes", any(), [One("lmtp")]) since "3.11";
    /// Same as `smtp_sasl_auth_cache_name`, for the LMTP client.
    LMTP_SASL_AUTH_CACHE_NAME: Text("lmtp_sasl_auth_cache_name", "", any(), [One("lmtp")]) since "2.5";
    /// Same as `smtp_sasl_auth_cache_time`, for the LMTP client.
    LMTP_SASL_AUTH_CACHE_TIME: Seconds("lmtp_sasl_auth_cache_time", "90d", any(), [One("lmtp")]) since "2.5";
    /// Same as `smtp_sasl_auth_enable`, for the LMTP client.
    LMTP_SASL_AUTH_ENABLE: Bool("lmtp_sasl_auth_enable", "no", any(), [One("lmtp")]);
    /// Same as `smtp_sasl_auth_soft_bounce`, for the LMTP client.
    LMTP_SASL_AUTH_SOFT_BOUNCE: Bool("lmtp_sasl_auth_soft_bounce", "yes", any(), [One("lmtp")]) since "2.5";
    /// Same as `smtp_sasl_mechanism_filter`, for the LMTP client.
    LMTP_SASL_MECHANISM_FILTER: Text("lmtp_sasl_mechanism_filter", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_sasl_password_maps`, for the LMTP client.
    LMTP_SASL_PASSWORD_MAPS: Text("lmtp_sasl_password_maps", "", any(), [One("lmtp")]);
    /// Same as `smtp_sasl_password_result_delimiter`, for the LMTP client.
    LMTP_SASL_PASSWORD_RESULT_DELIMITER: Text(
        "lmtp_sasl_password_result_delimiter", ":", span(1, 1), [One("lmtp")]) since "3.9";
    /// Same as `smtp_sasl_path`, for the LMTP client.
    LMTP_SASL_PATH: Text("lmtp_sasl_path", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_sasl_security_options`, for the LMTP client.
    LMTP_SASL_SECURITY_OPTIONS: Text(
        "lmtp_sasl_security_options", "noplaintext, noanonymous", any(), [One("lmtp")]);
    /// Same as `smtp_sasl_tls_security_options`, for the LMTP client.
    LMTP_SASL_TLS_SECURITY_OPTIONS: Text(
        "lmtp_sasl_tls_security_options", "$lmtp_sasl_security_options", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_sasl_tls_verified_security_options`, for the LMTP client.
    LMTP_SASL_TLS_VERIFIED_SECURITY_OPTIONS: Text(
        "lmtp_sasl_tls_verified_security_options",
        "$lmtp_sasl_tls_security_options",
        any(), [One("lmtp")]
    ) since "2.3";
    /// Same as `smtp_sasl_type`, for the LMTP client.
    LMTP_SASL_TYPE: Text("lmtp_sasl_type", "cyrus", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_starttls_timeout`, for the LMTP client.
    LMTP_STARTTLS_TIMEOUT: Seconds("lmtp_starttls_timeout", "300s", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_CAfile`, for the LMTP client.
    LMTP_TLS_CAFILE: Text("lmtp_tls_CAfile", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_CApath`, for the LMTP client.
    LMTP_TLS_CAPATH: Text("lmtp_tls_CApath", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_block_early_mail_reply`, for the LMTP client.
    LMTP_TLS_BLOCK_EARLY_MAIL_REPLY: Bool(
        "lmtp_tls_block_early_mail_reply", "no", any(), [One("lmtp")]) since "2.7";
    /// Same as `smtp_tls_cert_file`, for the LMTP client.
    LMTP_TLS_CERT_FILE: Text("lmtp_tls_cert_file", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_chain_files`, for the LMTP client.
    LMTP_TLS_CHAIN_FILES: Text("lmtp_tls_chain_files", "", any(), [One("lmtp")]) since "3.4";
    /// Same as `smtp_tls_ciphers`, for the LMTP client.
    LMTP_TLS_CIPHERS: Text("lmtp_tls_ciphers", "medium", min(1), [One("lmtp")]) since "2.6";
    /// Same as `smtp_tls_connection_reuse`, for the LMTP client.
    LMTP_TLS_CONNECTION_REUSE: Bool("lmtp_tls_connection_reuse", "no", any(), [One("lmtp")]) since "3.4";
    /// Same as `smtp_tls_dcert_file`, for the LMTP client.
    LMTP_TLS_DCERT_FILE: Text("lmtp_tls_dcert_file", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_dkey_file`, for the LMTP client.
    LMTP_TLS_DKEY_FILE: Text("lmtp_tls_dkey_file", "$lmtp_tls_dcert_file", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_eccert_file`, for the LMTP client.
    LMTP_TLS_ECCERT_FILE: Text("lmtp_tls_eccert_file", "", any(), [One("lmtp")]) since "2.6";
    /// Same as `smtp_tls_eckey_file`, for the LMTP client.
    LMTP_TLS_ECKEY_FILE: Text(
        "lmtp_tls_eckey_file", "$lmtp_tls_eccert_file", any(), [One("lmtp")]) since "2.6";
    /// Same as `smtp_tls_enable_rpk`, for the LMTP client.
    LMTP_TLS_ENABLE_RPK: Bool("lmtp_tls_enable_rpk", "no", any(), [One("lmtp")]) since "3.9";
    /// Same as `smtp_tls_enforce_peername`, for the LMTP client.
    LMTP_TLS_ENFORCE_PEERNAME: Bool(
        "lmtp_tls_enforce_peername",
        "yes",
        any(), [One("lmtp")]
    ) since "2.3" instead "specify \"lmtp_tls_security_level\"";
    /// Same as `smtp_tls_enforce_sts_mx_patterns`, for the LMTP client.
    LMTP_TLS_ENFORCE_STS_MX_PATTERNS: Bool(
        "lmtp_tls_enforce_sts_mx_patterns", "yes", any(), [One("lmtp")]) since "3.10";
    /// Same as `smtp_tls_exclude_ciphers`, for the LMTP client.
    LMTP_TLS_EXCLUDE_CIPHERS: Text("lmtp_tls_exclude_ciphers", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_fingerprint_cert_match`, for the LMTP client.
    LMTP_TLS_FINGERPRINT_CERT_MATCH: Text(
        "lmtp_tls_fingerprint_cert_match", "", any(), [One("lmtp")]) since "2.5";
    /// Same as `smtp_tls_fingerprint_digest`, for the LMTP client.
    LMTP_TLS_FINGERPRINT_DIGEST: Text(
        "lmtp_tls_fingerprint_digest",
        "${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}",
        min(1), [One("lmtp")]
    ) since "2.5";
    /// Same as `smtp_tls_force_insecure_host_tlsa_lookup`, for the LMTP client.
    LMTP_TLS_FORCE_INSECURE_HOST_TLSA_LOOKUP: Bool(
        "lmtp_tls_force_insecure_host_tlsa_lookup", "no", any(), [One("lmtp")]) since "2.11";
    /// Same as `smtp_tls_key_file`, for the LMTP client.
    LMTP_TLS_KEY_FILE: Text("lmtp_tls_key_file", "$lmtp_tls_cert_file", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_loglevel`, for the LMTP client.
    LMTP_TLS_LOGLEVEL: Text("lmtp_tls_loglevel", "0", any(), [One("lmtp"), One("tlsmgr")]) since "2.3";
    /// Same as `smtp_tls_mandatory_ciphers`, for the LMTP client.
    LMTP_TLS_MANDATORY_CIPHERS: Text(
        "lmtp_tls_mandatory_ciphers", "medium", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_mandatory_exclude_ciphers`, for the LMTP client.
    LMTP_TLS_MANDATORY_EXCLUDE_CIPHERS: Text(
        "lmtp_tls_mandatory_exclude_ciphers", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_mandatory_protocols`, for the LMTP client.
    LMTP_TLS_MANDATORY_PROTOCOLS: Text(
        "lmtp_tls_mandatory_protocols", ">=TLSv1", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_note_starttls_offer`, for the LMTP client.
    LMTP_TLS_NOTE_STARTTLS_OFFER: Bool(
        "lmtp_tls_note_starttls_offer", "no", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_per_site`, for the LMTP client.
    LMTP_TLS_PER_SITE: Text(
        "lmtp_tls_per_site",
        "",
        any(), [One("lmtp")]
    ) since "2.3" instead "specify \"lmtp_tls_policy_maps\"";
    /// Same as `smtp_tls_policy_maps`, for the LMTP client.
    LMTP_TLS_POLICY_MAPS: Text("lmtp_tls_policy_maps", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_protocols`, for the LMTP client.
    LMTP_TLS_PROTOCOLS: Text("lmtp_tls_protocols", ">=TLSv1", any(), [One("lmtp")]) since "2.6";
    /// Same as `smtp_tls_scert_verifydepth`, for the LMTP client.
    LMTP_TLS_SCERT_VERIFYDEPTH: Int("lmtp_tls_scert_verifydepth", "9", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_secure_cert_match`, for the LMTP client.
    LMTP_TLS_SECURE_CERT_MATCH: Text(
        "lmtp_tls_secure_cert_match", "nexthop", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_security_level`, for the LMTP client.
    LMTP_TLS_SECURITY_LEVEL: Text("lmtp_tls_security_level", "", any(), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_servername`, for the LMTP client.
    LMTP_TLS_SERVERNAME: Text("lmtp_tls_servername", "", any(), [One("lmtp")]) since "3.4";
    /// Same as `smtp_tls_session_cache_database`, for the LMTP client.
    LMTP_TLS_SESSION_CACHE_DATABASE: Text(
        "lmtp_tls_session_cache_database", "", any(), [One("tlsmgr")]) since "2.3";
    /// Same as `smtp_tls_session_cache_timeout`, for the LMTP client.
    LMTP_TLS_SESSION_CACHE_TIMEOUT: Seconds(
        "lmtp_tls_session_cache_timeout", "3600s", span(0, 8640000), [One("tlsmgr")]) since "2.3";
    /// Same as `smtp_tls_trust_anchor_file`, for the LMTP client.
    LMTP_TLS_TRUST_ANCHOR_FILE: Text("lmtp_tls_trust_anchor_file", "", any(), [One("lmtp")]) since "2.11";
    /// Same as `smtp_tls_verify_cert_match`, for the LMTP client.
    LMTP_TLS_VERIFY_CERT_MATCH: Text(
        "lmtp_tls_verify_cert_match", "hostname", min(1), [One("lmtp")]) since "2.3";
    /// Same as `smtp_tls_wrappermode`, for the LMTP client.
    LMTP_TLS_WRAPPERMODE: Bool("lmtp_tls_wrappermode", "no", any(), [One("lmtp")]) since "3.0";
    /// Same as `smtp_tlsrpt_enable`, for the LMTP client.
    LMTP_TLSRPT_ENABLE: Bool("lmtp_tlsrpt_enable", "no", any(), [One("lmtp")]) since "3.10";
    /// Same as `smtp_tlsrpt_skip_reused_handshakes`, for the LMTP client.
    LMTP_TLSRPT_SKIP_REUSED_HANDSHAKES: Bool(
        "lmtp_tlsrpt_skip_reused_handshakes", "no", any(), [One("lmtp")]) since "3.10";
    /// Same as `smtp_tlsrpt_socket_name`, for the LMTP client.
    LMTP_TLSRPT_SOCKET_NAME: Text("lmtp_tlsrpt_socket_name", "", any(), [One("lmtp")]) since "3.10";
    /// Same as `smtp_use_tls`, for the LMTP client.
    LMTP_USE_TLS: Bool(
        "lmtp_use_tls",
        "no",
        any(), [One("lmtp")]
    ) since "2.3" instead "specify \"lmtp_tls_security_level\"";
    /// Insist on TLS.
    SMTP_ENFORCE_TLS: Bool(
        "smtp_enforce_tls",
        "no",
        any(), [One("smtp"), One("tlsproxy")]
    ) since "2.2" instead "specify \"smtp_tls_security_level\"";
    /// Log the TLS status of each delivery.
    SMTP_LOG_TLS_FEATURE_STATUS: Bool(
        "smtp_log_tls_feature_status", "yes", any(), [One("smtp")]) since "3.11";
    /// Table that remembers logins that failed.
    SMTP_SASL_AUTH_CACHE_NAME: Text("smtp_sasl_auth_cache_name", "", any(), [One("smtp")]) since "2.5";
    /// How long a failed login is remembered.
    SMTP_SASL_AUTH_CACHE_TIME: Seconds("smtp_sasl_auth_cache_time", "90d", any(), [One("smtp")]) since "2.5";
    /// Log in with SASL.
    SMTP_SASL_AUTH_ENABLE: Bool("smtp_sasl_auth_enable", "no", any(), [One("smtp")]);
    /// Defer mail when a login fails, rather than return it.
    SMTP_SASL_AUTH_SOFT_BOUNCE: Bool("smtp_sasl_auth_soft_bounce", "yes", any(), [One("smtp")]) since "2.5";
    /// SASL mechanisms that may be used.
    SMTP_SASL_MECHANISM_FILTER: Text("smtp_sasl_mechanism_filter", "", any(), [One("smtp")]) since "2.2";
    /// Tables with user and password by server.
    SMTP_SASL_PASSWORD_MAPS: Text("smtp_sasl_password_maps", "", any(), [One("smtp")]);
    /// What separates user and password.
    SMTP_SASL_PASSWORD_RESULT_DELIMITER: Text(
        "smtp_sasl_password_result_delimiter", ":", span(1, 1), [One("smtp")]) since "3.9";
    /// Where the SASL implementation is to be found.
    SMTP_SASL_PATH: Text("smtp_sasl_path", "", any(), [One("smtp")]) since "2.3";
    /// Properties that SASL mechanisms must have.
    SMTP_SASL_SECURITY_OPTIONS: Text(
        "smtp_sasl_security_options", "noplaintext, noanonymous", any(), [One("smtp")]);
    /// The same, in TLS sessions.
    SMTP_SASL_TLS_SECURITY_OPTIONS: Text(
        "smtp_sasl_tls_security_options", "$smtp_sasl_security_options", any(), [One("smtp")]) since "2.2";
    /// The same, in TLS sessions with a verified server.
    SMTP_SASL_TLS_VERIFIED_SECURITY_OPTIONS: Text(
        "smtp_sasl_tls_verified_security_options",
        "$smtp_sasl_tls_security_options",
        any(), [One("smtp")]
    ) since "2.6";
    /// The SASL implementation.
    SMTP_SASL_TYPE: Text("smtp_sasl_type", "cyrus", min(1), [One("smtp")]) since "2.3";
    /// Time limit for the TLS handshake.
    SMTP_STARTTLS_TIMEOUT: Seconds("smtp_starttls_timeout", "300s", min(1), [One("smtp")]) since "2.2";
    /// File with certificates of authorities to trust.
    SMTP_TLS_CAFILE: Text("smtp_tls_CAfile", "", any(), [One("smtp"), One("tlsproxy")]) since "2.2";
    /// Directory with certificates of authorities to trust.
    SMTP_TLS_CAPATH: Text("smtp_tls_CApath", "", any(), [One("smtp"), One("tlsproxy")]) since "2.2";
    /// Notice servers that answer MAIL before they are asked.
    SMTP_TLS_BLOCK_EARLY_MAIL_REPLY: Bool(
        "smtp_tls_block_early_mail_reply", "no", any(), [One("smtp")]) since "2.7";
    /// File with our RSA certificate.
    SMTP_TLS_CERT_FILE: Text("smtp_tls_cert_file", "", any(), [One("smtp"), One("tlsproxy")]) since "2.2";
    /// Files with private keys and their certificate chains.
    SMTP_TLS_CHAIN_FILES: Text("smtp_tls_chain_files", "", any(), [One("smtp"), One("tlsproxy")]) since "3.4";
    /// Least grade of ciphers, with opportunistic TLS.
    SMTP_TLS_CIPHERS: Text("smtp_tls_ciphers", "medium", min(1), [One("smtp")]) since "2.6";
    /// Reuse TLS connections, by way of tlsproxy(8).
    SMTP_TLS_CONNECTION_REUSE: Bool("smtp_tls_connection_reuse", "no", any(), [One("smtp")]) since "3.4";
    /// TLS level when a server has TLSA records but the MX record is not secure.
    SMTP_TLS_DANE_INSECURE_MX_POLICY: Text(
        "smtp_tls_dane_insecure_mx_policy", "dane", any(), [One("smtp")]) since "3.1";
    /// File with our DSA certificate.
    SMTP_TLS_DCERT_FILE: Text("smtp_tls_dcert_file", "", any(), [One("smtp"), One("tlsproxy")]) since "2.2";
    /// File with our DSA key.
    SMTP_TLS_DKEY_FILE: Text(
        "smtp_tls_dkey_file", "$smtp_tls_dcert_file", any(), [One("smtp"), One("tlsproxy")]) since "2.2";
    /// File with our ECDSA certificate.
    SMTP_TLS_ECCERT_FILE: Text("smtp_tls_eccert_file", "", any(), [One("smtp"), One("tlsproxy")]) since "2.6";
    /// File with our ECDSA key.
    SMTP_TLS_ECKEY_FILE: Text(
        "smtp_tls_eckey_file", "$smtp_tls_eccert_file", any(), [One("smtp"), One("tlsproxy")]) since "2.6";
    /// Ask servers for raw public keys in place of certificates.
    SMTP_TLS_ENABLE_RPK: Bool("smtp_tls_enable_rpk", "no", any(), [One("smtp")]) since "3.9";
    /// Insist on the right name in the certificate.
    SMTP_TLS_ENFORCE_PEERNAME: Bool(
        "smtp_tls_enforce_peername",
        "yes",
        any(), [One("smtp")]
    ) since "2.2" instead "specify \"smtp_tls_security_level\"";
    /// Hold to the MX host patterns of an MTA-STS policy.
    SMTP_TLS_ENFORCE_STS_MX_PATTERNS: Bool(
        "smtp_tls_enforce_sts_mx_patterns", "yes", any(), [One("smtp")]) since "3.10";
    /// Ciphers never to use.
    SMTP_TLS_EXCLUDE_CIPHERS: Text("smtp_tls_exclude_ciphers", "", any(), [One("smtp")]) since "2.3";
    /// Fingerprints of acceptable server certificates.
    SMTP_TLS_FINGERPRINT_CERT_MATCH: Text(
        "smtp_tls_fingerprint_cert_match", "", any(), [One("smtp")]) since "2.5";
    /// Digest algorithm of fingerprints.
    SMTP_TLS_FINGERPRINT_DIGEST: Text(
        "smtp_tls_fingerprint_digest",
        "${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}",
        min(1), [One("posttls-finger"), One("smtp"), One("tlsproxy")]
    ) since "2.5";
    /// Look for TLSA records even if the address record is not secure.
    SMTP_TLS_FORCE_INSECURE_HOST_TLSA_LOOKUP: Bool(
        "smtp_tls_force_insecure_host_tlsa_lookup", "no", any(), [One("smtp")]) since "2.11";
    /// File with our RSA key.
    SMTP_TLS_KEY_FILE: Text(
        "smtp_tls_key_file", "$smtp_tls_cert_file", any(), [One("smtp"), One("tlsproxy")]) since "2.2";
    /// How much to log about TLS.
    SMTP_TLS_LOGLEVEL: Text(
        "smtp_tls_loglevel", "0", any(), [One("smtp"), One("tlsmgr"), One("tlsproxy")]) since "2.2";
    /// Least grade of ciphers, with mandatory TLS.
    SMTP_TLS_MANDATORY_CIPHERS: Text(
        "smtp_tls_mandatory_ciphers", "medium", min(1), [One("smtp")]) since "2.3";
    /// More ciphers not to use, with mandatory TLS.
    SMTP_TLS_MANDATORY_EXCLUDE_CIPHERS: Text(
        "smtp_tls_mandatory_exclude_ciphers", "", any(), [One("smtp")]) since "2.3";
    /// TLS versions, with mandatory TLS.
    SMTP_TLS_MANDATORY_PROTOCOLS: Text(
        "smtp_tls_mandatory_protocols", ">=TLSv1", any(), [One("smtp")]) since "2.3";
    /// Log servers that offer STARTTLS that we do not use.
    SMTP_TLS_NOTE_STARTTLS_OFFER: Bool(
        "smtp_tls_note_starttls_offer", "no", any(), [One("smtp")]) since "2.2";
    /// Tables with the use of TLS by destination, in an old form.
    SMTP_TLS_PER_SITE: Text(
        "smtp_tls_per_site",
        "",
        any(), [One("smtp"), One("tlsproxy")]
    ) since "2.2" instead "specify \"smtp_tls_policy_maps\"";
    /// Tables with the TLS policy by destination.
    SMTP_TLS_POLICY_MAPS: Text("smtp_tls_policy_maps", "", any(), [One("smtp"), One("tlsproxy")]) since "2.3";
    /// TLS versions, with opportunistic TLS.
    SMTP_TLS_PROTOCOLS: Text("smtp_tls_protocols", ">=TLSv1", any(), [One("smtp")]) since "2.6";
    /// How long a server's certificate chain may be.
    SMTP_TLS_SCERT_VERIFYDEPTH: Int(
        "smtp_tls_scert_verifydepth", "9", any(), [One("smtp"), One("tlsproxy")]) since "2.2";
    /// Names to look for in the certificate, at level `secure`.
    SMTP_TLS_SECURE_CERT_MATCH: Text(
        "smtp_tls_secure_cert_match", "nexthop, dot-nexthop", min(1), [One("smtp")]) since "2.3";
    /// Default TLS level: `none`, `may`, `encrypt`, `dane`, `verify`, `secure`, ...
    SMTP_TLS_SECURITY_LEVEL: Text(
        "smtp_tls_security_level",
        "${{$compatibility_level} <level {3.11} ? {} : {may}}",
        any(), [One("smtp"), One("tlsproxy")]
    ) since "2.3";
    /// Server name to ask for in the TLS handshake.
    SMTP_TLS_SERVERNAME: Text("smtp_tls_servername", "", any(), [One("smtp")]) since "3.4";
    /// Table that keeps TLS sessions for resumption.
    SMTP_TLS_SESSION_CACHE_DATABASE: Text(
        "smtp_tls_session_cache_database", "", any(), [One("tlsmgr")]) since "2.2";
    /// How long a TLS session is kept.
    SMTP_TLS_SESSION_CACHE_TIMEOUT: Seconds(
        "smtp_tls_session_cache_timeout", "3600s", span(0, 8640000), [One("tlsmgr")]) since "2.2";
    /// Files with trust anchors that stand in for the usual authorities.
    SMTP_TLS_TRUST_ANCHOR_FILE: Text("smtp_tls_trust_anchor_file", "", any(), [One("smtp")]) since "2.11";
    /// Names to look for in the certificate, at level `verify`.
    SMTP_TLS_VERIFY_CERT_MATCH: Text(
        "smtp_tls_verify_cert_match", "hostname", min(1), [One("smtp")]) since "2.3";
    /// Begin with TLS, without STARTTLS.
    SMTP_TLS_WRAPPERMODE: Bool("smtp_tls_wrappermode", "no", any(), [One("smtp")]) since "3.0";
    /// Send facts about TLS to a TLSRPT library.
    SMTP_TLSRPT_ENABLE: Bool("smtp_tlsrpt_enable", "no", any(), [One("smtp")]) since "3.10";
    /// Do not report resumed TLS sessions.
    SMTP_TLSRPT_SKIP_REUSED_HANDSHAKES: Bool(
        "smtp_tlsrpt_skip_reused_handshakes", "no", any(), [One("smtp")]) since "3.10";
    /// Socket of the TLSRPT service.
    SMTP_TLSRPT_SOCKET_NAME: Text("smtp_tlsrpt_socket_name", "", any(), [One("smtp")]) since "3.10";
    /// Use TLS when the server offers it.
    SMTP_USE_TLS: Bool(
        "smtp_use_tls",
        "no",
        any(), [One("smtp"), One("tlsproxy")]
    ) since "2.2" instead "specify \"smtp_tls_security_level\"";
}
