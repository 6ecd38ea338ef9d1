//! The first packet: it must be a CONNECT of MQTT 3.1.1, soon, and one that gate and policy allow.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use runtime::causes::in_full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::codec::{self, CodecError, Connect, ConnectAnswer, Inbound, Will};
use crate::gate::Shared;
use crate::handshake::Stream;
use crate::identity::{Caller, Peer};
use crate::pace::Pace;
use crate::policy::{Admitted, ConnectRequest, Login, PublishRequest, Refusal};

/// Room for a long client id, a will and a login, and for nothing else.
const CONNECT_BYTES_MAX: usize = 4 * 1024;

/// How long a refused client may take to read why.
const FAREWELL_MAX: Duration = Duration::from_secs(1);

pub(super) struct Accepted {
    pub(super) peer: Arc<Peer>,
    pub(super) keep_alive: Duration,
    pub(super) pace: Option<Arc<Pace>>,
    pub(super) will: Option<Will>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectRefused {
    #[error("no CONNECT came in time")]
    Late,
    #[error("the connection ended before CONNECT")]
    Lost(#[source] io::Error),
    #[error("cannot decode the first packet")]
    Codec(#[source] CodecError),
    #[error("the first packet is not CONNECT")]
    NotConnect,
    #[error("the client does not speak MQTT 3.1.1")]
    Protocol,
    #[error("{}", .0.detail)]
    Policy(Refusal),
}

impl ConnectRefused {
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Late => "connect_timeout",
            Self::Lost(_) => "connect_lost",
            Self::Codec(CodecError::TooLarge { .. }) => "packet_too_large",
            Self::Codec(CodecError::Malformed(_)) => "packet_malformed",
            Self::NotConnect => "connect_missing",
            Self::Protocol => "protocol_version",
            Self::Policy(refusal) => refusal.reason,
        }
    }

    pub(super) fn detail(&self) -> impl std::fmt::Display + '_ {
        in_full(self)
    }

    /// A client that did not even say CONNECT gets no answer (MQTT 3.1.1, 3.1.4).
    fn answer(&self) -> Option<ConnectAnswer> {
        match self {
            Self::Protocol => Some(ConnectAnswer::WrongProtocol),
            Self::Policy(_) => Some(ConnectAnswer::NotAuthorised),
            Self::Late | Self::Lost(_) | Self::Codec(_) | Self::NotConnect => None,
        }
    }
}

/// Leaves in `buffer` what the client sent behind its CONNECT.
pub(super) async fn expect(
    shared: &Shared,
    stream: &mut Stream,
    buffer: &mut BytesMut,
    caller: &Caller,
) -> Result<Accepted, ConnectRefused> {
    let reading = timeout(shared.limits.connect_timeout, first_packet(stream, buffer));
    match reading.await.map_err(|_| ConnectRefused::Late)?? {
        Inbound::Connect(connect) => judge(shared, caller, connect),
        _ => Err(ConnectRefused::NotConnect),
    }
}

async fn first_packet(stream: &mut Stream, buffer: &mut BytesMut) -> Result<Inbound, ConnectRefused> {
    loop {
        if let Some(packet) = codec::next(buffer, CONNECT_BYTES_MAX).map_err(ConnectRefused::Codec)? {
            return Ok(packet);
        }
        buffer.reserve(1024);
        if stream.read_buf(buffer).await.map_err(ConnectRefused::Lost)? == 0 {
            return Err(ConnectRefused::Lost(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

fn judge(shared: &Shared, caller: &Caller, connect: Connect) -> Result<Accepted, ConnectRefused> {
    if !connect.supported {
        return Err(ConnectRefused::Protocol);
    }
    let keep_alive = Duration::from_secs(connect.keep_alive_s.into());
    let max = shared.limits.keep_alive_max;
    if keep_alive.is_zero() || keep_alive > max {
        // A client that need not be heard could be dead for days.
        let detail =
            format!("a keep-alive of {} s is not within 1..={} s", keep_alive.as_secs(), max.as_secs());
        return Err(ConnectRefused::Policy(Refusal::new("keep_alive_out_of_range", detail)));
    }
    let packet_bytes_max = shared.limits.packet_bytes_max;
    let will = connect.will.as_ref().map(|will| will_request(will, packet_bytes_max));
    let will = will.transpose().map_err(ConnectRefused::Policy)?;
    let login = connect.login.as_ref().map(|own| Login { user: &own.user, password: &own.password });
    let request = ConnectRequest {
        client_id: &connect.client_id,
        keep_alive,
        will,
        login,
        clean_session: connect.clean_session,
    };
    let Admitted { identity, pace } =
        shared.policy.connect(caller, &request).map_err(ConnectRefused::Policy)?;
    let peer = Peer { identity, address: caller.address, certificate: caller.certificate.clone() };
    if let Some(will) = &will {
        shared.policy.publish(&peer, will).map_err(ConnectRefused::Policy)?;
    }
    Ok(Accepted { peer: Arc::new(peer), keep_alive, pace, will: connect.will })
}

/// A will is judged when it is made known: when it is due, nobody is left to be told.
fn will_request(will: &Will, packet_bytes_max: usize) -> Result<PublishRequest<'_>, Refusal> {
    if !codec::topic_is_valid(&will.topic) {
        let detail = format!("the topic {:?} of the will is not valid", will.topic);
        return Err(Refusal::new("will_topic_invalid", detail));
    }
    let Some(qos) = will.qos else {
        return Err(Refusal::new("will_qos_2", "QoS 2 is not offered to wills"));
    };
    let payload_bytes = will.payload.len();
    if will.topic.len() + payload_bytes > packet_bytes_max {
        let detail = format!("a will of {payload_bytes} bytes, at most {packet_bytes_max} are allowed");
        return Err(Refusal::new("will_too_large", detail));
    }
    Ok(PublishRequest { topic: &will.topic, qos, retain: will.retain, payload_bytes })
}

/// Tells the client why, if it is owed an answer, and hangs up. A client that does not listen is left.
pub(super) async fn turn_away(stream: &mut Stream, refused: &ConnectRefused) {
    let farewell = async {
        if let Some(answer) = refused.answer() {
            let mut out = BytesMut::new();
            codec::put_connack(&mut out, answer);
            stream.write_all(&out).await?;
        }
        stream.shutdown().await?;
        // Hanging up on unread bytes would make the kernel send a reset, which overtakes the answer.
        let mut rest = [0; 256];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(FAREWELL_MAX, farewell).await;
}
