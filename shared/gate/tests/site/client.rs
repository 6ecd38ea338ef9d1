//! A client that says exactly what a test tells it to, over real TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rumqttc::mqttbytes::v4::{Connect, ConnectReturnCode, Packet, Publish, Subscribe};
use rumqttc::mqttbytes::{Error, QoS};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// No condition of a test takes longer, however loaded the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    pub(crate) stream: TlsStream<TcpStream>,
    buffer: BytesMut,
}

impl Client {
    /// TLS only. In TLS 1.3 a refused certificate shows at the first read.
    pub(crate) async fn handshake(address: SocketAddr, config: Arc<ClientConfig>) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        let stream = timeout(PATIENCE, TlsConnector::from(config).connect(name, socket)).await.unwrap()?;
        Ok(Self { stream, buffer: BytesMut::new() })
    }

    pub(crate) async fn send(&mut self, packet: &Packet) {
        let mut out = BytesMut::new();
        packet.write(&mut out, 1 << 28).unwrap();
        self.send_bytes(&out).await;
    }

    /// The server may have hung up already, which the test sees at its next read.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let sending = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let _ = timeout(PATIENCE, sending).await.expect("the server takes what a client sends");
    }

    /// The next packet, or `None` when the server has hung up, politely or not.
    pub(crate) async fn next(&mut self) -> Option<Packet> {
        timeout(PATIENCE, self.read()).await.expect("an answer or an end comes in time")
    }

    async fn read(&mut self) -> Option<Packet> {
        loop {
            match Packet::read(&mut self.buffer, 1 << 20) {
                Ok(packet) => return Some(packet),
                Err(Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("the gate sent nonsense: {error}"),
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn connect(&mut self, client_id: &str) -> Option<ConnectReturnCode> {
        self.send(&Packet::Connect(Connect::new(client_id))).await;
        match self.next().await? {
            Packet::ConnAck(connack) => Some(connack.code),
            other => panic!("expected CONNACK, got {other:?}"),
        }
    }

    pub(crate) async fn publish(&mut self, packet_id: u16, topic: &str, payload: &[u8]) {
        self.send(&publish(packet_id, QoS::AtLeastOnce, topic, payload)).await;
    }

    pub(crate) async fn puback(&mut self) -> u16 {
        match self.next().await {
            Some(Packet::PubAck(puback)) => puback.pkid,
            other => panic!("expected PUBACK, got {other:?}"),
        }
    }

    pub(crate) async fn subscribe(&mut self, filter: &str) -> Packet {
        let mut subscribe = Subscribe::new(filter, QoS::AtLeastOnce);
        subscribe.pkid = 1;
        self.send(&Packet::Subscribe(subscribe)).await;
        self.next().await.expect("a subscription is answered")
    }

    /// Everything until the server hangs up.
    pub(crate) async fn hung_up(&mut self) -> Vec<Packet> {
        let mut packets = Vec::new();
        while let Some(packet) = self.next().await {
            packets.push(packet);
        }
        packets
    }
}

pub(crate) fn publish(packet_id: u16, qos: QoS, topic: &str, payload: &[u8]) -> Packet {
    let mut publish = Publish::from_bytes(topic, qos, Bytes::copy_from_slice(payload));
    publish.pkid = packet_id;
    Packet::Publish(publish)
}

/// Whether the server still takes bytes.
pub(crate) async fn takes(client: &mut Client, bytes: &[u8]) -> bool {
    client.stream.write_all(bytes).await.is_ok()
}
