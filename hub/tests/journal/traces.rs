//! What the tests append: numbered entries of two edges.

use std::time::Duration;

use bytes::Bytes;
use strongroom_hub::journal::held::{EdgeLanes, Head};
use strongroom_hub::journal::writer::Retention;
use strongroom_hub::journal::{Append, Body, Entry, JournalError, Position, Reader, Writer};
use wire::{Digest, EdgeId, Epoch, Lane, Seq};

pub const EPOCH: Epoch = Epoch([7; 16]);

pub fn edge(number: u64) -> EdgeId {
    EdgeId::parse(&format!("edge-{number}")).unwrap()
}

/// Small segments, so that a short run begins several.
pub fn small() -> Retention {
    let day = Duration::from_secs(24 * 3_600);
    Retention { segment_bytes: 6_000, segment_age: day, bytes_max: u64::MAX, age_max: day }
}

pub fn payload(number: u64) -> Bytes {
    Bytes::from(format!("entry {number} {}", "x".repeat((number as usize * 37) % 900)))
}

pub fn number_of(position: Position) -> u64 {
    position.to_string().strip_prefix("0-").unwrap().parse().unwrap()
}

/// The entries of one transaction have one time.
pub fn hub_ms(number: u64) -> i64 {
    1_000 + (number / 3 * 3) as i64
}

/// Appends the next three entries, as of two edges, in one transaction.
pub fn append_three(writer: &mut Writer, next: u64) -> Result<Position, JournalError> {
    let mut append = Append::default();
    for number in next..next + 3 {
        let edge = edge(number % 2);
        append.begin_span(edge.clone(), Lane::Urgent, EPOCH, Seq(number), Seq(number + 1));
        append.push(Entry { hub_ms: hub_ms(number), body: Body::Envelope(payload(number)) });
        let mut lanes = EdgeLanes::new(EPOCH);
        lanes.heads[0] =
            Some(Head { next: Seq(number + 1), digest: Digest::of(&payload(number)), stamp: None });
        append.set_edge(edge, lanes);
    }
    writer.append(&mut append)
}

/// Everything in the journal, checked to be the numbered entries in order.
pub fn read_all(reader: &Reader) -> u64 {
    let entries = reader.read(Position::FIRST, usize::MAX).unwrap();
    for (number, (_, entry)) in entries.iter().enumerate() {
        assert_eq!(entry.body, Body::Envelope(payload(number as u64)), "entry {number}");
        assert_eq!(entry.hub_ms, hub_ms(number as u64));
    }
    entries.len() as u64
}

/// What the journal says of each edge is what its last entry said.
pub fn check_edges(writer: &Writer, entries: u64) {
    for parity in 0..2 {
        let last = (0..entries).rev().find(|number| number % 2 == parity);
        let held = writer.edges().get(&edge(parity)).and_then(|lanes| lanes.heads[0]);
        let expected = last.map(|number| Head {
            next: Seq(number + 1),
            digest: Digest::of(&payload(number)),
            stamp: None,
        });
        assert_eq!(held, expected, "edge {parity} after {entries} entries");
    }
}
