//! MQTT 3.1.1 bytes. The only file that knows rumqttc's codec; everything else sees the types below.
//! The codec is trusted to parse, not to judge: what it lets through is checked again where it matters.

use std::num::NonZeroU16;

use bytes::{BufMut, Bytes, BytesMut};
use rumqttc::mqttbytes::v4::{
    ConnAck, ConnectReturnCode, LastWill, Packet, SubAck, SubscribeReasonCode, UnsubAck,
};
use rumqttc::mqttbytes::{self, Protocol, QoS};

use crate::policy::Qos;

/// The fixed header in front of the remaining length: its first byte and up to four bytes of length.
const FIXED_HEADER_BYTES_MAX: usize = 5;

pub(crate) enum Inbound {
    Connect(Connect),
    Publish(Publish),
    PubAck(u16),
    Subscribe {
        packet_id: u16,
        filters: Vec<(String, Qos)>,
    },
    Unsubscribe {
        packet_id: u16,
        filters: Vec<String>,
    },
    Ping,
    Disconnect,
    /// A packet that no client may send here; its name.
    Foreign(&'static str),
}

pub(crate) struct Connect {
    pub(crate) supported: bool,
    pub(crate) client_id: String,
    pub(crate) keep_alive_s: u16,
    pub(crate) will: Option<Will>,
    pub(crate) login: Option<Login>,
    pub(crate) clean_session: bool,
}

/// What is published in the client's name if it goes without a word.
pub(crate) struct Will {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) retain: bool,
    /// `None`: QoS 2.
    pub(crate) qos: Option<Qos>,
}

pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

pub(crate) struct Publish {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) retain: bool,
    pub(crate) expects: Expects,
}

