//! The few MQTT 3.1.1 packets that a simulated edge needs, as bytes. By hand, because every microsecond that the load
//! takes is missing on the other side.

use bytes::{Buf as _, BytesMut};

const PUBLISH_QOS_1: u8 = 0x32;
const PUBACK: u8 = 0x40;
/// A PUBACK on the wire.
const PUBACK_BYTES: usize = 4;
pub(crate) const DISCONNECT: [u8; 2] = [0xe0, 0];

pub(crate) fn put_connect(out: &mut Vec<u8>, client_id: &str, keep_alive_s: u16) {
    let mut body = vec![0, 4];
    body.extend_from_slice(b"MQTT");
    // Level 4 is version 3.1.1; the only flag is a clean session.
    body.extend_from_slice(&[4, 0x02]);
    body.extend_from_slice(&keep_alive_s.to_be_bytes());
    put_text(&mut body, client_id);
    put_packet(out, 0x10, &body);
}

pub(crate) fn put_subscribe(out: &mut Vec<u8>, packet_id: u16, filter: &str) {
    let mut body = packet_id.to_be_bytes().to_vec();
    put_text(&mut body, filter);
    body.push(1);
    put_packet(out, 0x82, &body);
}

pub(crate) fn put_puback(out: &mut Vec<u8>, packet_id: u16) {
    out.extend_from_slice(&[PUBACK, 2]);
    out.extend_from_slice(&packet_id.to_be_bytes());
}

/// QoS 1.
pub(crate) fn put_publish(out: &mut Vec<u8>, packet_id: u16, topic: &str, payload: &[u8]) {
    out.push(PUBLISH_QOS_1);
    put_length(out, 2 + topic.len() + 2 + payload.len());
    put_text(out, topic);
    out.extend_from_slice(&packet_id.to_be_bytes());
    out.extend_from_slice(payload);
}

fn put_packet(out: &mut Vec<u8>, first: u8, body: &[u8]) {
    out.push(first);
    put_length(out, body.len());
    out.extend_from_slice(body);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn put_length(out: &mut Vec<u8>, mut length: usize) {
    loop {
        let byte = (length % 128) as u8;
        length /= 128;
        if length == 0 {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}

/// What a gate may send to an edge.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Inbound {
    ConnAck {
        code: u8,
    },
    SubAck {
        code: u8,
    },
    /// So many in a row.
    PubAcks(usize),
    Publish {
        packet_id: u16,
        payload: Vec<u8>,
    },
    Other(u8),
}

/// Takes the next packet, or all PUBACKs in a row, off the front. `None`: more bytes are needed.
pub(crate) fn next(buffer: &mut BytesMut) -> Option<Inbound> {
    let pubacks = buffer.chunks_exact(PUBACK_BYTES).take_while(|packet| packet[0] == PUBACK).count();
    if pubacks > 0 {
        buffer.advance(pubacks * PUBACK_BYTES);
        return Some(Inbound::PubAcks(pubacks));
    }
    let (length, head) = read_length(buffer.get(1..)?)?;
    if buffer.len() < 1 + head + length {
        return None;
    }
    let packet = buffer.split_to(1 + head + length);
    let body = &packet[1 + head..];
    Some(match packet[0] >> 4 {
        2 => Inbound::ConnAck { code: *body.get(1)? },
        9 => Inbound::SubAck { code: *body.last()? },
        3 => publish(body)?,
        _ => Inbound::Other(packet[0]),
    })
}

fn publish(body: &[u8]) -> Option<Inbound> {
    let topic_bytes = usize::from(u16::from_be_bytes(body.get(..2)?.try_into().ok()?));
    let rest = body.get(2 + topic_bytes..)?;
    let packet_id = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?);
    Some(Inbound::Publish { packet_id, payload: rest[2..].to_vec() })
}

/// The remaining length, and how many bytes it takes itself.
fn read_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (place, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((length, place + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_taken_apart_wherever_the_stream_is_cut() {
        let mut stream = vec![0x20, 2, 0, 0, 0x90, 3, 0, 1, 1];
        put_puback(&mut stream, 7);
        put_puback(&mut stream, 8);
        put_publish(&mut stream, 300, "sr/v1/e/cmd/resume", &[9; 200]);
        let mut buffer = BytesMut::new();
        let mut packets = Vec::new();
        for byte in stream {
            buffer.extend_from_slice(&[byte]);
            packets.extend(next(&mut buffer));
        }
        assert!(buffer.is_empty());
        let publish = Inbound::Publish { packet_id: 300, payload: vec![9; 200] };
        let expected = [
            Inbound::ConnAck { code: 0 },
            Inbound::SubAck { code: 1 },
            Inbound::PubAcks(1),
            Inbound::PubAcks(1),
            publish,
        ];
        assert_eq!(packets, expected);
    }

    #[test]
    fn pubacks_are_taken_together() {
        let mut stream = Vec::new();
        (1..=5).for_each(|id| put_puback(&mut stream, id));
        let mut buffer = BytesMut::from(&stream[..18]);
        assert_eq!(next(&mut buffer), Some(Inbound::PubAcks(4)));
        assert_eq!(next(&mut buffer), None);
    }
}
