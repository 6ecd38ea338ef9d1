//! Everything that must lie ready before the first process starts: the programs, the folder, ports, certificates and
//! configuration files.

pub mod configs;
pub mod credentials;
pub mod folder;
pub mod leftovers;
pub mod ports;
pub mod programs;
