//! The real tables of the corpus that lies beside the project: each is built and asked as every type of table.

use compat::{Job, Pair, batch, roots};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is done with each file, which is `t`; keys out of it are in `keys`.
const COMMANDS: &[&str] = &[
    "postmap cdb:t; md5sum t.cdb; postmap -q - cdb:t <keys",
    "postmap lmdb:t; postmap -s lmdb:t; postmap -q - lmdb:t <keys",
    "postalias lmdb:t; postalias -s lmdb:t | grep -v YP_LAST; postalias -q - lmdb:t <keys",
    "touch -d '1 hour ago' t; postmap -q - texthash:t <keys",
    "postmap -q - regexp:t <keys",
    // Where a mistake is depends on the release of PCRE2.
    "{ postmap -q - pcre:t <keys; } 2>&1 | sed 's/at offset [0-9]*:/at offset N:/'",
    "postmap -q - cidr:t <keys",
];

#[test]
fn corpus() {
    let corpus = roots::project().join("../shared/corpus/configs");
    let jobs: Vec<Job> = tables(&corpus)
        .iter()
        .map(|path| {
            let content = fs::read(path).expect("a file of the corpus");
            Job {
                title: path.strip_prefix(&corpus).expect("below the corpus").display().to_string(),
                files: vec![
                    ("main.cf".to_owned(), Vec::new()),
                    ("keys".to_owned(), keys(&content)),
                    ("t".to_owned(), content),
                ],
                commands: COMMANDS
                    .iter()
                    .map(|command| {
                        vec!["sh".to_owned(), "-c".to_owned(), format!("cd /etc/postfix; {command}")]
                    })
                    .collect(),
                edits: false,
            }
        })
        .collect();
    if jobs.is_empty() {
        println!("no corpus beside the project");
        return;
    }
    batch::assert_same(&Pair::new("tables/corpus").build(), &jobs);
}

/// All files that are not configurations.
fn tables(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            found.extend(tables(&entry));
        } else if entry.extension().is_none_or(|extension| extension != "cf" && extension != "tsv") {
            found.push(entry);
        }
    }
    found
}

/// Keys that the file may have: the first word of each line, in other forms, too, and a few that fit patterns.
fn keys(content: &[u8]) -> Vec<u8> {
    let mut keys: BTreeSet<String> = [
        "nobody",
        "10.1.2.3",
        "2001:db8::1",
        "user@example.com",
        "Subject: viagra",
        "Received: from localhost",
    ]
    .map(str::to_owned)
    .into();
    for line in String::from_utf8_lossy(content).lines().take(300) {
        let Some(word) = line.split_whitespace().next().filter(|word| !word.starts_with('#')) else {
            continue;
        };
        keys.insert(word.to_uppercase());
        keys.insert(word.trim_matches(['/', '^', '$', ':']).replace('\\', ""));
        keys.insert(word.to_owned());
        keys.insert(line.to_owned());
    }
    keys.into_iter().map(|key| key + "\n").collect::<String>().into_bytes()
}
