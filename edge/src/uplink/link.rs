//! The MQTT connection to the hub, in the one file of the uplink that knows rumqttc. TLS 1.3 towards the hub, MQTT 3.1.1, clean
//! session.
//!
//! Of rumqttc the codec is used, as the gate does, and not its event loop: that one takes the TLS name from the address,
//! keeps a queue of its own that it throws away on reconnect, flushes every packet by itself, and may lose a packet if its
//! future is dropped. Here a reader and a writer task live exactly as long as the connection; nothing outlives it.
//!
//! What was handed over and is not in the kernel yet can still be overtaken: the writer takes urgent packets first, routine
//! ones one at a time, and the kernel is told to take little ahead of the link.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rumqttc::mqttbytes::v4::{
    Codec, Connect, ConnectReturnCode, Packet, PubAck, Publish, Subscribe, SubscribeReasonCode,
};
use rumqttc::mqttbytes::{Error as CodecError, QoS};
use runtime::tls::{CertificateTime, ClientFiles, TlsError, certificate_facts, mutual_client_at};
use rustls::CertificateError;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use socket2::SockRef;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::codec::{FramedRead, FramedWrite};
use wire::Lane;

use super::{Hub, socket};

/// From the first SYN to the CONNACK.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// The hub sees a dead edge from its heartbeats; this is for the sockets between.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// An envelope has 4,000 bytes, a command far fewer.
const PACKET_BYTES_MAX: usize = 16 << 10;
/// More than a full window, all heartbeats of a confirm's patience, and the answers to commands.
const OUTGOING_MAX: usize = 256;
/// What came in and was not looked at yet.
const INCOMING_MAX: usize = 256;
/// Urgent packets that share a flush.
const BATCH_MAX: usize = 64;
/// Bytes that the kernel takes ahead of what the link has sent: one envelope. More would stand in front of an alarm.
const UNSENT_BYTES_MAX: u32 = 4_096;
const SUBSCRIBE_PACKET_ID: u16 = 1;

/// Where the hub is, and who we are to it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub hub: Hub,
    /// Bound to it if there is one.
    pub interface: Option<Box<str>>,
    pub files: ClientFiles,
    pub client_id: String,
    /// Subscribed to at once.
    pub filter: String,
    /// By which time the hub's certificate is judged.
    pub time: CertificateTime,
}

