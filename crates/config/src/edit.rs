//! Changes to main.cf and master.cf that leave a whole file behind at every instant.
//!
//! A new file is written beside the old one under a fixed name, locked, synced and renamed over it. Editors that
//! follow the same protocol, Postfix's own postconf(1) among them, wait for each other.

use std::borrow::Cow;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use indexmap::IndexMap;
use sys::LockKind;
use sys::lock::{Operation, lock};

use crate::error::Error;
use crate::log_lines;
use crate::source::{os_error, read_file_to_edit};
use crate::text::{is_blank, is_space, show, show_path, skip, split_pair};

/// What is added to a file's name for the new file that will replace it.
const SUFFIX: &str = ".tmp";

/// Mode of the new file while it is being written.
const MODE_WHILE_WRITING: u32 = 0o600;

/// Mode of a file that replaces none, or something that is no file.
const MODE_OF_NEW_FILE: u32 = 0o644;

/// A file that is about to replace another; nobody else can be doing the same. Dropping it gives up.
#[derive(Debug)]
pub struct Replacement {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
    done: bool,
}

impl Replacement {
    /// Waits until nobody else is replacing the file.
    ///
    /// # Errors
    /// The new file cannot be made.
    pub fn of(path: &Path) -> Result<Self, Error> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(SUFFIX);
        let temporary = PathBuf::from(temporary);
        let fatal = |what: &str, why: &io::Error| {
            Error::fatal(format!("{what} {}: {}", show_path(&temporary), os_error(why)))
        };
        loop {
            let file = open_or_create(&temporary).map_err(|why| fatal("open", &why))?;
            log_lines::waiting_for_lock(&file);
            lock(&file, LockKind::Flock, Operation::Exclusive, true).map_err(|why| fatal("lock", &why))?;
            log_lines::locked();
            let opened = file.metadata().map_err(|why| fatal("open", &why))?;
            let Ok(named) = std::fs::metadata(&temporary) else { continue };
            if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
                // Its owner was done while we waited for the lock.
                continue;
            }
            if !named.is_file() || named.nlink() > 1 || named.mode() & 0o7777 != MODE_WHILE_WRITING {
                // Left behind by a crash, half way.
                match std::fs::remove_file(&temporary) {
                    Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(fatal("unlink", &why)),
                    _ => continue,
                }
            }
            file.set_len(0).map_err(|why| fatal("truncate", &why))?;
            return Ok(Self { path: path.to_owned(), temporary, file, done: false });
        }
    }

    /// Writes the content, which comes in pieces, and puts the new file in the place of the old one.
    ///
    /// # Errors
    /// The disk is full, and the like: the old file is as it was.
    pub fn finish<'a>(mut self, content: impl IntoIterator<Item = &'a [u8]>) -> Result<(), Error> {
        self.put(content).map_err(|why| {
            Error::fatal(format!("close {}: {}", show_path(&self.temporary), os_error(&why)))
        })?;
        self.done = true;
        Ok(())
    }

    fn put<'a>(&mut self, content: impl IntoIterator<Item = &'a [u8]>) -> io::Result<()> {
        let mut writer = BufWriter::new(&self.file);
        content.into_iter().try_for_each(|piece| writer.write_all(piece))?;
        writer.flush()?;
        drop(writer);
        self.take_over_owner_and_mode()?;
        self.file.sync_all()?;
        std::fs::rename(&self.temporary, &self.path)
    }

    /// Gives the new file the owner and the mode of the old one: who could not read that shall not read this.
    fn take_over_owner_and_mode(&self) -> io::Result<()> {
        let Some(old) = std::fs::metadata(&self.path).ok().filter(Metadata::is_file) else {
            return self.file.set_permissions(Permissions::from_mode(MODE_OF_NEW_FILE));
        };
        // Only root may give files away; another user's edit makes the file that user's own.
        let _ = fchown(&self.file, Some(old.uid()), Some(old.gid()));
        self.file.set_permissions(Permissions::from_mode(old.mode() & 0o777))
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.done {
            // Whatever went wrong was said already.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// Opens a file, or creates it; never one that a dangling symbolic link points to: renaming the link would leave no
/// file behind.
fn open_or_create(path: &Path) -> io::Result<File> {
    loop {
        let missing = match OpenOptions::new().write(true).open(path) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => why,
            opened => return opened,
        };
        match OpenOptions::new().write(true).create_new(true).mode(MODE_WHILE_WRITING).open(path) {
            Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(why),
            // Somebody else created it in between, and may have renamed it since.
            Err(_) if !path.is_symlink() => {}
            Err(_) => return Err(missing),
            created => return created,
        }
    }
}

/// What to do with the parameters that are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Give them new values.
    Set,
    /// Turn their lines into comments.
    CommentOut,
    /// Take their lines away.
    Remove,
}

