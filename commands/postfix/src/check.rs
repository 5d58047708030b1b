//! `postfix check`: what is missing is made or refused; what is odd is warned about.

use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::context::{Context, Outcome};
use crate::{installation, log_lines};

pub(crate) fn check(context: &Context) -> Outcome {
    fatal_problems(context)?;
    alias_maps_migration(context);
    warnings(context);
    Ok(())
}

/// What the mail system cannot run with.
pub(crate) fn fatal_problems(context: &Context) -> Outcome {
    installation::create_missing(context).map_err(|_| log_lines::cannot_create_directories())?;
    let path = context.config_directory.join(config::MASTER_CF);
    if !path.is_file() {
        return Err(log_lines::no_master_cf(&path));
    }
    if !context.config.get(&params::MAILLOG_FILE).is_empty() && !has_postlog_service(context) {
        return Err(log_lines::no_postlog_service());
    }
    // Queue files under names that are not theirs must be put right before anything else runs.
    context.run_program(&context.command("postsuper"), &[])
}

/// postconf(1) is asked, for it overlooks what is wrong with other entries; that is for master to say.
fn has_postlog_service(context: &Context) -> bool {
    let mut postconf = Command::new(context.command("postconf"));
    postconf.args(["-qM", "postlog/unix-dgram"]).stdin(Stdio::null()).stderr(Stdio::null());
    postconf.output().is_ok_and(|output| !output.stdout.is_empty())
}

/// Alias tables that were indexed as `hash` and are now expected as another type are indexed once, on hosts where the
/// administrator asked for that.
pub(crate) fn alias_maps_migration(context: &Context) {
    let config = &context.config;
    let mark = context.config_directory.join("check-alias-maps-migration-done");
    if mark.is_file() {
        return;
    }
    // The reference asks postconf(1) for the level, and then for the tables, which warns each time.
    context.warn_about_configuration();
    if config.get(&params::NON_BDB_MIGRATION_LEVEL) != "enable-reindex" {
        return;
    }
    context.warn_about_configuration();
    for map in config::words(config.get(&params::ALIAS_MAPS)) {
        let Some((kind @ ("cdb" | "lmdb"), path)) = map.split_once(':') else { continue };
        let is_file = |suffix: &str| Path::new(&format!("{path}{suffix}")).is_file();
        if is_file(&format!(".{kind}")) || !is_file("") || !is_file(".db") {
            continue;
        }
        let program = context.daemon_directory.join("nbdb_reindexd");
        let status = Command::new(program).arg("-S").arg(format!("hash:{path}")).status();
        if !status.is_ok_and(|status| status.success()) {
            log_lines::see_reindex_readme();
        }
    }
    // Without the mark the tables are looked at again next time.
    let _ = fs::File::create(mark);
}

/// What the mail system runs with, but should not.
pub(crate) fn warnings(context: &Context) {
    context.warn_about_configuration();
    let owners = Owners::look_up(context);
    let queue = &context.queue_directory;
    for path in [queue.join("."), queue.join("pid")] {
        check_entry(&path, Some(("root", 0)), true);
    }
    for tree in shared_trees(context) {
        walk(&tree, true, &mut |path, metadata| warn_unless_owned(path, metadata, "root", 0));
    }
    for tree in shared_trees(context) {
        walk(&tree, true, &mut |path, metadata| warn_if_writable(path, metadata));
    }
    let owner = (owners.name.as_str(), owners.uid);
    let data = PathBuf::from(context.config.get(&params::DATA_DIRECTORY)).join(".");
    walk(&data, true, &mut |path, metadata| warn_unless_owned(path, metadata, owner.0, owner.1));
    walk(&data, true, &mut |path, metadata| warn_if_writable(path, metadata));
    for name in QUEUES {
        walk(&queue.join(name), true, &mut |path, metadata| {
            let kind = metadata.file_type();
            if !kind.is_fifo() && !kind.is_socket() {
                warn_unless_owned(path, metadata, owner.0, owner.1);
            }
        });
    }
    // Not into the maildrop directory: anybody may have put anything there.
    let maildrop = queue.join("maildrop");
    check_entry(&maildrop, Some(owner), false);
    check_groups(context, &owners);
    check_jail_copies(queue);
    walk(Path::new("corrupt"), true, &mut |path, metadata| {
        if metadata.is_file() {
            log_lines::damaged(path.display());
        }
    });
    if context.owns_shared_files {
        check_sendmail();
    }
}

/// Directories below the queue directory that are the mail owner's, with all that is in them, in order of names.
const QUEUES: [&str; 12] = [
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "public",
    "saved", "trace",
];

struct Owners {
    name: String,
    uid: u32,
    group: String,
    gid: u32,
}

impl Owners {
    fn look_up(context: &Context) -> Owners {
        let name = context.config.get(&params::MAIL_OWNER).to_owned();
        let group = context.config.get(&params::SETGID_GROUP).to_owned();
        // Reading main.cf made sure that both exist.
        let uid = sys::User::by_name(&name).ok().flatten().map_or(u32::MAX, |user| user.uid);
        let gid = sys::Group::by_name(&group).ok().flatten().map_or(u32::MAX, |group| group.gid);
        Owners { name, uid, group, gid }
    }
}

