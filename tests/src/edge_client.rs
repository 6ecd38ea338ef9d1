//! An edge that a test plays: it seals envelopes as an edge would and speaks MQTT over mutual TLS by itself, so that it can
//! say anything at all, and it keeps what it wrote, so that it can say it again.
//!
//! `author` writes (pure), `checkpoint` signs, `line` is the connection, `room` the points. A load generator takes those by themselves: an
//! `EdgeClient` keeps every envelope.

mod author;
pub mod checkpoint;
mod line;
pub mod room;

use std::net::SocketAddr;
use std::sync::Arc;

use rumqttc::mqttbytes::v4::Packet;
use runtime::tls::{ClientFiles, mutual_client};
use rustls::ClientConfig;
use wire::{Epoch, Lane, Opened, PointTable, Record, Resume, Sealed, Seq, Topic};

pub use author::Author;
pub use line::{Line, LineError, put_publish};

/// Publishes under way before the client waits for PUBACKs. Below the gate's own limit.
const WINDOW: usize = 64;

/// A sealed envelope in the client's spool.
#[derive(Clone, Debug)]
pub struct Kept {
    pub lane: Lane,
    pub epoch: Epoch,
    pub sealed: Sealed,
    /// The hub has confirmed it, once at least.
    pub confirmed: bool,
    /// Which of its records are events, in the words of the API.
    pub events: Vec<Seq>,
}

pub struct EdgeClient {
    pub author: Author,
    pub address: SocketAddr,
    tls: Arc<ClientConfig>,
    line: Option<Line>,
    spool: Vec<Kept>,
    /// The first envelope that was not sent on this connection.
    unsent: usize,
}

impl EdgeClient {
    pub fn new(edge: &str, table: PointTable, address: SocketAddr, files: &ClientFiles) -> Self {
        let tls = mutual_client(files).expect("the certificates of a test can be read");
        let author = Author::new(edge, table);
        let mut client = Self { author, address, tls, line: None, spool: Vec::new(), unsent: 0 };
        let opening = client.author.opening();
        client.keep(Lane::Urgent, opening);
        client
    }

    pub fn tls(&self) -> Arc<ClientConfig> {
        self.tls.clone()
    }

    pub fn spool(&self) -> &[Kept] {
        &self.spool
    }

    /// Connects as an edge does: CONNECT, SUBSCRIBE, and the wait for what the hub holds.
    pub async fn connect(&mut self) -> Result<Resume, LineError> {
        self.line = None;
        let mut line = Line::open(self.address, self.tls.clone()).await?;
        line.connect(self.author.edge().as_str()).await?;
        let resume = line.resume(self.author.edge()).await?;
        self.line = Some(line);
        let wanted = |kept: &Kept| {
            let held = resume.lanes[kept.lane.index()].next;
            kept.epoch == self.author.epoch()
                && (resume.epoch != Some(kept.epoch) || kept.sealed.first >= held)
        };
        // From the first that the hub lacks: what it holds behind that comes again, and must not count again.
        self.unsent = self.spool.iter().position(wanted).unwrap_or(self.spool.len());
        Ok(resume)
    }

    pub fn hang_up(&mut self) {
        self.line = None;
    }

    /// The line, for tests that say something of their own.
    pub fn line(&mut self) -> &mut Line {
        self.line.as_mut().expect("the client is connected")
    }

    /// Seals records into the spool.
    pub fn write(&mut self, lane: Lane, records: Vec<Record>) -> Sealed {
        let sealed = self.author.seal(lane, records.clone());
        self.keep(lane, (records, sealed.clone()));
        sealed
    }

    /// Begins a new epoch, as an edge does that cannot go on with its spool.
    pub fn begin_epoch(&mut self, opened: Opened) {
        let opening = self.author.open(opened);
        self.keep(Lane::Urgent, opening);
    }

    /// One event in an envelope of the urgent lane.
    pub fn event(&mut self, point: &str, value: &str) -> Sealed {
        let record = self.author.event(point, value);
        self.write(Lane::Urgent, vec![record])
    }

    fn keep(&mut self, lane: Lane, (records, sealed): (Vec<Record>, Sealed)) {
        let is_event = |record: &Record| matches!(record, Record::Event(_));
        let numbered = (sealed.first.0..).zip(&records);
        let events = numbered.filter(|(_, record)| is_event(record)).map(|(seq, _)| Seq(seq)).collect();
        self.spool.push(Kept { lane, epoch: self.author.epoch(), sealed, confirmed: false, events });
    }

    /// Sends a heartbeat and waits for its PUBACK.
    pub async fn heartbeat(&mut self) -> Result<(), LineError> {
        let heartbeat = self.author.heartbeat();
        let topic = Topic::Heartbeat(self.author.edge().clone()).to_string();
        self.line().publish(&topic, &heartbeat.encode()).await
    }

    /// Sends everything that was not sent on this connection, and waits until all of it is confirmed.
    pub async fn deliver(&mut self) -> Result<(), LineError> {
        while self.unsent < self.spool.len() {
            let first = self.unsent;
            self.send(WINDOW).await?;
            for place in first..self.unsent {
                self.line.as_mut().ok_or(LineError::Closed)?.puback().await?;
                self.spool[place].confirmed = true;
            }
        }
        Ok(())
    }

    /// Sends the next envelopes, and waits for nothing.
    pub async fn send(&mut self, envelopes_max: usize) -> Result<(), LineError> {
        let until = self.spool.len().min(self.unsent.saturating_add(envelopes_max));
        let line = self.line.as_mut().ok_or(LineError::Closed)?;
        for kept in &self.spool[self.unsent..until] {
            let topic = Topic::Envelopes(self.author.edge().clone(), kept.lane).to_string();
            line.queue_publish(&topic, &kept.sealed.bytes);
        }
        self.unsent = until;
        line.flush().await
    }

    /// What the hub had confirmed and now says that it does not hold.
    pub fn lost(&self, resume: &Resume) -> Vec<&Kept> {
        let here = |kept: &&Kept| kept.confirmed && kept.epoch == self.author.epoch();
        let held = |kept: &Kept| {
            resume.epoch == Some(kept.epoch) && kept.sealed.next <= resume.lanes[kept.lane.index()].next
        };
        self.spool.iter().filter(here).filter(|kept| !held(kept)).collect()
    }

    /// Sends everything in the spool again on the next `deliver`, whatever the hub said that it holds.
    pub fn forget_what_was_sent(&mut self) {
        self.unsent = 0;
    }

    /// Connects and delivers.
    pub async fn connect_and_deliver(&mut self) -> Result<(), LineError> {
        self.connect().await?;
        self.deliver().await
    }

    /// The keys of all events that it has ever written, as the API names records.
    pub fn events(&self, only_confirmed: bool) -> Vec<crate::api::RecordKey> {
        let wanted = self.spool.iter().filter(|kept| kept.confirmed || !only_confirmed);
        let key = |kept: &Kept, seq: &Seq| (kept.epoch.to_string(), kept.lane.name().to_owned(), seq.0);
        wanted.flat_map(|kept| kept.events.iter().map(move |seq| key(kept, seq))).collect()
    }
}

/// What the hub sends to a client that asked for it.
pub(crate) fn command(packet: &Packet) -> Option<(&str, &[u8])> {
    match packet {
        Packet::Publish(publish) => Some((&publish.topic, &publish.payload)),
        _ => None,
    }
}
