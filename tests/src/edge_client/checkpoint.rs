//! Signs checkpoints as an edge does, with any key that a test likes.

use runtime::tls::{ClientFiles, mutual_client};
use rustls::SignatureScheme;
use wire::checkpoint::{Algorithm, Heads, KeyId, SIGNATURE_BYTES, Signatory, Unsigned};

/// Half of a signature, in bytes.
const NUMBER_BYTES: usize = SIGNATURE_BYTES / 2;

/// The bytes of a checkpoint over these heads, with the key of these files.
pub fn signed(files: &ClientFiles, heads: &Heads) -> Box<[u8]> {
    let config = mutual_client(files).expect("the certificates of a test can be read");
    let own = config.client_auth_cert_resolver.resolve(&[], &[]).expect("a client has a certificate");
    let signer = own.key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]);
    let signer = signer.expect("the authority issues keys on P-256");
    let signatory = Signatory {
        algorithm: Algorithm::Es256,
        key: KeyId::of(&own.key.public_key().expect("a key pair")),
        certificate: own.cert[0].as_ref().into(),
    };
    let unsigned = Unsigned::new(&signatory, heads);
    let signature = signer.sign(&unsigned.signed_bytes()).expect("a key signs");
    unsigned.sign(fixed(&signature)).expect("a certificate fits a checkpoint")
}

/// Two numbers of 32 bytes, from the two DER integers of a sequence.
fn fixed(der: &[u8]) -> [u8; SIGNATURE_BYTES] {
    let mut fixed = [0; SIGNATURE_BYTES];
    let mut rest = &der[2..];
    for place in [0, NUMBER_BYTES] {
        let (number, others) = rest[2..].split_at(usize::from(rest[1]));
        let digits = &number[number.len().saturating_sub(NUMBER_BYTES)..];
        let end = place + NUMBER_BYTES;
        fixed[end - digits.len()..end].copy_from_slice(digits);
        rest = others;
    }
    fixed
}
