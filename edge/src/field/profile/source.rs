//! Where in a device a value stands, and how it is encoded there.

use std::ops::Range;

use runtime::config::{FromSection, Parsed, Section};

use super::keyword_enum;
use super::size::{self, Size};

/// The largest number of registers in one request.
const REGISTERS_MAX: u16 = 125;
/// The largest number of single bits in one request.
const BITS_MAX: u16 = 2000;

keyword_enum! {
    /// The four address spaces of Modbus.
    pub enum Table as UnknownTable {
        Input = "input",
        Holding = "holding",
        Discrete = "discrete",
        Coil = "coil",
    }
}

impl Table {
    /// Whether an address is a single bit and not a register.
    pub fn is_bits(self) -> bool {
        matches!(self, Table::Discrete | Table::Coil)
    }

    /// The most that one request may ask for.
    pub fn request_max(self) -> u16 {
        if self.is_bits() { BITS_MAX } else { REGISTERS_MAX }
    }
}

keyword_enum! {
    /// The `type` of a point.
    pub(super) enum NumberType as UnknownType {
        U16 = "u16",
        I16 = "i16",
        U32 = "u32",
        I32 = "i32",
        F32 = "f32",
        Bit = "bit",
    }
}

keyword_enum! {
    /// Which register of a pair comes first.
    pub enum WordOrder as UnknownOrder {
        HighFirst = "high_first",
        LowFirst = "low_first",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    U16,
    I16,
    U32(WordOrder),
    I32(WordOrder),
    F32(WordOrder),
    /// One bit of a register; 0 is the lowest.
    BitOf(u8),
    /// An address of a table of bits.
    Bit,
}

impl Encoding {
    /// How many addresses it takes.
    pub fn width(self) -> u16 {
        match self {
            Encoding::U32(_) | Encoding::I32(_) | Encoding::F32(_) => 2,
            Encoding::U16 | Encoding::I16 | Encoding::BitOf(_) | Encoding::Bit => 1,
        }
    }

    pub fn is_bit(self) -> bool {
        matches!(self, Encoding::BitOf(_) | Encoding::Bit)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    pub table: Table,
    pub address: u16,
    pub encoding: Encoding,
}

impl Source {
    /// The addresses that it takes. Past the end of the address space only before it was checked.
    pub fn span(self) -> Range<u32> {
        let start = u32::from(self.address);
        start..start + u32::from(self.encoding.width())
    }
}

/// A range of addresses that the device answers for without a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub table: Table,
    pub start: u16,
    pub count: u16,
    /// For a block whose length depends on a size.
    pub each: Option<Each>,
}

/// So many addresses for each of the things that a size counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Each {
    /// The size's place in the profile's sizes.
    pub size: usize,
    pub count: u16,
}

impl Block {
    pub fn span(self) -> Range<u32> {
        u32::from(self.start)..u32::from(self.start) + u32::from(self.count)
    }

    pub fn holds(self, table: Table, span: &Range<u32>) -> bool {
        let own = self.span();
        self.table == table && own.start <= span.start && span.end <= own.end
    }
}

/// A `[[blocks]]` entry, before it is seen beside the sizes. Always read, so that the places of entries stay true.
pub(super) struct BlockDraft {
    table: Table,
    start: Option<u16>,
    count: Option<u16>,
    times: Option<String>,
}

impl FromSection for BlockDraft {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        Some(Self {
            table: section.optional("table").map_or(Table::Input, |Parsed(table)| table),
            start: section.required("start"),
            count: section.required_within("count", 1..=u16::MAX),
            times: section.optional("times"),
        })
    }
}

impl BlockDraft {
    /// The block at its largest.
    pub(super) fn block(&self, section: &mut Section<'_>, place: usize, sizes: &[Size]) -> Option<Block> {
        let (table, start, count) = (self.table, self.start?, self.count?);
        let (times, size) = match &self.times {
            None => (1, None),
            Some(name) => match size::place(sizes, name) {
                Some(size) => (sizes[size].max, Some(size)),
                None => {
                    let message = format!("there is no size `{name}`; {}", size::known(sizes));
                    section.fault(&format!("blocks[{place}].times"), message);
                    return None;
                }
            },
        };
        let end = u32::from(start) + u32::from(count) * u32::from(times);
        if end > u32::from(u16::MAX) + 1 {
            section
                .fault(&format!("blocks[{place}].count"), "the block reaches past the last address, 65535");
            return None;
        }
        let each = size.map(|size| Each { size, count });
        Some(Block { table, start, count: (end - u32::from(start)).min(u32::from(u16::MAX)) as u16, each })
    }
}
