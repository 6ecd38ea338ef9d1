//! The vocabulary that edges and hubs share: what an event is, how it is sealed, and how both sides agree on
//! what has arrived. Pure types, no I/O, no clock.
//!
//! ```text
//! reading ─ observation ─ record ─┐
//!                  point table ───┤
//!                          gap ───┼─ envelope ─ topic ═══ (MQTT) ═══ topic ─ envelope ─ …
//!                       opened ───┤      │ hash of the one before
//!                   checkpoint ───┘      └ (epoch, lane, first seq)
//!        heartbeat ───────────────────────────── edge → hub
//!           resume ───────────────────────────── hub → edge
//! ```
//!
//! Everything is CBOR. Maps have integer keys and arrays may grow at their end: a reader ignores what it does not know,
//! so version N and N+1 understand each other. The bytes of each version are frozen in `tests/frozen_v1.rs`.

pub mod id;
pub mod lane;
pub mod time;

pub mod marks;
pub mod quality;
pub mod value;

pub mod kind;
pub mod reading;
pub mod table;

pub mod gap;
pub mod record;

pub mod digest;
pub mod envelope;

pub mod checkpoint;

pub mod heartbeat;
pub mod resume;
pub mod topic;

mod bounded;

pub use checkpoint::Checkpoint;
pub use digest::Digest;
pub use envelope::{Envelope, EnvelopeError, Header, Sealed};
pub use gap::{Gap, GapReason};
pub use heartbeat::Heartbeat;
pub use id::{BootId, DeviceId, EdgeId, Epoch, IdError, PartId, PersonId, PointId, PointName, Seq};
pub use kind::{Kind, ValueType};
pub use lane::Lane;
pub use marks::Marks;
pub use quality::Quality;
pub use reading::{Observation, Reading};
pub use record::{Opened, OpenedReason, PreviousEpoch, Record};
pub use resume::Resume;
pub use table::{DeviceEntry, PointEntry, PointNo, PointTable, TableAssembler, TablePart, TableVersion};
pub use time::{ClockState, Stamp};
pub use topic::{Topic, TopicError};
pub use value::Value;
