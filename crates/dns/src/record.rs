//! Resource records.

use std::fmt;
use std::net::IpAddr;

/// The record types that a mail system asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// A mail exchanger.
    Mx,
    /// Text.
    Txt,
    /// The name of an address.
    Ptr,
    /// A name server.
    Ns,
    /// The start of a zone.
    Soa,
    /// A service's host and port.
    Srv,
    /// The name that an alias stands for.
    Cname,
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Mx => "MX",
            RecordType::Txt => "TXT",
            RecordType::Ptr => "PTR",
            RecordType::Ns => "NS",
            RecordType::Soa => "SOA",
            RecordType::Srv => "SRV",
            RecordType::Cname => "CNAME",
        })
    }
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name that owns the record (after aliases), without a final dot.
    pub owner: String,
    /// Time to live in seconds.
    pub ttl: u32,
    /// What it says.
    pub data: Data,
}

/// A record's content. Host names are without a final dot and are valid host names (or numeric addresses, with
/// which some domains name their exchangers).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// A or AAAA.
    Address(IpAddr),
    /// A mail exchanger.
    Mx {
        /// Smaller is tried first.
        preference: u16,
        /// Its host name.
        host: String,
    },
    /// A text record: its strings joined, unprintable bytes as spaces.
    Txt(String),
    /// PTR, NS or CNAME.
    Name(String),
    /// A start of authority: only its time to live for negative answers, in seconds.
    Soa {
        /// The zone's "minimum" field.
        negative_ttl: u32,
    },
    /// A service's host.
    Srv {
        /// Smaller is tried first.
        priority: u16,
        /// Share among hosts of one priority.
        weight: u16,
        /// TCP port.
        port: u16,
        /// Its host name.
        host: String,
    },
}

impl Record {
    /// The address, if this is an A or AAAA record.
    pub fn address(&self) -> Option<IpAddr> {
        match self.data {
            Data::Address(address) => Some(address),
            _ => None,
        }
    }

    /// The record as a zone file has it: owner, time to live, class, type and content.
    pub fn zone_line(&self, kind: RecordType) -> String {
        let content = match &self.data {
            Data::Address(address) => address.to_string(),
            Data::Mx { preference, host } => format!("{preference} {host}."),
            Data::Txt(text) => text.clone(),
            Data::Name(name) => format!("{name}."),
            // Nobody asks for the rest of it.
            Data::Soa { negative_ttl } => format!("- - - - - - {negative_ttl}"),
            Data::Srv { priority, weight, port, host } => format!("{priority} {weight} {port} {host}."),
        };
        format!("{}. {} IN {kind} {content}", self.owner, self.ttl)
    }
}
