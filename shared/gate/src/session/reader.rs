//! The reading half of a session: packets in, judged by policy and limits, arrivals out.
//!
//! Packets are taken in batches, as many as one read brought. When too much is in flight the reader hands
//! over what it has and waits; meanwhile the socket is not read, and TCP holds the client back.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, ReadHalf};
use tokio::time::{Sleep, sleep, timeout};
use tracing::warn;

use super::chunk::Chunk;
use super::connect::Accepted;
use super::end::End;
use super::line::Line;
use crate::arrival::{Arrival, Delivery, Origin};
use crate::codec::{self, Expects, Inbound, Publish};
use crate::confirm::Owed;
use crate::gate::Shared;
use crate::handshake::Stream;
use crate::limits::MESSAGE_OVERHEAD_BYTES;
use crate::pace::Pace;
use crate::policy::{PublishRequest, Qos, Refusal};

/// Arrivals that are sent with one reservation. Larger ones would only take turns less often.
const BATCH_MAX: usize = 64;

/// How long a closing session still takes bytes, so that the kernel does not answer them with a reset
/// that overtakes our last words.
const LINGER_MAX: Duration = Duration::from_millis(500);

pub(crate) struct Reader {
    shared: Arc<Shared>,
    line: Arc<Line>,
    half: ReadHalf<Stream>,
    pace: Option<Arc<Pace>>,
    /// Whether it was logged that this client is too fast.
    hasty: bool,
    buffer: BytesMut,
    chunk: Chunk,
    batch: Vec<Arrival>,
    received: Instant,
    /// Since when the client owes us a packet.
    heard: Instant,
    silence_max: Duration,
    silence: Pin<Box<Sleep>>,
}

impl Reader {
    pub(crate) fn new(
        shared: Arc<Shared>,
        line: Arc<Line>,
        half: ReadHalf<Stream>,
        buffer: BytesMut,
        Accepted { keep_alive, pace, .. }: &Accepted,
    ) -> Self {
        let now = Instant::now();
        // MQTT 3.1.1, 3.1.2.10: one and a half times the keep-alive.
        let silence_max = *keep_alive + *keep_alive / 2;
        let silence = Box::pin(sleep(silence_max));
        let (chunk, batch) = (Chunk::default(), Vec::new());
        let (pace, hasty) = (pace.clone(), false);
        Self {
            shared,
            line,
            half,
            pace,
            hasty,
            buffer,
            chunk,
            batch,
            received: now,
            heard: now,
            silence_max,
            silence,
        }
    }

