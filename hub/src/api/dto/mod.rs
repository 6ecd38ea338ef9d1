//! What the API says, as types of its own: stored forms may change, these stay. One file per resource.

pub mod edge;
pub mod event;
pub mod heartbeat;
pub mod incident;
pub mod incident_detail;
pub mod kind;
pub mod page;
pub mod part;
pub mod point;
pub mod problem;
pub mod quarantine;
pub mod time;

pub use time::Time;
