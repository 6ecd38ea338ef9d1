//! How the machine under the edge is: room on the disk, temperature, memory, the certificate's last day. Looked at every few
//! seconds, and told to the hub twice: in the heartbeat, and as readings of the edge's own points.
//!
//! ```text
//! machine (statvfs, /sys, /proc) ─┐
//! certificate ────────────────────┼─ task ─┬─ wire::Health ─► heartbeat, status
//! annunciators ───────────────────┘        └─ OwnValues ────► watch ─► detect
//! ```
//!
//! Nothing is judged here: the hub's rules know the limits. What a machine cannot tell is absent, never well.

mod certificate;
mod machine;
mod task;

pub use machine::{Disk, Machine};
pub use task::{HealthTask, Settings, Told};
