//! Ingest: what the gate hands over becomes journal entries, and only then is it confirmed.
//!
//! ```text
//! gate ─ arrivals ─┐                      ┌ confirm ─ gate
//!    commands ─────┼─ queues ─ judge ─ append ─┤
//!       ticks ─────┘  (fair,   (pure)  (one    └ tail ─ correlation
//!                     urgent            transaction)
//!                     first)
//! ```
//!
//! `lanes.rs` judges envelopes, `origin.rs` what a change of epoch means, `queues.rs` decides who goes next, `liveness.rs` who is silent, `quota.rs` how much of what
//! is refused is kept, `proofs.rs` what a signed checkpoint proves, `signatures.rs` who signed it: all pure. `batch.rs` turns what was taken into entries. `committer.rs` is the thread that does it.

pub mod archive;
pub mod batch;
pub mod committer;
pub mod edges;
pub mod hub_clock;
pub mod lanes;
pub mod liveness;
pub mod origin;
pub mod proofs;
pub mod queues;
pub mod quota;
pub mod signatures;