/// What the client waits for: its quality of service, as seen from here.
#[derive(Clone, Copy)]
pub(crate) enum Expects {
    Nothing,
    Puback(NonZeroU16),
    Pubrec,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CodecError {
    #[error("a packet of {bytes} bytes is announced, {bytes_max} are allowed")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("malformed packet")]
    Malformed(#[source] mqttbytes::Error),
}

#[derive(Clone, Copy)]
pub(crate) enum ConnectAnswer {
    Accepted,
    WrongProtocol,
    NotAuthorised,
}

/// Takes the next whole packet off the front of `buffer`. `None`: more bytes are needed.
/// The size is judged as soon as the fixed header is there, before the rest is waited for.
pub(crate) fn next(buffer: &mut BytesMut, packet_bytes_max: usize) -> Result<Option<Inbound>, CodecError> {
    match Packet::read(buffer, packet_bytes_max) {
        Ok(packet) => Ok(Some(inbound(packet))),
        Err(mqttbytes::Error::InsufficientBytes(_)) => Ok(None),
        Err(mqttbytes::Error::PayloadSizeLimitExceeded(bytes)) => {
            Err(CodecError::TooLarge { bytes, bytes_max: packet_bytes_max })
        }
        Err(error) => Err(CodecError::Malformed(error)),
    }
}

fn inbound(packet: Packet) -> Inbound {
    match packet {
        Packet::Publish(publish) => Inbound::Publish(Publish {
            expects: expects(publish.qos, publish.pkid),
            topic: publish.topic,
            payload: publish.payload,
            retain: publish.retain,
        }),
        Packet::PingReq => Inbound::Ping,
        Packet::PubAck(puback) => Inbound::PubAck(puback.pkid),
        Packet::Connect(connect) => Inbound::Connect(Connect {
            supported: connect.protocol == Protocol::V4,
            client_id: connect.client_id,
            keep_alive_s: connect.keep_alive,
            will: connect.last_will.map(will),
            login: connect.login.map(|login| Login { user: login.username, password: login.password }),
            clean_session: connect.clean_session,
        }),
        Packet::Subscribe(subscribe) => Inbound::Subscribe {
            packet_id: subscribe.pkid,
            filters: subscribe.filters.into_iter().map(|filter| (filter.path, granted(filter.qos))).collect(),
        },
        Packet::Unsubscribe(unsubscribe) => {
            Inbound::Unsubscribe { packet_id: unsubscribe.pkid, filters: unsubscribe.topics }
        }
        Packet::Disconnect => Inbound::Disconnect,
        Packet::ConnAck(_) => Inbound::Foreign("CONNACK"),
        Packet::PubRec(_) => Inbound::Foreign("PUBREC"),
        Packet::PubRel(_) => Inbound::Foreign("PUBREL"),
        Packet::PubComp(_) => Inbound::Foreign("PUBCOMP"),
        Packet::SubAck(_) => Inbound::Foreign("SUBACK"),
        Packet::UnsubAck(_) => Inbound::Foreign("UNSUBACK"),
        Packet::PingResp => Inbound::Foreign("PINGRESP"),
    }
}

fn will(will: LastWill) -> Will {
    let qos = match will.qos {
        QoS::AtMostOnce => Some(Qos::AtMostOnce),
        QoS::AtLeastOnce => Some(Qos::AtLeastOnce),
        QoS::ExactlyOnce => None,
    };
    Will { topic: will.topic, payload: will.message, retain: will.retain, qos }
}

/// The codec refuses packet id zero with a QoS above zero, so a missing id means QoS 0.
fn expects(qos: QoS, packet_id: u16) -> Expects {
    match (qos, NonZeroU16::new(packet_id)) {
        (QoS::AtLeastOnce, Some(packet_id)) => Expects::Puback(packet_id),
        (QoS::ExactlyOnce, _) => Expects::Pubrec,
        _ => Expects::Nothing,
    }
}

fn granted(requested: QoS) -> Qos {
    match requested {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce | QoS::ExactlyOnce => Qos::AtLeastOnce,
    }
}

pub(crate) fn put_puback(out: &mut BytesMut, packet_id: NonZeroU16) {
    let [high, low] = packet_id.get().to_be_bytes();
    out.extend_from_slice(&[0x40, 2, high, low]);
}

pub(crate) fn put_pingresp(out: &mut BytesMut) {
    out.extend_from_slice(&[0xd0, 0]);
}

/// The session is never present: the gate keeps none, because the consumer's store is the only truth.
pub(crate) fn put_connack(out: &mut BytesMut, answer: ConnectAnswer) {
    let code = match answer {
        ConnectAnswer::Accepted => ConnectReturnCode::Success,
        ConnectAnswer::WrongProtocol => ConnectReturnCode::RefusedProtocolVersion,
        ConnectAnswer::NotAuthorised => ConnectReturnCode::NotAuthorized,
    };
    put(out, &Packet::ConnAck(ConnAck::new(code, false)));
}

/// One entry per filter: the granted quality of service, or a failure.
pub(crate) fn put_suback(out: &mut BytesMut, packet_id: u16, granted: &[Option<Qos>]) {
    let code = |granted: &Option<Qos>| match granted {
        Some(Qos::AtMostOnce) => SubscribeReasonCode::Success(QoS::AtMostOnce),
        Some(Qos::AtLeastOnce) => SubscribeReasonCode::Success(QoS::AtLeastOnce),
        None => SubscribeReasonCode::Failure,
    };
    put(out, &Packet::SubAck(SubAck::new(packet_id, granted.iter().map(code).collect())));
}

pub(crate) fn put_unsuback(out: &mut BytesMut, packet_id: u16) {
    put(out, &Packet::UnsubAck(UnsubAck::new(packet_id)));
}

/// A command on its way to a client: QoS 1 with a packet id, QoS 0 without.
pub(crate) fn put_command(out: &mut BytesMut, topic: &str, payload: &[u8], packet_id: Option<NonZeroU16>) {
    let remaining = 2 + topic.len() + packet_id.map_or(0, |_| 2) + payload.len();
    out.reserve(FIXED_HEADER_BYTES_MAX + remaining);
    out.put_u8(if packet_id.is_some() { 0x32 } else { 0x30 });
    put_remaining_length(out, remaining);
    out.put_u16(topic.len() as u16);
    out.put_slice(topic.as_bytes());
    if let Some(packet_id) = packet_id {
        out.put_u16(packet_id.get());
    }
    out.put_slice(payload);
}

fn put_remaining_length(out: &mut BytesMut, mut length: usize) {
    while length >= 0x80 {
        out.put_u8((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.put_u8(length as u8);
}

fn put(out: &mut BytesMut, packet: &Packet) {
    packet.write(out, usize::MAX).expect("an answer of the gate is always small enough to encode");
}

/// A topic of a PUBLISH: not empty, without wildcards and without NUL.
pub(crate) fn topic_is_valid(topic: &str) -> bool {
    !topic.is_empty() && !topic.contains('\0') && mqttbytes::valid_topic(topic)
}

/// A filter of a SUBSCRIBE. Names with `$` belong to the server, and shared subscriptions are not offered.
pub(crate) fn filter_is_valid(filter: &str) -> bool {
    !filter.starts_with('$') && !filter.contains('\0') && mqttbytes::valid_filter(filter)
}

/// `topic` must be ASCII at its front: the codec slices it after one byte.
pub(crate) fn matches(topic: &str, filter: &str) -> bool {
    debug_assert!(topic.is_char_boundary(1));
    mqttbytes::matches(topic, filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8], packet_bytes_max: usize) -> Result<Option<Inbound>, CodecError> {
        next(&mut BytesMut::from(bytes), packet_bytes_max)
    }

    #[test]
    fn an_oversized_packet_is_refused_by_its_fixed_header_alone() {
        // PUBLISH, remaining length 2,097,151: only four bytes have arrived.
        let result = parsed(&[0x30, 0xff, 0xff, 0x7f], 16_384);
        assert!(matches!(result, Err(CodecError::TooLarge { bytes: 2_097_151, .. })));
    }

    #[test]
    fn a_command_is_what_the_codec_itself_would_write() {
        for (packet_id, bytes) in
            [(NonZeroU16::new(77), 5), (None, 5), (NonZeroU16::new(1), 300), (None, 20_000)]
        {
            let payload = vec![7; bytes];
            let mut ours = BytesMut::new();
            put_command(&mut ours, "a/b", &payload, packet_id);
            let Packet::Publish(publish) = Packet::read(&mut ours, 1 << 20).unwrap() else {
                panic!("no PUBLISH")
            };
            assert!(ours.is_empty());
            assert_eq!((publish.topic.as_str(), publish.payload.as_ref()), ("a/b", payload.as_slice()));
            assert_eq!(publish.pkid, packet_id.map_or(0, NonZeroU16::get));
        }
    }

    #[test]
    fn names_of_the_server_and_wildcards_are_judged() {
        assert!(filter_is_valid("sr/v1/a/cmd/+") && filter_is_valid("#"));
        for filter in ["", "$share/g/t", "$SYS/#", "a/#/b", "a+", "a\0b"] {
            assert!(!filter_is_valid(filter), "{filter:?}");
        }
        assert!(topic_is_valid("sr/v1/a/urgent"));
        for topic in ["", "a/+", "#", "a\0"] {
            assert!(!topic_is_valid(topic), "{topic:?}");
        }
    }
}
