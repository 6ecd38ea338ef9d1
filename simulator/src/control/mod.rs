//! Driving a running site by hand, over a unix socket that only its owner can open. One JSON object per line in each
//! direction: a [`Request`], then a [`Reply`].

pub mod client;
pub mod server;
pub mod table;

use serde::{Deserialize, Serialize};

/// A request of a few hundred assignments fits; anything longer is no request.
pub const REQUEST_BYTES_MAX: u64 = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// `DEVICE.SIGNAL=VALUE`, all of them or none.
    Set {
        assignments: Vec<String>,
    },
    Do {
        device: String,
        action: String,
    },
    /// One device, or all.
    Show {
        device: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// What happened, in order.
    Done {
        happened: Vec<Happened>,
    },
    Shown {
        devices: Vec<Shown>,
    },
    Refused {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    pub device: String,
    pub says: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub name: String,
    pub class: String,
    pub unit: u8,
    pub address: String,
    pub conduct: String,
    pub signals: Vec<ShownSignal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownSignal {
    pub name: String,
    pub place: String,
    pub value: String,
    pub raw: i64,
    pub held: bool,
}
