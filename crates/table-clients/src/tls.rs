//! TLS for clients of servers.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
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

/// The certificates of authorities that are to be trusted. What is named must be there; the system's need not.
fn authorities(files: &Files) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut found = Vec::new();
    if let Some(directory) = &files.authorities_directory {
        let entries = std::fs::read_dir(directory)
            .map_err(|error| format!("{directory}: {}", sys::error_text(&error)))?;
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
            found.extend(certificates(&path).unwrap_or_default());
        }
    }
    if let Some(file) = &files.authorities {
        found.extend(certificates(Path::new(file))?);
    } else if files.authorities_directory.is_none() {
        found.extend(certificates(Path::new(SYSTEM_AUTHORITIES)).unwrap_or_default());
    }
    Ok(found)
}

/// Makes what connections are made with.
///
/// # Errors
/// A file cannot be read, or has nothing of use in it.
pub(crate) fn client_config(files: &Files, demand: Demand) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let trusted = authorities(files)?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().cloned());
    // Without authorities nobody can be trusted.
    let chain =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().ok();
    let verifier = Arc::new(Verifier { demand, chain, trusted, provider: Arc::clone(&provider) });
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
    chain: Option<Arc<WebPkiServerVerifier>>,
    trusted: Vec<CertificateDer<'static>>,
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
        if self.demand == Demand::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        // A server whose own certificate is trusted needs no chain.
        if self.trusted.contains(certificate) {
            if self.demand == Demand::ChainAndName {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let chain = self.chain.as_ref().ok_or(CertificateError::UnknownIssuer)?;
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
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
        // A server that need not prove who it is need not prove that it has the key, either.
        if self.demand == Demand::Nothing {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.demand == Demand::Nothing {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
