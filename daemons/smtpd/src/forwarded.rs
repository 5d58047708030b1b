//! What another mail system says about the client that it stands in front of (XFORWARD).

/// The original client of a message.
#[derive(Clone, Debug)]
pub struct Forwarded {
    /// Whether anything was said about the client itself.
    pub has_client: bool,
    /// Its name, or `unknown`.
    pub name: String,
    /// Its address, or `unknown`.
    pub address: String,
    /// Its address as mail protocols write it, or `unknown`.
    pub rfc_address: String,
    /// Its port, or `unknown`.
    pub port: String,
    /// Name and address for the log.
    pub name_address: String,
    /// The protocol that it spoke, or `unknown`.
    pub protocol: String,
    /// The name that it gave in HELO or EHLO.
    pub helo_name: Option<Vec<u8>>,
    /// The message's queue id over there.
    pub ident: Option<Vec<u8>>,
    /// The address rewriting context, `local` or `remote`.
    pub domain: Option<&'static str>,
}

impl Default for Forwarded {
    fn default() -> Self {
        let unknown = || crate::client::UNKNOWN.to_owned();
        Forwarded {
            has_client: false,
            name: unknown(),
            address: unknown(),
            rfc_address: unknown(),
            port: unknown(),
            name_address: unknown(),
            protocol: unknown(),
            helo_name: None,
            ident: None,
            domain: None,
        }
    }
}
