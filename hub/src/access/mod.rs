//! Who may look and act: bearer tokens for people and programs, browser sessions behind them, and a brake on guessing.
//!
//! ```text
//! command ─▶ store   tokens.json: hashes, persons, roles; changed under a lock, replaced in one step
//!               ▼ read again when it changed
//! request ─▶ tokens ─▶ Principal ─▶ sessions   the page's cookies, in memory, gone with the process
//!    ▲ throttle: how often one address may be wrong
//! ```

pub mod command;
mod entry;
mod error;
mod person;
mod role;
mod secret;
pub mod sessions;
mod store;
pub mod throttle;
mod tokens;

pub use entry::{Entry, TokenId, TokenIdError};
pub use error::{AccessError, StoreError};
pub use person::{PersonError, PersonId};
pub use role::{Role, RoleError};
pub use secret::Secret;
pub use store::{NewToken, RevokedToken, TokenStore};
pub use tokens::{Principal, Reload, Tokens};
