//! Signs checkpoints with the key that the edge also shows to the hub. The files are read anew each time: certificates are
//! renewed while the edge runs, and a checkpoint is due once a second at most.

use runtime::tls::{ClientFiles, TlsError, ecdsa_fixed, mutual_client};
use rustls::SignatureScheme;
use wire::checkpoint::{Algorithm, CheckpointError, Heads, KeyId, Signatory, Unsigned};

/// Whoever has a key.
pub trait Sign: std::fmt::Debug + Send + Sync {
    /// The bytes of a checkpoint over these heads.
    fn sign(&self, heads: &Heads) -> Result<Box<[u8]>, SignError>;
}

#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("the certificate and the key cannot be read")]
    Files(#[source] TlsError),
    #[error("there is no certificate")]
    NoCertificate,
    #[error("the key is neither P-256 nor Ed25519; issue a certificate for such a key")]
    KindOfKey,
    #[error("the key does not sign")]
    Sign(#[source] rustls::Error),
    #[error("the signature has another form than its algorithm gives it")]
    Form,
    #[error("the checkpoint cannot be written")]
    Write(#[source] CheckpointError),
}

/// The key in a file, beside its certificate.
#[derive(Clone, Debug)]
pub struct KeyFiles(pub ClientFiles);

impl Sign for KeyFiles {
    fn sign(&self, heads: &Heads) -> Result<Box<[u8]>, SignError> {
        let config = mutual_client(&self.0).map_err(SignError::Files)?;
        let own = config.client_auth_cert_resolver.resolve(&[], &[]).ok_or(SignError::NoCertificate)?;
        let certificate = own.cert.first().ok_or(SignError::NoCertificate)?;
        let schemes = [SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519];
        let signer = own.key.choose_scheme(&schemes).ok_or(SignError::KindOfKey)?;
        let public = own.key.public_key().ok_or(SignError::KindOfKey)?;
        let algorithm = match signer.scheme() {
            SignatureScheme::ED25519 => Algorithm::Ed25519,
            _ => Algorithm::Es256,
        };
        let signatory =
            Signatory { algorithm, key: KeyId::of(&public), certificate: certificate.as_ref().into() };
        let unsigned = Unsigned::new(&signatory, heads);
        let signature = signer.sign(&unsigned.signed_bytes()).map_err(SignError::Sign)?;
        let signature = match algorithm {
            Algorithm::Ed25519 => signature.try_into().ok(),
            Algorithm::Es256 => ecdsa_fixed(&signature),
        };
        unsigned.sign(signature.ok_or(SignError::Form)?).map_err(SignError::Write)
    }
}
