//! The edge as a process: how it shows itself, takes another configuration, speaks to the service manager and switches the
//! coils of the room. Real devices on sockets, a real gate, real signals.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../uplink/authority.rs"]
mod authority;
#[allow(dead_code, reason = "shared with the tests of the field")]
#[path = "../field/device.rs"]
mod device;
#[allow(dead_code, reason = "shared with the tests of the uplink")]
#[path = "../uplink/hub.rs"]
mod hub;

mod door;
mod process;
mod room;
mod siren;

mod annunciator;
mod radio_refused;
mod reload;
mod service_manager;
mod stages_stand_still;
mod status_pages;
