//! Modbus: devices that are asked for their registers. Polls read, and have no way to write; the coils of annunciators on
//! a bus are the one exception (`switch`), and only annunciators wish for it.
//!
//! ```text
//! profile ─ plan ─┐             ┌─ tcp ════════════════════════════════════ device
//!                 ├─ inquiry ─ way ─ shared_line ─ line ─ frame ─ port ══╦═ device
//!  poller or bus ─┘      │        (turns)  │     (timing)  switch        ╚═ device
//!                        │     annunciator ─ wish (precedence)
//!                      reply ─ header ─ heartbeat
//!                        └──── decode ─ samples ─┐
//!                      failure ──────────────────┴─ scan
//! ```
//!
//! `poller` is the task of a device with a connection of its own, `bus` that of a serial port with many units.

pub mod plan;
pub mod schedule;

pub(super) mod poller;

pub(super) mod bus;
pub mod turns;

pub mod look;

mod inquiry;
mod way;

mod tcp;

pub mod precedence;
pub mod shared_line;
pub mod wish;

pub mod frame;
mod line;
mod port;
pub mod switch;
pub mod timing;

pub mod contact_id;
pub mod identity;
pub mod reply;
pub mod ring;

pub mod header;
pub mod heartbeat;

pub mod decode;
pub mod failure;
