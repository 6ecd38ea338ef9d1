//! A mutual-TLS MQTT 3.1.1 listener that confirms only what its consumer has made durable.
//!
//! ```text
//!            accept ── handshake ── CONNECT ── session ─────────────┐
//! client ═══╡  │ limits    │ certificate │ policy   │ reader         │
//!           │  │           └ Peer        │          ├ policy, limits │ Arrival ──► one bounded channel ──► consumer
//!           │  └ refused, counted, logged┘          │                                                        │
//!           └◄─────────────── PUBACK ────────────── writer ◄── slot ring ◄──────────── Confirm::durable ◄────┘
//!                             PUBLISH ◄──────────── writer ◄── switchboard ◄── router ◄── GateHandle::command
//! ```
//!
//! The promises, each guarded by a file in `tests/`:
//! - A PUBACK leaves only after `Confirm::durable`, and in the order of receipt.
//! - A client that nobody knows costs a bounded place for a bounded time, and delays nobody.
//! - What the consumer has not confirmed yet is bounded per session and in total; beyond it the socket is not read.
//! - Whoever is refused, cut or dropped is counted by reason and logged, and the log cannot be flooded.

mod identity;
mod limits;
mod policy;

mod arrival;
mod confirm;

mod admission;
mod codec;
mod gate;
mod handshake;
mod listener;
mod session;

mod registry;
mod router;
mod switchboard;

mod log_limit;
mod metrics;
mod refused;

pub use arrival::{Arrival, Delivery};
pub use confirm::{Confirm, durable_all};
pub use gate::{Gate, GateError, GateHandle, gate};
pub use identity::{Identity, IdentityError, Peer, SessionId};
pub use limits::{Limits, LimitsError};
pub use policy::{ConnectRequest, Policy, PublishRequest, Qos, Refusal};
pub use router::{CommandError, RouterError};