/// Parameters to change; for [`Change::Set`] with their new values.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    wanted: IndexMap<Vec<u8>, Vec<u8>>,
}

impl Requests {
    /// Reads the words of a command line: `name=value` to set, names otherwise. A name that comes again replaces the
    /// earlier request, with a warning if the values differ.
    ///
    /// # Errors
    /// A word that is none of that.
    pub fn parse<'a>(
        change: Change,
        words: impl IntoIterator<Item = &'a [u8]>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Error> {
        let mut requests = Self::default();
        for word in words {
            if word.contains(&b'\n') {
                return Err(Error::fatal("-e, -X, or -# accepts no multi-line input"));
            }
            let word = skip(word, is_space);
            if word.starts_with(b"#") {
                return Err(Error::fatal("-e, -X, or -# accepts no comment input"));
            }
            let (name, value) = match change {
                Change::Set => {
                    split_pair(word).map_err(|why| Error::fatal(format!("{why}: \"{}\"", show(word))))?
                }
                Change::CommentOut | Change::Remove => (bare_name(word)?, &b""[..]),
            };
            if let Some(old) = requests.wanted.insert(name.to_vec(), value.to_vec())
                && old != value
            {
                let (name, old) = (show(name), show(&old));
                warnings.push(format!("ignoring earlier request: '{name} = {old}'"));
            }
        }
        Ok(requests)
    }
}

/// A name without a value. White space behind it is part of it, so such a name matches nothing.
fn bare_name(word: &[u8]) -> Result<&[u8], Error> {
    if word.is_empty() {
        return Err(Error::fatal("-X or -# requires non-blank parameter names"));
    }
    if word.contains(&b'=') {
        return Err(Error::fatal("-X or -# requires parameter names without value"));
    }
    Ok(word)
}

/// Changes parameters in the file `path`, a main.cf. Everything else in it stays as it is.
///
/// # Errors
/// The file cannot be read or replaced.
pub fn edit_main_cf(
    path: &Path,
    change: Change,
    requests: &Requests,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let replacement = Replacement::of(path)?;
    let content = read_file_to_edit(path)?;
    let edited = edited(&content, &show_path(path), change, requests, warnings);
    replacement.finish(edited.pieces())
}

/// The content of a main.cf after a change.
fn edited<'a>(
    content: &'a [u8],
    path: &str,
    change: Change,
    requests: &'a Requests,
    warnings: &mut Vec<String>,
) -> Edited<'a> {
    let mut result = Edited { content, pieces: Vec::new(), kept: 0..0 };
    let mut found: IndexMap<&[u8], usize> = IndexMap::new();
    let mut within = false;
    for line in PhysicalLines::of(content) {
        match line.kind {
            LineKind::Comment => result.keep(line),
            LineKind::Continuation if !within => result.keep(line),
            LineKind::Continuation if change == Change::CommentOut => result.comment_out(line),
            LineKind::Continuation => {}
            LineKind::Start => {
                let length = line.text.iter().position(|&byte| is_blank(byte) || byte == b'=');
                let name = line.text.get(..length.unwrap_or(line.text.len())).unwrap_or_default();
                let Some((name, value)) = requests.wanted.get_key_value(name) else {
                    within = false;
                    result.keep(line);
                    continue;
                };
                within = true;
                let count = found.entry(name).or_default();
                *count += 1;
                if *count == 2 {
                    warnings.push(format!("{path}: multiple entries for \"{}\"", show(name)));
                }
                match change {
                    Change::Set => result.set(name, value),
                    Change::CommentOut => result.comment_out(line),
                    Change::Remove => {}
                }
            }
        }
    }
    if change == Change::Set {
        let mut missing: Vec<_> =
            requests.wanted.iter().filter(|(name, _)| !found.contains_key(name.as_slice())).collect();
        missing.sort();
        for (name, value) in missing {
            result.set(name, value);
        }
    }
    result.put_kept();
    result
}

