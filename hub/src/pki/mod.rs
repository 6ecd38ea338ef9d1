//! A private certificate authority for one site: it makes, records and revokes the certificates of edges, host agents
//! and servers. Only this folder knows how certificates are made (rcgen).
//!
//! ```text
//! command ─▶ Authority ─▶ ledger   what was issued and revoked (issued.json), always written first
//!                     ├─▶ signing  the CA key: certificates and revocation lists
//!                     └─▶ folder   ca.pem, ca.key, crl.pem, issued.json and the lock
//! ```

pub mod files;

mod arguments;
mod authority;
pub mod command;
mod crl;
mod error;
mod folder;
mod identity;
mod ledger;
mod listing;
mod reason;
mod request;
mod serial;
mod signing;

pub use authority::{Authority, Issued, Revoked, SecretPem};
pub use crl::CrlFacts;
pub use error::PkiError;
pub use identity::{DnsName, Holder, Name, NameError, Subject};
pub use ledger::{Entry, KeyOrigin, Ledger, Revocation, State, Target};
pub use listing::{Line, Listing};
pub use reason::Reason;
pub use request::RequestError;
pub use serial::{Serial, SerialError};
pub use signing::SigningError;
