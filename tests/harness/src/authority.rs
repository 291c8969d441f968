//! A certificate authority that nobody knows but who is told of it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

/// What a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Valid for `127.0.0.1` and `localhost`.
    Good,
    /// The same, but out of date since 2021.
    Expired,
    /// Valid for `elsewhere.example` only.
    WrongName,
}

/// An authority of its own, and the file that makes others trust it.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    home: TempDir,
}

impl Authority {
    /// A new one.
    pub fn new() -> io::Result<Self> {
        let home = tempfile::tempdir()?;
        // Two authorities of one name would be taken for each other.
        let name = home.path().display().to_string();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        let authority = Self { issuer, home };
        std::fs::write(authority.file(), authority.issuer.pem())?;
        Ok(authority)
    }

    /// Its certificate in PEM, for `FLATLINE_CA_FILE`. Gone when this is dropped.
    pub fn file(&self) -> PathBuf {
        self.home.path().join("authority.pem")
    }

    /// Accepts TLS connections, showing this certificate.
    pub fn acceptor(&self, certificate: Certificate) -> io::Result<TlsAcceptor> {
        let names = match certificate {
            Certificate::Good | Certificate::Expired => vec!["127.0.0.1", "localhost"],
            Certificate::WrongName => vec!["elsewhere.example"],
        };
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        if certificate == Certificate::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let signed = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|it| it.with_no_client_auth().with_single_cert(vec![signed.into()], key))
            .map_err(io::Error::other)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
