//! What the watch owes to senders, over a real gate and a real spool: see `src/watch.rs`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod rig;
#[path = "../../../shared/gate/tests/site/mod.rs"]
mod site;

mod confirmed_when_durable;
mod counted_over_a_restart;
mod silent_among_the_loud;
