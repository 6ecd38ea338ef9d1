//! Where in a polled device a value stands, and how it is encoded there.

use std::ops::Range;

use runtime::config::{FromSection, Parsed, Section};

use super::encoding::{ByteOrder, Encoding, NumberType, WordOrder};
use super::keyword_enum;
use super::raw::Raw;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    pub table: Table,
    pub address: u16,
    pub encoding: Encoding,
    pub byte_order: ByteOrder,
}

impl Register {
    /// The addresses that it takes. Past the end of the address space only before it was checked.
    pub fn span(self) -> Range<u32> {
        let start = u32::from(self.address);
        start..start + u32::from(self.encoding.width())
    }

    /// What stands in its registers. `None` for a bit of a table of bits, for too few words, and for words that are no
    /// number of this encoding.
    pub fn raw(self, words: &[u16]) -> Option<Raw<'static>> {
        self.encoding.raw(words, self.byte_order)
    }

    /// The same `distance` further on; `None` past the end of the address space.
    pub(super) fn moved(self, distance: u32) -> Option<Register> {
        let address = u16::try_from(u32::from(self.address) + distance).ok()?;
        let moved = Register { address, ..self };
        (moved.span().end <= u32::from(u16::MAX) + 1).then_some(moved)
    }
}

/// `None`: a fault is recorded.
pub(super) fn read(section: &mut Section<'_>) -> Option<Register> {
    let table = section.optional("table").map(|Parsed(table)| table);
    let address = section.required("register");
    let bit = section.optional_within("bit", 0..=15);
    let bits = section.optional_within("bits", 2..=15);
    let number = section.optional("type").map(|Parsed(number)| number);
    let word_order = section.optional("word_order").map(|Parsed(order)| order);
    let byte_order = section.optional("byte_order").map_or(ByteOrder::Normal, |Parsed(order)| order);
    let read = [
        ("table", table.is_some()),
        ("bit", bit.is_some()),
        ("bits", bits.is_some()),
        ("type", number.is_some()),
    ];
    if read.into_iter().any(|(key, read)| !read && section.has(key)) {
        // What follows from a key that could not be read would be a second fault for one slip.
        return None;
    }
    let table = table.unwrap_or(Table::Input);
    let encoding = match (table.is_bits(), bit, number) {
        (true, None, None | Some(NumberType::Bit)) => Some(Encoding::Bit),
        (true, ..) => {
            section.fault("table", format!("an address of `{table}` is one bit; remove `bit` and `type`"));
            None
        }
        (false, Some(bit), None | Some(NumberType::Bit)) => some_of(section, bit, bits),
        (false, Some(_), Some(_)) => {
            section.fault("type", "a bit has no type of its own; remove `bit` or `type`");
            None
        }
        (false, None, Some(NumberType::Bit)) => {
            section.fault("type", "add `bit`, a number from 0 to 15");
            None
        }
        (false, None, number) => {
            Some(number.unwrap_or(NumberType::U16).encoding(word_order.unwrap_or(WordOrder::HighFirst)))
        }
    }?;
    if bits.is_some() && bit.is_none() {
        section.fault("bits", "add `bit`, the lowest of them");
    }
    if word_order.is_some() && encoding.width() == 1 {
        section.fault("word_order", "only a type of several registers has an order of words; remove it");
    }
    if table.is_bits() && section.has("byte_order") {
        section.fault("byte_order", format!("an address of `{table}` is one bit; remove it"));
    }
    Some(Register { table, address: address?, encoding, byte_order })
}

fn some_of(section: &mut Section<'_>, lowest: u8, bits: Option<u8>) -> Option<Encoding> {
    match bits {
        None => Some(Encoding::BitOf(lowest)),
        Some(count) if lowest + count <= 16 => Some(Encoding::BitsOf { lowest, count }),
        Some(count) => {
            let message = format!(
                "{count} bits from bit {lowest} on are more than a register has; write up to {}",
                16 - lowest
            );
            section.fault("bits", message);
            None
        }
    }
}

/// `sequence = { register = 28, type = "u32" }`
pub(super) struct Sequence {
    address: u16,
    number: NumberType,
    order: Option<WordOrder>,
}

impl FromSection for Sequence {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let address = section.required("register");
        let number = section.optional("type").map_or(NumberType::U16, |Parsed(number)| number);
        let order = section.optional("word_order").map(|Parsed(order)| order);
        if !matches!(number, NumberType::U16 | NumberType::U32) {
            section.fault("type", "a sequence only rises; write `u16` or `u32`");
        }
        Some(Self { address: address?, number, order })
    }
}

impl Sequence {
    /// In the table of the value that it counts, and with its order of bytes.
    pub(super) fn register(self, section: &mut Section<'_>, value: Register) -> Option<Register> {
        if value.table.is_bits() {
            section.fault("sequence", "a table of bits holds no sequence; remove it");
            return None;
        }
        let encoding = self.number.encoding(self.order.unwrap_or(WordOrder::HighFirst));
        Some(Register { address: self.address, encoding, ..value })
    }
}
