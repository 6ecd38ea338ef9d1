//! The local annunciator: sirens and lamps of the room itself, so that an outage of the hub never silences it. A map from
//! kinds of points to coils, and no rules.
//!
//! ```text
//! watch ─ detected ─► tap ─ slots ─► task ─ decide ─► coil ═ FC 05 ═════ siren, lamp
//!                                      │                └─ wish ─ bus ══ siren, lamp
//!                                      └─ standing ─► health, status
//! ```
//!
//! On a serial bus a coil is switched ahead of the polls (`field/modbus/shared_line.rs`), since nobody else may speak there.
//!
//! A coil is on while a point stands in a mapped state, for `min_on` at least and `max_on` at most after the last one came
//! about, and off after that. A value without a usable quality switches nothing, neither on nor off. What is on is written
//! again every few seconds, because a device may have been started anew.
//!
//! Fail-safe is to leave a coil as it is: an edge that stops, in good order or not, switches nothing, and one that starts
//! switches nothing off before it has read the room. A siren that must end by itself has a limit of its own.
//!
//! A reload is no start: which alarms stand, and since when each coil has been on, is handed over, so that a siren that fell
//! silent does not sound again for the same alarm.
//!
//! Duress is silent: no coil can be mapped to it. The tap is fed before the spool, so neither a full disk nor an unreachable
//! hub delays a siren.

mod before;
mod coil;
mod decide;
mod frame;
mod map;
mod standing;
mod task;

pub use before::Before;
pub use map::{Slots, Tap, tap};
pub use standing::{CoilStanding, Light, Standing, all_well};
pub use task::Annunciator;
pub(crate) use task::REFRESH;
