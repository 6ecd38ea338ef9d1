//! What the uplink promises, over real TLS, a real gate and real spool files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod authority;
mod hub;
mod room;

mod certificates;
mod in_order;
mod lost_puback;
mod restored;
mod urgent_first;
