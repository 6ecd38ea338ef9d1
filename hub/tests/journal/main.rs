//! The journal's promises: what was appended is there, in order and unchanged, whatever happens to the power.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests fail by panicking, and nothing here is reachable from outside"
)]

mod disks;
mod history;
mod killed_at_each_sync;
mod lookups;
mod readers;
mod readiness;
mod retention;
mod traces;
