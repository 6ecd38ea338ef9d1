//! The bytes of version 1, frozen. This file is never edited: when a message has to change, its new form gets a new
//! version and a new file beside this one, and these bytes must still be read.

#![allow(clippy::unwrap_used)]

use minicbor::bytes::ByteVec;
use strongroom_wire::envelope::EnvelopeBuilder;
use strongroom_wire::heartbeat::{LaneDepth, Storage};
use strongroom_wire::record::LaneHead;
use strongroom_wire::resume::Held;
use strongroom_wire::time::ClockState;
use strongroom_wire::{
    BootId, DeviceEntry, DeviceId, Digest, EdgeId, Envelope, Epoch, Gap, GapReason, Header, Heartbeat, Lane,
    Marks, Observation, Opened, OpenedReason, PointEntry, PointName, PointNo, PointTable, PreviousEpoch,
    Quality, Record, Resume, Seq, TableAssembler, TablePart, TableVersion, Value,
};

const EDGE: &str = "6c646f632d726f6f6d5f312e61";
const BOOT: &str = "50b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1";
const EPOCH: &str = "50e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1";
const OLD_EPOCH: &str = "50e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2";
const HASH_1: &str = "5820a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const HASH_2: &str = "5820a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2";
const TABLE: &str = "82\
    82 82 6570616e656c 6b616c61726d2d70616e656c 82 66646f6f722d31 6f646f6f722d636f6e74726f6c6c6572\
    83 83 00 667a6f6e652e31 6a7a6f6e652e7374617465 83 01 67636f6e74616374 6c646f6f722e636f6e74616374\
       83 01 656c61746572 781c646f6f722e6b696e642d6f662d612d6c617465722d76657273696f6e";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn edge() -> EdgeId {
    EdgeId::parse("doc-room_1.a").unwrap()
}

fn observation(point: u16, value: Option<Value>, quality: Quality, offset_ms: i32) -> Observation {
    Observation { point: PointNo(point), value, quality, offset_ms, marks: Marks::NONE }
}

/// Every type of record, with every state, reason and quality in one of them, beside its bytes.
fn records() -> Vec<(String, Record)> {
    let event =
        |point, value, quality, offset_ms| Record::Event(observation(point, value, quality, offset_ms));
    let snapshot =
        |point, value, quality, offset_ms| Record::Snapshot(observation(point, value, quality, offset_ms));
    let opened = |reason, previous| Record::Opened(Opened { reason, previous });
    let gap = |lane, reason| {
        let (epoch, before, after) = (Epoch([0xe2; 16]), Digest([0xa1; 32]), Digest([0xa2; 32]));
        Record::Gap(Gap {
            epoch,
            lane,
            first: Seq(7),
            next: Seq(1_007),
            before,
            after,
            reason,
            oldest: None,
            newest: None,
        })
    };
    let heads = [
        LaneHead { next: Seq(41), head: Digest([0xa1; 32]) },
        LaneHead { next: Seq(4_100), head: Digest([0xa2; 32]) },
    ];
    let part = TablePart {
        version: TableVersion(u64::MAX),
        number: 1,
        parts: 300,
        bytes: ByteVec::from(vec![0, 1, 255]),
    };
    vec![
        ("8200 8100".into(), opened(OpenedReason::FirstStart, None)),
        (
            format!("8200 8201 82{OLD_EPOCH} 82 821829{HASH_1} 82191004{HASH_2}"),
            opened(OpenedReason::RolledBack, Some(PreviousEpoch { epoch: Epoch([0xe2; 16]), heads })),
        ),
        ("8200 8102".into(), opened(OpenedReason::Damaged, None)),
        ("8200 8103".into(), opened(OpenedReason::StorageFailed, None)),
        ("8201 8400f50000".into(), event(0, Some(Value::Flag(true)), Quality::Good, 0)),
        ("8201 8417030120".into(), event(23, Some(Value::Integer(3)), Quality::Uncertain, -1)),
        (
            "8201 8418183b7fffffffffffffff051905dc".into(),
            event(24, Some(Value::Integer(i64::MIN)), Quality::Simulated, 1_500),
        ),
        ("8201 8409f60400".into(), event(9, None, Quality::CommFailure, 0)),
        (
            "8202 8418fffa415800000239ea5f".into(),
            snapshot(255, Some(Value::Number(13.5)), Quality::Stale, -60_000),
        ),
        (
            "8202 84190100fb3fb999999999999a031a7fffffff".into(),
            snapshot(256, Some(Value::Number(0.1)), Quality::DeviceFailure, i32::MAX),
        ),
        (
            "8202 8419ffff6655534220c3a9003a7fffffff".into(),
            snapshot(u16::MAX, Some(Value::text("USB é")), Quality::Good, i32::MIN),
        ),
        ("8203 841bffffffffffffffff 01 19012c 430001ff".into(), Record::TablePart(part)),
        (
            format!("8204 87{OLD_EPOCH} 00 07 1903ef {HASH_1} {HASH_2} 00"),
            gap(Lane::Urgent, GapReason::SpoolFull),
        ),
        (
            format!("8204 87{OLD_EPOCH} 01 07 1903ef {HASH_1} {HASH_2} 01"),
            gap(Lane::Routine, GapReason::SpoolDamaged),
        ),
        (
            format!("8204 87{OLD_EPOCH} 01 07 1903ef {HASH_1} {HASH_2} 02"),
            gap(Lane::Routine, GapReason::StorageFailed),
        ),
        ("82191267 f6".into(), Record::Unknown { record_type: 4_711 }),
    ]
}

