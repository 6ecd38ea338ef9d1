//! The hub's side of an uplink: a real gate, and behind it a memory of what was confirmed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gate::{
    Arrival, Certificate, ConnectRequest, Delivery, GateHandle, Limits, Peer, Policy, PublishRequest,
    Refusal, SessionId,
};
use runtime::shutdown::Shutdown;
use runtime::tls::ServerTls;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use wire::resume::Held;
use wire::{Digest, EdgeId, Envelope, Epoch, Heartbeat, Lane, Resume, Seq, Topic};

/// No test waits longer than this for anything. An edge whose connections do not last tries again after up to 30 s.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Lets every edge do what is its own, unless the memory says that it refuses.
struct OwnTopics(Arc<watch::Sender<Memory>>);

impl Policy for OwnTopics {
    fn connect(&self, certificate: &Certificate, request: &ConnectRequest<'_>) -> Result<(), Refusal> {
        let own = request.client_id == certificate.identity.id && request.clean_session;
        if own && !self.0.borrow().refusing {
            Ok(())
        } else {
            Err(Refusal::new("foreign_client_id", request.client_id))
        }
    }

    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal> {
        let own = request.topic.parse().is_ok_and(|topic: Topic| topic.edge().as_str() == peer.identity.id);
        if own { Ok(()) } else { Err(Refusal::new("foreign_topic", request.topic)) }
    }

    fn subscribe(&self, _: &Peer, _: &str) -> Result<(), Refusal> {
        Ok(())
    }
}

/// What the hub does with an envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Confirm,
    /// Keeps the PUBACK back.
    Hold,
    /// Takes the next envelope in, but the PUBACK is lost with the connection; then confirms again.
    LosePuback,
    /// Is cut off before the next envelope is durable; then confirms again.
    LoseEnvelope,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    pub(crate) lane: Lane,
    pub(crate) bytes: Bytes,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) mood: Mood,
    /// Says nothing about what it holds.
    pub(crate) silent: bool,
    /// Answers every CONNECT with a refusal.
    pub(crate) refusing: bool,
    /// What its clock says, if that is wrong.
    pub(crate) clock_ms: Option<i64>,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) held: [(Seq, Option<Digest>); 2],
    /// Everything that arrived, confirmed or not.
    pub(crate) received: Vec<Received>,
    pub(crate) heartbeats: Vec<Heartbeat>,
    pub(crate) connects: usize,
    session: Option<SessionId>,
}

impl Memory {
    fn resume(&self) -> Resume {
        let held = |(next, head)| Held { next, head };
        Resume {
            epoch: self.epoch,
            lanes: self.held.map(held),
            hub_ms: self.clock_ms.unwrap_or_else(runtime::clock::wall_ms),
        }
    }

    /// Envelopes of the present epoch as the hub would have journaled them: each once, in order.
    pub(crate) fn journal(&self, lane: Lane) -> Vec<Envelope> {
        let mut journal: Vec<Envelope> = Vec::new();
        for received in self.received.iter().filter(|received| received.lane == lane) {
            let envelope = Envelope::decode(&received.bytes).unwrap();
            if Some(envelope.header.epoch) == self.epoch {
                journal.retain(|known| known.header.first != envelope.header.first);
                journal.push(envelope);
            }
        }
        journal
    }
}

#[derive(Clone)]
pub(crate) struct Hub {
    memory: Arc<watch::Sender<Memory>>,
    pub(crate) edge: EdgeId,
}

/// A gate that listens.
pub(crate) struct Listening {
    pub(crate) port: u16,
    handle: GateHandle,
    shutdown: Shutdown,
    tasks: Vec<JoinHandle<()>>,
}

impl Hub {
    pub(crate) fn new(edge: &EdgeId) -> Self {
        Self { memory: Arc::new(watch::Sender::new(Memory::default())), edge: edge.clone() }
    }

