//! The async shell that every Strongroom process stands on. It knows no domain.
//!
//! A process starts with its configuration, opens its TLS files, spawns its stages as named tasks
//! and then waits: for a signal, or for the first task that ends although nobody asked it to.
//!
//! ```text
//! file ─ config ─┐
//!                ├─ stages ─ tasks ─ run ─ drain ─ exit
//! files ─ tls ───┘              ▲
//!                  signals ─ shutdown
//! ```

pub mod config;
pub mod tls;

pub mod service;
pub mod shutdown;
pub mod tasks;

pub mod backoff;
pub mod causes;
pub mod clock;

pub mod telemetry;
