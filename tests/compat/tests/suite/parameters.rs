//! The table of parameters beside postconf(5), the manual page of the reference.

use compat::HostSpec;
use compat::roots::Version;
use params::Shape;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// Names that the page still explains though no program of 3.11 reads them.
const GONE: &[&str] = &[
    "domain_to_ascii",
    "enable_errors_to",
    "lmtp_cache_connection",
    "sender_based_routing",
    "smtp_skip_4xx_greeting",
    "smtp_tls_cipherlist",
    "smtpd_sasl_application_name",
    "smtpd_tls_cipherlist",
    "tls_dane_digest_agility",
    "tls_dane_trust_anchor_digest_enable",
    "tls_legacy_public_key_fingerprints",
    "tlsproxy_tls_session_cache_timeout",
];

/// Names that programs read though the page does not explain them.
const UNEXPLAINED: &[&str] = &[
    "lmtp_tlsrpt_enable",
    "lmtp_tlsrpt_skip_reused_handshakes",
    "lmtp_tlsrpt_socket_name",
    "process_id",
    "process_name",
    "service_name",
];

/// Names that older releases got in their later patch releases.
const BACKPORTED: &[&str] = &[
    "cleanup_replace_stray_cr_lf",
    "smtpd_forbid_bare_newline",
    "smtpd_forbid_bare_newline_exclusions",
    "smtpd_forbid_bare_newline_reject_code",
    "smtpd_forbid_unauth_pipelining",
    "tls_config_file",
    "tls_config_name",
];

/// Manual pages that are another's: the program reads other parameters than the page lists.
const OTHERS_PAGES: &[&str] = &["defer", "lmtp", "oqmgr", "trace"];

/// What manual pages list though the daemon goes on with a value that cannot be evaluated: another program reads it, or
/// none does.
const LISTED_ONLY: &[(&str, &[&str])] = &[
    ("dnsblog", &["postscreen_dnsbl_sites"]),
    ("error", &["2bounce_notice_recipient", "bounce_notice_recipient", "notify_classes"]),
    ("local", &["local_destination_concurrency_limit", "local_destination_recipient_limit"]),
    ("master", &["debugger_command"]),
    ("qmgr", &["allow_min_user"]),
    ("qmqpd", &["hopcount_limit"]),
    (
        "smtp",
        &[
            "lmtp_discard_lhlo_keyword_address_maps",
            "lmtp_discard_lhlo_keywords",
            "lmtp_fallback_relay",
            "lmtp_lhlo_name",
            "lmtp_lhlo_timeout",
            "lmtp_tcp_port",
            "smtp_tls_session_cache_database",
            "smtp_tls_session_cache_timeout",
        ],
    ),
    ("smtpd", &["tls_server_sni_maps", "virtual_alias_domains", "virtual_mailbox_domains"]),
    (
        "verify",
        &[
            "address_verify_default_transport",
            "address_verify_local_transport",
            "address_verify_relay_transport",
            "address_verify_relayhost",
            "address_verify_sender_dependent_default_transport_maps",
            "address_verify_sender_dependent_relayhost_maps",
            "address_verify_transport_maps",
            "address_verify_virtual_transport",
        ],
    ),
    ("virtual", &["virtual_mailbox_domains", "virtual_transport"]),
];

/// What no program evaluates, though all pages list it.
const NEVER_EVALUATED: &[&str] = &["config_directory", "process_id", "process_name"];

/// What the page says of each parameter, without its markup and line breaks.
fn page() -> BTreeMap<String, String> {
    let reference = HostSpec::reference(Version::V3_11).start();
    let page = reference.must(["zcat", "/usr/share/man/man5/postconf.5.gz"]);
    let page = String::from_utf8_lossy(&page).replace("\\-", "-");
    let heading = Regex::new(r"^(\w+) \(default: ").expect("pattern");
    let fonts = Regex::new(r"\\f[A-Z]").expect("pattern");
    let entry = |section: &str| {
        let name = heading.captures(section)?[1].to_owned();
        let lines = section.lines().skip(1).filter(|line| !line.starts_with('.'));
        let text = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        Some((name, fonts.replace_all(&text, "").into_owned()))
    };
    page.split("\n.SH ").filter_map(entry).collect()
}

/// Is it a name that exists once for each service, or one that stands for all of these?
fn is_of_a_service(name: &str) -> bool {
    let families = params::service::TRANSPORT.iter().chain([&params::service::COMMAND_TIME_LIMIT]);
    families.map(|family| family.suffix).any(|suffix| name.ends_with(suffix))
}

