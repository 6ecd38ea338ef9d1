//! The API and the pages over real stores; each file is named by the property that it guards.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

mod ask;
mod disk;
mod samples;
mod site;

mod access;
mod described;
mod former;
mod handling;
mod lists;
mod marks;
mod origin;
mod pages;
mod problems;
mod sockets;
mod stale;
mod stream;
