//! What a stranger sends never does harm, and what we send arrives as it was. Properties over arbitrary messages and
//! arbitrary bytes; what they may cost is in `bounded_cost.rs`.
//!
//! ```text
//! arbitrary ─┬─ survival      any bytes and any mutation of valid bytes: an answer, never a panic
//!            ├─ filling       envelopes: within their size, in order, chained
//!            ├─ table_parts   parts in any order and altered: the named table or none
//!            └─ names         topics and ids
//! ```

#![allow(clippy::unwrap_used)]

mod arbitrary;
mod filling;
mod names;
mod survival;
mod table_parts;
