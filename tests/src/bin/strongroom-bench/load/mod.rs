//! The load: simulated edges, as cheap as they can be while every byte they send is what a real edge would send.
//!
//! ```text
//! points ─ script ─ edge (seals, chains) ─ room (what is under way) ─ line (MQTT over mutual TLS) ═ hub
//!                                            ├ flood: as fast as the window opens
//!                                            └ quiet: heartbeats, and what is wished for
//! ```

pub(crate) mod fleet;
pub(crate) mod flood;
pub(crate) mod line;
pub(crate) mod points;
pub(crate) mod quiet;
pub(crate) mod tally;

mod edge;
mod frame;
mod room;
mod script;