/// Why there is no connection. Whoever shows it names the hub beside it.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the TLS files cannot be used")]
    Tls(#[source] TlsError),
    #[error("`{name}` is not a name that a certificate can carry")]
    ServerName { name: String, source: InvalidDnsNameError },
    #[error("no TCP connection")]
    Connect(#[source] io::Error),
    #[error("the TLS handshake failed")]
    Handshake(#[source] io::Error),
    #[error("no answer within {} s", CONNECT_WAIT.as_secs())]
    Silent,
    #[error("the hub refused this edge: {code:?}")]
    Refused { code: ConnectReturnCode },
    #[error("the hub refused the subscription to {filter}")]
    SubscriptionRefused { filter: String },
    #[error("the hub sent a packet that does not belong here")]
    Unexpected,
    #[error("the connection broke or carried what is no MQTT")]
    Broken(#[source] CodecError),
    #[error("the hub closed the connection")]
    Closed,
    #[error("nothing came from the hub within {} s", KEEP_ALIVE.as_secs())]
    Dead,
    #[error("{OUTGOING_MAX} packets wait to be written")]
    Stuck,
}

impl LinkError {
    /// What TLS had against it, on either side.
    pub(super) fn tls(&self) -> Option<&rustls::Error> {
        match self {
            LinkError::Handshake(error) | LinkError::Broken(CodecError::Io(error)) => tls(error),
            _ => None,
        }
    }

    /// The hub knows us, and does not want us.
    pub(super) fn is_foreign_edge(&self) -> bool {
        use ConnectReturnCode::{BadClientId, NotAuthorized};
        matches!(self, LinkError::Refused { code: NotAuthorized | BadClientId })
    }

    /// Whatever listens there speaks another language.
    pub(super) fn is_no_mqtt(&self) -> bool {
        match self {
            LinkError::Unexpected => true,
            LinkError::Broken(error) => !matches!(error, CodecError::Io(_)),
            _ => false,
        }
    }

    /// The connection ended without a word.
    pub(super) fn is_cut_off(&self) -> bool {
        matches!(self, LinkError::Closed | LinkError::Broken(CodecError::Io(_)))
    }

    /// The hub showed a certificate whose time is over, by the time that this edge goes by.
    pub(super) fn is_expired_hub(&self) -> bool {
        use CertificateError::{Expired, ExpiredContext};
        matches!(self.tls(), Some(rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. })))
    }
}

fn tls(error: &io::Error) -> Option<&rustls::Error> {
    let inner: &(dyn Error + 'static) = error.get_ref()?;
    inner.downcast_ref().or_else(|| inner.downcast_ref().and_then(tls))
}

/// What comes from the hub.
#[derive(Debug)]
pub(super) enum Incoming {
    Puback { packet_id: u16, at: Instant },
    Command { topic: String, payload: Bytes },
}

type Stream = TlsStream<TcpStream>;
type Reader = FramedRead<ReadHalf<Stream>, Codec>;
type Writer = FramedWrite<WriteHalf<Stream>, Codec>;

/// A connection that stands. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Link {
    urgent: mpsc::Sender<Packet>,
    routine: mpsc::Sender<Packet>,
    /// From the CONNECT to the CONNACK.
    round_trip: Duration,
    /// When the hub's certificate ends, in milliseconds of the epoch.
    hub_end_ms: i64,
    incoming: mpsc::Receiver<Result<Incoming, LinkError>>,
    tasks: JoinSet<()>,
}

impl Link {
    /// Connects, says who we are, and asks for the hub's commands. The certificate is read anew each time.
    pub(super) async fn connect(target: &Target) -> Result<Self, LinkError> {
        timeout(CONNECT_WAIT, open(target)).await.unwrap_or(Err(LinkError::Silent))
    }

    /// What a question and its answer took when the connection began.
    pub(super) fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// When the certificate ends with which the hub has proved itself, in milliseconds of the epoch.
    pub(super) fn hub_end_ms(&self) -> i64 {
        self.hub_end_ms
    }

    /// Hands a QoS 1 publish over. Never waits: what does not fit means that the link is stuck. Urgent ones overtake routine
    /// ones; among themselves they keep their order.
    pub(super) fn publish(
        &self,
        lane: Lane,
        topic: &str,
        packet_id: u16,
        payload: Bytes,
    ) -> Result<(), LinkError> {
        let mut publish = Publish::from_bytes(topic, QoS::AtLeastOnce, payload);
        publish.pkid = packet_id;
        let queue = match lane {
            Lane::Urgent => &self.urgent,
            Lane::Routine => &self.routine,
        };
        queue.try_send(Packet::Publish(publish)).map_err(stuck)
    }

    /// Safe to drop half-way.
    pub(super) async fn next(&mut self) -> Result<Incoming, LinkError> {
        self.incoming.recv().await.unwrap_or(Err(LinkError::Closed))
    }

    /// What is there already, without waiting.
    pub(super) fn next_ready(&mut self) -> Option<Result<Incoming, LinkError>> {
        self.incoming.try_recv().ok()
    }

    /// Says goodbye, and gives it a moment to leave.
    pub(super) async fn close(mut self) {
        const GOODBYE_WAIT: Duration = Duration::from_millis(500);
        let _ = self.urgent.try_send(Packet::Disconnect);
        drop((self.urgent, self.routine));
        self.incoming.close();
        // The writer ends with the goodbye; whoever does not end in time is aborted.
        let _ = timeout(GOODBYE_WAIT, self.tasks.join_next()).await;
    }
}

fn stuck(error: mpsc::error::TrySendError<Packet>) -> LinkError {
    match error {
        mpsc::error::TrySendError::Full(_) => LinkError::Stuck,
        mpsc::error::TrySendError::Closed(_) => LinkError::Closed,
    }
}

async fn open(target: &Target) -> Result<Link, LinkError> {
    let tls = mutual_client_at(&target.files, target.time).map_err(LinkError::Tls)?;
    let Hub { host, port, server_name } = target.hub.clone();
    let name = ServerName::try_from(server_name.clone())
        .map_err(|source| LinkError::ServerName { name: server_name, source })?;
    let tcp = dial(&host, port, target.interface.as_deref()).await.map_err(LinkError::Connect)?;
    let stream = TlsConnector::from(tls).connect(name, tcp).await.map_err(LinkError::Handshake)?;
    let hub_end_ms = end_ms(&stream);

    let codec = Codec { max_incoming_size: PACKET_BYTES_MAX, max_outgoing_size: PACKET_BYTES_MAX };
    let (read, write) = tokio::io::split(stream);
    let mut reader = FramedRead::new(read, codec.clone());
    let mut writer = FramedWrite::new(write, codec);
    let round_trip = greet(target, &mut reader, &mut writer).await?;

    let (urgent, urgent_queue) = mpsc::channel(OUTGOING_MAX);
    let (routine, routine_queue) = mpsc::channel(OUTGOING_MAX);
    let (sender, incoming) = mpsc::channel(INCOMING_MAX);
    let mut tasks = JoinSet::new();
    tasks.spawn(write_all(writer, urgent_queue, routine_queue, sender.clone()));
    tasks.spawn(read_all(reader, target.filter.clone(), urgent.downgrade(), sender));
    Ok(Link { urgent, routine, round_trip, hub_end_ms, incoming, tasks })
}

/// Of a certificate that was accepted, so it can be read; one that can not limits nothing.
fn end_ms(stream: &Stream) -> i64 {
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let facts = shown.and_then(|shown| certificate_facts(shown).ok());
    facts.map_or(i64::MAX, |facts| facts.not_after_s.saturating_mul(1_000))
}

async fn dial(host: &str, port: u16, interface: Option<&str>) -> io::Result<TcpStream> {
    let tcp = socket::connect(host, port, interface).await?;
    tcp.set_nodelay(true)?;
    SockRef::from(&tcp).set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
    Ok(tcp)
}

/// Returns how long the hub took to answer.
async fn greet(target: &Target, reader: &mut Reader, writer: &mut Writer) -> Result<Duration, LinkError> {
    let mut connect = Connect::new(target.client_id.as_str());
    connect.keep_alive = KEEP_ALIVE.as_secs() as u16;
    connect.clean_session = true;
    let asked = Instant::now();
    writer.send(Packet::Connect(connect)).await.map_err(LinkError::Broken)?;
    match reader.next().await {
        Some(Ok(Packet::ConnAck(connack))) if connack.code == ConnectReturnCode::Success => {}
        Some(Ok(Packet::ConnAck(connack))) => return Err(LinkError::Refused { code: connack.code }),
        Some(Ok(_)) => return Err(LinkError::Unexpected),
        Some(Err(error)) => return Err(LinkError::Broken(error)),
        None => return Err(LinkError::Closed),
    }
    let round_trip = asked.elapsed();
    let mut subscribe = Subscribe::new(target.filter.as_str(), QoS::AtLeastOnce);
    subscribe.pkid = SUBSCRIBE_PACKET_ID;
    writer.send(Packet::Subscribe(subscribe)).await.map_err(LinkError::Broken)?;
    Ok(round_trip)
}

/// Writes what is handed over, urgent first, and a ping when there is nothing. Ends with a goodbye.
async fn write_all(
    mut writer: Writer,
    mut urgent: mpsc::Receiver<Packet>,
    mut routine: mpsc::Receiver<Packet>,
    errors: mpsc::Sender<Result<Incoming, LinkError>>,
) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    loop {
        tokio::select! {
            biased;
            count = urgent.recv_many(&mut batch, BATCH_MAX) => if count == 0 { return },
            // One at a time: what comes urgent while it is flushed is next.
            Some(packet) = routine.recv() => batch.push(packet),
            () = sleep(KEEP_ALIVE / 2) => batch.push(Packet::PingReq),
        }
        let last = batch.iter().any(|packet| matches!(packet, Packet::Disconnect));
        if let Err(error) = write_batch(&mut writer, &mut batch).await {
            // If nobody listens any more, the link is being dropped.
            let _ = errors.send(Err(LinkError::Broken(error))).await;
            return;
        }
        if last {
            return;
        }
    }
}

