//! Devices that speak by themselves: their messages, and their listener on real sockets with clients that are not ours.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod authority;
mod mosquitto;
mod rig;
mod sparkplug_bytes;
mod teller;

mod any_bytes;
mod config_faults;
mod credentials;
mod durable_before_puback;
mod flood;
mod json_messages;
mod own_topics;
mod plain_messages;
mod silence;
mod sparkplug_node;
mod standing;
mod wills;
