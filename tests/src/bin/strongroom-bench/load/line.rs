//! The connection of one simulated edge: mutual TLS, the MQTT handshake, and publishes that are gathered and written
//! together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::BytesMut;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wire::{EdgeId, Resume, Topic};

use super::edge::Message;
use super::frame::{self, Inbound};

const KEEP_ALIVE_S: u16 = 30;
/// A thousand handshakes share two cores.
const HANDSHAKE_MAX: Duration = Duration::from_secs(30);
/// Room for a TLS record's worth of PUBACKs.
const INBOX_BYTES: usize = 4 << 10;

/// Who answers at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Tells each edge on connect how far it holds it.
    Hub,
    /// Only confirms.
    Broker,
}

/// Where to connect to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) peer: Peer,
}

pub(crate) struct Line {
    stream: TlsStream<TcpStream>,
    inbox: BytesMut,
    outbox: Vec<u8>,
    packet_id: u16,
}

impl Line {
    pub(crate) async fn connect(door: Door, id: &EdgeId, tls: Arc<ClientConfig>) -> anyhow::Result<Self> {
        timeout(HANDSHAKE_MAX, Self::handshake(door, id, tls))
            .await
            .with_context(|| format!("{id} was not connected in {} s", HANDSHAKE_MAX.as_secs()))?
            .with_context(|| format!("{id} could not connect to {}", door.address))
    }

    async fn handshake(door: Door, id: &EdgeId, tls: Arc<ClientConfig>) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(door.address).await?;
        socket.set_nodelay(true)?;
        let stream = TlsConnector::from(tls).connect(ServerName::try_from("localhost")?, socket).await?;
        let mut line = Self { stream, inbox: BytesMut::new(), outbox: Vec::new(), packet_id: 0 };
        frame::put_connect(&mut line.outbox, id.as_str(), KEEP_ALIVE_S);
        line.flush().await?;
        match line.read().await? {
            Inbound::ConnAck { code: 0 } => {}
            other => bail!("expected an accepting CONNACK, got {other:?}"),
        }
        frame::put_subscribe(&mut line.outbox, 1, &Topic::commands_filter(id));
        line.flush().await?;
        match line.read().await? {
            Inbound::SubAck { code: 1 } => {}
            other => bail!("expected an accepting SUBACK, got {other:?}"),
        }
        if door.peer == Peer::Hub {
            line.resume().await?;
        }
        Ok(line)
    }

    /// The bench's edges are new: the hub must not know them.
    async fn resume(&mut self) -> anyhow::Result<()> {
        match self.read().await? {
            Inbound::Publish { packet_id, payload } => {
                let resume = Resume::decode(&payload).context("the resume cannot be decoded")?;
                if resume.epoch.is_some() {
                    bail!("the hub knows this edge already");
                }
                frame::put_puback(&mut self.outbox, packet_id);
                self.flush().await
            }
            other => bail!("expected the resume, got {other:?}"),
        }
    }

    /// Gathers; [`Line::flush`] sends.
    pub(crate) fn put(&mut self, message: &Message<'_>) {
        self.packet_id = self.packet_id.checked_add(1).unwrap_or(1);
        frame::put_publish(&mut self.outbox, self.packet_id, message.topic, &message.payload);
    }

    pub(crate) async fn flush(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&self.outbox).await?;
        self.stream.flush().await?;
        self.outbox.clear();
        Ok(())
    }

    /// Cancel-safe.
    pub(crate) async fn read(&mut self) -> anyhow::Result<Inbound> {
        loop {
            if let Some(inbound) = frame::next(&mut self.inbox) {
                return Ok(inbound);
            }
            if self.inbox.is_empty() {
                self.inbox.clear();
            }
            self.inbox.reserve(INBOX_BYTES);
            if self.stream.read_buf(&mut self.inbox).await? == 0 {
                bail!("the other side hung up");
            }
        }
    }

    pub(crate) async fn disconnect(mut self) {
        self.outbox.extend_from_slice(&frame::DISCONNECT);
        // The measurement is over; how the other side takes the farewell does not matter.
        let _ = self.flush().await;
        let _ = self.stream.shutdown().await;
    }
}
