//! Where a row runs: a folder on a real disk, certificates made as a user would make them, the real processes, and what
//! the kernel and the hub say of them.

pub(crate) mod broker;
pub(crate) mod cabinet;
pub(crate) mod child;
pub(crate) mod edge;
pub(crate) mod folder;
pub(crate) mod gauges;
pub(crate) mod hub;
pub(crate) mod interrupt;
pub(crate) mod pki;
pub(crate) mod scrape;
pub(crate) mod serial;
pub(crate) mod stream;
pub(crate) mod usage;
