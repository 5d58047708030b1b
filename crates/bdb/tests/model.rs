//! Files in memory against a map, and damaged files against nothing but the clock.

use oxipost_bdb::{Creation, Cursor, Database, Entry, Error, Existing, Method, Store};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A small cache, so that pages go to the store and come back.
const CACHE: usize = 16 * 512;

fn creation(method: Method, page_size: usize) -> Creation {
    Creation { method, page_size, expected_elements: 0, file_id: [7; 20] }
}

fn all(database: &mut Database<Vec<u8>>) -> Result<Vec<Entry>, Error> {
    let mut cursor = Cursor::new();
    let mut entries = Vec::new();
    while let Some(entry) = database.next(&mut cursor)? {
        entries.push(entry);
    }
    Ok(entries)
}

/// What look-ups say; of errors only that there was one.
type Answers = Vec<Option<Option<Vec<u8>>>>;

/// Looks keys up one by one, and all at once.
fn both_ways(database: &mut Database<Vec<u8>>, keys: &[&[u8]]) -> (Answers, Answers) {
    let one_by_one = keys.iter().map(|key| database.get(key).ok()).collect();
    let mut at_once = vec![Some(Some(b"not answered".to_vec())); keys.len()];
    database.get_many(keys, b"", |number, value| at_once[number] = value.ok());
    (one_by_one, at_once)
}

#[derive(Clone, Debug)]
enum Change {
    Put(Vec<u8>, Vec<u8>, bool),
    Delete(Vec<u8>),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let key = || {
        prop_oneof![
            8 => "[a-d]{1,6}".prop_map(String::into_bytes),
            // Not one the beginning of another: of such keys, with one on overflow pages, Berkeley DB itself loses some.
        1 => (0..2000_usize).prop_map(|size| [format!("{size}:").into_bytes(), vec![b'k'; size]].concat()),
        ]
    };
    let value = prop_oneof![8 => 0..60_usize, 1 => 0..3000_usize].prop_map(|size| vec![b'v'; size]);
    let change = prop_oneof![
        3 => (key(), value, any::<bool>()).prop_map(|(key, value, replace)| Change::Put(key, value, replace)),
        1 => key().prop_map(Change::Delete),
    ];
    prop::collection::vec(change, 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// A btree that was filled in order is one that can be searched and changed like others.
    #[test]
    fn sorted_pairs_make_a_tree(first in changes(), then in changes()) {
        let pairs = |changes: Vec<Change>| changes.into_iter().filter_map(|change| match change {
            Change::Put(key, value, _) => Some((key, value)),
            Change::Delete(_) => None,
        });
        let mut map: BTreeMap<Vec<u8>, Vec<u8>> = pairs(first).collect();
        let mut database = Database::create(Vec::new(), &creation(Method::Btree, 512), CACHE).unwrap();
        for (key, value) in &map {
            database.append(key, value).unwrap();
        }
        database.flush().unwrap();
        let mut database = Database::open(database.store().clone(), Method::Btree, CACHE).unwrap();
        let expected: Vec<_> = map.clone().into_iter().collect();
        prop_assert_eq!(all(&mut database).unwrap(), expected);
        for (key, value) in pairs(then) {
            prop_assert!(database.put(&key, &value, Existing::Replace).unwrap());
            map.insert(key, value);
        }
        for (key, value) in &map {
            prop_assert_eq!(database.get(key).unwrap(), Some(value.clone()));
        }
        let expected: Vec<_> = map.into_iter().collect();
        prop_assert_eq!(all(&mut database).unwrap(), expected);
    }

    #[test]
    fn a_file_is_a_map(changes in changes(), large in any::<bool>()) {
        for method in [Method::Hash, Method::Btree] {
            let page_size = if large { 4096 } else { 512 };
            let mut database = Database::create(Vec::new(), &creation(method, page_size), CACHE).unwrap();
            let mut map = BTreeMap::new();
            for change in &changes {
                match change {
                    Change::Put(key, value, true) => {
                        prop_assert!(database.put(key, value, Existing::Replace).unwrap());
                        map.insert(key.clone(), value.clone());
                    }
                    Change::Put(key, value, false) => {
                        let is_new = !map.contains_key(key);
                        prop_assert_eq!(database.put(key, value, Existing::Keep).unwrap(), is_new);
                        map.entry(key.clone()).or_insert_with(|| value.clone());
                    }
                    Change::Delete(key) => {
                        prop_assert_eq!(database.delete(key).unwrap(), map.remove(key).is_some());
                    }
                }
            }
            database.flush().unwrap();
            let file = database.store().clone();
            prop_assert_eq!(file.size().unwrap() % page_size as u64, 0);
            let mut again = Database::open(file, method, CACHE).unwrap();
            for (key, value) in &map {
                let found = again.get(key).unwrap();
                prop_assert_eq!(found.as_ref(), Some(value));
            }
            let some: Vec<&[u8]> = [&b""[..], b"a", b"zz"].into_iter().chain(map.keys().map(Vec::as_slice)).collect();
            let (one_by_one, at_once) = both_ways(&mut again, &some);
            prop_assert_eq!(one_by_one, at_once);
            let mut entries = all(&mut again).unwrap();
            if method == Method::Hash {
                entries.sort();
            }
            prop_assert_eq!(entries, map.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn damage_does_no_harm(places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        for method in [Method::Hash, Method::Btree] {
            let mut database = Database::create(Vec::new(), &creation(method, 512), CACHE).unwrap();
            for number in 0..200_u32 {
                database.put(format!("key{number}").as_bytes(), &vec![b'v'; number as usize], Existing::Keep).unwrap();
            }
            database.flush().unwrap();
            let mut file = database.store().clone();
            for (place, byte) in &places {
                *place.get_mut(&mut file) = *byte;
            }
            let Ok(mut damaged) = Database::open(file, method, CACHE) else { continue };
            let mut cursor = Cursor::new();
            while let Ok(Some(_)) = damaged.next(&mut cursor) {}
            let keys: Vec<String> = (0..200_u32).map(|number| format!("key{number}")).collect();
            let keys: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
            let (one_by_one, at_once) = both_ways(&mut damaged, &keys);
            prop_assert_eq!(one_by_one, at_once);
            for number in 0..200_u32 {
                let key = format!("key{number}");
                let _ = damaged.get(key.as_bytes());
                let _ = if number % 2 == 0 { damaged.delete(key.as_bytes()) } else { damaged.put(key.as_bytes(), b"v", Existing::Replace) };
            }
            let _ = damaged.flush();
        }
    }
}

#[test]
fn a_walk_misses_nothing_while_keys_are_deleted() {
    for method in [Method::Hash, Method::Btree] {
        let mut database = Database::create(Vec::new(), &creation(method, 512), CACHE).unwrap();
        for number in 0..2000_u32 {
            database.put(format!("key{number}").as_bytes(), b"value", Existing::Keep).unwrap();
        }
        let mut cursor = Cursor::new();
        let mut count = 0;
        while let Some((key, _)) = database.next(&mut cursor).unwrap() {
            assert!(database.delete(&key).unwrap());
            count += 1;
        }
        assert_eq!(count, 2000, "{method:?}");
        assert!(all(&mut database).unwrap().is_empty());
    }
}
