//! What OpenSSL says when a connection fails.

use super::Distrust;
use rustls::AlertDescription;
use std::io;

/// OpenSSL's words for an error of a connection; those of rustls where it has none.
pub(crate) fn reason(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "unexpected eof while reading".to_owned();
    }
    match rustls_error(error) {
        Some(rustls::Error::AlertReceived(alert)) => {
            alert_text(*alert).map_or_else(|| error.to_string(), str::to_owned)
        }
        Some(other) => Distrust::of_error(other).map_or_else(|| other.to_string(), Distrust::to_string),
        None => sys::error_text(error),
    }
}

/// Why a server's certificate is not trusted, if that is the error.
pub(crate) fn distrust(error: &io::Error) -> Option<&Distrust> {
    rustls_error(error).and_then(Distrust::of_error)
}

/// The error of TLS, if it is one.
pub(crate) fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn alert_text(alert: AlertDescription) -> Option<&'static str> {
    Some(match alert {
        AlertDescription::AccessDenied => "tlsv1 alert access denied",
        AlertDescription::BadCertificate => "ssl/tls alert bad certificate",
        AlertDescription::BadRecordMac => "ssl/tls alert bad record mac",
        AlertDescription::CertificateExpired => "ssl/tls alert certificate expired",
        AlertDescription::CertificateRequired => "tlsv13 alert certificate required",
        AlertDescription::CertificateRevoked => "ssl/tls alert certificate revoked",
        AlertDescription::CertificateUnknown => "ssl/tls alert certificate unknown",
        AlertDescription::DecodeError => "tlsv1 alert decode error",
        AlertDescription::DecryptError => "tlsv1 alert decrypt error",
        AlertDescription::HandshakeFailure => "ssl/tls alert handshake failure",
        AlertDescription::InsufficientSecurity => "tlsv1 alert insufficient security",
        AlertDescription::InternalError => "tlsv1 alert internal error",
        AlertDescription::NoApplicationProtocol => "tlsv1 alert no application protocol",
        AlertDescription::ProtocolVersion => "tlsv1 alert protocol version",
        AlertDescription::UnexpectedMessage => "ssl/tls alert unexpected message",
        AlertDescription::UnknownCA => "tlsv1 alert unknown ca",
        AlertDescription::UnrecognisedName => "tlsv1 unrecognized name",
        AlertDescription::UnsupportedCertificate => "ssl/tls alert unsupported certificate",
        _ => return None,
    })
}
