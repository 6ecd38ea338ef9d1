//! One connection to the gate: MQTT 3.1.1 over mutual TLS, packet by packet, with nothing done behind the test's back.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, BytesMut};
use rumqttc::mqttbytes::v4::{Connect, ConnectReturnCode, Packet, PubAck, Subscribe};
use rumqttc::mqttbytes::{Error as CodecError, QoS};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wire::{EdgeId, Resume, Topic};

use super::command;

/// Larger than anything that the gate may send.
const PACKET_BYTES_MAX: usize = 1 << 20;
/// What a line waits for an answer that must come. Longer than a commit on the slowest disk, shorter than a test's patience.
const ANSWER_MAX: Duration = Duration::from_secs(20);
const KEEP_ALIVE_S: u16 = 60;

const PUBLISH_QOS_1: u8 = 0x32;
const PUBACK: u8 = 0x40;
const PUBACK_BYTES: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("the connection failed")]
    Io(#[from] io::Error),
    #[error("the hub hung up")]
    Closed,
    #[error("the hub refused CONNECT: {0:?}")]
    Refused(ConnectReturnCode),
    #[error("the hub sent nonsense: {0}")]
    Codec(CodecError),
    #[error("{wanted} was expected, and {packet:?} came")]
    Unexpected { wanted: &'static str, packet: Box<Packet> },
    #[error("PUBACK {expected} was expected, and {came} came: confirms are out of order")]
    Order { expected: u16, came: u16 },
    #[error("{wanted} did not come within {} s", ANSWER_MAX.as_secs())]
    Late { wanted: &'static str },
    #[error("what the hub says that it holds cannot be decoded: {0}")]
    Resume(String),
}

pub struct Line {
    stream: TlsStream<TcpStream>,
    input: BytesMut,
    output: BytesMut,
    next_id: u16,
    /// The id of the next PUBACK, as confirms keep the order.
    next_puback: u16,
}

impl Line {
    /// TCP and TLS. In TLS 1.3 a refused certificate shows at the first read.
    pub async fn open(address: SocketAddr, tls: Arc<ClientConfig>) -> Result<Line, LineError> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").expect("a name");
        let shaking = timeout(ANSWER_MAX, TlsConnector::from(tls).connect(name, socket));
        let stream = shaking.await.map_err(|_| LineError::Late { wanted: "a TLS handshake" })??;
        Ok(Line { stream, input: BytesMut::new(), output: BytesMut::new(), next_id: 1, next_puback: 1 })
    }

    /// CONNECT with this client id; anything but success is an error.
    pub async fn connect(&mut self, client_id: &str) -> Result<(), LineError> {
        let mut connect = Connect::new(client_id);
        connect.keep_alive = KEEP_ALIVE_S;
        self.send(&Packet::Connect(connect)).await?;
        match self.next("CONNACK").await? {
            Packet::ConnAck(connack) if connack.code == ConnectReturnCode::Success => Ok(()),
            Packet::ConnAck(connack) => Err(LineError::Refused(connack.code)),
            packet => Err(LineError::Unexpected { wanted: "CONNACK", packet: Box::new(packet) }),
        }
    }

    /// Subscribes to the edge's commands and waits for the hub's account of what it holds.
    pub async fn resume(&mut self, edge: &EdgeId) -> Result<Resume, LineError> {
        let mut subscribe = Subscribe::new(Topic::commands_filter(edge), QoS::AtLeastOnce);
        subscribe.pkid = 1;
        self.send(&Packet::Subscribe(subscribe)).await?;
        let topic = Topic::Resume(edge.clone()).to_string();
        loop {
            let packet = self.next("resume").await?;
            if let Packet::Publish(publish) = &packet {
                self.send(&Packet::PubAck(PubAck::new(publish.pkid))).await?;
            }
            if let Some((found, payload)) = command(&packet)
                && found == topic
            {
                return Resume::decode(payload).map_err(|error| LineError::Resume(error.to_string()));
            }
        }
    }

    /// Puts a QoS 1 publish into the buffer; `flush` sends it. Returns its packet id.
    pub fn queue_publish(&mut self, topic: &str, payload: &[u8]) -> u16 {
        let id = self.next_id;
        self.next_id = after(id);
        put_publish(&mut self.output, id, topic, payload);
        id
    }

    pub async fn flush(&mut self) -> Result<(), LineError> {
        self.stream.write_all_buf(&mut self.output).await?;
        self.stream.flush().await?;
        Ok(())
    }

    pub async fn send(&mut self, packet: &Packet) -> Result<(), LineError> {
        packet.write(&mut self.output, PACKET_BYTES_MAX).map_err(LineError::Codec)?;
        self.flush().await
    }

    /// Bytes that need not be a packet.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.output.extend_from_slice(bytes);
        self.flush().await
    }

    /// Publishes and waits for the confirm.
    pub async fn publish(&mut self, topic: &str, payload: &[u8]) -> Result<(), LineError> {
        self.queue_publish(topic, payload);
        self.flush().await?;
        self.puback().await
    }

    /// The next PUBACK, which must be the next in order. Commands that come between are passed over.
    pub async fn puback(&mut self) -> Result<(), LineError> {
        loop {
            match self.next("PUBACK").await? {
                Packet::PubAck(puback) => return self.in_order(puback.pkid),
                Packet::Publish(publish) => self.send(&Packet::PubAck(PubAck::new(publish.pkid))).await?,
                packet => return Err(LineError::Unexpected { wanted: "PUBACK", packet: Box::new(packet) }),
            }
        }
    }

    /// Takes the PUBACKs that are here already, or waits for the first: for load, where they come in hundreds.
    pub async fn pubacks(&mut self) -> Result<usize, LineError> {
        let mut taken = 0;
        loop {
            while self.input.len() >= PUBACK_BYTES && self.input[0] == PUBACK {
                let id = u16::from_be_bytes([self.input[2], self.input[3]]);
                self.input.advance(PUBACK_BYTES);
                self.in_order(id)?;
                taken += 1;
            }
            if taken > 0 {
                return Ok(taken);
            }
            if self.input.first().is_some_and(|first| *first != PUBACK) {
                self.puback().await?;
                return Ok(1);
            }
            self.read("PUBACK").await?;
        }
    }

    fn in_order(&mut self, came: u16) -> Result<(), LineError> {
        let expected = self.next_puback;
        self.next_puback = after(expected);
        if came == expected { Ok(()) } else { Err(LineError::Order { expected, came }) }
    }

    /// The next packet, whatever it is.
    pub async fn next(&mut self, wanted: &'static str) -> Result<Packet, LineError> {
        loop {
            match Packet::read(&mut self.input, PACKET_BYTES_MAX) {
                Ok(packet) => return Ok(packet),
                Err(CodecError::InsufficientBytes(_)) => self.read(wanted).await?,
                Err(error) => return Err(LineError::Codec(error)),
            }
        }
    }

    /// Everything that comes until the hub hangs up, politely or not.
    pub async fn until_closed(&mut self) -> Result<Vec<Packet>, LineError> {
        let mut packets = Vec::new();
        loop {
            match self.next("the end of the connection").await {
                Ok(packet) => packets.push(packet),
                Err(LineError::Closed | LineError::Io(_)) => return Ok(packets),
                Err(error) => return Err(error),
            }
        }
    }

    async fn read(&mut self, wanted: &'static str) -> Result<(), LineError> {
        self.input.reserve(16 * 1024);
        let reading = timeout(ANSWER_MAX, self.stream.read_buf(&mut self.input));
        match reading.await.map_err(|_| LineError::Late { wanted })?? {
            0 => Err(LineError::Closed),
            _ => Ok(()),
        }
    }
}