    pub(crate) async fn run(&mut self) -> End {
        match self.read_on().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn read_on(&mut self) -> Result<Infallible, End> {
        loop {
            let taken = self.take_packets().await;
            // What was received in order before a fault is handed over all the same.
            self.hand_over().await?;
            if taken? > 0 {
                // Time that passed while we held the client back is not its silence.
                self.heard = Instant::now();
            }
            self.fill().await?;
        }
    }

    /// Takes every whole packet in the buffer; returns how many.
    async fn take_packets(&mut self) -> Result<usize, End> {
        let mut packets = 0;
        while let Some(packet) =
            codec::next(&mut self.buffer, self.shared.limits.packet_bytes_max).map_err(End::Codec)?
        {
            packets += 1;
            self.take(packet).await?;
        }
        Ok(packets)
    }

    async fn take(&mut self, packet: Inbound) -> Result<(), End> {
        match packet {
            Inbound::Publish(publish) => self.publish(publish).await?,
            Inbound::Ping => self.line.answer(codec::put_pingresp),
            Inbound::PubAck(packet_id) => {
                if !self.line.command_confirmed(packet_id) {
                    self.shared.metrics.unexpected_pubacks.increment(1);
                }
            }
            Inbound::Subscribe { packet_id, filters } => self.subscribe(packet_id, filters),
            Inbound::Unsubscribe { packet_id, filters } => {
                filters.iter().for_each(|filter| self.shared.switchboard.unsubscribe(self.line.id, filter));
                self.line.answer(|out| codec::put_unsuback(out, packet_id));
            }
            Inbound::Disconnect => return Err(End::Disconnected),
            Inbound::Connect(_) => return Err(End::Foreign { packet: "a second CONNECT" }),
            Inbound::Foreign(packet) => return Err(End::Foreign { packet }),
        }
        Ok(())
    }

    async fn publish(&mut self, publish: Publish) -> Result<(), End> {
        let owed = self.judge(&publish).map_err(End::Refused)?;
        self.keep_pace().await?;
        let bytes = publish.topic.len() + publish.payload.len() + MESSAGE_OVERHEAD_BYTES;
        let confirm = match self.line.admit(owed, bytes) {
            Some(confirm) => confirm,
            None => {
                self.shared.metrics.paused.increment(1);
                // What waits in the batch would otherwise wait for itself.
                self.hand_over().await?;
                self.line.admit_when_possible(owed, bytes).await
            }
        };
        self.batch.push(Arrival::Published(Delivery {
            session: self.line.id,
            peer: Arc::clone(&self.line.peer),
            topic: publish.topic,
            payload: publish.payload,
            received: self.received,
            origin: Origin::Sent,
            confirm,
        }));
        if self.batch.len() >= BATCH_MAX {
            self.hand_over().await?;
        }
        Ok(())
    }

    /// A client that is too fast waits here, and nobody else: its socket is not read meanwhile.
    async fn keep_pace(&mut self) -> Result<(), End> {
        let wait = self.pace.as_ref().map_or(Duration::ZERO, |pace| pace.take(Instant::now()));
        if wait.is_zero() {
            return Ok(());
        }
        self.shared.metrics.throttled.increment(1);
        if !std::mem::replace(&mut self.hasty, true) {
            warn!(peer = %self.line.peer, "this client publishes faster than it may; it is read at its pace from here on");
        }
        self.hand_over().await?;
        sleep(wait).await;
        Ok(())
    }

    fn judge(&self, publish: &Publish) -> Result<Owed, Refusal> {
        let (qos, owed) = match publish.expects {
            Expects::Nothing => (Qos::AtMostOnce, Owed::Nothing),
            Expects::Puback(packet_id) => (Qos::AtLeastOnce, Owed::Puback(packet_id)),
            Expects::Pubrec => return Err(Refusal::new("qos_2", "QoS 2 is not offered")),
        };
        if !codec::topic_is_valid(&publish.topic) {
            return Err(Refusal::new("topic_invalid", format!("the topic {:?} is not valid", publish.topic)));
        }
        let (topic, retain) = (publish.topic.as_str(), publish.retain);
        let request = PublishRequest { topic, qos, retain, payload_bytes: publish.payload.len() };
        self.shared.policy.publish(&self.line.peer, &request)?;
        Ok(owed)
    }

    fn subscribe(&mut self, packet_id: u16, filters: Vec<(String, Qos)>) {
        let mut answers = Vec::with_capacity(filters.len());
        let mut subscribed = Vec::new();
        for (filter, qos) in filters {
            match self.try_subscribe(&filter, qos) {
                Ok(()) => {
                    answers.push(Some(qos));
                    subscribed.push(filter);
                }
                Err(refusal) => {
                    answers.push(None);
                    self.shared.refused.note(refusal.reason, &self.line.peer, &refusal.detail);
                }
            }
        }
        self.line.answer(|out| codec::put_suback(out, packet_id, &answers));
        let (session, peer) = (self.line.id, &self.line.peer);
        self.batch.extend(subscribed.into_iter().map(|filter| Arrival::Subscribed {
            session,
            peer: Arc::clone(peer),
            filter,
        }));
    }

    fn try_subscribe(&self, filter: &str, qos: Qos) -> Result<(), Refusal> {
        if !codec::filter_is_valid(filter) {
            return Err(Refusal::new("filter_invalid", format!("the filter {filter:?} is not offered")));
        }
        self.shared.policy.subscribe(&self.line.peer, filter)?;
        self.shared.switchboard.subscribe(&self.line, filter, qos, self.shared.limits.subscriptions_max)
    }

    /// Sends the batch, waiting for the consumer as long as it takes.
    async fn hand_over(&mut self) -> Result<(), End> {
        while !self.batch.is_empty() {
            let count = self.batch.len().min(self.shared.arrivals.max_capacity());
            let permits = self.shared.arrivals.reserve_many(count).await.map_err(|_| End::ConsumerGone)?;
            let (mut messages, mut bytes) = (0, 0);
            for (permit, arrival) in permits.zip(self.batch.drain(..count)) {
                if let Arrival::Published(delivery) = &arrival {
                    messages += 1;
                    bytes += delivery.payload.len() as u64;
                }
                permit.send(arrival);
            }
            self.shared.metrics.published.increment(messages);
            self.shared.metrics.published_bytes.increment(bytes);
        }
        Ok(())
    }

    /// Waits for more bytes, as long as the client's promise to be heard lasts.
    async fn fill(&mut self) -> Result<(), End> {
        self.chunk.make_room(&mut self.buffer);
        loop {
            let read = tokio::select! {
                biased;
                read = self.half.read_buf(&mut self.buffer) => read,
                () = &mut self.silence => {
                    let until = self.heard + self.silence_max;
                    if Instant::now() >= until {
                        return Err(End::Silent);
                    }
                    self.silence.as_mut().reset(until.into());
                    continue;
                }
            };
            self.received = Instant::now();
            return match read.map_err(lost)? {
                0 => Err(End::Closed),
                bytes => {
                    self.chunk.learn(bytes);
                    Ok(())
                }
            };
        }
    }

    /// Takes and forgets what the client still sends, until it hangs up or its time is over.
    pub(crate) async fn linger(&mut self) {
        let forgetting = async {
            loop {
                self.buffer.clear();
                self.chunk.make_room(&mut self.buffer);
                if !matches!(self.half.read_buf(&mut self.buffer).await, Ok(1..)) {
                    return;
                }
            }
        };
        let _ = timeout(LINGER_MAX, forgetting).await;
    }
}

/// A client that closes without TLS's goodbye has closed all the same.
fn lost(error: io::Error) -> End {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => End::Closed,
        _ => End::Read(error),
    }
}
