//! A site of simulated field devices on real Modbus TCP sockets, an independent reading of `docs/register-maps.md`.
//!
//! Each device is a pure state machine of registers; time, requests and deeds come in as arguments. Around it stands a thin
//! shell: a port per device, a scenario that plays, and a control socket for driving by hand.
//!
//! ```text
//! site file ──┐             ┌─ scenario: steps that become due
//!             ├─ site ──────┤
//! scenario ───┘   │         └─ control: set, do, show by hand
//!                 │
//!              roster ── device: registers + behaviour of its class + conduct on the bus
//!                 │
//!                bus: one port per device, Modbus TCP        narrate: what happens, line by line
//! ```

pub mod cli;
pub mod config;

pub mod device;
pub mod roster;
pub mod site;

pub mod bus;
pub mod control;
pub mod scenario;

pub mod narrate;
pub mod ports;
mod words;

pub mod app;

pub mod demo;
