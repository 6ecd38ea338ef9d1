//! Whether a checkpoint was signed by the edge that sent it, and whether the signature counts.

use runtime::tls::{Issuers, SignatureKind, Standing, TlsError};
use tokio::sync::watch;
use wire::checkpoint::{Algorithm, Checkpoint, CheckpointError, Heads, KeyId};
use wire::{ClockState, EdgeId, Epoch};

use crate::journal::NotCounted;

/// Why a checkpoint is not what an edge of this name makes: somebody else wrote it, or changed it.
#[derive(Debug, thiserror::Error)]
pub enum Forged {
    #[error("it cannot be read")]
    Unreadable(#[source] CheckpointError),
    #[error("its certificate cannot be read")]
    Certificate(#[source] TlsError),
    #[error("its certificate names {names}, not this edge")]
    Name { names: String },
    #[error("it names another key than its certificate")]
    Key,
    #[error("the signature does not fit")]
    Signature,
    #[error("it speaks of {edge} in epoch {epoch}")]
    Other { edge: EdgeId, epoch: Epoch },
}

/// A checkpoint that is in itself as it should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Signed {
    ByTheEdge(Heads),
    /// The certificate does not count, and so the signature proves nothing. That is no fault of the edge's records.
    NotCounted(NotCounted),
}

/// What signatures are judged by.
#[derive(Clone, Debug)]
pub struct Signatures {
    /// The CAs of the gate's clients, as the gate has them now.
    issuers: watch::Receiver<Issuers>,
    site: String,
}

impl Signatures {
    pub fn new(issuers: watch::Receiver<Issuers>, site: String) -> Self {
        Self { issuers, site }
    }

    /// Judges a checkpoint that this edge sent in this epoch, and that came at this time.
    pub fn check(&self, edge: &EdgeId, epoch: Epoch, bytes: &[u8], hub_ms: i64) -> Result<Signed, Forged> {
        let checkpoint = Checkpoint::decode(bytes).map_err(Forged::Unreadable)?;
        let heads = checkpoint.heads();
        if heads.edge != *edge || heads.epoch != epoch {
            return Err(Forged::Other { edge: heads.edge.clone(), epoch: heads.epoch });
        }
        let signatory = checkpoint.signatory();
        let signer = self.issuers.borrow().signer(&signatory.certificate).map_err(Forged::Certificate)?;
        if signer.facts.uri_names != [format!("spiffe://{}/edge/{edge}", self.site)] {
            return Err(Forged::Name { names: signer.facts.uri_names.join(", ") });
        }
        if signatory.key != KeyId::of(&signer.key_info) {
            return Err(Forged::Key);
        }
        let kind = match signatory.algorithm {
            Algorithm::Es256 => SignatureKind::EcdsaP256,
            Algorithm::Ed25519 => SignatureKind::Ed25519,
        };
        if !signer.signed(kind, &checkpoint.signed_bytes(), checkpoint.signature()) {
            return Err(Forged::Signature);
        }
        Ok(match signer.standing {
            Standing::Foreign => Signed::NotCounted(NotCounted::UnknownSignatory),
            // Nobody knows since when the key was in other hands.
            Standing::Revoked => Signed::NotCounted(NotCounted::Revoked),
            Standing::Issued if signed_s(heads, hub_ms) > signer.facts.not_after_s => {
                Signed::NotCounted(NotCounted::Expired)
            }
            Standing::Issued => Signed::ByTheEdge(heads.clone()),
        })
    }
}

/// When it was signed at the latest: it may have waited for days on the edge, and a certificate that was good then is good
/// for ever. An edge whose clock was never set does not know, and then the hub's time of arrival is what there is.
fn signed_s(heads: &Heads, hub_ms: i64) -> i64 {
    let signed_ms = if heads.clock == ClockState::Unset { hub_ms } else { heads.wall_ms.min(hub_ms) };
    signed_ms.div_euclid(1_000)
}
