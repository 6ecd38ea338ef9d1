//! Any bytes as a point table, and any bytes as parts of one, one part behind the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minicbor::Decoder;
use strongroom_wire::table::Assembled;
use strongroom_wire::{PointTable, TableAssembler, TablePart};

fuzz_target!(|bytes: &[u8]| {
    whole(bytes);
    parts(bytes);
});

/// What is accepted can be used, cut into parts and put together again.
fn whole(bytes: &[u8]) {
    let Ok(table) = PointTable::decode(bytes) else { return };
    for (no, point) in table.points() {
        assert_eq!(table.point(no), Some(point));
        assert!(table.devices().contains(table.device_of(point)));
    }
    let mut assembler = TableAssembler::default();
    let last = table.parts().iter().map(|part| assembler.add(part)).last();
    assert_eq!(last, Some(Assembled::Complete(table)));
}

/// A completed table is the one that its parts named, and what is kept of an unfinished one can be stored.
fn parts(bytes: &[u8]) {
    let mut d = Decoder::new(bytes);
    let mut assembler = TableAssembler::default();
    while let Ok(part) = d.decode::<TablePart>() {
        if let Assembled::Complete(table) = assembler.add(&part) {
            assert_eq!(table.version(), part.version);
            assert_eq!(assembler, TableAssembler::default());
        }
        let stored = minicbor::to_vec(&assembler).expect("writing to memory cannot fail");
        assembler = minicbor::decode(&stored).expect("what was stored can be read");
    }
}
