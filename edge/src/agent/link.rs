//! The MQTT connection to the edge: QoS 1 publishes and their PUBACKs, nothing else. Of rumqttc the codec is used.
//!
//! Not the uplink's link: that one is made for two lanes, commands and a certificate of an edge. This one logs in with a
//! token too, subscribes to nothing, and lets a caller drive it who has nothing else to do.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use rumqttc::mqttbytes::v4::{Codec, Connect, ConnectReturnCode, Login, Packet, Publish};
use rumqttc::mqttbytes::{Error as CodecError, QoS};
use runtime::tls::{ClientFiles, TlsError, mutual_client, roots_client};
use rustls::ClientConfig;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::codec::Framed;

use super::config::{Credentials, EdgeConfig};
use crate::field::report::REPORT_BYTES_MAX;

/// From the first SYN to the CONNACK.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// A report with its topic.
const PACKET_BYTES_MAX: usize = REPORT_BYTES_MAX + (1 << 10);
/// A generated token has 32 bytes or so; a file that is longer is another file.
const TOKEN_BYTES_MAX: usize = 256;

#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("the TLS files cannot be used")]
    Tls(#[source] TlsError),
    #[error("the token {} cannot be read", path.display())]
    Token { path: PathBuf, source: io::Error },
    #[error("`{name}` is not a name that a certificate can carry")]
    ServerName { name: String, source: InvalidDnsNameError },
    #[error("no connection to {address}")]
    Connect { address: String, source: io::Error },
    #[error("the TLS handshake failed")]
    Handshake(#[source] io::Error),
    #[error("no answer within {} s", CONNECT_WAIT.as_secs())]
    Silent,
    #[error(
        "the edge does not let this agent in ({code:?}): does it know the device by this id, and by this certificate or token?"
    )]
    Refused { code: ConnectReturnCode },
    #[error("the edge sent a packet that does not belong here")]
    Unexpected,
    #[error("the connection broke or carried what is no MQTT")]
    Broken(#[source] CodecError),
    #[error("the edge closed the connection; its log says why")]
    Closed,
    #[error("nothing came from the edge within {} s", KEEP_ALIVE.as_secs())]
    Dead,
}

/// A connection that stands. Dropping it ends it.
pub(super) struct Link {
    packets: Framed<TlsStream<TcpStream>, Codec>,
    /// When the edge was last heard, and when it was last spoken to.
    heard: Instant,
    spoken: Instant,
}

impl Link {
    /// The files are read anew each time.
    pub(super) async fn connect(edge: &EdgeConfig, device: &str) -> Result<Self, LinkError> {
        timeout(CONNECT_WAIT, open(edge, device)).await.unwrap_or(Err(LinkError::Silent))
    }

    pub(super) async fn publish(
        &mut self,
        topic: &str,
        packet_id: u16,
        payload: Bytes,
    ) -> Result<(), LinkError> {
        let mut publish = Publish::from_bytes(topic, QoS::AtLeastOnce, payload);
        publish.pkid = packet_id;
        self.send(Packet::Publish(publish)).await
    }

    /// The next PUBACK. Safe to drop half-way.
    pub(super) async fn puback(&mut self) -> Result<u16, LinkError> {
        loop {
            let ping_at = self.spoken + KEEP_ALIVE / 2;
            let dead_at = self.heard + KEEP_ALIVE;
            tokio::select! {
                packet = self.packets.next() => {
                    self.heard = Instant::now();
                    match packet {
                        Some(Ok(Packet::PubAck(puback))) => return Ok(puback.pkid),
                        Some(Ok(Packet::PingResp)) => {}
                        Some(Ok(_)) => return Err(LinkError::Unexpected),
                        Some(Err(error)) => return Err(LinkError::Broken(error)),
                        None => return Err(LinkError::Closed),
                    }
                }
                () = sleep_until(ping_at) => self.send(Packet::PingReq).await?,
                () = sleep_until(dead_at) => return Err(LinkError::Dead),
            }
        }
    }

    /// Says goodbye, if there is time for it.
    pub(super) async fn close(mut self) {
        let _ = timeout(Duration::from_millis(500), self.send(Packet::Disconnect)).await;
    }

    async fn send(&mut self, packet: Packet) -> Result<(), LinkError> {
        self.spoken = Instant::now();
        // An edge that takes nothing for so long is dead, whatever its kernel says.
        let sent = timeout(KEEP_ALIVE, self.packets.send(packet)).await;
        sent.map_err(|_| LinkError::Dead)?.map_err(LinkError::Broken)
    }
}

async fn open(edge: &EdgeConfig, device: &str) -> Result<Link, LinkError> {
    let (tls, login) = credentials(edge, device)?;
    let name = ServerName::try_from(edge.server_name.clone())
        .map_err(|source| LinkError::ServerName { name: edge.server_name.clone(), source })?;
    let failed = |source| LinkError::Connect { address: edge.address.to_string(), source };
    let tcp = TcpStream::connect((edge.address.host.as_str(), edge.address.port)).await.map_err(failed)?;
    tcp.set_nodelay(true).map_err(failed)?;
    let stream = TlsConnector::from(tls).connect(name, tcp).await.map_err(LinkError::Handshake)?;
    let codec = Codec { max_incoming_size: PACKET_BYTES_MAX, max_outgoing_size: PACKET_BYTES_MAX };
    let now = Instant::now();
    let mut link = Link { packets: Framed::new(stream, codec), heard: now, spoken: now };

    let mut connect = Connect::new(device);
    connect.keep_alive = KEEP_ALIVE.as_secs() as u16;
    connect.clean_session = true;
    connect.login = login;
    link.send(Packet::Connect(connect)).await?;
    match link.packets.next().await {
        Some(Ok(Packet::ConnAck(connack))) if connack.code == ConnectReturnCode::Success => Ok(link),
        Some(Ok(Packet::ConnAck(connack))) => Err(LinkError::Refused { code: connack.code }),
        Some(Ok(_)) => Err(LinkError::Unexpected),
        Some(Err(error)) => Err(LinkError::Broken(error)),
        None => Err(LinkError::Closed),
    }
}

fn credentials(edge: &EdgeConfig, device: &str) -> Result<(Arc<ClientConfig>, Option<Login>), LinkError> {
    match &edge.credentials {
        Credentials::Certificate { certificate, key } => {
            let (ca, certificate, key) = (edge.ca.clone(), certificate.clone(), key.clone());
            let tls = mutual_client(&ClientFiles { ca, certificate, key }).map_err(LinkError::Tls)?;
            Ok((tls, None))
        }
        Credentials::Token(path) => {
            let token = token(path).map_err(|source| LinkError::Token { path: path.clone(), source })?;
            let tls = roots_client(&edge.ca).map_err(LinkError::Tls)?;
            Ok((tls, Some(Login::new(device, token))))
        }
    }
}

fn token(path: &Path) -> io::Result<String> {
    let text = std::fs::read_to_string(path)?;
    let token = text.trim();
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX || token.contains(char::is_control) {
        let message = format!("it does not hold one token of 1 to {TOKEN_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(token.to_owned())
}
