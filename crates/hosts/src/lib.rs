//! What is a host's name or a network address, by Postfix's rules, and the form in which the DNS has a name of another
//! alphabet (RFC 5890).
//!
//! [`is_hostname`] and its kin know letters, digits, `-` and `_`; [`is_utf8_hostname`] every alphabet. Why a text is
//! none of these is said in the words of Postfix's warnings.
//!
//! Not here: the name and the addresses of this host (crate `config`), look-ups (crate `dns`).

mod address;
mod international;
mod invalid;
mod log_lines;
mod name;
mod uts46;

pub use address::{check_address, check_ipv4, check_ipv6, is_address, is_address_literal, literal_address};
pub use international::{NoDomain, dns_name, is_utf8_hostname, to_ascii, to_utf8};
pub use invalid::Invalid;
pub use name::{check_hostname, is_hostname};
