//! `make install` over a root with Debian's Postfix is the swap: the same names, owners and modes, nothing else touched.

use compat::host::Host;
use compat::roots::{self, Version};
use compat::{HostSpec, Pair};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// All files of a layer, without the leading folder.
fn files(layer: &Path) -> Vec<PathBuf> {
    fn walk(top: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of the layer").flatten() {
            let metadata = entry.path().symlink_metadata().expect("metadata");
            if metadata.is_dir() {
                walk(top, &entry.path(), found);
            } else {
                found.push(entry.path().strip_prefix(top).expect("below the layer").to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(layer, layer, &mut found);
    found.sort();
    found
}

#[test]
fn names_owners_and_modes_are_the_packages() {
    for version in [Version::V3_11, Version::V3_10] {
        let (layer, reference) = (roots::ours(version), roots::reference(version));
        let installed = files(&layer);
        assert!(installed.len() > 20, "only {installed:?}");
        for file in installed {
            if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("oxipost")) {
                continue; // ours alone
            }
            let theirs = reference.join(&file).symlink_metadata();
            let theirs = theirs
                .unwrap_or_else(|_| panic!("{} is not in the package of {}", file.display(), version.name()));
            let ours = layer.join(&file).symlink_metadata().expect("metadata");
            assert_eq!(
                (ours.mode(), ours.uid(), ours.gid()),
                (theirs.mode(), theirs.uid(), theirs.gid()),
                "{} on {}",
                file.display(),
                version.name()
            );
        }
    }
}

#[test]
fn configuration_and_queue_are_not_touched() {
    let layer = roots::ours(Version::V3_11);
    for file in files(&layer) {
        assert!(file.starts_with("usr"), "{} was installed", file.display());
    }
}

#[test]
fn packaged_sample_is_debians() {
    let host = HostSpec::reference(Version::V3_11).start();
    let sample = roots::project().join("dist/debian");
    let packaged = |host: &Host, directory: &str, option: &str| {
        let text = String::from_utf8(host.must(["postconf", "-c", directory, option])).expect("UTF-8");
        // The package writes the name of the machine into main.cf.
        let own = |line: &&str| !line.starts_with("myhostname =") && !line.starts_with("config_directory =");
        text.lines().filter(own).map(|line| format!("{line}\n")).collect::<String>()
    };
    for name in ["main.cf", "master.cf"] {
        host.write(format!("/sample/{name}"), fs::read(sample.join(name)).expect("the sample"));
    }
    for option in ["-n", "-M"] {
        assert_eq!(
            packaged(&host, "/etc/postfix", option),
            packaged(&host, "/sample", option),
            "postconf {option}"
        );
    }
}

#[test]
fn a_swapped_host_checks_out() {
    let pair = Pair::new("install/check").build();
    pair.run(["postfix", "check"]).assert_same();
    pair.run(["postfix", "status"]).assert_same();
}
