//! What can go wrong with an authority, each with the way out.

use std::path::PathBuf;

use super::files::{FileError, Moment};
use super::ledger::{ENTRIES_MAX, Target};
use super::request::RequestError;
use super::signing::SigningError;

/// A failed operation of the authority.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// `init` on an existing authority.
    #[error("{} holds an authority already, and it is never overwritten; choose another --dir", folder.display())]
    AlreadyThere {
        /// The folder.
        folder: PathBuf,
    },
    /// `init` where an earlier `init` was cut off.
    #[error("{} holds {} but no ca.pem: an earlier init was cut off before anything was issued; look at the folder, remove its files and run init again", folder.display(), remains.display())]
    Unfinished {
        /// The folder.
        folder: PathBuf,
        /// What stands in the way.
        remains: PathBuf,
    },
    /// Anything but `init` on an empty folder.
    #[error("{folder} holds no authority (there is no ca.pem); make one with: strongroom-hub pki init --dir {folder} --site SITE", folder = folder.display())]
    NotThere {
        /// The folder.
        folder: PathBuf,
    },
    /// The ledger does not decode or encode.
    #[error("{} is not a ledger that this program wrote; restore it from a backup, without it revocations would be forgotten", path.display())]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: serde_json::Error,
    },
    /// The ledger is of another version.
    #[error("{} was written by a newer program; use that one", path.display())]
    LedgerFormat {
        /// The file.
        path: PathBuf,
    },
    /// The ledger was restored from an old backup: going on would forget revocations that the list names.
    #[error("{}: crl.pem is list {list}, but issued.json knows only {ledger}; it is an old copy, restore the newest one", folder.display())]
    LedgerOlderThanList {
        /// The authority's folder.
        folder: PathBuf,
        /// The number of the list on the disk.
        list: u64,
        /// The number that the ledger knows.
        ledger: u64,
    },
    /// No room for another entry.
    #[error(
        "the ledger holds {ENTRIES_MAX} certificates, which is its limit; start a new authority in another folder"
    )]
    LedgerFull,
    /// A validity that we do not sign.
    #[error("{given} {unit} is out of range; use 1 to {max}")]
    OutOfRange {
        /// The refused number.
        given: u32,
        /// What it counts.
        unit: &'static str,
        /// The largest accepted number.
        max: u32,
    },
    /// A certificate would outlive its authority, and nobody would accept it then.
    #[error(
        "the certificate would end on {wanted}, after the authority itself ({authority_ends}); ask for fewer days, or start a new authority"
    )]
    OutlivesAuthority {
        /// The end that was asked for.
        wanted: Moment,
        /// The end of the CA's certificate.
        authority_ends: Moment,
    },
    /// A server that nobody could connect to.
    #[error(
        "a server's certificate needs 1 to {max} names; give --dns NAME or --ip ADDRESS as clients will use it"
    )]
    ServerNames {
        /// The largest accepted count.
        max: usize,
    },
    /// The device's request cannot be used.
    #[error("the certificate request cannot be used")]
    Request(#[source] RequestError),
    /// The encoder or the CA's own files refuse.
    #[error("the authority cannot sign")]
    Signing(#[source] SigningError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random(#[source] getrandom::Error),
    /// Nothing to revoke, probably a slip of the pen.
    #[error("no certificate of {target} was ever issued here; see: strongroom-hub pki list")]
    NeverIssued {
        /// What was asked for.
        target: Target,
    },
    /// The revocation stands in the ledger, the list on the disk does not know it yet.
    #[error("the revocation is recorded, but the list could not be written and the hub does not know of it yet; repair the cause and run: strongroom-hub pki renew-crl --dir {}", folder.display())]
    CrlBehind {
        /// The authority's folder.
        folder: PathBuf,
        /// What failed.
        source: FileError,
    },
}

impl From<SigningError> for PkiError {
    fn from(error: SigningError) -> Self {
        Self::Signing(error)
    }
}
