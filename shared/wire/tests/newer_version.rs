//! Version N reads what version N+1 writes: new keys of maps, new elements at the end of arrays and new types of record
//! are passed over, and everything that was known before still arrives. What may not grow is refused.

#![allow(clippy::unwrap_used)]

use minicbor::Encoder;
use strongroom_wire::envelope::VERSION;
use strongroom_wire::heartbeat::{LaneDepth, Storage};
use strongroom_wire::resume::Held;
use strongroom_wire::time::ClockState;
use strongroom_wire::{
    BootId, Digest, EdgeId, Envelope, EnvelopeError, Epoch, Heartbeat, Lane, Marks, Observation, Opened,
    OpenedReason, PointNo, PointTable, Quality, Record, Resume, Seq, TableVersion, Value,
};

type Cbor = Encoder<Vec<u8>>;

/// Writes to memory cannot fail: this keeps the messages below readable.
fn written(
    write: impl FnOnce(&mut Cbor) -> Result<(), minicbor::encode::Error<std::convert::Infallible>>,
) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    write(&mut e).unwrap();
    e.into_writer()
}

/// Something that no version 1 has ever seen, nested and of indefinite length.
fn novelty(e: &mut Cbor) {
    e.begin_map().unwrap().str("why").unwrap().begin_array().unwrap();
    e.u8(1).unwrap().null().unwrap().bytes(&[0xff; 9]).unwrap().end().unwrap().end().unwrap();
}

fn edge() -> EdgeId {
    EdgeId::parse("doc-1").unwrap()
}

/// The header of version 1 with keys that came later, before, between and after the known ones.
fn newer_header(e: &mut Cbor) {
    e.map(14).unwrap().u8(200).unwrap();
    novelty(e);
    e.u8(0).unwrap().encode(edge()).unwrap();
    e.u8(1).unwrap().encode(Lane::Routine).unwrap();
    e.u8(2).unwrap().encode(Epoch([1; 16])).unwrap();
    e.u8(3).unwrap().encode(Seq(7)).unwrap();
    e.u8(11).unwrap();
    novelty(e);
    e.u8(4).unwrap().encode(Digest([2; 32])).unwrap();
    e.u8(5).unwrap().encode(BootId([3; 16])).unwrap();
    e.u8(6).unwrap().u64(1_000).unwrap();
    e.u8(7).unwrap().i64(2_000).unwrap();
    e.u8(8).unwrap().encode(ClockState::Free).unwrap();
    e.u8(9).unwrap().encode(TableVersion(9)).unwrap();
    e.u8(10).unwrap().encode(Seq(11)).unwrap();
    e.u32(70_000).unwrap().str("last").unwrap();
}

/// An event whose observation and whose record grew.
fn newer_event(e: &mut Cbor) {
    e.array(3).unwrap().u32(1).unwrap();
    e.array(6).unwrap().u16(4).unwrap().bool(true).unwrap().encode(Quality::Good).unwrap().i32(-3).unwrap();
    e.u16(0).unwrap();
    novelty(e);
    novelty(e);
}

fn newer_envelope(version: u32, records: u64, write_records: impl FnOnce(&mut Cbor)) -> Vec<u8> {
    written(|e| {
        e.array(5)?.u32(version)?;
        newer_header(e);
        e.array(records)?;
        write_records(e);
        novelty(e);
        e.str("trailer")?.ok()
    })
}

#[test]
fn an_envelope_that_grew_is_read() {
    let bytes = newer_envelope(VERSION, 4, |e| {
        newer_event(e);
        e.array(2).unwrap().u32(77).unwrap();
        novelty(e);
        e.array(3).unwrap().u32(u32::MAX).unwrap().u8(1).unwrap();
        novelty(e);
        e.array(2).unwrap().u32(0).unwrap().array(3).unwrap().u8(2).unwrap().null().unwrap();
        novelty(e);
    });
    let envelope = Envelope::decode(&bytes).unwrap();
    let header = &envelope.header;
    assert_eq!(
        (&header.edge, header.lane, header.first, header.watermark),
        (&edge(), Lane::Routine, Seq(7), Seq(11))
    );
    assert_eq!((header.previous, header.table), (Digest([2; 32]), TableVersion(9)));
    assert_eq!(
        envelope.records,
        [
            Record::Event(Observation {
                point: PointNo(4),
                value: Some(Value::Flag(true)),
                quality: Quality::Good,
                offset_ms: -3,
                marks: Marks::NONE,
            }),
            Record::Unknown { record_type: 77 },
            Record::Unknown { record_type: u32::MAX },
            Record::Opened(Opened { reason: OpenedReason::Damaged, previous: None }),
        ]
    );
    assert_eq!(envelope.next(), Seq(11), "an unknown record keeps its place in the sequence");
}