#[test]
fn names_are_those_of_the_manual_page() {
    let explained: BTreeSet<String> = page().into_keys().collect();
    let ours: BTreeSet<String> = params::rows().iter().map(|row| row.name.to_owned()).collect();
    let missing: Vec<&str> =
        explained.difference(&ours).map(String::as_str).filter(|name| !is_of_a_service(name)).collect();
    let more: Vec<&str> = ours.difference(&explained).map(String::as_str).collect();
    assert_eq!((missing.as_slice(), more.as_slice()), (GONE, UNEXPLAINED));
}

#[test]
fn releases_are_those_of_the_manual_page() {
    let since = Regex::new(
        r"This (?:feature|parameter) (?:is|was) (?:available|introduced) (?:in|with) Postfix (?:version |>= ?)?(\d+\.\d+)",
    )
    .expect("pattern");
    let page = page();
    let differences: Vec<String> = params::rows()
        .iter()
        .filter_map(|row| {
            let release = since.captures(page.get(row.name)?)?[1].to_owned();
            let differs = Some(release.as_str()) != row.since;
            differs.then(|| format!("{}: {:?}, the page has {release}", row.name, row.since))
        })
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn units_of_times_are_those_of_the_manual_page() {
    let unit = Regex::new(r"[Tt]he default time unit is ([smhdw]) ").expect("pattern");
    let page = page();
    let mut compared = 0;
    for row in params::rows().iter().filter(|row| row.shape == Shape::Seconds) {
        let explained = page.get(row.name).and_then(|text| unit.captures(text));
        let (Some(explained), params::Default::Text(default)) = (explained, row.default) else { continue };
        assert!(default.ends_with(&explained[1]), "{} = {default}: {}", row.name, &explained[0]);
        compared += 1;
    }
    assert!(compared > 30, "{compared} units");
}

/// The release in which a parameter came, in the order of releases.
fn release(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Names that `postconf -d` of a release lists.
fn names_of(version: Version) -> BTreeSet<String> {
    let listed = HostSpec::reference(version).start().must(["postconf", "-dH"]);
    String::from_utf8_lossy(&listed).lines().map(str::to_owned).collect()
}

#[test]
fn releases_are_those_that_have_the_parameters() {
    for version in [Version::V3_7, Version::V3_10] {
        let listed = names_of(version);
        let of_version = release(version.name()).expect("a release");
        let wrong: Vec<&str> = params::rows()
            .iter()
            .filter(|row| !row.legacy && !BACKPORTED.contains(&row.name))
            .filter(|row| {
                let is_there = row.since.and_then(release).is_none_or(|since| since <= of_version);
                is_there != listed.contains(row.name)
            })
            .map(|row| row.name)
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", version.name());
    }
}

/// The parameters that the manual page of each daemon lists.
fn read_by_daemons() -> BTreeMap<String, BTreeSet<String>> {
    let reference = HostSpec::reference(Version::V3_11).start();
    let listed = reference.must(["sh", "-c", "ls /usr/share/man/man8 | sed -n 's/[.]8[.]gz$//p'"]);
    let entry = Regex::new(r#"(?m)^\.IP "\\fB(\w+) \("#).expect("pattern");
    let daemons = String::from_utf8_lossy(&listed).into_owned();
    let of_daemon = |daemon: &str| {
        let page = reference.must(["zcat", &format!("/usr/share/man/man8/{daemon}.8.gz")]);
        let page = String::from_utf8_lossy(&page).into_owned();
        let names = entry.captures_iter(&page).map(|found| found[1].to_owned()).collect();
        (daemon.to_owned(), names)
    };
    daemons.lines().map(of_daemon).collect()
}

#[test]
fn programs_are_those_whose_manual_pages_list_the_parameter() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (daemon, names) in read_by_daemons() {
        let is_unread = |name: &String| params::by_name(name).is_some_and(|row| !row.is_read_by(&daemon));
        let is_evaluated = |name: &String| !NEVER_EVALUATED.contains(&name.as_str());
        let unread: Vec<String> = names.into_iter().filter(is_evaluated).filter(is_unread).collect();
        if !unread.is_empty() && !OTHERS_PAGES.contains(&daemon.as_str()) {
            found.insert(daemon, unread);
        }
    }
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let known: BTreeMap<String, Vec<String>> =
        LISTED_ONLY.iter().map(|(daemon, names)| ((*daemon).to_owned(), texts(names))).collect();
    assert_eq!(found, known);
}
