//! postconf(1), the thin line: the packaged configuration and every real one.

use compat::Pair;
use compat::roots;
use std::fs;

#[test]
fn packaged() {
    let pair = Pair::new("postconf/packaged").build();
    for options in [
        &["-d"][..],
        &[],
        &["-n"],
        &["-M"],
        &["-h", "mail_version"],
        &["-dh", "queue_directory"],
        &["mydestination", "no_such_parameter"],
        &["-Z"],
        &["-M", "smtp/inet"],
        &["-M", "nosuch/unix"],
    ] {
        pair.run(["postconf"].iter().chain(options)).assert_same();
    }
}

#[test]
fn edit() {
    let pair = Pair::new("postconf/edit").build();
    for assignment in
        ["relayhost=[mail.example.net]:587", "new_name = x", "mynetworks=", "inet_protocols = ipv4"]
    {
        pair.run(["postconf", "-e", assignment]).assert_same();
        pair.assert_same_file("/etc/postfix/main.cf");
    }
    pair.run(["postconf", "-e", "no equals sign"]).assert_same();
    pair.assert_same_file("/etc/postfix/main.cf");
}

/// Every real configuration in the corpus, where it lies beside the project.
#[test]
fn corpus() {
    let corpus = roots::project().join("../shared/corpus/configs");
    let Ok(configurations) = fs::read_dir(&corpus) else {
        println!("no corpus beside the project");
        return;
    };
    let pair = Pair::new("postconf/corpus").build();
    let mut directories = Vec::new();
    for configuration in configurations.flatten() {
        for folder in walk(&configuration.path()) {
            let name = folder
                .strip_prefix(&corpus)
                .expect("below the corpus")
                .display()
                .to_string()
                .replace('/', "_");
            for host in [&pair.theirs, &pair.ours] {
                for file in
                    fs::read_dir(&folder).expect("a folder").flatten().filter(|file| file.path().is_file())
                {
                    let inside = format!("/c/{name}/{}", file.file_name().to_string_lossy());
                    host.write(inside, fs::read(file.path()).expect("a file of the corpus"));
                }
            }
            directories.push(format!("/c/{name}"));
        }
    }
    assert!(directories.len() > 50, "only {} configurations", directories.len());
    for directory in directories {
        for option in ["-n", "-M"] {
            pair.run(["postconf", "-c", &directory, option]).stderr_in_any_order().assert_same();
        }
    }
}

/// Folders that hold a main.cf.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    if folder.join("main.cf").is_file() {
        found.push(folder.to_owned());
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(walk(&entry.path()));
        }
    }
    found
}
