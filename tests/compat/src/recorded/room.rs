//! A root directory made of the machine's own programs, the configuration files of the recorded reference, and ours:
//! what a host is when there is no reference root. Commands run in it by user namespaces, so that nobody has to be root.
//!
//! The root is a folder of links into `/machine`, which is the machine's `/` while a command runs. Only the user who
//! runs the suite exists in it, as root: cases that need other users have no recording.

use crate::roots::{self, Version};
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a command in a room: `$1` is its folder, the rest the command.
const ENTER: &str = r#"
set -e
mount --bind "$1" "$1"
cd "$1"
mount --rbind / machine
mount --rbind /dev dev
mount -t proc proc proc 2>/dev/null || mount --rbind /proc proc
ip link set lo up
hostname mail.example.com
shift
exec chroot . "$@"
"#;

/// The configuration of the reference, as files in a root directory.
fn reference_files() -> PathBuf {
    super::folder().join("root")
}

/// Builds a room in which ours runs.
pub fn build(root: &Path) -> io::Result<()> {
    for name in
        ["machine", "dev", "proc", "etc", "run", "tmp", "var/spool/postfix", "var/lib/postfix", "var/mail"]
    {
        fs::create_dir_all(root.join(name))?;
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
    link_folder(root, "/usr", &["bin", "lib", "local", "sbin", "share"])?;
    for folder in ["/usr/bin", "/usr/sbin"] {
        link_folder(root, folder, &[])?;
    }
    for folder in ["/usr/lib", "/usr/share"] {
        // A Postfix of the machine's own stays outside.
        link_folder(root, folder, &["postfix"])?;
    }
    for name in ["/bin", "/sbin", "/lib", "/lib64"] {
        match fs::read_link(name) {
            Ok(target) => symlink(target, inside(root, name))?,
            Err(_) => link(root, Path::new(name), Path::new(name))?,
        }
    }
    for name in ["/etc/alternatives", "/etc/ld.so.cache", "/etc/protocols", "/etc/services"] {
        link(root, Path::new(name), Path::new(name))?;
    }
    build_bare(root)?;
    place_programs(root)
}

/// Builds a room in which nothing runs, because all answers of the reference are on tape.
pub fn build_bare(root: &Path) -> io::Result<()> {
    copy_tree(&reference_files(), root)
}

/// Links our programs, which `dist/install` has put into a layer, over those of the machine.
fn place_programs(root: &Path) -> io::Result<()> {
    let layer = fs::canonicalize(roots::ours(Version::V3_11))?;
    for folder in ["/usr/bin", "/usr/sbin", "/usr/lib/postfix/sbin"] {
        if !inside(&layer, folder).exists() {
            continue;
        }
        fs::create_dir_all(inside(root, folder))?;
        for entry in fs::read_dir(inside(&layer, folder))? {
            let entry = entry?;
            link(root, &entry.path(), &Path::new(folder).join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// A command in the room, to which arguments of its own are still to be added.
pub fn command(root: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args([
        "--map-root-user",
        "--mount",
        "--net",
        "--pid",
        "--uts",
        "--ipc",
        "--fork",
        "--kill-child",
    ]);
    command.args(["bash", "-c", ENTER, "enter"]).arg(root);
    command
}

/// An absolute path below another root.
pub fn inside(root: &Path, path: impl AsRef<Path>) -> PathBuf {
    root.join(path.as_ref().strip_prefix("/").unwrap_or(path.as_ref()))
}

/// Makes `name` in the room a link to a path of the machine.
fn link(root: &Path, machine: &Path, name: &Path) -> io::Result<()> {
    let name = inside(root, name);
    let _ = fs::remove_file(&name);
    symlink(inside(Path::new("/machine"), machine), name)
}

/// Makes a folder in the room with links to everything that is in the machine's, but for some names.
fn link_folder(root: &Path, folder: &str, without: &[&str]) -> io::Result<()> {
    fs::create_dir_all(inside(root, folder))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !without.iter().any(|name| entry.file_name() == *name) {
            link(root, &entry.path(), &entry.path())?;
        }
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, destination) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_tree(&source, &destination)?;
        } else {
            fs::copy(&source, &destination)?;
            fs::set_permissions(&destination, fs::Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}

/// The files of the reference's configuration, in order: absolute path and content.
pub fn configuration() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = reference_files().join("etc/postfix");
    let mut names: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a file of the reference").path())
        .collect();
    names.sort();
    let read = |path: PathBuf| {
        let content = fs::read(&path).expect("a file of the reference");
        (Path::new("/etc/postfix").join(path.file_name().expect("a name")), content)
    };
    names.into_iter().map(read).collect()
}