/// A changed file: pieces of the old one, which is large and stays as it is for the most part, and new ones.
struct Edited<'a> {
    content: &'a [u8],
    pieces: Vec<Cow<'a, [u8]>>,
    /// What comes after these pieces, out of the old file.
    kept: Range<usize>,
}

impl<'a> Edited<'a> {
    fn keep(&mut self, line: PhysicalLine<'a>) {
        match line.text {
            Cow::Borrowed(text) if self.kept.end == line.start => self.kept.end += text.len(),
            Cow::Borrowed(text) => {
                self.put_kept();
                self.kept = line.start..line.start + text.len();
            }
            Cow::Owned(text) => self.put(Cow::Owned(text)),
        }
    }

    fn comment_out(&mut self, line: PhysicalLine<'a>) {
        self.put(Cow::Borrowed(b"#"));
        self.put(line.text);
    }

    fn set(&mut self, name: &'a [u8], value: &'a [u8]) {
        [name, b" = ", value, b"\n"].into_iter().for_each(|part| self.put(Cow::Borrowed(part)));
    }

    fn put(&mut self, piece: Cow<'a, [u8]>) {
        self.put_kept();
        self.pieces.push(piece);
    }

    fn put_kept(&mut self) {
        let kept = self.content.get(std::mem::take(&mut self.kept)).unwrap_or_default();
        if !kept.is_empty() {
            self.pieces.push(Cow::Borrowed(kept));
        }
    }

    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(Cow::as_ref)
    }
}

/// What a physical line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Empty, or a comment: it belongs to nothing.
    Comment,
    /// The first line of an entry.
    Start,
    /// It begins with white space.
    Continuation,
}

/// A physical line with its newline, which is added if the file ends without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhysicalLine<'a> {
    /// What it is.
    pub kind: LineKind,
    /// The line; borrowed from the file unless a newline was added.
    pub text: Cow<'a, [u8]>,
    /// Where it begins in the file, in bytes.
    pub start: usize,
    /// Its number, from 1.
    pub number: usize,
}

impl PhysicalLine<'_> {
    /// The line as it stands in the file, without a newline that was added.
    pub fn as_in_file(&self) -> &[u8] {
        match &self.text {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => text.strip_suffix(b"\n").unwrap_or(text),
        }
    }
}

/// Goes through a file line by line, for edits that keep what they do not touch.
pub struct PhysicalLines<'a> {
    rest: &'a [u8],
    start: usize,
    number: usize,
}

impl<'a> PhysicalLines<'a> {
    /// Starts at the first line.
    pub fn of(content: &'a [u8]) -> Self {
        Self { rest: content, start: 0, number: 0 }
    }

    /// Does the next line belong to the entry before it, as its continuation or as a comment in it?
    pub fn continues(&self) -> bool {
        self.rest.first().is_some_and(|&byte| byte == b'#' || is_space(byte))
    }

    /// Counts as if the line of this number had been the last one.
    pub fn count_on_from(&mut self, number: usize) {
        self.number = number;
    }
}

impl<'a> Iterator for PhysicalLines<'a> {
    type Item = PhysicalLine<'a>;

