//! Tables that talk to servers, and SQLite, whose tables are described in the same way.
//!
//! A table of this kind is opened without a word to its server, connects when the first key is asked for, and keeps the
//! connection. All of it is synchronous: look-ups wait on the blocking pool, see [`tables::Table::asks_a_server`].
//!
//! `source.rs` reads a client's parameters, `template.rs` makes queries and results out of them, `sql.rs` is what the
//! relational databases share, `hosts.rs` chooses among several servers. `endpoint.rs`, `wire.rs`, `tls.rs` and `kept.rs`
//! are connections. The rest are the table types.
//!
//! A program that links this crate says [`plug_in`] first; [`helper_main`] is the program for those that do not.
//! Other public functions read what servers reply, and are public for fuzzing.

mod ber;
mod digest;
mod endpoint;
mod helper;
mod hosts;
mod kept;
mod ldap;
mod log_lines;
mod memcache;
mod mysql;
mod pgsql;
mod socketmap;
mod source;
mod sql;
mod sqlite;
mod tcp;
mod template;
mod tls;
mod wire;

pub use helper::main as helper_main;
pub use ldap::{encode_filter, parse_message as parse_ldap_message};
pub use memcache::parse_value_header as parse_memcache_header;
pub use mysql::parse_greeting as parse_mysql_greeting;
pub use pgsql::{certificate_digest, parse_service_file};
pub use socketmap::parse_reply as parse_socketmap_reply;
pub use tcp::parse_reply as parse_tcp_reply;

use std::sync::Arc;
use tables::{Access, Flags, Name, OpenError, Opener, Table};

/// Lets this process open tables of these types, all of which [`tables::is_plug_in`] knows.
pub fn plug_in() {
    tables::plug_in(open);
}

fn open(
    opener: &Opener,
    kind: &str,
    name: &Name,
    access: Access,
    flags: Flags,
) -> Result<Arc<dyn Table>, OpenError> {
    Ok(match kind {
        "ldap" => Arc::new(ldap::LdapTable::open(opener, name, flags)?),
        "memcache" => Arc::new(memcache::MemcacheTable::open(opener, name, access, flags)?),
        "mysql" => Arc::new(mysql::MysqlTable::open(opener, name, flags)?),
        "pgsql" => Arc::new(pgsql::PgsqlTable::open(opener, name, flags)?),
        "socketmap" => Arc::new(socketmap::SocketmapTable::open(opener, name, flags)?),
        "sqlite" => Arc::new(sqlite::SqliteTable::open(opener, name, flags)?),
        _ => Arc::new(tcp::TcpTable::open(opener, name, flags)?),
    })
}
