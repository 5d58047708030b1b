//! Recordings of the reference: they are what it says today, and nobody has to be root to play them.

use compat::recorded;
use compat::roots::{self, Version};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A case that has a recording, and its test.
const CASE: &str = "postconf/packaged";
const TEST: &str = "postconf::packaged";

/// A folder that everyone may look into, with the recordings.
fn copy_of_recordings() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder for recordings");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("mode of a folder");
    copy(&recorded::folder(), &folder.path().join("recorded"));
    folder
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(status.is_ok_and(|status| status.success()), "copy {}", from.display());
}

/// Has a suite run that one test with the recordings in a folder.
fn assert_passes(mut suite: Command, folder: &Path, mode: &str) {
    suite.args(["--test-threads", "2", "--exact", TEST]).current_dir("/");
    suite.env("OXIPOST_REFERENCE", mode).env("OXIPOST_RECORDINGS", folder.join("recorded"));
    let output = suite.output().expect("the suite");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{mode}: {said}");
}

fn this_suite() -> PathBuf {
    std::env::current_exe().expect("the suite's executable")
}

#[test]
fn fresh() {
    let folder = copy_of_recordings();
    let recording = |folder: &Path| fs::read_to_string(folder.join(CASE).with_extension("toml"));
    assert_passes(Command::new(this_suite()), folder.path(), "record");
    let (now, committed) = (recording(&folder.path().join("recorded")), recording(&recorded::folder()));
    assert_eq!(now.expect("a new recording"), committed.expect("a recording"), "record again");
}

#[test]
fn all_of_this_reference() {
    let package = format!("package = \"{}\"", roots::package_version(Version::V3_11));
    let is_stale = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a recording");
        !text.lines().any(|line| line == package)
    };
    let stale: Vec<PathBuf> = recorded::files().into_iter().filter(is_stale).collect();
    assert!(stale.is_empty(), "recordings of another reference: {stale:?}");
}

/// Nobody has copies of all that is needed: this checkout may be where only its owner looks.
#[test]
fn needs_no_root() {
    const NOBODY: u32 = 65534;
    let folder = copy_of_recordings();
    let path = |name: &str| folder.path().join(name);
    copy(&this_suite(), &path("suite"));
    let programs = "refs/ours-3.11/usr/sbin";
    fs::create_dir_all(path(programs)).expect("a folder for our programs");
    copy(&roots::ours(Version::V3_11).join("usr/sbin/postconf"), &path(programs));
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("owner of a folder");
    let mut suite = Command::new(path("suite"));
    suite.uid(NOBODY).gid(NOBODY).env("OXIPOST_TARGET", folder.path());
    assert_passes(suite, folder.path(), "recorded");
}
