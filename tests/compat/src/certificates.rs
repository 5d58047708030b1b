//! Certificates of servers and clients, made for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// An authority that signs certificates.
pub struct Authority {
    folder: TempDir,
}

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: Vec<u8>,
    /// The private key, without a password.
    pub key: Vec<u8>,
}

fn openssl<const N: usize>(arguments: [&str; N], paths: &[(&str, PathBuf)]) {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for (option, path) in paths {
        command.arg(option).arg(path);
    }
    let status = command.status().expect("openssl, see tests/compat/install-tools");
    assert!(status.success(), "{command:?}: {status}");
}

const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

impl Authority {
    /// A new one, which nobody trusts yet.
    pub fn new() -> Authority {
        let folder = tempfile::tempdir().expect("a folder for certificates");
        let paths = [("-keyout", folder.path().join("ca.key")), ("-out", folder.path().join("ca.pem"))];
        let [a, b, c, d, e] = NEW_KEY;
        openssl(["req", "-x509", a, b, c, d, e, "-days", "2", "-subj", "/CN=An Authority"], &paths);
        Authority { folder }
    }

    /// Its certificate, in PEM.
    pub fn certificate(&self) -> Vec<u8> {
        fs::read(self.path("ca.pem")).expect("a certificate")
    }

    /// The name under which OpenSSL looks for it in a directory, without the number at the end.
    pub fn hash(&self) -> String {
        let mut command = Command::new("openssl");
        let output = command.args(["x509", "-noout", "-hash", "-in"]).arg(self.path("ca.pem")).output();
        String::from_utf8_lossy(&output.expect("openssl").stdout).trim().to_owned()
    }

    /// A list of revoked certificates, in PEM: of these.
    pub fn revoked(&self, identities: &[&Identity]) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder for a revocation list");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("index"), "").expect("an index");
        fs::write(path("number"), "01\n").expect("a number");
        let configuration = format!(
            "[ca]\ndefault_ca=own\n[own]\ndatabase={0}/index\ncrlnumber={0}/number\n\
             default_md=sha256\ndefault_crl_days=2\n",
            folder.path().display()
        );
        fs::write(path("configuration"), configuration).expect("a configuration");
        let ours = || {
            vec![
                ("-config", path("configuration")),
                ("-cert", self.path("ca.pem")),
                ("-keyfile", self.path("ca.key")),
            ]
        };
        for identity in identities {
            fs::write(path("revoked"), &identity.certificate).expect("a certificate");
            openssl(["ca"], &[ours(), vec![("-revoke", path("revoked"))]].concat());
        }
        openssl(["ca", "-gencrl"], &[ours(), vec![("-out", path("list"))]].concat());
        fs::read(path("list")).expect("a revocation list")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs a certificate for a common name and these other names, as in `DNS:localhost,IP:127.0.0.1`.
    pub fn issue(&self, name: &str, other_names: &str) -> Identity {
        let read = |path: &Path| fs::read(path).expect("a file of openssl");
        let (key, request, certificate) = (self.path("key"), self.path("request"), self.path("certificate"));
        fs::write(self.path("extensions"), format!("subjectAltName={other_names}\n")).expect("a file");
        let [a, b, c, d, e] = NEW_KEY;
        let paths = [("-keyout", key.clone()), ("-out", request.clone())];
        openssl(["req", a, b, c, d, e, "-subj", &format!("/CN={name}")], &paths);
        openssl(
            ["x509", "-req", "-days", "1", "-CAcreateserial"],
            &[
                ("-in", request),
                ("-CA", self.path("ca.pem")),
                ("-CAkey", self.path("ca.key")),
                ("-extfile", self.path("extensions")),
                ("-out", certificate.clone()),
            ],
        );
        Identity { certificate: read(&certificate), key: read(&key) }
    }
}

impl Default for Authority {
    fn default() -> Authority {
        Authority::new()
    }
}