/// Version and header, up to the array of records.
fn head(lane: u8, clock: u8) -> String {
    format!(
        "83 01 ab 00{EDGE} 01{lane:02x} 02{EPOCH} 031829 04{HASH_1} 05{BOOT} 061a05265c7b 071b000001a0c4506dc8 \
         08{clock:02x} 091b0123456789abcdef 0a1a00011170"
    )
}

fn header(lane: Lane, clock: ClockState) -> Header {
    Header {
        edge: edge(),
        lane,
        epoch: Epoch([0xe1; 16]),
        first: Seq(41),
        previous: Digest([0xa1; 32]),
        boot: BootId([0xb1; 16]),
        mono_ms: 86_400_123,
        wall_ms: 1_790_000_000_456,
        clock,
        table: TableVersion(0x0123_4567_89ab_cdef),
        watermark: Seq(70_000),
    }
}

fn holds(frozen: &str, header: Header, records: Vec<Record>) {
    let frozen = bytes(frozen);
    let mut builder = EnvelopeBuilder::new(header.clone());
    records.iter().for_each(|record| builder.push(record.clone()).unwrap());
    let sealed = builder.seal().unwrap();
    assert_eq!(sealed.bytes, frozen);
    assert_eq!((sealed.first, sealed.next), (Seq(41), Seq(41 + records.len() as u64)));
    assert_eq!(sealed.digest, Digest::of(&frozen));
    assert_eq!(Envelope::decode(&frozen).unwrap(), Envelope { header, records });
}

#[test]
fn an_envelope_with_every_type_of_record() {
    let (frozen, records): (Vec<String>, Vec<Record>) = records().into_iter().unzip();
    let frozen = format!("{} 90 {}", head(0, 2), frozen.concat());
    holds(&frozen, header(Lane::Urgent, ClockState::Synchronised), records);
}

#[test]
fn each_record_alone() {
    for (frozen, record) in records() {
        holds(&format!("{} 81 {frozen}", head(1, 0)), header(Lane::Routine, ClockState::Unset), vec![record]);
    }
}

#[test]
fn a_clock_that_runs_free() {
    let record = Record::Event(observation(9, None, Quality::CommFailure, 0));
    holds(
        &format!("{} 81 8201 8409f60400", head(1, 1)),
        header(Lane::Routine, ClockState::Free),
        vec![record],
    );
}

