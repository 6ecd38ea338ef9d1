//! What the owner of a gate decides: who may connect, publish and subscribe. Pure decisions, no input or
//! output: they run on the path of every packet.

use std::time::Duration;

use crate::identity::Peer;

pub trait Policy: Send + Sync + 'static {
    /// A refusal is answered with CONNACK 5 (not authorised).
    fn connect(&self, peer: &Peer, request: &ConnectRequest<'_>) -> Result<(), Refusal>;

    /// A refusal closes the session: the client would send the same again and again, and whatever came
    /// behind it could never be confirmed in order.
    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal>;

    /// A refusal is answered with a failed SUBACK; the session stays.
    fn subscribe(&self, peer: &Peer, filter: &str) -> Result<(), Refusal>;
}

#[derive(Debug)]
pub struct ConnectRequest<'a> {
    pub client_id: &'a str,
    /// Between one second and `Limits::keep_alive_max`; the gate refuses others by itself.
    pub keep_alive: Duration,
    /// The gate publishes no wills: `Arrival::Disconnected` already says that, and why, a client went.
    pub has_will: bool,
    pub has_login: bool,
    /// The gate keeps no session either way: CONNACK always says that none is present.
    pub clean_session: bool,
}

#[derive(Debug)]
pub struct PublishRequest<'a> {
    /// Without wildcards and without NUL; the gate refuses others by itself.
    pub topic: &'a str,
    pub qos: Qos,
    pub retain: bool,
    pub payload_bytes: usize,
}

/// QoS 2 is missing on purpose: the gate refuses it, because its confirm has one meaning only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qos {
    AtMostOnce,
    AtLeastOnce,
}

/// Why something is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A metric label in snake case, from a fixed set.
    pub reason: &'static str,
    /// For the log; may quote what the client sent.
    pub detail: String,
}

impl Refusal {
    pub fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
