//! The reference host agent for Linux: observes a computer and reports to the edge of its room. It blocks nothing.
//!
//! ```text
//! /sys /proc /run ─ observe ─ state ─ compare ─ events ─┐
//!   wake (uevents) ─┘        clock, probe ──────────────┤
//!                                                    reporter ─ buffer (disk) ─ sender ═ edge
//!                                                                  ▲── confirmed ──┘
//! ```
//!
//! What is observed is on the disk before anything is sent, and stays there until the edge's PUBACK. How things stood at the
//! last report is in the buffer too, so that what changed while the agent was not running is still told. If the disk takes
//! nothing, the agent goes on from memory.

pub mod config;

pub mod observe;
mod probe;
mod wake;

pub mod compare;
pub mod reporter;

pub mod buffer;
mod failing;
mod kept;

mod link;
mod sender;

pub mod run;

#[cfg(test)]
mod tests;
