//! The situation: how parts, edges and points stand, as the hub judges it. Plain data. Correlation computes it, the
//! store keeps it, the API shows it.

pub mod changes;
pub mod edge;
pub mod event_time;
pub mod lost;
pub mod memory;
pub mod part;

pub use changes::{Changes, Saved, SavedPart};
pub use edge::{Attachment, EdgeState, LivenessView, ProvedUntil, UnprovedSince};
pub use lost::Lost;
pub use part::{Ahead, Arming, DeviceRow, Layout, PartState, PointRow, PointState};
