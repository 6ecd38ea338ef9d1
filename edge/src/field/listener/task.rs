//! The task of one listener: runs its gate, and turns what arrives into scans.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use gate::{Arrival, Confirm, Delivery, Gate, GateError, GateHandle, Limits};
use runtime::shutdown::Shutdown;
use runtime::tls::{self, TlsError};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tracing::{info, warn};
use wire::Stamp;

use super::desk::Desk;
use super::lines::{Lines, SUM_AFTER};
use super::policy::FieldPolicy;
use super::reader::Reader;
use super::socket;
use super::standing::Standing;
use crate::bookmark::{Bookmark, Part};
use crate::config::ListenerConfig;
use crate::field::ScanFailure;
use crate::field::message::{PAYLOAD_BYTES_MAX, Taken};
use crate::field::sample::{Receipt, Sample, Scan};
use crate::field::site::{Device, Site};

/// Arrivals that wait for the watch. Beyond it the sockets are not read.
const ARRIVALS_MAX: usize = 256;

/// Handshakes of one address in the long run, and at once: a switch that comes back brings all devices of a room behind one
/// router together. The processor of an edge has other things to do; who has to wait is in within seconds.
const HANDSHAKES_PER_ADDRESS_PER_S: u32 = 10;
const HANDSHAKES_PER_ADDRESS_BURST: u32 = 128;

/// A topic, its length and the packet's header beside the payload.
const PACKET_OVERHEAD_BYTES: usize = 1024;

/// What all devices of one listener may have under way until it is durable.
const IN_FLIGHT_BYTES_TOTAL: usize = 8 * 1024 * 1024;
const IN_FLIGHT_BYTES_MAX: usize = 256 * 1024;
/// Beyond what a device sends in the two seconds that routine records wait.
const IN_FLIGHT_MESSAGES_MAX: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("the listener `{name}` cannot listen at {address}")]
    Bind { name: String, address: SocketAddr, source: io::Error },
    #[error("the TLS files of the listener `{name}` cannot be used")]
    Tls { name: String, source: TlsError },
    #[error("the gate of the listener `{name}` cannot be built")]
    Build { name: String, source: GateError },
    #[error("the gate of a listener ended")]
    Gate(#[source] GateError),
    #[error("the task of a gate broke down")]
    Broken(#[source] JoinError),
    #[error("nobody takes the scans of the listeners any more")]
    ScansClosed,
}

/// `stamp` tells the present moment.
pub struct Listener<S> {
    address: SocketAddr,
    gate: Gate,
    handle: GateHandle,
    arrivals: mpsc::Receiver<Arrival>,
    desks: Vec<Desk>,
    by_id: HashMap<Box<str>, usize>,
    standing: Arc<watch::Sender<Standing>>,
    stamp: S,
    scans: mpsc::Sender<Scan>,
}

impl<S: Fn() -> Stamp> Listener<S> {
    /// Listens for the devices that name this listener. Their messages are taken from behind the bookmarks on.
    pub async fn bind(
        config: &ListenerConfig,
        site: &Site,
        bookmarks: &[Bookmark],
        stamp: S,
        scans: mpsc::Sender<Scan>,
    ) -> Result<Self, ListenError> {
        let ListenerConfig { name, address, files, versions, interface, .. } = config;
        let tls = tls::open_server(files, *versions)
            .map_err(|source| ListenError::Tls { name: name.clone(), source })?;
        let bind = |source| ListenError::Bind { name: name.clone(), address: *address, source };
        let socket = socket::listen(*address, interface.as_deref()).map_err(bind)?;
        let address = socket.local_addr().map_err(bind)?;
        let senders = site.devices.iter().filter_map(|device| Some((&device.id, device.sender.as_ref()?)));
        let standing = Arc::new(watch::Sender::new(Standing::new(name.clone(), address)));
        let senders = senders.filter(|(_, sender)| sender.listener == *name);
        let policy = Arc::new(FieldPolicy::new(senders, Arc::clone(&standing)));
        let (sender, arrivals) = mpsc::channel(ARRIVALS_MAX);
        let (gate, handle) = gate::open_gate(socket, tls, Arc::clone(&policy), limits(config), sender)
            .map_err(|source| ListenError::Build { name: name.clone(), source })?;
        let at_this = |device: &Device| device.sender.as_ref().is_some_and(|own| own.listener == *name);
        let devices = site.devices.iter().enumerate().filter(|(_, device)| at_this(device));
        let mut desks = Vec::new();
        let mut by_id = HashMap::new();
        for (place, device) in devices {
            let Some(desk) = desk(place, device, bookmarks, &policy) else { continue };
            by_id.insert(device.id.as_str().into(), desks.len());
            desks.push(desk);
            standing.send_modify(|standing| standing.add(device.id.clone()));
        }
        info!(listener = name, %address, devices = desks.len(), "listening for devices");
        Ok(Self { address, gate, handle, arrivals, desks, by_id, standing, stamp, scans })
    }

    /// Where it really listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How it stands, from now on.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// To exchange certificates, or the revocation list.
    pub fn handle(&self) -> GateHandle {
        self.handle.clone()
    }

    /// Works until the shutdown begins and the sessions have ended.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), ListenError> {
        let Self { gate, handle, arrivals, desks, by_id, standing, stamp, scans, .. } = self;
        let lines = Lines::new();
        let mut reception =
            Reception { arrivals, desks, by_id, standing, lines, stamp, scans, _handle: handle };
        let mut gates = JoinSet::new();
        gates.spawn(gate.run(shutdown.clone()));
        let taken = reception.run().await;
        let ended = match gates.join_next().await {
            _ if taken.is_err() && !shutdown.begun() => return taken,
            Some(Ok(ended)) => ended.map_err(ListenError::Gate),
            Some(Err(error)) => Err(ListenError::Broken(error)),
            None => Ok(()),
        };
        // A stage behind this one may go first when all stop.
        if shutdown.begun() { Ok(()) } else { ended }
    }
}

