//! TLS for clients of servers.

mod ciphers;
mod distrust;
mod key_log;
mod words;

pub(crate) use distrust::Distrust;
pub(crate) use words::{distrust, reason, rustls_error};

use distrust::{Revocations, Verifier};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tables::Name;

/// What is demanded of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing: the connection is private, but nobody knows with whom.
    Nothing,
    /// A chain to one of the authorities.
    Chain,
    /// That, and the server's name.
    ChainAndName,
}

/// The parameters of a client.
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    /// Certificates of authorities, in one file.
    pub(crate) authorities: Option<Name>,
    /// A directory of such files.
    pub(crate) authorities_directory: Option<Name>,
    /// Revocation lists, in one file. With any, there has to be one for each certificate of a chain.
    pub(crate) revocations: Option<Name>,
    /// A directory of such files.
    pub(crate) revocations_directory: Option<Name>,
    /// The client's own certificate.
    pub(crate) certificate: Option<Name>,
    /// The key of that certificate.
    pub(crate) key: Option<Name>,
    /// A list of ciphers, as OpenSSL writes it.
    pub(crate) ciphers: Option<String>,
    /// The versions of the protocol that the client speaks.
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
    /// Where the secrets of connections go, for those who look at recorded traffic.
    pub(crate) key_log: Option<Name>,
    /// The protocol inside, where the server is to know it.
    pub(crate) application: Option<&'static [u8]>,
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            authorities: None,
            authorities_directory: None,
            revocations: None,
            revocations_directory: None,
            certificate: None,
            key: None,
            ciphers: None,
            versions: vec![&TLS12, &TLS13],
            key_log: None,
            application: None,
        }
    }
}

/// A parameter that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Authorities,
    Certificate,
    Key,
    Ciphers,
}

/// Why no connection can be made with these parameters: the part, and OpenSSL's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub(crate) part: Part,
    pub(crate) text: String,
}

impl Unusable {
    fn new(part: Part, text: impl Into<String>) -> Unusable {
        Unusable { part, text: text.into() }
    }

    /// A file cannot be read.
    fn file(part: Part, error: &io::Error) -> Unusable {
        let number = error.raw_os_error().map_or_else(String::new, |number| format!(" ({number})"));
        Unusable::new(part, format!("{}{number}", sys::error_text(error)))
    }
}

/// Where Debian keeps the certificates of the usual authorities.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let content = std::fs::read(path)?;
    CertificateDer::pem_slice_iter(&content).collect::<Result<_, _>>().map_err(io::Error::other)
}

/// The certificates of authorities that are to be trusted. A file that is named must be there; a directory and the
/// system's file need not.
fn authorities(parameters: &Parameters) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let mut found = Vec::new();
    if let Some(directory) = &parameters.authorities_directory {
        let entries = std::fs::read_dir(directory).map(|entries| entries.flatten().map(|entry| entry.path()));
        for path in entries.into_iter().flatten().filter(|path| path.is_file()) {
            found.extend(certificates(&path).unwrap_or_default());
        }
    }
    if let Some(file) = &parameters.authorities {
        let part = Part::Authorities;
        let content = certificates(file.as_path()).map_err(|error| Unusable::file(part, &error))?;
        if content.is_empty() {
            return Err(Unusable::new(part, "no certificate or crl found"));
        }
        found.extend(content);
    } else if parameters.authorities_directory.is_none() {
        found.extend(certificates(Path::new(SYSTEM_AUTHORITIES)).unwrap_or_default());
    }
    Ok(found)
}

/// The revocation lists. Files that are not there, or have none, count for nothing; `None`: nobody asks for lists.
fn revocation_lists(parameters: &Parameters) -> Option<Vec<CertificateRevocationListDer<'static>>> {
    let in_directory = |directory: &Name| {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let directory = parameters.revocations_directory.as_ref();
    let of_directory = directory.map(in_directory).unwrap_or_default();
    let files = parameters.revocations.iter().map(|file| file.as_path().to_owned()).chain(of_directory);
    let lists: Vec<_> = files
        .filter_map(|path| std::fs::read(path).ok())
        .flat_map(|content| {
            CertificateRevocationListDer::pem_slice_iter(&content).flatten().collect::<Vec<_>>()
        })
        .collect();
    (!lists.is_empty() || directory.is_some()).then_some(lists)
}

type Own = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The client's own certificate with its chain, and the key. Where one of the files is not named, the other has both.
fn own(parameters: &Parameters) -> Result<Option<Own>, Unusable> {
    let Some(file) = parameters.certificate.as_ref().or(parameters.key.as_ref()) else {
        return Ok(None);
    };
    let chain = certificates(file.as_path()).map_err(|error| Unusable::file(Part::Certificate, &error))?;
    if chain.is_empty() {
        return Err(Unusable::new(Part::Certificate, "no start line"));
    }
    let content = std::fs::read(parameters.key.as_ref().unwrap_or(file))
        .map_err(|error| Unusable::file(Part::Key, &error))?;
    let key = PrivateKeyDer::from_pem_slice(&content).map_err(|_| Unusable::new(Part::Key, "unsupported"))?;
    Ok(Some((chain, key)))
}

fn provider(parameters: &Parameters) -> Result<Arc<CryptoProvider>, Unusable> {
    let mut provider = ring::default_provider();
    if let Some(list) = &parameters.ciphers {
        provider.cipher_suites = ciphers::choose(list, &provider.cipher_suites)
            .ok_or_else(|| Unusable::new(Part::Ciphers, "no cipher match"))?;
    }
    Ok(Arc::new(provider))
}

/// Makes what connections are made with.
///
/// # Errors
/// A file cannot be read, or has nothing of use in it.
pub(crate) fn client_config(parameters: &Parameters, demand: Demand) -> Result<Arc<ClientConfig>, Unusable> {
    let provider = provider(parameters)?;
    let trusted = authorities(parameters)?;
    let own = own(parameters)?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().cloned());
    let mut chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let mut revocations = Revocations::Ignored;
    if let Some(lists) = revocation_lists(parameters) {
        revocations = if lists.is_empty() { Revocations::Missing } else { Revocations::Listed };
        chain = chain.with_crls(lists).enforce_revocation_expiration();
    }
    let chain = chain.build().ok();
    let verifier = Verifier { demand, chain, trusted, revocations, provider: Arc::clone(&provider) };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&parameters.versions)
        .map_err(|error| Unusable::new(Part::Ciphers, error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => Unusable::new(Part::Key, "key values mismatch"),
            error => Unusable::new(Part::Key, error.to_string()),
        })?,
    };
    if let Some(file) = &parameters.key_log {
        config.key_log = Arc::new(key_log::KeyLogFile(file.clone()));
    }
    config.alpn_protocols.extend(parameters.application.map(<[u8]>::to_vec));
    Ok(Arc::new(config))
}
