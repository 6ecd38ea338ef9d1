//! The story of the demo: what happens in each room, and which incidents must stand in the hub in the end.

pub mod expect;
pub mod play;
pub mod so_far;

use std::time::Duration;

/// The last expected incident opens 33.5 s after the beginning: a door is forced at 3.5 s and held open for 30 s. What
/// remains is for the way of the event.
pub const SETTLED: Duration = Duration::from_secs(36);

/// `--for` counts from the start of the command, so this leaves 9 s for starting; when that takes longer, the demo does.
pub const FOR_MIN: Duration = Duration::from_secs(45);
