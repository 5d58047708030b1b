//! TLS for clients of servers.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::Path;
use std::sync::Arc;

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
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// Certificates of authorities, in one file.
    pub(crate) authorities: Option<String>,
    /// A directory of such files.
    pub(crate) authorities_directory: Option<String>,
    /// The client's own certificate.
    pub(crate) certificate: Option<String>,
    /// The key of that certificate.
    pub(crate) key: Option<String>,
}

/// Where Debian keeps the certificates of the usual authorities.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let complain = |error| format!("{}: {error}", path.display());
    CertificateDer::pem_file_iter(path).map_err(complain)?.collect::<Result<_, _>>().map_err(complain)
}

fn roots(files: &Files) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    if let Some(directory) = &files.authorities_directory {
        let entries = std::fs::read_dir(directory)
            .map_err(|error| format!("{directory}: {}", sys::error_text(&error)))?;
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
            roots.add_parsable_certificates(certificates(&path).unwrap_or_default());
        }
    }
    let default = || files.authorities_directory.is_none().then(|| SYSTEM_AUTHORITIES.to_owned());
    if let Some(file) = files.authorities.clone().or_else(default) {
        roots.add_parsable_certificates(certificates(Path::new(&file))?);
    }
    Ok(roots)
}

/// Makes what connections are made with.
///
/// # Errors
/// A file cannot be read, or has nothing of use in it.
pub(crate) fn client_config(files: &Files, demand: Demand) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let inner = match demand {
        Demand::Nothing => None,
        _ => {
            let roots = Arc::new(roots(files)?);
            let built = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
            Some(built.map_err(|error| error.to_string())?)
        }
    };
    let verifier = Arc::new(Verifier { demand, inner, provider: Arc::clone(&provider) });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match &files.certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let key = files.key.as_ref().unwrap_or(certificate);
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{key}: {error}"))?;
            builder
                .with_client_auth_cert(certificates(Path::new(certificate))?, key)
                .map_err(|error| error.to_string())?
        }
    };
    Ok(Arc::new(config))
}

/// Checks a server's certificate as far as is demanded.
#[derive(Debug)]
struct Verifier {
    demand: Demand,
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(inner) = &self.inner else {
            return Ok(ServerCertVerified::assertion());
        };
        match inner.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.demand == Demand::Chain => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.inner {
            // A server that need not prove who it is need not prove that it has the key, either.
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(inner) => inner.verify_tls12_signature(message, certificate, signature),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.inner {
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(inner) => inner.verify_tls13_signature(message, certificate, signature),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
