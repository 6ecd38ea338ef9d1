//! How a listener stands, for whoever asks: published whenever it changes, and read by nobody who decides.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::sync::watch;
use wire::DeviceId;

#[derive(Clone, Debug)]
pub struct Standing {
    pub name: String,
    /// Where it really listens.
    pub address: SocketAddr,
    /// What was turned away before it was read, by reason: connections, and messages that their sender may not send.
    pub refused: BTreeMap<&'static str, u64>,
    /// What came in and could not be read, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    pub senders: Vec<SenderStanding>,
}

/// How one device of a listener stands.
#[derive(Clone, Debug)]
pub struct SenderStanding {
    pub id: DeviceId,
    pub connected: bool,
    /// All that came in of it, also what could not be read.
    pub messages: u64,
    /// How many of them could not be read, and why the last one could not if it was one of them.
    pub rejected: u64,
    pub rejecting: Option<&'static str>,
    /// How many of them had to wait because it is faster than it may be.
    pub throttled: u64,
    /// By the monotonic clock of the machine.
    pub last_ms: Option<u64>,
}

impl Standing {
    pub(super) fn new(name: String, address: SocketAddr) -> Self {
        Self { name, address, refused: BTreeMap::new(), rejected: BTreeMap::new(), senders: Vec::new() }
    }

    pub(super) fn add(&mut self, id: DeviceId) {
        self.senders.push(SenderStanding {
            id,
            connected: false,
            messages: 0,
            rejected: 0,
            rejecting: None,
            throttled: 0,
            last_ms: None,
        });
    }
}

/// Counts a refusal. The reasons are constants of the program, so their number is bounded.
pub(super) fn refused(standing: &watch::Sender<Standing>, reason: &'static str) {
    standing.send_modify(|standing| *standing.refused.entry(reason).or_default() += 1);
}
