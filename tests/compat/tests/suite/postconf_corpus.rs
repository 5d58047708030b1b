//! postconf(1) on every real configuration of the corpus that lies beside the project: displays and edits.

use compat::{Host, Job, Pair, batch, roots};
use std::fs;
use std::path::{Path, PathBuf};

/// What is displayed of each configuration.
const DISPLAYS: &[&str] = &[
    "",
    "-n",
    "-x",
    "-nf",
    "-nx",
    "-nH",
    "-nh",
    "-nj",
    "-j",
    "-jx",
    "-p",
    "-q",
    "-d",
    "-df",
    "-dx",
    "-C user",
    "-C service",
    "-C builtin -n",
    "-C all -nx",
    "-M",
    "-Mf",
    "-Mj",
    "-Mx",
    "-Mfx",
    "-M smtp smtp/inet */unix",
    "-F",
    "-Fj",
    "-Fx",
    "-Fh */*/command",
    "-P",
    "-Pf",
    "-Pj",
    "-Px",
    "-P */inet/*",
    "myhostname mydestination mynetworks smtpd_recipient_restrictions virtual_alias_maps",
    "-h relayhost queue_directory smtpd_tls_cert_file",
    "-x proxy_read_maps smtp_tls_CAfile no_such_parameter",
    "-n -o relayhost=[example.net] -o new=$relayhost",
];

/// What is done to it, one after the other.
const EDITS: &[&[&str]] = &[
    &["-e", "myhostname=edited.example.net"],
    &["relayhost = [smtp.example.net]:587", "mynetworks=", "inet_protocols=ipv4"],
    &["-e", "smtpd_recipient_restrictions=permit_mynetworks,\n reject"],
    &["-#", "mydestination"],
    &["-X", "virtual_alias_maps", "no_such_parameter"],
    &["-Me", "smtp/inet=smtp inet n - y - 10 smtpd -v"],
    &["-Me", "new/unix=new unix - n n - - pipe\n  user=nobody argv=/bin/true"],
    &["-Fe", "smtp/inet/chroot=n", "smtp/unix/process_limit=7"],
    &["-Fe", "*/unix/private=-"],
    &["-Pe", "smtp/inet/smtpd_banner=edited", "submission/inet/x=y"],
    &["-PX", "submission/inet/smtpd_tls_security_level"],
    &["-M#", "pickup/unix"],
    &["-MX", "cleanup/unix", "smtp/inet"],
];

/// What is displayed after that.
const AFTER: &[&str] = &["-n", "-Mf"];

#[test]
fn corpus() {
    let pair = Pair::new("postconf/corpus").build();
    let mut jobs = configurations(&pair.hosts(), DISPLAYS);
    let edits: Vec<Job> = jobs.iter().map(edits_of).collect();
    jobs.extend(edits);
    if jobs.is_empty() {
        println!("no corpus beside the project");
        return;
    }
    assert!(jobs.len() > 200, "only {} jobs", jobs.len());
    println!("{} commands on the corpus", jobs.iter().map(|job| job.commands.len()).sum::<usize>());
    batch::assert_same(&pair, &jobs);
}

/// A job for each configuration, with the same displays. Files that are named by their absolute paths go to all `hosts`.
pub fn configurations(hosts: &[&Host], displays: &[&str]) -> Vec<Job> {
    let corpus = roots::project().join("../shared/corpus/configs");
    let Some(host) = hosts.first() else { return Vec::new() };
    let packaged = host.read("/etc/postfix/master.cf");
    let job = |folder: &PathBuf| {
        let mut files = files_of(folder);
        if !folder.join("master.cf").exists() {
            files.push(("master.cf".to_owned(), packaged.clone()));
        }
        place_database_files(hosts, folder, &mut files);
        Job {
            title: folder.strip_prefix(&corpus).expect("below the corpus").display().to_string(),
            files,
            commands: displays.iter().map(|options| postconf(options.split_whitespace())).collect(),
            edits: false,
        }
    };
    folders_with_main_cf(&corpus).iter().map(job).collect()
}

/// The job that edits the configuration of another, and displays the result.
pub fn edits_of(job: &Job) -> Job {
    let age = ["touch", "-d", "1 hour ago", "/etc/postfix/main.cf", "/etc/postfix/master.cf"];
    let mut commands: Vec<Vec<String>> = EDITS.iter().map(|edit| postconf(edit.iter().copied())).collect();
    commands.push(age.map(str::to_owned).to_vec());
    commands.extend(AFTER.iter().map(|options| postconf([*options])));
    Job { title: format!("{}/edits", job.title), files: job.files.clone(), commands, edits: true }
}

fn postconf<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    ["postconf"].into_iter().chain(words).map(str::to_owned).collect()
}

/// Folders that hold a main.cf, in order.
fn folders_with_main_cf(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if folder.join("main.cf").is_file() {
        found.push(folder.to_owned());
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    found.extend(entries.iter().filter(|entry| entry.is_dir()).flat_map(|entry| folders_with_main_cf(entry)));
    found
}

/// All files of a folder, with their paths below it.
fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                let name = entry.strip_prefix(folder).expect("below the folder").display().to_string();
                found.push((name, fs::read(&entry).expect("a file of the corpus")));
            }
        }
    }
    found
}

/// Puts the files of database clients where the configuration says they are: postconf(1) reads them there.
fn place_database_files(hosts: &[&Host], folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    const CLIENTS: [&str; 5] = ["ldap:/", "mysql:/", "pgsql:/", "sqlite:/", "memcache:/"];
    let text: String = ["main.cf", "master.cf"]
        .iter()
        .filter_map(|name| fs::read(folder.join(name)).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    let repository = folder.parent().unwrap_or(folder);
    for client in CLIENTS {
        for (at, _) in text.match_indices(client) {
            let path = &text[at + client.len() - 1..];
            let path = path.split([' ', ',', '\t', '\n', '\r', '"', '}', '$']).next().unwrap_or_default();
            let Some(name) = path.rsplit('/').next().filter(|name| !name.is_empty()) else { continue };
            let is_it = |(other, _): &&(String, Vec<u8>)| other.rsplit('/').next() == Some(name);
            let all = files_of(repository);
            let Some((_, content)) = all.iter().find(is_it) else { continue };
            match path.strip_prefix("/etc/postfix/") {
                Some(inside) if files.iter().any(|(other, _)| other == inside) => {}
                Some(inside) => files.push((inside.to_owned(), content.clone())),
                None => hosts.iter().for_each(|host| host.write(path, content)),
            }
        }
    }
}
