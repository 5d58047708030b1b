//! Checks a server's certificate, and says in the words of OpenSSL, which the reference's client libraries use, why it is not
//! trusted.

use super::Demand;
use crate::ber::{Elements, SEQUENCE};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};
use std::fmt;
use std::sync::Arc;

/// What is wrong with a server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Distrust {
    /// The chain leads to nobody who is trusted.
    Issuer(&'static str),
    /// It is of another time.
    Time(&'static str),
    /// It is somebody else's: these names.
    Name(Vec<String>),
    /// The rest.
    Other(String),
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distrust::Issuer(text) | Distrust::Time(text) => f.write_str(text),
            Distrust::Name(_) => f.write_str("hostname mismatch"),
            Distrust::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Distrust {}

impl Distrust {
    fn new(
        error: rustls::Error,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
    ) -> Distrust {
        let rustls::Error::InvalidCertificate(error) = error else {
            return Distrust::Other(error.to_string());
        };
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Distrust::Time("certificate has expired")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Distrust::Time("certificate is not yet valid")
            }
            CertificateError::NotValidForName => Distrust::Name(Vec::new()),
            CertificateError::NotValidForNameContext { presented, .. } => {
                Distrust::Name(presented.iter().map(|name| plain_name(name)).collect())
            }
            // A signature that does not fit is of another authority with the same name.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Distrust::Issuer(match others.last() {
                    None if is_self_signed(certificate) => "self-signed certificate",
                    Some(last) if is_self_signed(last) => "self-signed certificate in certificate chain",
                    _ => "unable to get local issuer certificate",
                })
            }
            CertificateError::Revoked => Distrust::Other("certificate revoked".to_owned()),
            CertificateError::UnknownRevocationStatus => {
                Distrust::Other("unable to get certificate CRL".to_owned())
            }
            CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. } => {
                Distrust::Other("CRL has expired".to_owned())
            }
            error => Distrust::Other(error.to_string()),
        }
    }

    fn into_error(self) -> rustls::Error {
        CertificateError::Other(OtherError(Arc::new(self))).into()
    }

    /// Finds it in the error of a connection.
    pub(crate) fn of_error(error: &rustls::Error) -> Option<&Distrust> {
        match error {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
                inner.downcast_ref()
            }
            _ => None,
        }
    }
}

/// `DnsName("localhost")` without the frame.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"').to_owned()
}

/// Whether a certificate names itself as its issuer.
fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    let names = || {
        let mut fields = Elements(Elements(Elements(certificate).expect(SEQUENCE)?).expect(SEQUENCE)?);
        // The version, which old ones do not have; the serial number, the signature's algorithm.
        let (tag, _) = fields.next()?;
        if tag == VERSION_TAG {
            fields.next()?;
        }
        fields.expect(SEQUENCE)?;
        let issuer = fields.expect(SEQUENCE)?;
        fields.expect(SEQUENCE)?;
        Some((issuer, fields.expect(SEQUENCE)?))
    };
    names().is_some_and(|(issuer, subject)| issuer == subject)
}

const VERSION_TAG: u8 = 0xa0;

/// What is known of revoked certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revocations {
    /// Nobody asks.
    Ignored,
    /// The chain's verifier has the lists.
    Listed,
    /// There is no list, and so nobody to trust.
    Missing,
}

/// Checks a server's certificate as far as is demanded.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) demand: Demand,
    /// Nobody can be trusted without authorities.
    pub(super) chain: Option<Arc<WebPkiServerVerifier>>,
    pub(super) trusted: Vec<CertificateDer<'static>>,
    /// Whether what is revoked is not trusted.
    pub(super) revocations: Revocations,
    pub(super) provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // A server whose own certificate is trusted needs no chain.
        if self.revocations == Revocations::Ignored && self.trusted.contains(certificate) {
            if self.demand == Demand::ChainAndName {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let chain = self.chain.as_ref().ok_or(CertificateError::UnknownIssuer)?;
        if self.revocations == Revocations::Missing {
            return Err(CertificateError::UnknownRevocationStatus.into());
        }
        match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.demand == Demand::Chain => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }
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
        let verified = self.verify(certificate, intermediates, name, ocsp, now);
        verified.map_err(|error| Distrust::new(error, certificate, intermediates).into_error())
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
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
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
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