fn limits(config: &ListenerConfig) -> Limits {
    Limits {
        connections_max: config.connections_max,
        connections_per_address_max: config.connections_per_address_max.min(config.connections_max),
        handshakes_per_address_per_s: HANDSHAKES_PER_ADDRESS_PER_S,
        handshakes_per_address_burst: HANDSHAKES_PER_ADDRESS_BURST,
        packet_bytes_max: PAYLOAD_BYTES_MAX + PACKET_OVERHEAD_BYTES,
        in_flight_messages_max: IN_FLIGHT_MESSAGES_MAX,
        in_flight_bytes_max: IN_FLIGHT_BYTES_MAX,
        in_flight_bytes_total: IN_FLIGHT_BYTES_TOTAL,
        ..Limits::default()
    }
}

fn desk(place: usize, device: &Device, bookmarks: &[Bookmark], policy: &FieldPolicy) -> Option<Desk> {
    let sender = device.sender.as_ref()?;
    let mut reader = Reader::new(device, sender);
    let bookmark = bookmarks.iter().find(|bookmark| bookmark.is_of(&device.id, Part::Messages));
    if bookmark.is_some_and(|bookmark| !reader.restore(&bookmark.bytes)) {
        warn!(device = %device.id, "the bookmark of this device cannot be read; what it sends again may count twice");
    }
    Some(Desk::new(place, device.id.clone(), reader, policy.pace(&device.id)))
}

/// The receiving end of a gate.
struct Reception<S> {
    arrivals: mpsc::Receiver<Arrival>,
    desks: Vec<Desk>,
    by_id: HashMap<Box<str>, usize>,
    standing: Arc<watch::Sender<Standing>>,
    lines: Lines,
    stamp: S,
    scans: mpsc::Sender<Scan>,
    _handle: GateHandle,
}

impl<S: Fn() -> Stamp> Reception<S> {
    /// Until the gate has ended.
    async fn run(&mut self) -> Result<(), ListenError> {
        loop {
            match timeout(SUM_AFTER, self.arrivals.recv()).await {
                Ok(Some(arrival)) => self.arrive(arrival).await?,
                Ok(None) => return Ok(()),
                Err(_) => self.lines.sum_up(),
            }
        }
    }

