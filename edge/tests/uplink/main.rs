//! What the uplink promises, over real TLS, a real gate and real spool files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod authority;
mod hub;
mod narrow;
mod room;

mod certificates;
mod clockless;
mod in_order;
mod lost_puback;
mod restored;
mod several_ways;
mod slow_link;
mod urgent_first;
