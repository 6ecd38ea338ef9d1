//! Whether a checkpoint was signed by the edge that sent it.

use runtime::tls::{Issuers, SignatureKind, TlsError};
use wire::checkpoint::{Algorithm, Checkpoint, CheckpointError, KeyId};
use wire::{EdgeId, Epoch};

/// Why a checkpoint proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    #[error("it cannot be read")]
    Unreadable(#[source] CheckpointError),
    #[error("its certificate is not one that this hub's CA issued")]
    Certificate(#[source] TlsError),
    #[error("its certificate names {names}, not this edge")]
    Foreign { names: String },
    #[error("it names another key than its certificate")]
    Key,
    #[error("the signature does not fit")]
    Signature,
    #[error("it speaks of {edge} in epoch {epoch}")]
    Other { edge: EdgeId, epoch: Epoch },
}

/// What signatures are judged by.
#[derive(Clone, Debug)]
pub struct Signatures {
    /// The CAs of the gate's clients.
    issuers: Issuers,
    site: String,
}

impl Signatures {
    pub fn new(issuers: Issuers, site: String) -> Self {
        Self { issuers, site }
    }

    /// The checkpoint, if the certificate is this edge's and its key signed.
    pub fn check(&self, edge: &EdgeId, epoch: Epoch, bytes: &[u8]) -> Result<Checkpoint, Unsigned> {
        let checkpoint = Checkpoint::decode(bytes).map_err(Unsigned::Unreadable)?;
        let heads = checkpoint.heads();
        if heads.edge != *edge || heads.epoch != epoch {
            return Err(Unsigned::Other { edge: heads.edge.clone(), epoch: heads.epoch });
        }
        let signatory = checkpoint.signatory();
        let signer = self.issuers.issued(&signatory.certificate).map_err(Unsigned::Certificate)?;
        if signer.facts.uri_names != [format!("spiffe://{}/edge/{edge}", self.site)] {
            return Err(Unsigned::Foreign { names: signer.facts.uri_names.join(", ") });
        }
        if signatory.key != KeyId::of(&signer.key_info) {
            return Err(Unsigned::Key);
        }
        let kind = match signatory.algorithm {
            Algorithm::Es256 => SignatureKind::EcdsaP256,
            Algorithm::Ed25519 => SignatureKind::Ed25519,
        };
        let signed = signer.signed(kind, &checkpoint.signed_bytes(), checkpoint.signature());
        if signed { Ok(checkpoint) } else { Err(Unsigned::Signature) }
    }
}