#[test]
fn heartbeats() {
    for (clock, storage, numbers) in [
        (ClockState::Free, Storage::Durable, ("01", "00")),
        (ClockState::Unset, Storage::Memory, ("00", "01")),
    ] {
        let heartbeat = Heartbeat {
            edge: edge(),
            boot: BootId([0xb1; 16]),
            mono_ms: 86_400_123,
            wall_ms: -1,
            clock,
            epoch: Epoch([0xe1; 16]),
            lanes: [
                LaneDepth { next: Seq(41), unconfirmed: 3, oldest_ms: 1_250 },
                LaneDepth { next: Seq(70_000), unconfirmed: 65_536, oldest_ms: 4_294_967_296 },
            ],
            storage,
            software: "strongroom-edge 0.1.0".into(),
            config_hash: 0xfedc_ba98_7654_3210,
            health: None,
        };
        let frozen = bytes(&format!(
            "aa 00{EDGE} 01{BOOT} 021a05265c7b 0320 04{} 05{EPOCH} \
             06 82 831829031904e2 831a000111701a000100001b0000000100000000 07{} \
             08 757374726f6e67726f6f6d2d6564676520302e312e30 091bfedcba9876543210",
            numbers.0, numbers.1
        ));
        assert_eq!(heartbeat.encode(), frozen);
        assert_eq!(Heartbeat::decode(&frozen).unwrap(), heartbeat);
    }
}

#[test]
fn resumes() {
    let nothing = Held { next: Seq::FIRST, head: None };
    let stranger = Resume { epoch: None, lanes: [nothing; 2], hub_ms: 1_790_000_000_456 };
    let half_known = Resume {
        epoch: Some(Epoch([0xe1; 16])),
        lanes: [Held { next: Seq(41), head: Some(Digest([0xa1; 32])) }, nothing],
        hub_ms: 1_790_000_000_456,
    };
    let half_known_bytes = format!("a3 00{EPOCH} 01 82 821829{HASH_1} 8100 021b000001a0c4506dc8");
    for (frozen, resume) in
        [("a2 01 82 8100 8100 021b000001a0c4506dc8", stranger), (half_known_bytes.as_str(), half_known)]
    {
        assert_eq!(resume.encode(), bytes(frozen));
        assert_eq!(Resume::decode(&bytes(frozen)).unwrap(), resume);
    }
}

fn table() -> PointTable {
    let device = |id: &str, profile: &str| DeviceEntry {
        device: DeviceId::parse(id).unwrap(),
        profile: profile.into(),
    };
    let point = |device, name: &str, kind: &str| PointEntry {
        device,
        point: PointName::parse(name).unwrap(),
        kind: kind.into(),
    };
    PointTable::new(
        vec![device("panel", "alarm-panel"), device("door-1", "door-controller")],
        vec![
            point(0, "zone.1", "zone.state"),
            point(1, "contact", "door.contact"),
            point(1, "later", "door.kind-of-a-later-version"),
        ],
    )
    .unwrap()
}

#[test]
fn a_point_table_and_its_parts() {
    let frozen = bytes(TABLE);
    let table = table();
    assert_eq!(table.bytes(), frozen);
    assert_eq!(table.version(), TableVersion(0x1900_2198_295c_5d4b));
    assert_eq!(PointTable::decode(&frozen).unwrap(), table);

    let part = bytes(&format!("84 1b19002198295c5d4b 00 01 587f {TABLE}"));
    assert_eq!(minicbor::to_vec(table.parts()).unwrap(), [&[0x81], part.as_slice()].concat());
    assert_eq!(minicbor::decode::<TablePart>(&part).unwrap(), table.parts()[0]);
}

/// A receiver may store a half-received table between two envelopes.
#[test]
fn a_half_received_table() {
    let mut assembler = TableAssembler::default();
    for (frozen, part) in
        [("83 f6 00 40", None), ("83 07 01 420102", Some(0)), ("83 07 02 4401020102", Some(1))]
    {
        if let Some(number) = part {
            let bytes = ByteVec::from(vec![1, 2]);
            assembler.add(&TablePart { version: TableVersion(7), number, parts: 3, bytes });
        }
        assert_eq!(minicbor::to_vec(&assembler).unwrap(), bytes(frozen));
        assert_eq!(minicbor::decode::<TableAssembler>(&bytes(frozen)).unwrap(), assembler);
    }
}

#[test]
fn the_origins_of_the_chains() {
    let origin = |lane| Digest::origin(&edge(), Epoch([0xe1; 16]), lane).to_string();
    assert_eq!(origin(Lane::Urgent), "74a0e807528387bb26abede8ad6f9a517710b485336df357db08174b859dd7c9");
    assert_eq!(origin(Lane::Routine), "e77ba9f61d8cb1419f99124d16daa9d9408fac3eea9b2140bd97117e0897ef0b");
}
