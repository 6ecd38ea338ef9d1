//! Signs checkpoints with the key that the edge also shows to the hub. The files are read anew each time: certificates are
//! renewed while the edge runs, and once a minute that costs nothing.

use runtime::tls::{ClientFiles, TlsError, mutual_client};
use rustls::SignatureScheme;
use wire::checkpoint::{Algorithm, CheckpointError, Heads, KeyId, SIGNATURE_BYTES, Signatory, Unsigned};

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
            Algorithm::Es256 => fixed(&signature),
        };
        unsigned.sign(signature.ok_or(SignError::Form)?).map_err(SignError::Write)
    }
}

/// ECDSA as COSE has it, r and s one behind the other, from what TLS has: a DER sequence of two integers.
fn fixed(der: &[u8]) -> Option<[u8; SIGNATURE_BYTES]> {
    const SEQUENCE: u8 = 0x30;
    let (integers, rest) = element(der, SEQUENCE)?;
    let (r, integers) = integer(integers)?;
    let (s, integers) = integer(integers)?;
    let mut fixed = [0; SIGNATURE_BYTES];
    fixed[..32].copy_from_slice(&r);
    fixed[32..].copy_from_slice(&s);
    (rest.is_empty() && integers.is_empty()).then_some(fixed)
}

fn integer(der: &[u8]) -> Option<([u8; 32], &[u8])> {
    const INTEGER: u8 = 0x02;
    let (bytes, rest) = element(der, INTEGER)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = &bytes[zeros..];
    let mut integer = [0; 32];
    integer.get_mut(32_usize.checked_sub(significant.len())?..)?.copy_from_slice(significant);
    Some((integer, rest))
}

/// The content of an element of less than 128 bytes, as all of such a signature are, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = der.split_first_chunk::<2>()?;
    let length = usize::from(head[1]);
    (head[0] == tag && length < 128 && length <= rest.len()).then(|| rest.split_at(length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let integer = |bytes: &[u8]| [&[0x02, bytes.len() as u8], bytes].concat();
        let integers = [integer(r), integer(s)].concat();
        [&[0x30, integers.len() as u8], integers.as_slice()].concat()
    }

    #[test]
    fn integers_get_their_full_width() {
        let mut expected = [0; 64];
        (expected[31], expected[32]) = (7, 0x80);
        let long = [&[0, 0x80], [0; 31].as_slice()].concat();
        assert_eq!(fixed(&der(&[7], &long)), Some(expected));
        assert_eq!(fixed(&der(&[7], &[1; 33])), None, "no integer of P-256 is that long");
        assert_eq!(fixed(&[der(&[7], &[8]), vec![0]].concat()), None);
        assert_eq!(fixed(&[]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = fixed(&bytes);
        }
    }
}
