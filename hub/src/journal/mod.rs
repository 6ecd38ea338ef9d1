//! The journal: the hub's append-only record of everything that can change its judgement.
//!
//! ```text
//! ingest ─ Writer ─┬─ segment-0000000000000000.redb   (oldest; deleted whole by retention)
//!                  ├─ segment-00000000000493e0.redb
//!                  └─ segment-…                        (open for writing)
//!                          │
//!                       Reader ─ correlation, history
//! ```
//!
//! The promise. An append is one transaction: all of it is durable when `Writer::append` returns, or none of it. What was
//! appended never changes; retention deletes whole segments, and never one that correlation has not read. Numbers rise by
//! one and are never given twice. Hub time never runs backwards. After a failed commit the writer refuses everything: a
//! file whose fsync failed is not asked again.
//!
//! Inside a segment (redb): `chunks` holds the entries as consecutive CBOR, up to [`segment::CHUNK_BYTES_MAX`] a row, keyed
//! by the number of the first; `times` the hub time of each append; `lanes` where each edge's records lie; `edges` how far
//! the hub holds each edge. The last two let ingest go on after a restart without reading what it wrote.

pub mod entry;
pub mod held;
pub mod medium;
pub mod position;
pub mod reader;
pub mod segment;
pub mod writer;

pub use entry::{
    Action, Activated, Body, Command, Entry, Fork, ForkKind, Liveness, LivenessState, Loss, LossKind,
    LostTail, Missing, NotCounted, PartBinding, Proved, Quarantined, Unproved,
};
pub use held::EdgeLanes;
pub use position::{Position, PositionError};
pub use reader::Reader;
pub use writer::{Append, LaneSpan, Writer};

use std::path::PathBuf;

/// What can go wrong with the journal. All of it concerns the disk; none of it is caused by what edges send.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("cannot list the journal folder {}", folder.display())]
    List { folder: PathBuf, source: std::io::Error },
    #[error("cannot open the journal segment {name}")]
    Open { name: String, source: redb::DatabaseError },
    #[error("cannot begin a transaction in the journal segment {name}")]
    Begin { name: String, source: Box<redb::TransactionError> },
    #[error("cannot use a table of the journal segment {name}")]
    Table { name: String, source: Box<redb::TableError> },
    #[error("cannot read or write the journal segment {name}")]
    Storage { name: String, source: redb::StorageError },
    #[error("the journal segment {name} could not be committed: nothing is confirmed any more")]
    Commit { name: String, source: Box<redb::CommitError> },
    #[error("cannot give the new journal segment {name} its name")]
    Publish { name: String, source: std::io::Error },
    #[error("cannot delete the journal segment {name}")]
    Delete { name: String, source: std::io::Error },
    #[error("the journal segment {name} holds an entry that cannot be decoded, near number {number}")]
    Decode { name: String, number: u64, source: minicbor::decode::Error },
    #[error("the journal refuses to write after a failed commit")]
    Poisoned,
}
