//! Random profiles for the property tests of this folder. What comes out passed the same checks as a profile file.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use wire::{Kind, PointName};

use super::profile::{
    Block, ByteOrder, Encoding, HeaderSpec, Invalid, Keeping, Meaning, PointSpec, Profile, Protocol, Range,
    Register, Report, Scale, Sender, Source,
};
use super::profile::{StateMap, Table, WordOrder};

/// Addresses beyond this add nothing but length to a failing case.
const ADDRESSES: u16 = 600;

pub(super) fn profile() -> impl Strategy<Value = Profile> {
    let header = proptest::option::of((0..100_u16).prop_map(|start| HeaderSpec {
        table: Table::Input,
        start,
        magic: 0x5352,
        device_type: 3,
        map_version: 1,
    }));
    let cuts = proptest::option::of((select(vec![0, 1, 5, 300_u16]), 0..4_u16));
    (header, vec(point(), 0..60), cuts).prop_map(|(header, points, cut)| {
        let points: Vec<PointSpec> =
            points.into_iter().enumerate().map(|(no, point)| named(no, point)).collect();
        let blocks = cut.map(|cut| blocks(cut, header.as_ref(), &points)).unwrap_or_default();
        Profile {
            name: "random".into(),
            description: String::new(),
            protocol: Protocol::Modbus,
            poll_interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            report_interval: Duration::from_secs(60),
            sender: Sender::default(),
            header,
            sizes: Vec::new(),
            blocks,
            ring: None,
            points,
        }
    })
}

/// Blocks of input registers around everything that is needed there, cut wherever nothing is.
fn blocks((step, slack): (u16, u16), header: Option<&HeaderSpec>, points: &[PointSpec]) -> Vec<Block> {
    let registers = points.iter().filter_map(|point| Some((point.source.register()?, point.sequence)));
    let needed = registers
        .filter(|(value, _)| value.table == Table::Input)
        .map(|(value, sequence)| super::modbus::plan::span_of(value, sequence));
    let mut spans: Vec<_> = needed.chain(header.map(|header| header.span())).collect();
    spans.sort_by_key(|span| span.start);
    let mut joined: Vec<std::ops::Range<u32>> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start < last.end + u32::from(step) => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    // Some room behind the last point of a block, as far as the next block leaves it.
    let ends: Vec<u32> = joined.iter().skip(1).map(|next| next.start).chain([u32::from(u16::MAX)]).collect();
    let block = |(span, limit): (std::ops::Range<u32>, u32)| {
        let end = (span.end + u32::from(slack)).min(limit);
        Block { table: Table::Input, start: span.start as u16, count: (end - span.start) as u16, each: None }
    };
    joined.into_iter().zip(ends).map(block).collect()
}

fn named(no: usize, point: PointSpec) -> PointSpec {
    PointSpec { name: PointName::parse(&format!("p{no}")).unwrap(), ..point }
}

fn point() -> impl Strategy<Value = PointSpec> {
    let sequence = proptest::option::of((0..40_u16, prop::bool::ANY));
    (register(), meaning(), sequence, vec(-3..40_000_i32, 0..2)).prop_map(
        |(source, (kind, meaning), sequence, invalid)| {
            let (kind, meaning) = fitting(source.encoding, kind, meaning);
            let sequence = sequence.filter(|_| !source.table.is_bits()).map(|(distance, wide)| Register {
                table: source.table,
                address: (source.address + distance).min(ADDRESSES),
                encoding: if wide { Encoding::U32(WordOrder::HighFirst) } else { Encoding::U16 },
                byte_order: source.byte_order,
            });
            PointSpec {
                name: PointName::parse("p").unwrap(),
                kind,
                source: Source::Register(source),
                keeping: Keeping::STRICT,
                sequence,
                meaning,
                invalid: if source.encoding.is_bit() {
                    [].into()
                } else {
                    invalid.into_iter().map(marker).collect()
                },
                deadband: 0.0,
                debounce: Duration::ZERO,
                report: Report::Change,
                watch: Default::default(),
                element: None,
            }
        },
    )
}

fn marker(number: i32) -> Invalid {
    Invalid::Numbers { from: number.into(), to: number.into() }
}

fn register() -> impl Strategy<Value = Register> {
    let order = select(vec![WordOrder::HighFirst, WordOrder::LowFirst]);
    let encoding = (order, 0..16_u8, 0..12_usize).prop_map(|(order, bit, choice)| {
        let encodings = [
            Encoding::U16,
            Encoding::I16,
            Encoding::U32(order),
            Encoding::I32(order),
            Encoding::F32(order),
            Encoding::BitOf(bit),
            Encoding::BitsOf { lowest: bit / 2, count: 2 + bit / 2 },
            Encoding::U64(order),
            Encoding::I64(order),
            Encoding::F64(order),
            Encoding::Bcd16,
            Encoding::Bcd32(order),
        ];
        encodings[choice]
    });
    let table = select(vec![Table::Input, Table::Input, Table::Holding, Table::Discrete, Table::Coil]);
    let byte_order = select(vec![ByteOrder::Normal, ByteOrder::Swapped]);
    (table, 0..ADDRESSES, encoding, byte_order).prop_map(|(table, address, encoding, byte_order)| {
        let encoding = if table.is_bits() { Encoding::Bit } else { encoding };
        Register { table, address, encoding, byte_order }
    })
}

fn meaning() -> impl Strategy<Value = (Kind, Meaning)> {
    let scale = select(vec![1.0, 0.1, 0.01, 10.0, -3.7, 1e300]).prop_map(Scale::new);
    let range = proptest::option::of(Just(Range { min: -10.0, max: 1000.0 }));
    (scale, range, prop::bool::ANY, 0..4_u8).prop_map(|(scale, range, inverted, choice)| match choice {
        0 => (Kind::DoorTamper, Meaning::Flag { inverted, states: None }),
        1 => (Kind::DoorContact, Meaning::State(StateMap::Own(&["a", "b", "c", "d"]))),
        2 => (Kind::PanelWrongCodes, Meaning::Count { scale, range }),
        _ => (Kind::DoorSupply, Meaning::Measure { scale, range }),
    })
}

/// A flag needs a bit, a number needs more than one.
fn fitting(encoding: Encoding, kind: Kind, meaning: Meaning) -> (Kind, Meaning) {
    match (encoding.is_bit(), &meaning) {
        (true, Meaning::Count { .. } | Meaning::Measure { .. }) => {
            (Kind::DoorTamper, Meaning::Flag { inverted: false, states: None })
        }
        (false, Meaning::Flag { .. }) => {
            (Kind::DoorSupply, Meaning::Measure { scale: Scale::ONE, range: None })
        }
        _ => (kind, meaning),
    }
}
