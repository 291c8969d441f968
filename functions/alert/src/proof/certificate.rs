//! Certificates of Amazon SNS, and signatures made with them.
//!
//! A certificate is taken from an address of SNS over TLS, so whoever could exchange it could also
//! answer for Amazon; its own chain is not followed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flatline_shared::app::App;
use flatline_shared::http::ApiError;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use tokio::sync::Semaphore;
use url::Url;
use webpki::EndEntityCert;

use super::sns;
use crate::format::Envelope;

/// Certificates that are remembered. There are a few per region, exchanged about yearly.
const REMEMBERED: usize = 32;

/// Fetched at once. Anybody may name an address of a certificate that there is none at, and must not
/// keep all copies of this function waiting for it.
const AT_ONCE: usize = 4;

/// Certificates by their address, fetched once per process.
#[derive(Clone)]
pub(crate) struct Certificates {
    remembered: Arc<Mutex<HashMap<Url, CertificateDer<'static>>>>,
    fetching: Arc<Semaphore>,
}

impl Default for Certificates {
    fn default() -> Self {
        Self { remembered: Arc::default(), fetching: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Certificates {
    /// The certificate at this address, which must be one of SNS.
    pub(super) async fn at(
        &self,
        app: &App,
        url: Url,
    ) -> Result<CertificateDer<'static>, ApiError> {
        if let Some(known) = self.remembered().get(&url) {
            return Ok(known.clone());
        }
        let what = "the certificate of SNS";
        let _turn = self.fetching.try_acquire().map_err(|_| ApiError::OutOfReach(what))?;
        let answer = sns::get(app, url.clone(), what).await?;
        let certificate =
            CertificateDer::from_pem_slice(&answer.body).map_err(|_| ApiError::OutOfReach(what))?;
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(url, certificate.clone());
        Ok(certificate)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<Url, CertificateDer<'static>>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this certificate's key signed the envelope; an error says why not.
pub(super) fn verify(
    certificate: &CertificateDer<'_>,
    envelope: &Envelope,
) -> Result<(), &'static str> {
    let algorithm: &dyn SignatureVerificationAlgorithm = match envelope.version.as_str() {
        "1" => &RsaSha1,
        "2" => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
        _ => return Err("SignatureVersion is neither 1 nor 2"),
    };
    let signature =
        BASE64_STANDARD.decode(&envelope.signature).map_err(|_| "Signature is no base64")?;
    let certificate =
        EndEntityCert::try_from(certificate).map_err(|_| "SNS has a certificate that is none")?;
    certificate
        .verify_signature(algorithm, envelope.signed.as_bytes(), &signature)
        .map_err(|_| "the signature of SNS is wrong")
}

/// RSA with SHA-1, which SNS still uses unless a topic says otherwise, and nobody else may.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // sha1WithRSAEncryption, 1.2.840.113549.1.1.5, with its NULL.
        AlgorithmIdentifier::from_slice(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00")
    }

    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }
}
