//! The root directories that hosts are copied from: `target/refs/VERSION`, made by `tests/compat/make-roots`, and the
//! layers `target/refs/ours-VERSION` that `make install` puts over them.

use std::fs;
use std::path::{Path, PathBuf};

/// A version of Postfix that Debian has a package of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// 3.11, out of sid: the version that we speak.
    V3_11,
    /// 3.10, out of trixie.
    V3_10,
    /// 3.7, out of bookworm.
    V3_7,
}

impl Version {
    /// The name of the root's folder.
    pub fn name(self) -> &'static str {
        match self {
            Version::V3_11 => "3.11",
            Version::V3_10 => "3.10",
            Version::V3_7 => "3.7",
        }
    }
}

/// The project's top folder.
pub fn project() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).expect("tests/compat is two folders below the top").to_path_buf()
}

/// Where roots, layers and the copies of running hosts are kept. They must not lie on an overlay file system
/// themselves; `OXIPOST_TARGET` moves them.
pub fn target() -> PathBuf {
    std::env::var_os("OXIPOST_TARGET").map_or_else(|| project().join("target"), PathBuf::from)
}

/// The root of a reference. Panics if it was not made: a missing reference fails the run.
pub fn reference(version: Version) -> PathBuf {
    let root = target().join("refs").join(version.name());
    assert!(
        root.join("usr/sbin/postconf").exists(),
        "no reference root for Postfix {}: run tests/compat/make-roots",
        version.name()
    );
    root
}

/// Debian's version of the reference's package: the release of Postfix, `-`, and Debian's own number.
pub fn package_version(version: Version) -> String {
    let status = fs::read_to_string(reference(version).join("var/lib/dpkg/status")).expect("a dpkg database");
    let package = status.split("\n\n").find(|package| package.starts_with("Package: postfix\n"));
    let field = package.and_then(|package| package.lines().find_map(|line| line.strip_prefix("Version: ")));
    field.expect("the version of postfix in a dpkg database").to_owned()
}

/// The layer of our programs over the root of a reference.
pub fn ours(version: Version) -> PathBuf {
    let layer = target().join("refs").join(format!("ours-{}", version.name()));
    assert!(
        layer.exists(),
        "our programs are not installed over Postfix {}: run make install-roots",
        version.name()
    );
    layer
}

/// True if the environment says to go without references; the summary must then say so.
pub fn skipped() -> bool {
    std::env::var("OXIPOST_COMPAT").as_deref() == Ok("skip")
}
