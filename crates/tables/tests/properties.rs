//! Properties of tables that hold for any content: what is stored is found, and no source text is too strange.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use oxipost_tables::{
    Access, Flags, IfUnavailable, LogicalLines, LookupError, MatchList, Opener, Seek, Settings, Subdomains,
    Table, cidr::Network,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn opener() -> Opener {
    Opener::new(Settings { if_unavailable: IfUnavailable::StandIn, ..Settings::default() })
}

/// Text as C programs can hold it.
fn text(max: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(1..=255u8, 1..max)
}

fn entries_of(table: &dyn Table) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, LookupError> {
    let mut entries = BTreeMap::new();
    let mut seek = Seek::First;
    while let Some((key, value)) = table.sequence(seek)? {
        entries.insert(key, value);
        seek = Seek::Next;
    }
    Ok(entries)
}

/// Builds a table, opens it again, and compares.
fn round_trip(kind: &str, flags: Flags, entries: &BTreeMap<Vec<u8>, Vec<u8>>) {
    let directory = tempfile::tempdir().unwrap();
    let spec = format!("{kind}:{}", directory.path().join("t").display());
    let opener = opener();
    let build = opener.open_for(&spec, Access::Build, flags | Flags::BULK_UPDATE).unwrap();
    for (key, value) in entries {
        assert!(build.update(key, value).unwrap());
    }
    build.finish().unwrap();
    drop(build);
    let table = opener.open(&spec, flags | Flags::LOCK).unwrap();
    for (key, value) in entries {
        assert_eq!(table.lookup(key).unwrap().as_ref(), Some(value));
    }
    assert_eq!(&entries_of(&*table).unwrap(), entries);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cdb_keeps_everything(entries in btree_map(text(40), text(200), 0..50), nulls: bool) {
        round_trip("cdb", if nulls { Flags::TRY1NULL } else { Flags::NONE }, &entries);
    }

    #[test]
    fn lmdb_keeps_everything(entries in btree_map(text(400), text(2000), 0..50), nulls: bool) {
        round_trip("lmdb", if nulls { Flags::TRY0NULL } else { Flags::NONE }, &entries);
    }

    #[test]
    fn lmdb_changes(changes in vec((0..5u8, any::<Option<u8>>()), 1..30)) {
        let directory = tempfile::tempdir().unwrap();
        let spec = format!("lmdb:{}", directory.path().join("t").display());
        let table = opener().open_for(&spec, Access::CreateAndChange, Flags::LOCK | Flags::DUP_REPLACE).unwrap();
        let mut expected = BTreeMap::new();
        for (key, value) in changes {
            let key = vec![b'a' + key];
            match value {
                Some(value) => {
                    let value = value.to_string().into_bytes();
                    prop_assert_eq!(table.update(&key, &value), Ok(true));
                    expected.insert(key, value);
                }
                None => prop_assert_eq!(table.delete(&key), Ok(expected.remove(&key).is_some())),
            }
        }
        prop_assert_eq!(entries_of(&*table).unwrap(), expected);
    }

    #[test]
    fn damaged_cdb_files_do_no_harm(mut content in vec(any::<u8>(), 2048..4096), key in text(10)) {
        // Plausible offsets reach further than random ones.
        for place in content.chunks_exact_mut(4) {
            if let [_, _, c, d] = place {
                *c = 0;
                *d = 0;
            }
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t");
        std::fs::write(path.with_extension("cdb"), &content).unwrap();
        let table = opener().open(format!("cdb:{}", path.display()), Flags::NONE).unwrap();
        let _ = table.lookup(&key);
        let _ = entries_of(&*table);
    }

    #[test]
    fn any_source_text_can_be_read(content in vec(any::<u8>(), 0..400)) {
        let mut last = 0;
        for line in LogicalLines::new(&"t".into(), content.as_slice()) {
            prop_assert!(line.first > last);
            prop_assert!(!line.text.is_empty() || content.contains(&0));
            last = line.first;
            let _ = oxipost_tables::source_line(&line.text);
        }
    }

    #[test]
    fn any_rules_can_be_read(
        lines in vec(r"(if |endif|!|/|[0-9./:\[\]]|\\|\$|\$\{|\}|[a-z(|)*+?]){0,12} ?.{0,8}", 0..12),
        key in ".{0,12}",
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t");
        std::fs::write(&path, lines.join("\n")).unwrap();
        for kind in ["pcre", "regexp", "cidr", "texthash"] {
            let spec = format!("{kind}:{}", path.display());
            let table = opener().open(&spec, Flags::LOOKUP | Flags::DUP_WARN).unwrap();
            let _ = table.lookup(key.as_bytes());
        }
    }

    #[test]
    fn any_specification_can_be_opened(
        kind in "(inline|static|unionmap|pipemap|randmap|pcre|cidr|unix|environ|internal|fail|x)",
        name in r"[{}a-z:=, /]{0,24}",
    ) {
        if let Ok(table) = opener().open(format!("{kind}:{name}"), Flags::LOOKUP) {
            let _ = table.lookup(b"key");
        }
    }

    #[test]
    fn any_list_can_be_compared(list in r"[!a-z0-9./:,\[\] {}#]{0,30}", name in "[a-z0-9.:]{0,15}") {
        // Names of files would be read.
        let list = list.replace(['/'], "-");
        if let Ok(list) = MatchList::clients(&opener(), "test", &list, Subdomains::WithParent) {
            let _ = list.matches_client(name.as_bytes(), b"192.0.2.1");
            let _ = list.matches_client(b"unknown", name.as_bytes());
        }
    }

    #[test]
    fn networks_contain_what_has_their_prefix(address: std::net::IpAddr, bits in 0..=128u32, other: std::net::IpAddr) {
        let width = if address.is_ipv6() { 128 } else { 32 };
        let bits = bits.min(width);
        let spread = |address: std::net::IpAddr| match address {
            std::net::IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
            std::net::IpAddr::V6(v6) => v6.to_bits(),
        };
        let prefix = |address| if bits == 0 { 0 } else { spread(address) >> (128 - bits) };
        match Network::parse(format!("{address}/{bits}").as_bytes()) {
            Ok(network) => {
                prop_assert!(network.contains(address));
                let same = address.is_ipv6() == other.is_ipv6() && prefix(address) == prefix(other);
                prop_assert_eq!(network.contains(other), same);
            }
            Err(why) => prop_assert!(why.starts_with("non-null host address bits"), "{}", why),
        }
    }
}
