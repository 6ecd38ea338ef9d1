//! One `[[points]]` entry of a profile.

use std::time::Duration;

use runtime::config::{FromSection, Parsed, Section};
use wire::{Kind, PointName, ValueType};

use super::keyword_enum;
use super::meaning::{self, Meaning};
use super::repeat::{PLACEHOLDER, Repeat};
use super::size::{Element, Size};
use super::source::{Encoding, NumberType, Source, Table, WordOrder};

/// Whatever bounces longer than a minute is a state of its own.
const DEBOUNCE_MAX: Duration = Duration::from_secs(60);

keyword_enum! {
    /// When a point sends.
    pub enum Report as UnknownReport {
        /// Whenever it changes.
        Change = "change",
        /// Only with the periodic snapshot: for values that change all the time and say little, such as an uptime.
        Snapshot = "snapshot",
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct PointSpec {
    pub name: PointName,
    pub kind: Kind,
    pub source: Source,
    /// A counter beside the value: each new number is an event, even if the value is equal. Read with the value at once.
    pub sequence: Option<Source>,
    pub meaning: Meaning,
    /// Numbers by which the device says that it has no value.
    pub invalid: Box<[i64]>,
    /// A change of a number counts only from this far on, in the unit of the kind.
    pub deadband: f64,
    /// A new value counts only after it held this long.
    pub debounce: Duration,
    pub report: Report,
    /// For a point that only devices of a certain size have.
    pub element: Option<Element>,
}

/// An entry before it is repeated, or nothing if it has faults. Always read, so that the places of entries stay true.
pub(super) struct Draft(Option<First>);

impl FromSection for Draft {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let name: Option<String> = section.required("name");
        let kind = section.required("kind").map(|Parsed(kind): Parsed<Kind>| kind);
        let source = read_source(section);
        let meaning = meaning::Keys::read(section);
        let invalid: Vec<i64> = section.or("invalid", Vec::new());
        let deadband = section.within("deadband", 0.0, 0.0..=f64::MAX);
        let debounce = section.within("debounce", Duration::ZERO, Duration::ZERO..=DEBOUNCE_MAX);
        let report = section.optional("report").map_or(Report::Change, |Parsed(report)| report);
        let repeat = section.optional_table("repeat").unwrap_or(Repeat::ONCE);
        let sequence = section.optional_table::<Sequence>("sequence");

        let Some(((name, kind), source)) = name.zip(kind).zip(source) else {
            return Some(Self(None));
        };
        let number = matches!(kind.value_type(), ValueType::Count(_) | ValueType::Measure(_));
        if !number && section.has("deadband") {
            section.fault("deadband", format!("{kind} has no use for `deadband`; remove it"));
        }
        // A number jitters: it would begin to wait anew with every sample. Its means is the deadband.
        if number && section.has("debounce") {
            section.fault("debounce", format!("{kind} is a number, which never holds still; use `deadband`"));
        }
        if report == Report::Snapshot && (section.has("debounce") || section.has("sequence")) {
            section.fault("report", "what is debounced or counted is sent when it changes; remove `report`");
        }
        if source.encoding.is_bit() && !invalid.is_empty() {
            section.fault("invalid", "one bit has no number to spare; remove it");
        }
        if section.has("repeat") != name.contains(PLACEHOLDER) {
            section.fault("name", format!("`{PLACEHOLDER}` in the name and `repeat` belong together"));
            return Some(Self(None));
        }
        let sequence = sequence.and_then(|sequence| sequence.source(section, source));
        let Some(meaning) = meaning.meaning(section, kind, source.encoding) else {
            return Some(Self(None));
        };
        let invalid = invalid.into();
        Some(Self(Some(First {
            name,
            repeat,
            kind,
            source,
            sequence,
            meaning,
            invalid,
            deadband,
            debounce,
            report,
        })))
    }
}

impl Draft {
    /// The points of the entry, as many as the largest device has. `place` is the entry's own.
    pub(super) fn points(&self, section: &mut Section<'_>, place: usize, sizes: &[Size]) -> Vec<PointSpec> {
        self.0.as_ref().map(|first| first.expand(section, place, sizes)).unwrap_or_default()
    }
}

/// The first point of an entry.
struct First {
    /// With a placeholder if it is repeated.
    name: String,
    repeat: Repeat,
    kind: Kind,
    source: Source,
    sequence: Option<Source>,
    meaning: Meaning,
    invalid: Box<[i64]>,
    deadband: f64,
    debounce: Duration,
    report: Report,
}

impl First {
    fn expand(&self, section: &mut Section<'_>, place: usize, sizes: &[Size]) -> Vec<PointSpec> {
        let mut fault =
            |key: &str, message: String| section.fault(&format!("points[{place}].{key}"), message);
        let (count, size) = match self.repeat.count(sizes) {
            Ok(counted) => counted,
            Err(message) => {
                fault("repeat.count", message);
                return Vec::new();
            }
        };
        let mut points = Vec::new();
        for repeated in self.repeat.elements(count) {
            let name = self.name.replace(PLACEHOLDER, &repeated.number.to_string());
            let element = size.map(|size| Element { size, index: repeated.index });
            match (PointName::parse(&name), self.moved(repeated.distance)) {
                (Ok(name), Some((source, sequence))) => {
                    points.push(self.point(name, source, sequence, element))
                }
                (Err(error), _) => fault("name", format!("`{name}`: {error}")),
                (_, None) => fault("register", format!("{name} lies past the last address, {}", u16::MAX)),
            }
            if points.len() <= usize::from(repeated.index) {
                // The faults of all further repetitions would be the same.
                break;
            }
        }
        points
    }

    /// Value and sequence so far behind the first ones; `None` past the end of the address space.
    fn moved(&self, distance: u32) -> Option<(Source, Option<Source>)> {
        let sequence = match self.sequence {
            Some(sequence) => Some(moved(sequence, distance)?),
            None => None,
        };
        Some((moved(self.source, distance)?, sequence))
    }

    fn point(
        &self,
        name: PointName,
        source: Source,
        sequence: Option<Source>,
        element: Option<Element>,
    ) -> PointSpec {
        PointSpec {
            name,
            kind: self.kind,
            source,
            sequence,
            meaning: self.meaning.clone(),
            invalid: self.invalid.clone(),
            deadband: self.deadband,
            debounce: self.debounce,
            report: self.report,
            element,
        }
    }
}

/// The same `distance` further on; `None` past the end of the address space.
fn moved(source: Source, distance: u32) -> Option<Source> {
    let address = u16::try_from(u32::from(source.address) + distance).ok()?;
    let moved = Source { address, ..source };
    (moved.span().end <= u32::from(u16::MAX) + 1).then_some(moved)
}

fn read_source(section: &mut Section<'_>) -> Option<Source> {
    let table = section.optional("table").map_or(Table::Input, |Parsed(table)| table);
    let address = section.required("register");
    let bit = section.optional_within("bit", 0..=15);
    let number = section.optional("type").map(|Parsed(number)| number);
    let order = section.optional("word_order").map(|Parsed(order)| order);
    let encoding = match (table.is_bits(), bit, number) {
        (true, None, None | Some(NumberType::Bit)) => Some(Encoding::Bit),
        (true, ..) => {
            section.fault("table", format!("an address of `{table}` is one bit; remove `bit` and `type`"));
            None
        }
        (false, Some(bit), None | Some(NumberType::Bit)) => Some(Encoding::BitOf(bit)),
        (false, Some(_), Some(_)) => {
            section.fault("type", "a bit has no type of its own; remove `bit` or `type`");
            None
        }
        (false, None, Some(NumberType::Bit)) => {
            section.fault("type", "add `bit`, a number from 0 to 15");
            None
        }
        (false, None, number) => Some(number_encoding(number.unwrap_or(NumberType::U16), order)),
    }?;
    if order.is_some() && encoding.width() == 1 {
        section.fault("word_order", "only a type of two registers has an order of words; remove it");
    }
    Some(Source { table, address: address?, encoding })
}

fn number_encoding(number: NumberType, order: Option<WordOrder>) -> Encoding {
    let order = order.unwrap_or(WordOrder::HighFirst);
    match number {
        NumberType::U16 | NumberType::Bit => Encoding::U16,
        NumberType::I16 => Encoding::I16,
        NumberType::U32 => Encoding::U32(order),
        NumberType::I32 => Encoding::I32(order),
        NumberType::F32 => Encoding::F32(order),
    }
}

/// `sequence = { register = 28, type = "u32" }`
struct Sequence {
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
    /// In the table of the value that it counts.
    fn source(self, section: &mut Section<'_>, value: Source) -> Option<Source> {
        if value.table.is_bits() {
            section.fault("sequence", "a table of bits holds no sequence; remove it");
            return None;
        }
        let encoding = number_encoding(self.number, self.order);
        Some(Source { table: value.table, address: self.address, encoding })
    }
}
