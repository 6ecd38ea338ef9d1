//! What the owner of a gate decides: who may connect, publish and subscribe. Pure decisions, no input or
//! output: they run on the path of every packet.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::identity::{Caller, Certificate, Identity, Peer};
use crate::pace::Pace;

/// The policy of a gate whose every client has a certificate. A caller without one does not get this far.
pub trait Policy: Send + Sync + 'static {
    /// The certificate says who it is. A refusal is answered with CONNACK 5 (not authorised).
    fn connect(&self, certificate: &Certificate, request: &ConnectRequest<'_>) -> Result<(), Refusal>;

    /// A refusal closes the session: the client would send the same again and again, and whatever came
    /// behind it could never be confirmed in order.
    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal>;

    /// A refusal is answered with a failed SUBACK; the session stays.
    fn subscribe(&self, peer: &Peer, filter: &str) -> Result<(), Refusal>;
}

/// The policy of a gate that also takes clients without a certificate, by their login. Else as `Policy`.
pub trait OpenPolicy: Send + Sync + 'static {
    /// Says who the caller is. Sessions of one identity replace each other, so no two clients may be given the same.
    fn connect(&self, caller: &Caller, request: &ConnectRequest<'_>) -> Result<Admitted, Refusal>;

    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal>;

    fn subscribe(&self, peer: &Peer, filter: &str) -> Result<(), Refusal>;
}

#[derive(Debug)]
pub struct Admitted {
    pub identity: Identity,
    /// How fast it may publish; shared by all sessions of one client, so that connecting anew brings no new allowance.
    pub pace: Option<Arc<Pace>>,
}

/// Whether a handshake without a client certificate goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    Required,
    Optional,
}

/// A `Policy` as the sessions see it.
pub(crate) struct CertifiedOnly<P>(pub(crate) Arc<P>);

impl<P: Policy> OpenPolicy for CertifiedOnly<P> {
    fn connect(&self, caller: &Caller, request: &ConnectRequest<'_>) -> Result<Admitted, Refusal> {
        let certificate = caller.certificate.as_ref();
        let certificate = certificate
            .ok_or_else(|| Refusal::new("certificate_missing", "the client showed no certificate"))?;
        self.0.connect(certificate, request)?;
        Ok(Admitted { identity: certificate.identity.clone(), pace: None })
    }

    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal> {
        self.0.publish(peer, request)
    }

    fn subscribe(&self, peer: &Peer, filter: &str) -> Result<(), Refusal> {
        self.0.subscribe(peer, filter)
    }
}

#[derive(Debug)]
pub struct ConnectRequest<'a> {
    pub client_id: &'a str,
    /// Between one second and `Limits::keep_alive_max`; the gate refuses others by itself.
    pub keep_alive: Duration,
    /// If the policy lets the client connect, it is asked about the will as about a publish; one that it refuses
    /// refuses the connection.
    pub will: Option<PublishRequest<'a>>,
    pub login: Option<Login<'a>>,
    /// The gate keeps no session either way: CONNACK always says that none is present.
    pub clean_session: bool,
}

/// What a client says to prove who it is. Nothing of it is proved yet.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    pub user: &'a str,
    pub password: &'a str,
}

/// Without the password, which has no place in a log.
impl fmt::Debug for Login<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Login({:?})", self.user)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct PublishRequest<'a> {
    /// Without wildcards and without NUL; the gate refuses others by itself.
    pub topic: &'a str,
    pub qos: Qos,
    /// The gate keeps nothing for later subscribers, whatever the policy says.
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