#[test]
fn another_version_of_the_envelope_is_named_in_the_refusal() {
    for version in [0, 2, u32::MAX] {
        let error = Envelope::decode(&newer_envelope(version, 1, newer_event)).unwrap_err();
        assert!(matches!(error, EnvelopeError::Version { version: named } if named == version), "{error}");
    }
}

/// A heartbeat whose lane depths and whose map grew, the map by this key.
fn newer_heartbeat(key: impl FnOnce(&mut Cbor)) -> Vec<u8> {
    written(|e| {
        e.map(11)?;
        key(e);
        novelty(e);
        e.u8(0)?.encode(edge())?.u8(1)?.encode(BootId([1; 16]))?.u8(2)?.u64(5)?.u8(3)?.i64(6)?;
        e.u8(4)?.encode(ClockState::Unset)?.u8(5)?.encode(Epoch([2; 16]))?;
        e.u8(6)?.array(2)?.array(4)?.u8(1)?.u8(2)?.u8(3)?;
        novelty(e);
        e.array(3)?.u8(4)?.u8(5)?.u8(6)?;
        e.u8(7)?.encode(Storage::Memory)?.u8(8)?.str("edge 9")?.u8(9)?.u64(7)?.ok()
    })
}

#[test]
fn a_heartbeat_that_grew_is_read() {
    let bytes = newer_heartbeat(|e| e.u8(200).unwrap().ok().unwrap());
    let heartbeat = Heartbeat::decode(&bytes).unwrap();
    assert_eq!(heartbeat.lanes[0], LaneDepth { next: Seq(1), unconfirmed: 2, oldest_ms: 3 });
    assert_eq!(heartbeat.lanes[1], LaneDepth { next: Seq(4), unconfirmed: 5, oldest_ms: 6 });
    assert_eq!(
        (heartbeat.storage, &*heartbeat.software, heartbeat.config_hash),
        (Storage::Memory, "edge 9", 7)
    );

    let bytes = newer_heartbeat(|e| e.str("a word").unwrap().ok().unwrap());
    assert!(Heartbeat::decode(&bytes).is_err(), "a key is always a number");
}

#[test]
fn a_resume_that_grew_is_read() {
    let bytes = written(|e| {
        e.map(4)?.u8(0)?.encode(Epoch([1; 16]))?;
        e.u8(1)?.array(2)?.array(3)?.u8(5)?.encode(Digest([2; 32]))?;
        novelty(e);
        e.array(1)?.u8(0)?.u8(2)?.i64(99)?.u8(3)?;
        novelty(e);
        e.ok()
    });
    let lanes = [Held { next: Seq(5), head: Some(Digest([2; 32])) }, Held { next: Seq(0), head: None }];
    assert_eq!(Resume::decode(&bytes).unwrap(), Resume { epoch: Some(Epoch([1; 16])), lanes, hub_ms: 99 });
}

#[test]
fn a_point_table_that_grew_is_read_and_keeps_the_version_of_its_own_bytes() {
    let bytes = written(|e| {
        e.array(3)?.array(1)?.array(3)?.str("panel")?.str("profile")?;
        novelty(e);
        e.array(1)?.array(4)?.u8(0)?.str("zone-1")?.str("zone.later")?;
        novelty(e);
        novelty(e);
        e.ok()
    });
    let table = PointTable::decode(&bytes).unwrap();
    let point = table.point(PointNo(0)).unwrap();
    assert_eq!((&*point.kind, point.kind()), ("zone.later", None));
    assert_eq!(table.device_of(point).device.as_str(), "panel");
    assert_eq!(table.bytes(), bytes, "what was not understood is kept for whoever reads the table next");
    assert_eq!(table.version().0.to_be_bytes(), Digest::of(&bytes).0[..8]);
}

/// Pairs of lanes are pairs for ever, and a missing key has no meaning that could be made up.
#[test]
fn what_may_not_grow_or_shrink_is_refused() {
    let resume = |lanes: u64, hub_ms: bool| {
        written(|e| {
            e.map(1 + u64::from(hub_ms))?.u8(1)?.array(lanes)?;
            for _ in 0..lanes {
                e.array(1)?.u8(0)?;
            }
            if hub_ms {
                e.u8(2)?.i64(0)?;
            }
            e.ok()
        })
    };
    assert!(Resume::decode(&resume(2, true)).is_ok());
    assert!(Resume::decode(&resume(1, true)).is_err());
    assert!(Resume::decode(&resume(3, true)).is_err());
    assert!(Resume::decode(&resume(2, false)).is_err());
}
