//! Lookup tables: `type:name`, one trait for all types, and the rules by which daemons look things up in them.
//!
//! Start at [`Opener`], which opens [`Table`]s; most programs use lists of them: [`Maps`] (the first table that has the
//! key wins), [`MatchList`] (is this name or address in the list?) and [`AddressSearch`] (which part of a mail address
//! has an entry?).
//!
//! A look-up is synchronous. Most tables are in memory or mapped into it. A table behind `proxy:` waits for another
//! process; for those the lists have `..._async` forms that go to tokio's blocking pool.
//!
//! A table's file that changes is read again, see `reload.rs`. Everything that tables log is in `log_lines.rs`.
//!
//! Not here: what the values mean, and the clients of servers (crate `table-clients`), which are code that a program with
//! more rights than its caller should not have in it. See [`plug_in`].

mod address_search;
mod berkeley_db;
mod bulk;
mod cdb;
mod cdb_writer;
pub mod cidr;
mod combined;
mod debug;
mod file_values;
mod first_match;
mod flags;
mod fold;
mod lines;
mod lmdb;
mod local_domains;
mod log_lines;
mod maps;
mod match_list;
mod memory;
mod name;
mod nis;
mod null_forms;
mod opener;
mod outside;
mod patterns;
mod pcre;
mod place_index;
mod proxy;
mod regexp;
mod reload;
mod required_text;
mod rule_index;
mod simple;
mod stand_in;
mod substitution;
mod syntax;
mod table;
mod user_acl;

pub use address_search::{AddressSearch, Hit, IsLocal, Parents, QueryForm, Strategy};
pub use file_values::{decode as decode_base64, read_base64};
pub use flags::Flags;
pub use lines::{LogicalLine, LogicalLines, SourceLine, is_utf8, source_line};
pub use local_domains::LocalDomains;
pub use maps::{Ask, Found, Maps};
pub use match_list::{MatchList, Subdomains};
pub use name::Name;
pub use opener::{
    Access, IfUnavailable, Opener, Settings, TYPES, can_be_built, is_supported, warn_unsupported,
};
pub use outside::{Plug, helper, is_plug_in, plug_in};
pub use proxy::status as proxy_status;
pub use syntax::{Items, is_space, items as list_items, strip_group, trim_start};
pub use table::{About, Answer, Entry, LookupError, OpenError, Owner, Seek, Table};
pub use user_acl::denied_user;