    async fn arrive(&mut self, arrival: Arrival) -> Result<(), ListenError> {
        match arrival {
            Arrival::Published(delivery) => self.publish(delivery).await,
            Arrival::Connected { session, peer } => {
                let now = (self.stamp)();
                if let Some(suppressed) = self.lines.due("connected", Instant::now()) {
                    info!(device = %peer.identity.id, address = %peer.address, %session, suppressed, "device connected");
                }
                let Some(number) = self.number(&peer.identity.id) else { return Ok(()) };
                let news = self.desks[number].connected(session);
                self.news(number, news, now).await
            }
            Arrival::Disconnected { session, peer, reason } => {
                let now = (self.stamp)();
                if let Some(suppressed) = self.lines.due("disconnected", Instant::now()) {
                    info!(device = %peer.identity.id, %session, reason, suppressed, "device disconnected");
                }
                let Some(number) = self.number(&peer.identity.id) else { return Ok(()) };
                let news = self.desks[number].disconnected(session, reason);
                self.news(number, news, now).await
            }
            Arrival::Subscribed { .. } => Ok(()),
        }
    }

    async fn publish(&mut self, delivery: Delivery) -> Result<(), ListenError> {
        let Delivery { peer, topic, payload, received, confirm, .. } = delivery;
        let now = moment(&self.stamp, received);
        let Some(number) = self.number(&peer.identity.id) else {
            // The policy admits only devices that have a desk; without one there is nobody to take this for.
            confirm.durable();
            return Ok(());
        };
        let desk = &mut self.desks[number];
        let place = desk.place;
        let judged = desk.message(&topic, &payload, now, &mut self.lines);
        self.standing.send_modify(|standing| {
            desk.show_message(now, &mut standing.senders[number]);
            let shown = &mut standing.senders[number];
            shown.rejecting = judged.as_ref().err().copied();
            if let Err(reason) = judged {
                shown.rejected += 1;
                *standing.rejected.entry(reason).or_default() += 1;
            }
        });
        match judged {
            Ok(taken) => self.hand_on(place, taken, confirm).await,
            Err(_) => {
                confirm.durable();
                Ok(())
            }
        }
    }

    /// The sender waits for the last of the scans.
    async fn hand_on(&self, place: usize, taken: Taken, confirm: Confirm) -> Result<(), ListenError> {
        let Taken { mut scans, bookmark } = taken;
        let Some((stamp, last)) = scans.pop() else {
            confirm.durable();
            return Ok(());
        };
        for (stamp, outcome) in scans {
            self.send(place, stamp, outcome, None).await?;
        }
        self.send(place, stamp, last, Some(Receipt { bookmark, confirm: Some(confirm) })).await
    }

    /// What a connection that came or went means for the device of this desk.
    async fn news(&self, desk: usize, news: Option<ScanFailure>, now: Stamp) -> Result<(), ListenError> {
        let (place, connected) = (self.desks[desk].place, self.desks[desk].is_connected());
        self.standing.send_modify(|standing| standing.senders[desk].connected = connected);
        match news {
            Some(failure) => self.send(place, now, Err(failure), None).await,
            None => Ok(()),
        }
    }

    async fn send(
        &self,
        device: usize,
        stamp: Stamp,
        outcome: Result<Vec<Sample>, ScanFailure>,
        receipt: Option<Receipt>,
    ) -> Result<(), ListenError> {
        let scan = Scan { device, stamp, outcome, receipt };
        self.scans.send(scan).await.map_err(|_| ListenError::ScansClosed)
    }

    /// The place of a device among the desks, and among those that are shown.
    fn number(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }
}

/// When the bytes came, and not when their turn came.
fn moment(stamp: &impl Fn() -> Stamp, received: Instant) -> Stamp {
    let (now, waited_ms) = (stamp(), u64::try_from(received.elapsed().as_millis()).unwrap_or(0));
    let wall_ms = now.wall_ms.saturating_sub_unsigned(waited_ms);
    Stamp { mono_ms: now.mono_ms.saturating_sub(waited_ms), wall_ms, ..now }
}
