//! How the edge is, for whoever stands before its machine: a page of this machine alone, a table on the terminal, and the
//! service manager's watchdog.
//!
//! ```text
//! watch, spool ─ asked ──────┐
//! uplink, health, annunciator├─ board ─ report ─ verdict ─┬─ server ═ /status /healthz /metrics
//! reloads ───────────────────┘                            └─ watchdog ─► service manager
//!                                       client ─ table ◄═ /status
//! ```
//!
//! Status only reads. Stages that decide are asked, and an answer in time is what proves that they still turn; the others
//! publish a small plain value whenever it changes.

mod board;
pub mod client;
mod host;
mod report;
mod server;
pub mod table;
mod verdict;
mod watchdog;

pub use board::{Board, DeviceFacts, Facts, ReloadNote, Reloads};
pub use report::Report;
pub use server::{Server, ServerError};
pub use watchdog::Watchdog;
