//! Hands what was just committed from ingest to correlation, so that correlation need not read it back from the disk. It is
//! only a short cut: when correlation falls behind, nothing more is handed over, and it reads the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use wire::Envelope;

use crate::journal::{Entry, Position};

/// How much may lie between ingest and correlation in memory.
const BYTES_MAX: usize = 16 << 20;
const COMMITS_MAX: usize = 1_024;

/// One commit of the journal.
#[derive(Debug)]
pub struct Committed {
    pub first: Position,
    pub entries: Vec<Entry>,
    /// The envelopes among the entries, decoded already; beside `entries`.
    pub decoded: Vec<Option<Arc<Envelope>>>,
    bytes: usize,
}

pub struct TailSender {
    channel: SyncSender<Committed>,
    bytes: Arc<AtomicUsize>,
}

pub struct TailReceiver {
    channel: Receiver<Committed>,
    bytes: Arc<AtomicUsize>,
}

/// What came over the tail.
pub enum Handed {
    Committed(Committed),
    /// Nothing within the time.
    Nothing,
    /// Ingest has ended.
    Ended,
}

pub fn tail() -> (TailSender, TailReceiver) {
    let (sender, receiver) = sync_channel(COMMITS_MAX);
    let bytes = Arc::new(AtomicUsize::new(0));
    (TailSender { channel: sender, bytes: bytes.clone() }, TailReceiver { channel: receiver, bytes })
}

impl TailSender {
    pub fn send(
        &self,
        first: Position,
        entries: Vec<Entry>,
        decoded: Vec<Option<Arc<Envelope>>>,
        bytes: usize,
    ) {
        if self.bytes.load(Ordering::Relaxed) + bytes > BYTES_MAX {
            return;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let committed = Committed { first, entries, decoded, bytes };
        if self.channel.try_send(committed).is_err() {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl TailReceiver {
    pub fn receive(&self, timeout: Duration) -> Handed {
        match self.channel.recv_timeout(timeout) {
            Ok(committed) => {
                self.bytes.fetch_sub(committed.bytes, Ordering::Relaxed);
                Handed::Committed(committed)
            }
            Err(RecvTimeoutError::Timeout) => Handed::Nothing,
            Err(RecvTimeoutError::Disconnected) => Handed::Ended,
        }
    }
}
