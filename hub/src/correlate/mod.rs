//! Correlation: the journal in, incidents out. Pure and deterministic: the same journal gives the same incidents, byte for
//! byte, whenever and however often it is read.
//!
//! ```text
//! entry ─ World ─┬─ Part (one machine a part) ─ judge ─────┐
//!                ├─ Edge: silence, gaps, forks ────────────┼─ IncidentBook ─ Changes
//!                └─ commands of people ────────────────────┘
//!
//! pack ─ Rule: trigger · count · with · given · while · unless · sustained · clear
//!              criterion.rs (how a point stands)  condition.rs, facts.rs (how the part stands)  trace.rs (what happened)
//! ```
//!
//! No clock, no disk, no randomness. Time is what the entries say. What must outlive a restart is taken out as plain data
//! (`Changes`) and given back (`Saved`); `crate::correlator` is the thread around it.

pub mod arming;
pub mod book;
pub mod condition;
pub mod criterion;
pub mod edge;
pub mod facts;
pub mod judge;
mod overtaken;
pub mod pack;
pub mod part;
pub mod recollection;
pub mod rule;
pub mod timers;
mod trace;
pub mod world;

pub use book::IncidentBook;
pub use pack::Pack;
pub use world::World;
