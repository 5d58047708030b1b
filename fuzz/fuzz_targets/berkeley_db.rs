//! Berkeley DB files: read whole, asked, changed. The first byte says what is done, the rest is the file.

#![no_main]

use bdb::{Cursor, Database, Existing, Method};
use libfuzzer_sys::fuzz_target;

const KEYS: [&[u8]; 4] = [b"", b"k1\0", b"user@example.com\0", b"zzzz"];

fuzz_target!(|input: &[u8]| {
    let Some((&what, file)) = input.split_first() else { return };
    let method = if what & 1 == 0 { Method::Hash } else { Method::Btree };
    let Ok(mut database) = Database::open(file.to_vec(), method, 1 << 16) else { return };
    let mut cursor = Cursor::new();
    let mut keys: Vec<Vec<u8>> = KEYS.iter().map(|key| key.to_vec()).collect();
    for _ in 0..1000 {
        match database.next(&mut cursor) {
            Ok(Some((key, _))) => keys.push(key),
            _ => break,
        }
    }
    let some: Vec<&[u8]> = keys.iter().take(100).map(Vec::as_slice).collect();
    let one_by_one: Vec<_> = some.iter().map(|key| database.get(key).ok()).collect();
    let mut at_once = vec![None; some.len()];
    database.get_many(&some, b"", |number, value| at_once[number] = value.ok());
    assert_eq!(one_by_one, at_once);
    if what & 2 != 0 {
        for (number, key) in keys.iter().take(200).enumerate() {
            let size = number * usize::from(what);
            let _ = match number % 3 {
                0 => database.delete(key),
                1 => database.put(key, &vec![b'v'; size], Existing::Replace),
                _ => database.put(&[key.as_slice(), b"new"].concat(), &vec![b'v'; size], Existing::Keep),
            };
        }
        let _ = database.flush();
        let written = database.store().clone();
        if let Ok(mut again) = Database::open(written, method, 1 << 16) {
            let mut cursor = Cursor::new();
            while let Ok(Some(_)) = again.next(&mut cursor) {}
        }
    }
});
