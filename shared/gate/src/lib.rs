//! An MQTT 3.1.1 listener over TLS that confirms only what its consumer has made durable. Its clients show certificates;
//! an open gate also takes logins.
//!
//! ```text
//!            accept ── handshake ── CONNECT ── session ─────────────┐
//! client ═══╡  │ limits    │ certificate │ policy   │ reader, will   │
//!           │  │           └ Caller      └ Peer     ├ policy, limits │ Arrival ──► one bounded channel ──► consumer
//!           │  └ refused, counted, logged┘          │                                                        │
//!           └◄─────────────── PUBACK ────────────── writer ◄── slot ring ◄──────────── Confirm::durable ◄────┘
//!                             PUBLISH ◄──────────── writer ◄── switchboard ◄── router ◄── GateHandle::command
//! ```
//!
//! The promises, each guarded by a file in `tests/`:
//! - A PUBACK leaves only after `Confirm::durable`, and in the order of receipt.
//! - A client that nobody knows costs a bounded place for a bounded time, and delays nobody.
//! - An address that asks for handshakes without end is refused before they cost anything.
//! - What the consumer has not confirmed yet is bounded per session and in total; beyond it the socket is not read.
//! - A will is handed over like a publish, behind all that its session sent and before the next session begins.
//! - Whoever is refused, cut or dropped is counted by reason and logged, and the log cannot be flooded.

mod identity;
mod limits;
mod pace;
mod policy;

mod arrival;
mod confirm;

mod admission;
mod codec;
mod gate;
mod handshake;
mod handshake_pace;
mod listener;
mod session;

mod registry;
mod router;
mod switchboard;

mod log_limit;
mod metrics;
mod refused;

pub use arrival::{Arrival, Delivery, Origin};
pub use confirm::{Confirm, durable_all};
pub use gate::{Gate, GateError, GateHandle, gate, open_gate};
pub use handshake_pace::{HandshakePace, TooFast, address_group};
pub use identity::{Caller, Certificate, Identity, IdentityError, Peer, SessionId};
pub use limits::{Limits, LimitsError};
pub use log_limit::{LogLimit, Verdict as LogVerdict};
pub use pace::Pace;
pub use policy::{Admitted, ConnectRequest, Login, OpenPolicy, Policy, PublishRequest, Qos, Refusal};
pub use router::{CommandError, RouterError};
