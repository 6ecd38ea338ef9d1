//! The edge: the unattended gateway of one key part. It reads the devices of a room, decides what changed, keeps that
//! durably, and sends it to the hub over mutual TLS. It judges nothing and switches nothing.
//!
//! ```text
//! device ═ field ─ scan ─ detect ─ entry ─ spool ─ envelope ─ uplink ═ hub
//!           ▲              (watch)          │                   ▲
//!        config                       redb, one file        certificates
//! ```
//!
//! Everything that can be lost on the way is lost before the spool, where it is read again, or not at all.

pub mod config;

pub mod clock;

pub mod field;

pub mod detect;

pub mod watch;

pub mod spool;

pub mod uplink;

pub mod surroundings;

pub mod app;

pub mod summary;
