//! The hub: takes what edges send, keeps it, judges it, and tells people.
//!
//! ```text
//!            ┌ policy
//! edges ═ gate ─ ingest ─ journal ─ correlator ─ store ─ api ─ people, programs
//!                  ▲   └──── tail ────▲  │          └─ web ─ browsers
//!                  │                     └ correlate (pure) → incident
//!                  └──── command ◄── api
//! ```
//!
//! Data flows one way. `app.rs` alone knows every stage. `correlate` knows no disk and no clock; it and `store` meet only in
//! the plain data of `situation`. `api` and `web` read the store and the journal and hand commands in; they never touch
//! the gate or ingest.

pub mod app;
pub mod config;
pub mod surroundings;

pub mod beats;
pub mod command;
pub mod correlate;
pub mod correlator;
pub mod history;
pub mod incident;
pub mod ingest;
pub mod journal;
pub mod policy;
pub mod situation;
pub mod store;
pub mod tail;

pub mod access;
pub mod api;
pub mod pki;
pub mod web;

pub mod metrics;
pub mod pulse;
pub mod status;
