//! Sparkplug B as devices send it. Only what comes is read: a rebirth would be a command to a device, and nothing here
//! gives commands. After a gap the values of a node are therefore doubtful until its next birth.

mod metric;
mod node;
mod payload;
mod protobuf;

pub(super) use metric::raw;
pub use node::Unsound;
pub(super) use node::{News, Node};
pub(super) use payload::Payload;
pub use protobuf::PayloadError;