/// By hand, because a codec of packets would copy topic and payload once more each.
pub fn put_publish(out: &mut BytesMut, id: u16, topic: &str, payload: &[u8]) {
    let mut remaining = 2 + topic.len() + 2 + payload.len();
    out.put_u8(PUBLISH_QOS_1);
    loop {
        let more = remaining >= 0x80;
        out.put_u8((remaining & 0x7f) as u8 | if more { 0x80 } else { 0 });
        remaining >>= 7;
        if !more {
            break;
        }
    }
    out.put_u16(topic.len() as u16);
    out.put_slice(topic.as_bytes());
    out.put_u16(id);
    out.put_slice(payload);
}

/// Packet ids run from 1 and come round.
fn after(id: u16) -> u16 {
    id.checked_add(1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publish_by_hand_is_what_the_codec_reads() {
        for bytes in [0, 100, 200, 20_000] {
            let mut out = BytesMut::new();
            put_publish(&mut out, 7, "sr/v1/a/urgent", &vec![5; bytes]);
            let Ok(Packet::Publish(publish)) = Packet::read(&mut out, PACKET_BYTES_MAX) else {
                panic!("no publish")
            };
            assert_eq!(
                (publish.pkid, publish.topic.as_str(), publish.payload.len()),
                (7, "sr/v1/a/urgent", bytes)
            );
            assert!(out.is_empty() && publish.qos == QoS::AtLeastOnce && !publish.retain && !publish.dup);
        }
    }
}
