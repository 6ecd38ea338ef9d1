//! The edge: the unattended gateway of one key part. It reads the devices of a room, decides what changed, keeps that
//! durably, and sends it to the hub over mutual TLS. It judges nothing, and switches nothing but the sirens and lamps of the
//! room that its configuration names.
//!
//! ```text
//! device ═ field ─ scan ─ detect ─ entry ─ spool ─ envelope ─ uplink ═ hub
//!           ▲              (watch)    │     │                   ▲
//!        config                       │  redb, one file     certificates
//!                                     └ annunciator ═ coil
//! ```
//!
//! Everything that can be lost on the way is lost before the spool, where it is read again, or not at all.

pub mod config;

pub mod bookmark;
pub mod clock;

pub mod field;

pub mod detect;

pub mod inquiry;
pub mod watch;

pub mod spool;

pub mod uplink;

pub mod annunciator;

pub mod health;
pub mod status;

pub mod radio;
pub mod surroundings;

pub mod app;

pub mod probe;
pub mod spool_report;
pub mod summary;
mod terminal;

pub mod agent;
