//! `[[rings]]`: a log of events that a device keeps in its registers, one slot per event, the oldest overwritten first.

use std::ops::Range;

use runtime::config::{FromSection, Parsed, Section};
use wire::{Kind, PointName, ValueType};

use super::encoding::{ByteOrder, NumberType, WordOrder};
use super::register::{Register, Table};

/// A bookmark belongs to a device, and says how far its one ring was read.
pub(super) const RINGS_MAX: usize = 1;
/// More events than that no panel shows in its registers.
const SLOTS_MAX: u16 = 1024;
/// One request must hold a slot whole.
const SLOT_WORDS_MAX: u16 = 125;

/// The event of number n stands in slot n modulo `slots`. Numbers rise by one, and the first event has number 1.
#[derive(Clone, Debug, PartialEq)]
pub struct RingSpec {
    pub name: PointName,
    pub kind: Kind,
    pub table: Table,
    /// The number of the newest event, 0 while there is none. The device raises it after it has written the slot.
    pub newest: Register,
    pub start: u16,
    pub slots: u16,
    pub slot_words: u16,
    pub fields: SlotFields,
}

/// Where the parts of an event stand in its slot; the addresses count from the slot's first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotFields {
    /// The number of the event that the slot holds, by which a slot that is not written yet is told.
    pub sequence: Register,
    /// Seconds since 1970, by the device's clock.
    pub time: Option<Register>,
    /// A Contact ID code, such as 130.
    pub code: Register,
    pub partition: Option<Register>,
    /// A zone or a user, depending on the code.
    pub number: Option<Register>,
    /// 1 event, 3 restore, 6 still so. Without it every entry is an event.
    pub qualifier: Option<Register>,
}

impl RingSpec {
    pub fn span(&self) -> Range<u32> {
        let start = u32::from(self.start);
        start..start + u32::from(self.slots) * u32::from(self.slot_words)
    }

    /// `None`: a fault is recorded.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("name").map(|Parsed(name)| name);
        let kind = section.required("kind").map(|Parsed(kind)| kind);
        let table = section.optional("table").map_or(Table::Input, |Parsed(table)| table);
        let newest = section.table::<Word>("newest");
        let start = section.required("start");
        let slots = section.required_within("count", 2..=SLOTS_MAX);
        let slot_words = section.required_within("slot_words", 2..=SLOT_WORDS_MAX);
        let fields = section.table::<Fields>("fields");
        if kind.is_some_and(|kind: Kind| kind.value_type() != ValueType::Text) {
            let message =
                format!("a ring holds events in words; write a kind of text, such as {}", Kind::PanelEvent);
            section.fault("kind", message);
        }
        if table.is_bits() {
            let message = format!("events need registers; write `{}` or `{}`", Table::Input, Table::Holding);
            section.fault("table", message);
        }
        let newest = newest.and_then(|newest| newest.numbering(section, "newest", "register", table))?;
        let fields = fields?.fields(section, table, slot_words?)?;
        let spec = Self {
            name: name?,
            kind: kind?,
            table,
            newest,
            start: start?,
            slots: slots?,
            slot_words: slot_words?,
            fields,
        };
        if spec.span().end > u32::from(u16::MAX) + 1 {
            section.fault("count", "the ring reaches past the last address, 65535");
        }
        Some(spec)
    }
}

/// A number: `{ register = 20, type = "u32" }`, or inside a slot `{ word = 2, type = "u32" }`.
struct Word {
    address: u16,
    number: NumberType,
    word_order: Option<WordOrder>,
    byte_order: ByteOrder,
}

impl FromSection for Word {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        Self::read(section, "register")
    }
}

/// The same inside a slot.
struct SlotWord(Word);

impl FromSection for SlotWord {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        Word::read(section, "word").map(Self)
    }
}

impl Word {
    fn read(section: &mut Section<'_>, place: &'static str) -> Option<Self> {
        let address = section.required(place);
        let number = section.optional("type").map_or(NumberType::U16, |Parsed(number)| number);
        let word_order = section.optional("word_order").map(|Parsed(order)| order);
        let byte_order = section.optional("byte_order").map_or(ByteOrder::Normal, |Parsed(order)| order);
        if !matches!(number, NumberType::U16 | NumberType::U32 | NumberType::Bcd16 | NumberType::Bcd32) {
            section.fault("type", "write `u16`, `u32`, `bcd16` or `bcd32`");
        }
        Some(Self { address: address?, number, word_order, byte_order })
    }

    fn register(&self, table: Table) -> Register {
        let encoding = self.number.encoding(self.word_order.unwrap_or(WordOrder::HighFirst));
        Register { table, address: self.address, encoding, byte_order: self.byte_order }
    }

    /// `None`: a fault is recorded.
    fn numbering(&self, section: &mut Section<'_>, key: &str, place: &str, table: Table) -> Option<Register> {
        let register = self.register(table);
        if register.span().end > u32::from(u16::MAX) + 1 {
            section.fault(&format!("{key}.{place}"), "it reaches past the last address, 65535");
            return None;
        }
        if !matches!(self.number, NumberType::U16 | NumberType::U32) {
            section.fault(&format!("{key}.type"), "a sequence only rises; write `u16` or `u32`");
            return None;
        }
        Some(register)
    }
}

/// The `fields` of a ring.
struct Fields {
    sequence: Word,
    code: Word,
    time: Option<Word>,
    partition: Option<Word>,
    number: Option<Word>,
    qualifier: Option<Word>,
}

impl FromSection for Fields {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let sequence = section.table::<SlotWord>("sequence");
        let code = section.table::<SlotWord>("code");
        let mut optional = |key| section.optional_table::<SlotWord>(key).map(|SlotWord(word)| word);
        let time = optional("time");
        let (partition, number, qualifier) =
            (optional("partition"), optional("number"), optional("qualifier"));
        Some(Self { sequence: sequence?.0, code: code?.0, time, partition, number, qualifier })
    }
}

impl Fields {
    fn fields(&self, section: &mut Section<'_>, table: Table, slot_words: u16) -> Option<SlotFields> {
        let mut inside = |key: &str, word: &Word| {
            let register = word.register(table);
            let fits = register.span().end <= u32::from(slot_words);
            if !fits {
                let message =
                    format!("a slot has {slot_words} words, numbered from 0; this one lies behind them");
                section.fault(&format!("fields.{key}.word"), message);
            }
            register
        };
        let mut optional = |key: &str, word: &Option<Word>| word.as_ref().map(|word| inside(key, word));
        let (time, partition) = (optional("time", &self.time), optional("partition", &self.partition));
        let (number, qualifier) = (optional("number", &self.number), optional("qualifier", &self.qualifier));
        let code = inside("code", &self.code);
        inside("sequence", &self.sequence);
        let sequence = self.sequence.numbering(section, "fields.sequence", "word", table)?;
        Some(SlotFields { sequence, time, code, partition, number, qualifier })
    }
}
