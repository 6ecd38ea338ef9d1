//! Parts of a table in any order, repeated, mixed and altered: the assembler gives the table that they name or none, and
//! recovers with the next first part.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use strongroom_wire::table::{Assembled, TableError};
use strongroom_wire::{
    DeviceEntry, DeviceId, PointEntry, PointName, PointTable, TableAssembler, TablePart, TableVersion,
};

use crate::arbitrary::{Damage, damage, table};

/// What a stranger changes in a part.
#[derive(Clone, Debug)]
enum Forgery {
    Bytes(Damage),
    Number(u16),
    Parts(u16),
    Version(u64),
    Oversize(usize),
}

fn forgery() -> impl Strategy<Value = Forgery> {
    prop_oneof![
        4 => damage().prop_map(Forgery::Bytes),
        1 => prop_oneof![0..4_u16, Just(u16::MAX)].prop_map(Forgery::Number),
        1 => prop_oneof![0..4_u16, Just(u16::MAX)].prop_map(Forgery::Parts),
        1 => any::<u64>().prop_map(Forgery::Version),
        1 => (3_001..5_000_usize).prop_map(Forgery::Oversize),
    ]
}

impl Forgery {
    fn apply(self, part: &mut TablePart) {
        match self {
            Forgery::Bytes(damage) => {
                let mut bytes = part.bytes.to_vec();
                damage.apply(&mut bytes);
                part.bytes = bytes.into();
            }
            Forgery::Number(number) => part.number = number,
            Forgery::Parts(parts) => part.parts = parts,
            Forgery::Version(version) => part.version = TableVersion(version),
            Forgery::Oversize(bytes) => part.bytes = vec![0; bytes].into(),
        }
    }
}

fn completes(assembler: &mut TableAssembler, table: &PointTable) {
    let parts = table.parts();
    let (last, first) = parts.split_last().unwrap();
    first.iter().for_each(|part| assert_eq!(assembler.add(part), Assembled::Waiting));
    assert_eq!(assembler.add(last), Assembled::Complete(table.clone()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn parts_in_order_make_the_table(table in table(400)) {
        completes(&mut TableAssembler::default(), &table);
    }

    /// Two tables' parts, drawn in any order with repetition, some of them forged.
    #[test]
    fn parts_in_any_order_make_one_of_the_tables_or_none(
        tables in [table(200), table(200)],
        drawn in vec((any::<Index>(), proptest::option::weighted(0.3, forgery())), 0..30),
    ) {
        let all: Vec<TablePart> = tables.iter().flat_map(PointTable::parts).collect();
        let mut assembler = TableAssembler::default();
        for (index, forgery) in drawn {
            let mut part = all[index.index(all.len())].clone();
            forgery.into_iter().for_each(|forgery| forgery.apply(&mut part));
            if let Assembled::Complete(table) = assembler.add(&part) {
                prop_assert!(tables.contains(&table));
                prop_assert_eq!(table.version(), part.version);
            }
        }
        completes(&mut assembler, &tables[0]);
    }

    /// One altered bit anywhere in the bytes of any part is noticed.
    #[test]
    fn an_altered_bit_is_noticed(table in table(200), which in any::<Index>(), at in any::<Index>(), bit in 0..8_u8) {
        let mut parts = table.parts();
        let count = parts.len();
        let part = &mut parts[which.index(count)];
        let at = at.index(part.bytes.len());
        part.bytes[at] ^= 1 << bit;
        let mut assembler = TableAssembler::default();
        let last = parts.iter().map(|part| assembler.add(part)).last();
        prop_assert_eq!(last, Some(Assembled::Corrupt));
    }

    /// A receiver that stores what it has between two parts, and restarts, goes on where it was.
    #[test]
    fn a_stored_assembler_goes_on(table in table(400)) {
        let mut assembler = TableAssembler::default();
        let mut last = None;
        for part in table.parts() {
            let stored = minicbor::to_vec(&assembler).unwrap();
            assembler = minicbor::decode(&stored).unwrap();
            last = Some(assembler.add(&part));
        }
        prop_assert_eq!(last, Some(Assembled::Complete(table)));
    }
}

/// A name that a reader would refuse is refused where the table is made.
#[test]
fn names_that_are_too_long_make_no_table() {
    let table = |profile: usize, kind: usize| {
        let device =
            DeviceEntry { device: DeviceId::parse("panel").unwrap(), profile: "p".repeat(profile).into() };
        let point = PointName::parse("zone-1").unwrap();
        PointTable::new(vec![device], vec![PointEntry { device: 0, point, kind: "k".repeat(kind).into() }])
    };
    let (profile, kind) = (PointTable::PROFILE_BYTES_MAX, PointTable::KIND_BYTES_MAX);
    assert!(table(profile, kind).is_ok());
    assert!(matches!(
        table(profile + 1, kind),
        Err(TableError::Name { max: PointTable::PROFILE_BYTES_MAX, .. })
    ));
    assert!(matches!(
        table(profile, kind + 1),
        Err(TableError::Name { max: PointTable::KIND_BYTES_MAX, .. })
    ));
}

/// The largest table with the longest names can still be sent, and taken.
#[test]
fn the_largest_table_is_taken() {
    let device = |no: usize| DeviceEntry {
        device: DeviceId::parse(&format!("{no:0>32}")).unwrap(),
        profile: "p".repeat(PointTable::PROFILE_BYTES_MAX).into(),
    };
    let point = |no: usize| PointEntry {
        device: (no % PointTable::DEVICES_MAX) as u16,
        point: PointName::parse(&format!("{no:0>48}")).unwrap(),
        kind: "k".repeat(PointTable::KIND_BYTES_MAX).into(),
    };
    let devices = (0..PointTable::DEVICES_MAX).map(device).collect();
    let points = (0..PointTable::POINTS_MAX).map(point).collect();
    completes(&mut TableAssembler::default(), &PointTable::new(devices, points).unwrap());
}
