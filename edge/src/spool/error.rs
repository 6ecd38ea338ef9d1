//! What stops the spool.

use std::path::PathBuf;

use wire::EdgeId;

use super::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Two edges on one spool would write two histories.
    #[error("spool file {path} is in use by another process")]
    InUse { path: PathBuf },
    #[error(
        "spool file {path} belongs to edge {found}, and this edge is {expected}: give the edge its id back, or move the \
         file away"
    )]
    ForeignEdge { path: PathBuf, found: EdgeId, expected: EdgeId },
    #[error("the point table takes {bytes} bytes, more than a quarter of spool.bytes_max ({bytes_max})")]
    TableTooLarge { bytes: u64, bytes_max: u64 },
    #[error("the operating system gave no random bytes for a new epoch")]
    Random(#[source] getrandom::Error),
    #[error("the storage of the spool failed; the file is not used again by this process")]
    Storage(#[source] StoreError),
}

impl From<StoreError> for SpoolError {
    fn from(error: StoreError) -> Self {
        SpoolError::Storage(error)
    }
}

/// The spool has stopped; its own task says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the spool has stopped")]
pub struct SpoolGone;
