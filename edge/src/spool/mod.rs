//! The durable queue between detection and uplink.
//!
//! ```text
//! batches ─ task ─ queue ─ seal ─ store (redb, one file)      uplink ─ task ─ queue ─ read
//!                    │      └ envelopes, once                   │
//!                    ├ routine (waits to share an envelope)      └ resume ─ go on, or a new epoch
//!                    ├ bookmarks (wait with them)
//!                    └ account ─ room ─ gaps
//! ```
//!
//! The promise.
//! * An urgent entry is on the disk when its `append` resolves. What is read out was durable before.
//! * A bookmark says how far a source has been read. It commits with the records that came with it and all that came before,
//!   never ahead of them; an `append` with bookmarks resolves when all of that is durable. Bookmarks go along into a new
//!   epoch. With a damaged file they are lost: the sources are then read again from their beginning.
//! * Records are sealed into envelopes of at most 4,000 bytes once, on their way in, and never cut anew. Each envelope
//!   names the hash of the one before it in its lane; numbers rise by one; no number is ever given to other bytes, across
//!   crashes, power cuts and old disk images: if this spool turns out to be an old image of itself, a new epoch begins.
//! * Nothing is lost in silence. When the room is used up, whole envelopes go: those that the hub has, then the oldest
//!   routine ones, urgent ones last; and routine never takes more than three quarters of the room. What is older than its
//!   lane keeps goes too; but no wall clock makes anything old that the hub lacks. Every unconfirmed one that goes is named in a gap record.
//! * What the hub has confirmed stays as long as it is young enough and its space is not needed, so that a hub restored from
//!   a backup is refilled.
//! * A checkpoint in the urgent lane signs what both lanes hold before it: with the commit of a grave event, and at least
//!   once a minute while there is something new. Without a usable key there are none, and everything else goes on.
//! * The first record of an epoch says why it began. The point table that readings refer to is written before them, and
//!   kept as long as an envelope names it.
//! * A file that is damaged, or came back empty, is set aside and never silently replaced, and one that is gone is missed: the
//!   new epoch says so, and the status does for a week. The newest three damaged ones are kept for people to look at.
//! * After a failed write or fsync the file is not touched again by this process. After two failures in a row, or when the
//!   file can neither be opened nor set aside, the same queue runs in memory and says so.
//!
//! Wear. Urgent entries commit at once, everything else waits to share a commit: each writes about 28 KB beside its
//! envelopes, whatever is in it. `edge/tests/spool/wear.rs` measures what that makes of a day.
//!
//! Deliberately absent: a log of its own beside redb, and a confirmed cursor that commits alone. What the hub holds is
//! learnt from the hub on every connect; a stale cursor costs a resend, never a record.

mod account;
mod age;
mod aside;
mod backend;
mod bookmarks;
mod checkpoint;
mod entry;
mod error;
mod gaps;
mod inspect;
mod meta;
mod metrics;
mod open;
mod overlay;
mod past;
mod queue;
mod resume;
mod routine;
mod seal;
mod store;
mod task;

use std::path::Path;

use redb::StorageBackend;
use wire::PointTable;

pub use checkpoint::{KeyFiles, Sign, SignError};
pub use entry::{Batch, Entry, Wait, What};
pub use error::{SpoolError, SpoolGone};
pub use inspect::{InspectError, Inspection, LaneInspection, inspect};
pub use past::{Loss, LossKind};
pub use queue::{GivenUp, LaneStatus, Limit, Positions, Settings, Status, Stored};
pub use store::StoreError;
pub use task::{Spool, SpoolHandle, Submitted, Tails};

use crate::clock::Clock;
use aside::FailureMark;
use past::Past;
use task::{Site, pair};

/// A table may take this part of the room at most: it has to be written again now and then.
const TABLE_SHARE: u64 = 4;

/// Opens the spool file, or makes it. Damage and a bad disk are survived, as the promise says.
pub fn open(
    path: &Path,
    settings: Settings,
    table: &PointTable,
    clock: Clock,
) -> Result<(Spool, SpoolHandle), SpoolError> {
    check_table(&settings, table)?;
    let mut past = Past::of(path);
    let queue = open::on_file(path, &mut past, &settings, table, &clock())?;
    let site = Site { path: path.to_owned(), mark: FailureMark::of(path), past };
    Ok(pair(queue, clock, Some(site)))
}

/// Opens a spool on any storage. Nothing is set aside and nothing replaces it: errors come back.
pub fn open_on(
    backend: impl StorageBackend,
    settings: Settings,
    table: &PointTable,
    clock: Clock,
) -> Result<(Spool, SpoolHandle), SpoolError> {
    check_table(&settings, table)?;
    let queue = open::on_backend(backend, &settings, table, &clock())?;
    Ok(pair(queue, clock, None))
}

fn check_table(settings: &Settings, table: &PointTable) -> Result<(), SpoolError> {
    let (bytes, bytes_max) = (table.bytes().len() as u64, settings.bytes_max);
    if bytes > bytes_max / TABLE_SHARE { Err(SpoolError::TableTooLarge { bytes, bytes_max }) } else { Ok(()) }
}
