//! Arbitrary messages that are valid, at and inside their limits, and arbitrary damage to bytes.

use minicbor::bytes::ByteVec;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use strongroom_wire::envelope::EnvelopeBuilder;
use strongroom_wire::heartbeat::{Health, LaneDepth, SOFTWARE_BYTES_MAX, Storage};
use strongroom_wire::record::LaneHead;
use strongroom_wire::resume::Held;
use strongroom_wire::time::ClockState;
use strongroom_wire::{
    BootId, DeviceEntry, DeviceId, Digest, EdgeId, Envelope, Epoch, Gap, GapReason, Header, Heartbeat, Kind,
    Lane, Marks, Observation, Opened, OpenedReason, PointEntry, PointName, PointNo, PointTable,
    PreviousEpoch, Quality, Record, Resume, Sealed, Seq, Stamp, TablePart, TableVersion, Value,
};

pub(crate) fn edge_id() -> impl Strategy<Value = EdgeId> {
    "[A-Za-z0-9][A-Za-z0-9._-]{0,63}".prop_map(|text| EdgeId::parse(&text).unwrap())
}

fn epoch() -> impl Strategy<Value = Epoch> {
    any::<[u8; 16]>().prop_map(Epoch)
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest)
}

/// Small and huge numbers alike, so that every length of integer occurs.
fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64_u32).prop_map(|(number, shift)| number >> shift)
}

/// Leaves room for an envelope's records behind it.
pub(crate) fn seq() -> impl Strategy<Value = Seq> {
    number().prop_map(|number| Seq(number.min(u64::MAX - 100_000)))
}

fn lane() -> impl Strategy<Value = Lane> {
    select(&Lane::ALL)
}

fn clock() -> impl Strategy<Value = ClockState> {
    select(vec![ClockState::Unset, ClockState::Free, ClockState::Synchronised])
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        any::<i64>().prop_map(Value::Integer),
        (0..1_000_i64).prop_map(Value::Integer),
        any::<f64>().prop_filter_map("measurements are finite", Value::number),
        any::<f32>().prop_filter_map("measurements are finite", |number| Value::number(number.into())),
        any::<String>().prop_map(|text| Value::text(&text)),
        select(vec!["é", "Ω", "漢"])
            .prop_map(|character| Value::text(&character.repeat(Value::TEXT_BYTES_MAX))),
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    let quality = select(vec![
        Quality::Good,
        Quality::Uncertain,
        Quality::Stale,
        Quality::DeviceFailure,
        Quality::CommFailure,
        Quality::Simulated,
    ]);
    (any::<u16>(), proptest::option::of(value()), quality, any::<i32>()).prop_map(
        |(point, value, quality, offset_ms)| Observation {
            point: PointNo(point),
            value,
            quality,
            offset_ms,
            marks: Marks::NONE,
        },
    )
}

fn opened() -> impl Strategy<Value = Opened> {
    let reason = select(vec![
        OpenedReason::FirstStart,
        OpenedReason::RolledBack,
        OpenedReason::Damaged,
        OpenedReason::StorageFailed,
        OpenedReason::Missing,
    ]);
    let head = || (seq(), digest()).prop_map(|(next, head)| LaneHead { next, head });
    let previous = (epoch(), [head(), head()]).prop_map(|(epoch, heads)| PreviousEpoch { epoch, heads });
    (reason, proptest::option::of(previous)).prop_map(|(reason, previous)| Opened { reason, previous })
}

fn stamp() -> impl Strategy<Value = Stamp> {
    let clock = select(vec![ClockState::Unset, ClockState::Free, ClockState::Synchronised]);
    (any::<[u8; 16]>(), any::<u64>(), any::<i64>(), clock).prop_map(|(boot, mono_ms, wall_ms, clock)| Stamp {
        boot: BootId(boot),
        mono_ms,
        wall_ms,
        clock,
    })
}

fn gap() -> impl Strategy<Value = Gap> {
    let reason = select(vec![
        GapReason::SpoolFull,
        GapReason::SpoolDamaged,
        GapReason::StorageFailed,
        GapReason::TooOld,
        GapReason::NotKept,
    ]);
    let times = || option::of(stamp());
    (epoch(), lane(), seq(), seq(), digest(), digest(), reason, times(), times()).prop_map(
        |(epoch, lane, first, next, before, after, reason, oldest, newest)| Gap {
            epoch,
            lane,
            first,
            next,
            before,
            after,
            reason,
            oldest,
            newest,
        },
    )
}

fn table_part() -> impl Strategy<Value = TablePart> {
    (number(), any::<u16>(), any::<u16>(), vec(any::<u8>(), 0..300)).prop_map(
        |(version, number, parts, bytes)| TablePart {
            version: TableVersion(version),
            number,
            parts,
            bytes: ByteVec::from(bytes),
        },
    )
}

pub(crate) fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        1 => opened().prop_map(Record::Opened),
        6 => observation().prop_map(Record::Event),
        6 => observation().prop_map(Record::Snapshot),
        1 => table_part().prop_map(Record::TablePart),
        1 => gap().prop_map(Record::Gap),
        1 => vec(any::<u8>(), 0..300).prop_map(|bytes| Record::Checkpoint(bytes.into())),
        1 => (6..u32::MAX).prop_map(|record_type| Record::Unknown { record_type }),
    ]
}

pub(crate) fn header() -> impl Strategy<Value = Header> {
    let names = (edge_id(), lane(), epoch(), seq(), digest());
    let moment = (any::<[u8; 16]>().prop_map(BootId), number(), any::<i64>(), clock());
    (names, moment, number(), seq()).prop_map(
        |((edge, lane, epoch, first, previous), (boot, mono_ms, wall_ms, clock), table, watermark)| {
            let table = TableVersion(table);
            Header { edge, lane, epoch, first, previous, boot, mono_ms, wall_ms, clock, table, watermark }
        },
    )
}

