//! Correlation as a function: event traces in, incidents out.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests fail by panicking, and nothing here is reachable from outside"
)]

mod room;

mod arming;
mod changes;
mod gaps;
mod interleaved;
mod life_cycle;
mod marks;
mod patterns;
mod replay;
mod rules;
mod scenarios;
mod time;
