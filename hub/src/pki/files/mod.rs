//! Small files that people may read and that must survive a power cut and a second writer: the issue ledger, the
//! revocation list, the tokens. The promise: a reader sees the old text or the new one, never a part; a writer that
//! holds the lock never loses the entry of another.

mod error;
pub mod hex;
mod lock;
mod moment;
mod read;
mod replace;

pub use error::FileError;
pub use lock::Lock;
pub use moment::Moment;
pub use read::{Stamp, TextFile, read, read_private};
pub use replace::{Readers, create, replace};
