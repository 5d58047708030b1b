//! Tables that are made out of other tables: `unionmap:`, `pipemap:`; and `randmap:`, which has their syntax.

use crate::syntax::{items, whole_group};
use crate::{About, Flags, LookupError, Name, OpenError, Opener, Owner, Table, file_values};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How the members work together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// All results, joined with commas.
    Union,
    /// Each result is the key of the next member.
    Pipe,
}

impl How {
    fn kind(self) -> &'static str {
        match self {
            How::Union => "unionmap",
            How::Pipe => "pipemap",
        }
    }
}

/// An open `unionmap:` or `pipemap:`.
pub(crate) struct CombinedTable {
    how: How,
    about: About,
    members: Vec<Arc<dyn Table>>,
}

fn bad_syntax(kind: &str, name: &Name, need: &str) -> OpenError {
    OpenError::unavailable(format!("bad syntax: \"{kind}:{name}\"; need \"{kind}:{{{need}...}}\""))
}

impl CombinedTable {
    /// Opens the members that the name lists.
    pub(crate) fn open(
        opener: &Opener,
        how: How,
        name: &Name,
        flags: Flags,
        depth: usize,
    ) -> Result<CombinedTable, OpenError> {
        let wrong = || bad_syntax(how.kind(), name, "type:name");
        let list = whole_group(name).ok_or_else(wrong)?;
        let specs: Vec<&[u8]> = items(list).collect();
        if specs.is_empty() || specs.iter().any(|spec| !spec.contains(&b':')) {
            return Err(wrong());
        }
        let mut members = Vec::with_capacity(specs.len());
        for spec in specs {
            members.push(opener.open_member(spec, flags, depth + 1)?);
        }
        let owner = members.iter().fold(Owner::Trusted, |owner, member| owner.combined(member.owner()));
        let first = members.first().map_or(Flags::NONE, |member| member.flags());
        let flags = flags | (first & (Flags::FIXED | Flags::PATTERN));
        Ok(CombinedTable { how, about: About::new(how.kind(), name, flags, owner), members })
    }

    fn union(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let mut all = Vec::new();
        for member in &self.members {
            if let Some(value) = member.lookup(key)? {
                if !all.is_empty() {
                    all.push(b',');
                }
                all.extend(value);
            }
        }
        Ok((!all.is_empty()).then_some(all))
    }

    fn pipe(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        let mut key = key.to_vec();
        for member in &self.members {
            match member.lookup(&key)? {
                Some(value) => key = value,
                None => return Ok(None),
            }
        }
        Ok(Some(key))
    }
}

impl Table for CombinedTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn asks_a_server(&self) -> bool {
        self.members.iter().any(|member| member.asks_a_server())
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        match self.how {
            How::Union => self.union(key),
            How::Pipe => self.pipe(key),
        }
    }
}

/// An open `randmap:`: one of several values, by chance.
pub(crate) struct RandomTable {
    about: About,
    values: Vec<Vec<u8>>,
    hasher: RandomState,
    count: AtomicU64,
}

impl RandomTable {
    /// Parses the values out of the name.
    pub(crate) fn open(name: &Name, flags: Flags) -> Result<RandomTable, OpenError> {
        let list = whole_group(name).ok_or_else(|| bad_syntax("randmap", name, "value"))?;
        let mut values = Vec::new();
        for item in items(list) {
            values.push(if flags.contains(Flags::SRC_RHS_IS_FILE) {
                file_values::read_base64(item).map_err(OpenError::unavailable)?
            } else {
                item.to_vec()
            });
        }
        if values.is_empty() {
            return Err(bad_syntax("randmap", name, "value"));
        }
        let about = About::new("randmap", name, flags | Flags::PATTERN, Owner::Trusted);
        Ok(RandomTable { about, values, hasher: RandomState::new(), count: AtomicU64::new(0) })
    }
}

impl Table for RandomTable {
    fn about(&self) -> &About {
        &self.about
    }

    fn lookup(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, LookupError> {
        // A keyed hash of a counter is random enough to spread load.
        let chance = self.hasher.hash_one(self.count.fetch_add(1, Ordering::Relaxed));
        let at = usize::try_from(chance % self.values.len() as u64).unwrap_or(0);
        Ok(self.values.get(at).cloned())
    }
}
