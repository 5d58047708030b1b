//! Aliases.

use delivery::Verdict;
use ipc::deliver::Dsn;
use queue::flags::{dsn_notify, trace};
use sys::User;
use tables::{Ask, Owner};

use crate::agent::Work;
use crate::log_lines;
use crate::recipient::MAX_LEVEL;
use crate::settings::Source;
use crate::state::{Rights, State};

/// When a sender who wants to hear only of success hears nothing of what an alias expands to.
pub(crate) fn notify_without_success(notify: i32) -> i32 {
    if notify == dsn_notify::SUCCESS { dsn_notify::NEVER } else { notify & !dsn_notify::SUCCESS }
}

/// The status of an expanded alias or forward file.
pub(crate) fn expanded(action: &str) -> Dsn {
    Dsn { action: action.into(), ..Dsn::simple("2.0.0", "alias expanded") }
}

impl Work<'_> {
    /// Expands an alias; nothing, if there is none of that name.
    pub(crate) fn deliver_alias(&mut self, state: &State, name: &[u8]) -> Option<Verdict> {
        let mut state = state.deeper();
        if state.expanded_from.as_ref().is_some_and(|from| address::eq_fold(from, name)) {
            return None;
        }
        if state.level > MAX_LEVEL {
            log_lines::nesting("alias database loop", name);
            let text = [b"alias database loop for ", name].concat();
            return Some(self.fail(&state, "5.4.6", text));
        }
        state.expanded_from = Some(name.to_vec());
        let agent = self.agent;
        for table in agent.tables.aliases.tables() {
            match table.lookup(name) {
                Ok(Some(value)) => {
                    let title = format!("{}:{}", table.kind(), table.name());
                    return Some(self.expand_alias(state, name, &value, table.owner(), &title));
                }
                Ok(None) => {}
                Err(_) => {
                    log_lines::alias_lookup_failed(table.kind(), table.name(), name);
                    return Some(self.fail(&state, "4.3.0", "alias database unavailable"));
                }
            }
        }
        None
    }

    fn expand_alias(
        &mut self,
        mut state: State,
        name: &[u8],
        value: &[u8],
        owner: Owner,
        table: &str,
    ) -> Verdict {
        if self.delivery.request.flags & trace::MTA_VRFY != 0 {
            return self.sent(&state, [b"aliased to ", value].concat());
        }
        state.source = Some(Source::Alias);
        let rights = match self.alias_rights(&state, owner, table) {
            Ok(rights) => rights,
            Err(verdict) => return verdict,
        };
        let Ok(list_owner) = self.owner_of(name) else {
            return self.fail(&state, "4.3.0", "alias database unavailable");
        };
        let is_list = list_owner.is_some();
        match list_owner {
            Some(owner) => {
                state.sender.clone_from(&owner);
                state.owner = Some(owner);
            }
            None if self.settings.reset_owner => state.owner = None,
            None => {}
        }
        if !self.settings.frozen_delivered_to {
            state.delivered = Some(state.recipient.address.clone());
        }
        let before = state.clone();
        state.recipient.dsn_notify = notify_without_success(state.recipient.dsn_notify);
        if is_list {
            state.dsn_envid.clear();
            state.dsn_ret = 0;
            state.recipient.dsn_orcpt.clear();
            state.recipient.original.clear();
        }
        let (verdict, count) = self.deliver_text(&state, &rights, value);
        if count == 0 {
            log_lines::empty_alias(name);
            return self.fail(&state, "4.3.0", "alias database unavailable");
        }
        if before.recipient.dsn_notify & dsn_notify::SUCCESS != 0 {
            let mut report = before;
            report.recipient.original.clone_from(&state.recipient.original);
            let _ = self.traced(&report, &expanded(if is_list { "delivered" } else { "expanded" }));
        }
        verdict
    }

    /// Commands and files of an alias get the rights of the table's owner; for root's tables those are nobody's.
    fn alias_rights(&self, state: &State, owner: Owner, table: &str) -> Result<Rights, Verdict> {
        let uid = match owner {
            Owner::Trusted => return Ok(Rights::default()),
            Owner::Unknown => {
                log_lines::no_table_owner(table);
                return Err(self.fail(state, "4.3.0", "mail system configuration error"));
            }
            Owner::User(uid) => uid,
        };
        let user = User::by_uid(uid);
        match user {
            Ok(Some(user)) => Ok(Rights::from(user)),
            Ok(None) => {
                log_lines::unknown_table_owner(table, None);
                Err(self.fail(state, "4.3.0", "cannot find alias database owner"))
            }
            Err(error) => {
                log_lines::unknown_table_owner(table, Some(&error));
                Err(self.fail(state, "4.3.0", "cannot find alias database owner"))
            }
        }
    }

    /// The owner of a list: the standard form of `owner-name`, or of what that expands to.
    fn owner_of(&self, name: &[u8]) -> Result<Option<Vec<u8>>, ()> {
        if !self.settings.owner_request_special {
            return Ok(None);
        }
        let alias = [b"owner-", name].concat();
        match self.agent.tables.aliases.find(&alias, Ask::All) {
            Ok(Some(value)) => {
                let owner = if self.settings.expand_owner_alias { value } else { alias };
                Ok(Some(self.canonical_internal(&owner)))
            }
            Ok(None) => Ok(None),
            Err(_) => Err(()),
        }
    }

    /// The owner of the list that a recipient address is, with and without its extension.
    pub(crate) fn list_owner(&self, state: &State) -> Result<Option<Vec<u8>>, ()> {
        let address = &state.recipient.address;
        let (local, _) = address::split_at(address);
        if let Some(owner) = self.owner_of(local)? {
            return Ok(Some(owner));
        }
        match self.settings.delimiter.strip(address) {
            Some((stripped, _)) => self.owner_of(address::split_at(&stripped).0),
            None => Ok(None),
        }
    }
}
