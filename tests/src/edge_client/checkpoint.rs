//! Signs checkpoints as an edge does, with any key that a test likes.

use runtime::tls::{ClientFiles, ecdsa_fixed, mutual_client};
use rustls::SignatureScheme;
use wire::checkpoint::{Algorithm, Heads, KeyId, Signatory, Unsigned};

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
    let signature = ecdsa_fixed(&signature).expect("an ECDSA signature is a sequence of two numbers");
    unsigned.sign(signature).expect("a certificate fits a checkpoint")
}
