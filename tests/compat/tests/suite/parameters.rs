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
            let release = since.captures(page.get(row.name)?).map(|found| found[1].to_owned());
            let differs = release.as_deref() != row.since;
            differs.then(|| format!("{}: {:?}, the page has {release:?}", row.name, row.since))
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