async fn write_batch(writer: &mut Writer, batch: &mut Vec<Packet>) -> Result<(), CodecError> {
    for packet in batch.drain(..) {
        writer.feed(packet).await?;
    }
    writer.flush().await
}

/// Hands on what comes, until the connection or its owner is gone.
async fn read_all(
    mut reader: Reader,
    filter: String,
    outgoing: mpsc::WeakSender<Packet>,
    sender: mpsc::Sender<Result<Incoming, LinkError>>,
) {
    loop {
        let received = match timeout(KEEP_ALIVE, reader.next()).await {
            Ok(Some(Ok(packet))) => sort(packet, &filter, &outgoing),
            Ok(Some(Err(error))) => Err(LinkError::Broken(error)),
            Ok(None) => Err(LinkError::Closed),
            Err(_) => Err(LinkError::Dead),
        };
        let (handed_on, over) = match received {
            Ok(None) => continue,
            Ok(Some(incoming)) => (sender.send(Ok(incoming)).await, false),
            Err(error) => (sender.send(Err(error)).await, true),
        };
        if over || handed_on.is_err() {
            return;
        }
    }
}

fn sort(
    packet: Packet,
    filter: &str,
    outgoing: &mpsc::WeakSender<Packet>,
) -> Result<Option<Incoming>, LinkError> {
    match packet {
        Packet::PubAck(puback) => Ok(Some(Incoming::Puback { packet_id: puback.pkid, at: Instant::now() })),
        Packet::Publish(publish) => {
            if publish.qos == QoS::AtLeastOnce
                && let Some(outgoing) = outgoing.upgrade()
            {
                outgoing.try_send(Packet::PubAck(PubAck::new(publish.pkid))).map_err(stuck)?;
            }
            Ok(Some(Incoming::Command { topic: publish.topic, payload: publish.payload }))
        }
        Packet::SubAck(suback) => match suback.return_codes.as_slice() {
            [SubscribeReasonCode::Success(_)] => Ok(None),
            _ => Err(LinkError::SubscriptionRefused { filter: filter.to_owned() }),
        },
        Packet::PingResp => Ok(None),
        _ => Err(LinkError::Unexpected),
    }
}
