//! Real certificates in real files, and real handshakes over loopback.

mod authority;
mod handshake;

mod clockless;
mod facts_of_certificates;
mod files_refused;
mod mutual_handshake;
mod revocation;
