//! The bench of the system tests: real processes, real sockets, real certificates, each site in a folder of its own.
//!
//! ```text
//! field (strongroom-sim) ═ edge (strongroom-edge) ═ proxy ═ hub (strongroom-hub) ═ api, stream
//! libmodbus ═ serial ═══════╣  edge_client ═════════════════╝
//! mqtt_window, host_agent ══╝
//! ```
//!
//! `site` makes certificates, tokens and configuration with the hub's own command line and starts the hub. A test adds
//! edges: real ones with simulated devices, or `edge_client`, which says exactly what the test tells it to. Tests wait
//! for conditions (`wait`), never for time, and every process writes a log that is printed when a test fails.

pub mod wait;

pub mod process;
pub mod program;

pub mod rules;
pub mod site;

pub mod authority;
pub mod hub;

pub mod companion;
pub mod edge;
pub mod edge_client;
pub mod field;
pub mod host_agent;
pub mod libmodbus;
pub mod mqtt_window;
pub mod proxy;
pub mod serial;
pub mod watched_room;

pub mod full_room;

pub mod soak;

pub mod api;
pub mod stream;
