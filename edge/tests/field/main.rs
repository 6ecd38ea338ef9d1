//! The Modbus TCP driver against devices on real sockets. The devices speak raw bytes, so that they can misbehave in
//! ways in which no library would.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod device;
mod rig;

mod answers_in_vain;
mod exceptions;
mod foreign_device;
mod frozen_heartbeat;
mod late_reply;
mod reconnect;
mod silent_device;
