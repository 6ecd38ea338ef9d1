//! Modbus: devices that are asked for their registers. It reads; nothing in this folder can write.
//!
//! ```text
//! profile ─ plan ─┐             ┌─ tcp ══════════════════════ device
//!                 ├─ inquiry ─ way ─ line ─ frame ─ port ══╦═ device
//!  poller or bus ─┘      │      (turns, timing)            ╚═ device
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

pub mod frame;
mod line;
mod port;
pub mod timing;

pub mod contact_id;
pub mod identity;
pub mod reply;
pub mod ring;

pub mod header;
pub mod heartbeat;

pub mod decode;
pub mod failure;
