//! The Modbus driver against devices on real sockets and serial lines. The devices speak raw bytes, so that they can misbehave in
//! ways in which no library would.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod device;
mod line;
mod rig;

mod answers_in_vain;
mod bus_late_reply;
mod bus_noise;
mod bus_port;
mod bus_sirens;
mod bus_units;
mod exceptions;
mod foreign_device;
mod frozen_heartbeat;
mod identification;
mod late_reply;
mod libmodbus;
mod partly_answered;
mod probe;
mod reconnect;
mod ring_of_events;
mod silent_device;