fn shared_trees(context: &Context) -> Vec<PathBuf> {
    let config = &context.config;
    let mut trees = vec![context.config_directory.join(".")];
    if context.owns_shared_files {
        trees.push(context.daemon_directory.join("."));
        trees.push(Path::new(config.get(&params::META_DIRECTORY)).join("."));
        let shared_libraries = config.get(&params::SHLIB_DIRECTORY);
        if shared_libraries != "no" {
            trees.push(Path::new(shared_libraries).join("."));
        }
    }
    trees.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    trees.dedup_by(|a, b| a.as_os_str() == b.as_os_str());
    trees
}

/// Visits a file, or a directory with all below it, in the directory's own order. What is not there is passed over, and
/// so is what goes away meanwhile.
fn walk(path: &Path, descend: bool, visit: &mut dyn FnMut(&Path, &Metadata)) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    visit(path, &metadata);
    if !descend || !metadata.is_dir() {
        return;
    }
    // A stack of directories that are being read, so that a deep tree costs no recursion.
    let mut open: Vec<fs::ReadDir> = fs::read_dir(path).ok().into_iter().collect();
    while let Some(directory) = open.last_mut() {
        let Some(entry) = directory.next() else {
            open.pop();
            continue;
        };
        let Ok(entry) = entry else { continue };
        let Ok(metadata) = entry.metadata() else { continue };
        let path = entry.path();
        visit(&path, &metadata);
        if metadata.is_dir() {
            open.extend(fs::read_dir(&path));
        }
    }
}

fn check_entry(path: &Path, owner: Option<(&str, u32)>, is_root_owned: bool) {
    walk(path, false, &mut |path, metadata| {
        if let Some((name, uid)) = owner {
            warn_unless_owned(path, metadata, name, uid);
        }
        if is_root_owned {
            warn_if_writable(path, metadata);
        }
    });
}

fn warn_unless_owned(path: &Path, metadata: &Metadata, name: &str, uid: u32) {
    if metadata.uid() != uid {
        log_lines::not_owned_by(name, path.display());
    }
}

fn warn_if_writable(path: &Path, metadata: &Metadata) {
    if metadata.mode() & 0o022 != 0 && !metadata.is_symlink() {
        log_lines::writable(path.display());
    }
}

fn check_groups(context: &Context, owners: &Owners) {
    let commands = [context.command("postqueue"), context.command("postdrop")];
    let queue = &context.queue_directory;
    let directories = [queue.join("public"), queue.join("maildrop")];
    let commands: &[PathBuf] = if context.owns_shared_files { &commands } else { &[] };
    for path in commands.iter().chain(&directories) {
        walk(path, false, &mut |path, metadata| {
            if metadata.gid() != owners.gid {
                log_lines::not_owned_by_group(&owners.group, path.display());
            }
        });
    }
    for path in commands {
        walk(path, false, &mut |path, metadata| {
            if metadata.mode() & 0o2111 != 0o2111 {
                log_lines::not_setgid(path.display());
            }
        });
    }
}

/// Copies of system files in the jail belong to root, and are like their originals.
fn check_jail_copies(queue: &Path) {
    for name in ["bin", "etc", "lib", "sbin", "usr"] {
        let tree = Path::new(name);
        if !tree.is_dir() {
            continue;
        }
        walk(tree, true, &mut |path, metadata| {
            warn_unless_owned(&queue.join(path), metadata, "root", 0);
        });
        walk(tree, true, &mut |path, metadata| {
            let original = Path::new("/").join(path);
            if metadata.is_file() && original.is_file() && !have_same_content(path, &original) {
                log_lines::differ(queue.join(path).display(), original.display());
            }
        });
    }
}

fn have_same_content(one: &Path, other: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).map(|metadata| metadata.len());
    match (length(one), length(other)) {
        (Ok(first), Ok(second)) if first == second => {}
        _ => return false,
    }
    Command::new("cmp")
        .arg("-s")
        .args([one, other])
        .stdin(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What is left of another mail system.
fn check_sendmail() {
    let (here, there) = (Path::new("/usr/sbin/sendmail"), Path::new("/usr/lib/sendmail"));
    if here.is_file() && there.is_file() && !have_same_content(here, there) {
        log_lines::two_sendmails();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_sees_all_below() {
        let top = std::env::temp_dir().join(format!("oxipost-check-{}", std::process::id()));
        fs::create_dir_all(top.join("a/b")).unwrap();
        fs::write(top.join("a/file"), "").unwrap();
        let mut seen = Vec::new();
        walk(&top, true, &mut |path, _| seen.push(path.strip_prefix(&top).unwrap().to_owned()));
        seen.sort();
        assert_eq!(seen, ["", "a", "a/b", "a/file"].map(PathBuf::from));
        fs::remove_dir_all(top).unwrap();
    }
}