    fn next(&mut self) -> Option<PhysicalLine<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = self.rest.find_byte(b'\n').map_or(self.rest.len(), |at| at + 1);
        let (line, rest) = self.rest.split_at_checked(end)?;
        let start = self.start;
        self.start += end;
        self.rest = rest;
        let text = match line.find_byte(0) {
            // What follows a null byte is lost, as in the original.
            Some(null) => Cow::Borrowed(line.get(..null).unwrap_or_default()),
            None if line.ends_with(b"\n") => Cow::Borrowed(line),
            None => Cow::Owned([line, b"\n"].concat()),
        };
        let content = skip(&text, is_space);
        let kind = match content.first() {
            None | Some(b'#') => LineKind::Comment,
            Some(_) if content.len() < text.len() => LineKind::Continuation,
            Some(_) => LineKind::Start,
        };
        Some(PhysicalLine { kind, text, start, number: self.number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Edited<'_> {
        fn whole(&self) -> Vec<u8> {
            self.pieces().collect::<Vec<_>>().concat()
        }
    }

    const FILE: &str = "# top\na = 1\n  2\n# in a\n  3\nb=x\n\na = 4\nc = 5";

    fn run(change: Change, words: &[&str]) -> (String, Vec<String>) {
        let mut warnings = Vec::new();
        let words = words.iter().map(|word| word.as_bytes());
        let requests = Requests::parse(change, words, &mut warnings).unwrap();
        let result = edited(FILE.as_bytes(), "/m", change, &requests, &mut warnings);
        (show(&result.whole()), warnings)
    }

    // Results of Postfix 3.11.
    #[test]
    fn values_are_replaced_where_they_stand() {
        let (text, warnings) = run(Change::Set, &["a = new", "z=", "d=1"]);
        assert_eq!(text, "# top\na = new\n# in a\nb=x\n\na = new\nc = 5\nd = 1\nz = \n");
        assert_eq!(warnings, ["/m: multiple entries for \"a\""]);
    }

    #[test]
    fn lines_become_comments_or_go() {
        assert_eq!(
            run(Change::CommentOut, &["a"]).0,
            "# top\n#a = 1\n#  2\n# in a\n#  3\nb=x\n\n#a = 4\nc = 5\n"
        );
        assert_eq!(run(Change::Remove, &["a", "nosuch"]).0, "# top\n# in a\nb=x\n\nc = 5\n");
        assert_eq!(run(Change::Remove, &["a "]).0, format!("{FILE}\n"));
    }

    #[test]
    fn bad_requests_are_refused() {
        let error = |change, word: &str| {
            Requests::parse(change, [word.as_bytes()], &mut Vec::new()).unwrap_err().to_string()
        };
        assert_eq!(error(Change::Set, "a"), "missing '=' after attribute name: \"a\"");
        assert_eq!(error(Change::Set, "#a=b"), "-e, -X, or -# accepts no comment input");
        assert_eq!(error(Change::Set, "a=b\n"), "-e, -X, or -# accepts no multi-line input");
        assert_eq!(error(Change::Remove, "a=b"), "-X or -# requires parameter names without value");
    }

    proptest::proptest! {
        /// Whatever a file looks like, setting a parameter changes that one and nothing else.
        #[test]
        fn other_settings_stay(
            lines in proptest::collection::vec("([abc] ?=|#| |\t)?[a-z =#]{0,8}", 0..12),
            value in "[a-z]{0,5}",
        ) {
            let content = lines.join("\n");
            let read = |content: &[u8]| crate::Dictionary::parse(content, "/m", &mut Vec::new());
            if let Ok(before) = read(content.as_bytes()) {
                let word = format!("b={value}");
                let requests = Requests::parse(Change::Set, [word.as_bytes()], &mut Vec::new()).unwrap();
                let result = edited(content.as_bytes(), "/m", Change::Set, &requests, &mut Vec::new());
                let after = read(&result.whole()).unwrap();
                proptest::prop_assert_eq!(after.get("b").map(|set| set.to_string()), Some(value));
                for (name, value) in before.iter().filter(|(name, _)| *name != "b") {
                    proptest::prop_assert_eq!(after.get(name), Some(value));
                }
            }
        }
    }

    #[test]
    fn files_are_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main.cf");
        std::fs::write(&path, FILE).unwrap();
        let requests = Requests::parse(Change::Set, [&b"c = 6"[..]], &mut Vec::new()).unwrap();
        edit_main_cf(&path, Change::Set, &requests, &mut Vec::new()).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("c = 6\n"));
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, MODE_OF_NEW_FILE);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(Replacement::of(&path).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
