//! What the host agent promises, as a real process between a made-up system and a real broker.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod authority;
mod broker;
mod room;
mod small_disk;

mod command_line;
mod full_disk;
mod killed;
mod said;