/// An envelope of at least one record, and its bytes.
pub(crate) fn envelope() -> impl Strategy<Value = (Envelope, Sealed)> {
    (header(), vec(record(), 1..40)).prop_map(|(header, records)| {
        let mut builder = EnvelopeBuilder::new(header.clone());
        let records: Vec<Record> = records
            .into_iter()
            .map_while(|record| builder.push(record.clone()).ok().map(|()| record))
            .collect();
        (Envelope { header, records }, builder.seal().expect("the first record always fits"))
    })
}

pub(crate) fn heartbeat() -> impl Strategy<Value = Heartbeat> {
    let depth = || {
        let numbers = (seq(), number(), number());
        numbers.prop_map(|(next, unconfirmed, oldest_ms)| LaneDepth { next, unconfirmed, oldest_ms })
    };
    let software = "[ -~]{0,64}".prop_filter("software is short", |text| text.len() <= SOFTWARE_BYTES_MAX);
    let shell = (select(vec![Storage::Durable, Storage::Memory]), software, number());
    let parts = (header(), [depth(), depth()], shell, option::of(health()));
    parts.prop_map(|(header, lanes, (storage, software, config_hash), health)| {
        let Header { edge, boot, mono_ms, wall_ms, clock, epoch, .. } = header;
        let software = software.into();
        Heartbeat {
            edge,
            boot,
            mono_ms,
            wall_ms,
            clock,
            epoch,
            lanes,
            storage,
            software,
            config_hash,
            health,
        }
    })
}

fn health() -> impl Strategy<Value = Health> {
    let machine = (option::of(any::<u8>()), option::of(any::<i16>()), option::of(any::<i64>()));
    let bytes = [option::of(number()), option::of(number()), option::of(number()), option::of(number())];
    let rest = (option::of(number()), option::of(any::<u8>()), option::of(any::<u32>()));
    let ends = (option::of(any::<u32>()), option::of(any::<bool>()));
    (machine, bytes, rest, ends).prop_map(|(machine, bytes, rest, (open_files, annunciators_well))| Health {
        disk_free_percent: machine.0,
        disk_free_bytes: bytes[0],
        temperature_tenths: machine.1,
        certificate_not_after_s: machine.2,
        spool_bytes: bytes[1],
        written_bytes: bytes[2],
        uptime_s: rest.0,
        hub: rest.1,
        rtt_ms: rest.2,
        memory_bytes: bytes[3],
        open_files,
        annunciators_well,
    })
}

pub(crate) fn resume() -> impl Strategy<Value = Resume> {
    let held = || (seq(), proptest::option::of(digest())).prop_map(|(next, head)| Held { next, head });
    (proptest::option::of(epoch()), [held(), held()], any::<i64>())
        .prop_map(|(epoch, lanes, hub_ms)| Resume { epoch, lanes, hub_ms })
}

/// A table of up to `points` points.
pub(crate) fn table(points: usize) -> impl Strategy<Value = PointTable> {
    let device = ("[a-z0-9][a-z0-9._-]{0,31}", "[ -~]{0,64}").prop_map(|(id, profile)| DeviceEntry {
        device: DeviceId::parse(&id).unwrap(),
        profile: profile.into(),
    });
    let kind = prop_oneof![select(Kind::ALL).prop_map(|kind| kind.name().to_owned()), "[ -~]{0,48}"];
    let point = (any::<Index>(), "[a-z0-9][a-z0-9._-]{0,47}", kind);
    (vec(device, 1..20), vec(point, 0..=points)).prop_map(|(devices, points)| {
        let entry = |(device, name, kind): (Index, String, String)| PointEntry {
            device: device.index(devices.len()) as u16,
            point: PointName::parse(&name).unwrap(),
            kind: kind.into(),
        };
        let points = points.into_iter().map(entry).collect();
        PointTable::new(devices, points).unwrap()
    })
}

/// What a broken line, a broken disk or a stranger does to bytes.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Flip(Index, u8),
    Overwrite(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Truncate(Index),
    Extend(Vec<u8>),
}

impl Damage {
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |index: &Index| index.index(bytes.len().max(1)).min(bytes.len());
        match self {
            Damage::Flip(index, bit) => {
                let at = at(index);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
            }
            Damage::Overwrite(index, with) => {
                let at = at(index);
                bytes[at..].iter_mut().zip(with).for_each(|(byte, with)| *byte = *with);
            }
            Damage::Insert(index, with) => {
                let at = at(index);
                bytes.splice(at..at, with.iter().copied());
            }
            Damage::Remove(index, count) => {
                let at = at(index);
                bytes.drain(at..bytes.len().min(at + count));
            }
            Damage::Truncate(index) => bytes.truncate(at(index)),
            Damage::Extend(with) => bytes.extend_from_slice(with),
        }
    }
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    let bytes = || vec(any::<u8>(), 1..12);
    prop_oneof![
        4 => (any::<Index>(), 0..8_u8).prop_map(|(index, bit)| Damage::Flip(index, bit)),
        2 => (any::<Index>(), bytes()).prop_map(|(index, with)| Damage::Overwrite(index, with)),
        1 => (any::<Index>(), bytes()).prop_map(|(index, with)| Damage::Insert(index, with)),
        1 => (any::<Index>(), 1..40_usize).prop_map(|(index, count)| Damage::Remove(index, count)),
        1 => any::<Index>().prop_map(Damage::Truncate),
        1 => bytes().prop_map(Damage::Extend),
    ]
}
