//! Devices that speak by themselves: where they connect, who they are, and what becomes of what they say.
//!
//! ```text
//! device ═ gate ─ policy (certificate or token, own topics, pace)
//!            └─ arrival ─ desk of the device ─ message ─ scan with receipt ─► watch
//!                            └ hung up, gone ─ failed scan ────────────────►
//! ```
//!
//! A PUBACK leaves once all that follows from the message is durable. A message that is refused is confirmed at once:
//! it would be refused again.

mod socket;

mod guesses;
mod policy;
mod token;

mod desk;
mod lines;
mod reader;
mod standing;
mod task;

pub use standing::{SenderStanding, Standing};
pub use task::{ListenError, Listener};
pub use token::{NoTokenDigest, Token, TokenDigest};