    /// Opens the gate on `port`; 0 takes a free one.
    pub(crate) async fn listen(&self, tls: ServerTls, port: u16) -> Listening {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, mut arrivals) = mpsc::channel(64);
        let (gate, handle) =
            gate::gate(listener, tls, Arc::new(OwnTopics(self.memory.clone())), Limits::default(), sender)
                .unwrap();
        let shutdown = Shutdown::new();
        let gate = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { gate.run(shutdown).await.unwrap() }
        });
        let consumer = tokio::spawn({
            let (hub, handle) = (self.clone(), handle.clone());
            async move {
                let mut kept_back = Vec::new();
                while let Some(arrival) = arrivals.recv().await {
                    hub.take(arrival, &handle, &mut kept_back);
                }
            }
        });
        Listening { port, handle, shutdown, tasks: vec![gate, consumer] }
    }

    fn take(&self, arrival: Arrival, handle: &GateHandle, kept_back: &mut Vec<Delivery>) {
        match arrival {
            Arrival::Connected { session, .. } => self.change(|memory| {
                memory.connects += 1;
                memory.session = Some(session);
            }),
            Arrival::Subscribed { .. } if self.memory.borrow().silent => {}
            Arrival::Subscribed { .. } => {
                let resume = self.memory.borrow().resume().encode();
                handle.command(&Topic::Resume(self.edge.clone()).to_string(), resume.into()).unwrap();
            }
            Arrival::Published(delivery) => match delivery.topic.parse().unwrap() {
                Topic::Envelopes(_, lane) => self.envelope(lane, delivery, kept_back),
                Topic::Heartbeat(_) => {
                    let heartbeat = Heartbeat::decode(&delivery.payload).unwrap();
                    delivery.confirm.durable();
                    self.change(|memory| memory.heartbeats.push(heartbeat));
                }
                Topic::Resume(_) => panic!("an edge does not publish commands"),
            },
            Arrival::Disconnected { .. } => kept_back.clear(),
        }
    }

    fn envelope(&self, lane: Lane, delivery: Delivery, kept_back: &mut Vec<Delivery>) {
        let envelope = Envelope::decode(&delivery.payload).unwrap();
        let mood = self.memory.borrow().mood;
        self.change(|memory| {
            memory.received.push(Received { lane, bytes: Bytes::copy_from_slice(&delivery.payload) });
            if matches!(mood, Mood::Confirm | Mood::LosePuback) {
                if memory.epoch != Some(envelope.header.epoch) {
                    memory.epoch = Some(envelope.header.epoch);
                    memory.held = Default::default();
                }
                memory.held[lane.index()] = (envelope.next(), Some(Digest::of(&delivery.payload)));
            }
            if matches!(mood, Mood::LosePuback | Mood::LoseEnvelope) {
                memory.mood = Mood::Confirm;
            }
        });
        match mood {
            Mood::Confirm => delivery.confirm.durable(),
            Mood::Hold => kept_back.push(delivery),
            // An unused confirm ends the session.
            Mood::LosePuback | Mood::LoseEnvelope => drop(delivery),
        }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Memory)) {
        self.memory.send_modify(change);
    }

    pub(crate) fn memory(&self) -> Memory {
        self.memory.borrow().clone()
    }

    /// Waits until the memory is as wanted.
    pub(crate) async fn wait(&self, what: &str, wanted: impl Fn(&Memory) -> bool) -> Memory {
        let mut memory = self.memory.subscribe();
        let waiting = memory.wait_for(wanted);
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("waited in vain: {what}")).unwrap().clone()
    }

    /// Waits until the hub holds everything before these numbers.
    pub(crate) async fn holds(&self, next: [Seq; 2]) -> Memory {
        self.wait("everything is confirmed", |memory| memory.held.map(|(next, _)| next) == next).await
    }
}

impl Listening {
    /// Cuts the edge's session.
    pub(crate) fn cut(&self, hub: &Hub) {
        if let Some(session) = hub.memory.borrow().session {
            self.handle.cut(session, "cut_by_test");
        }
    }

    /// Ends the gate, and frees its port.
    pub(crate) async fn close(self) {
        self.shutdown.begin();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}
