//! What is special about some servers: those that an administrator looks over the shoulder of (`debug_peer_list`), and
//! what their replies are read as (`smtp_reply_filter`).

use std::rc::Rc;

use config::Config;
use server::Fatal;
use smtp::response::{FilterFailed, LineFilter};
use tables::{Flags, MatchList, OpenError, Opener, Subdomains};

use crate::session::Session;

/// Servers and destinations with more in the log.
pub(crate) struct DebugPeers {
    list: MatchList,
    level: u32,
}

impl DebugPeers {
    /// Opens the list.
    pub(crate) fn open(config: &Config, opener: &Opener) -> Result<DebugPeers, OpenError> {
        let list = &params::DEBUG_PEER_LIST;
        let subdomains = Subdomains::of_list(opener, config, list.name())?;
        Ok(DebugPeers {
            list: MatchList::clients(opener, list.name(), config.bytes(list), subdomains)?,
            level: u32::try_from(config.get(&params::DEBUG_PEER_LEVEL)).unwrap_or(0),
        })
    }

    /// Makes the whole delivery verbose if its destination is listed.
    pub(crate) fn begin_delivery(&self, nexthop: &[u8]) {
        self.watch(nexthop, b"noaddr");
    }

    /// Makes a conversation verbose if its server is listed.
    pub(crate) fn begin(&self, session: &mut Session) {
        session.is_watched = self.watch(session.peer.host.as_bytes(), session.peer.address.as_bytes());
    }

    /// The conversation is over, or is kept for another delivery.
    pub(crate) fn end(&self, session: &mut Session) {
        if std::mem::take(&mut session.is_watched) {
            log::set_session_verbosity(0);
        }
    }

    fn watch(&self, name: &[u8], address: &[u8]) -> bool {
        // A list that cannot be read was reported, and is no reason to say more.
        let begins = log::session_verbosity() == 0 && self.list.matches_client(name, address) == Ok(true);
        if begins {
            log::set_session_verbosity(self.level);
        }
        begins
    }
}

/// Opens the table that replaces reply lines, if there is one.
pub(crate) fn reply_filter(opener: &Opener, table: &[u8]) -> Result<Option<LineFilter>, Fatal> {
    if table.is_empty() {
        return Ok(None);
    }
    let table = opener.open(table, Flags::LOCK | Flags::FOLD_FIX).map_err(|error| Fatal::new(error.text))?;
    Ok(Some(Rc::new(move |line| table.lookup(line).map_err(|_| FilterFailed))))
}
