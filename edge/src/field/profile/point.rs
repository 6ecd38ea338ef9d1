//! One `[[points]]` entry of a profile.

use std::time::Duration;

use runtime::config::{Parsed, Section};
use wire::{Kind, PointName, ValueType};

use super::encoding::Encoding;
use super::invalid::Invalid;
use super::keeping::Keeping;
use super::keyword_enum;
use super::meaning::{self, Meaning};
use super::protocol::Protocol;
use super::register::Register;
use super::repeat::{PLACEHOLDER, Repeat, Repeated};
use super::ring::RingSpec;
use super::size::{Element, Size};
use super::source::{self, Source};
use super::watch::Watch;

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
    pub keeping: Keeping,
    /// A counter beside the value: each new number is an event, even if the value is equal. Read with the value at once.
    pub sequence: Option<Register>,
    pub meaning: Meaning,
    /// By what the device says that it has no value.
    pub invalid: Box<[Invalid]>,
    /// A change of a number counts only from this far on, in the unit of the kind.
    pub deadband: f64,
    /// A new value counts only after it held this long.
    pub debounce: Duration,
    pub report: Report,
    pub watch: Watch,
    /// For a point that only devices of a certain size have.
    pub element: Option<Element>,
}

impl PointSpec {
    /// The point on which the events of a ring appear.
    pub(super) fn of_ring(ring: &RingSpec) -> Self {
        Self {
            name: ring.name.clone(),
            kind: ring.kind,
            source: Source::Ring,
            keeping: Keeping::STRICT,
            sequence: None,
            meaning: Meaning::Text,
            invalid: [].into(),
            deadband: 0.0,
            debounce: Duration::ZERO,
            report: Report::Change,
            watch: Watch::default(),
            element: None,
        }
    }
}

/// An entry before it is repeated, or nothing if it has faults. Always read, so that the places of entries stay true.
pub(super) struct Draft(Option<First>);

impl Draft {
    /// Which keys say where the point stands depends on how its device speaks.
    pub(super) fn read(section: &mut Section<'_>, protocol: Protocol) -> Self {
        let name: Option<String> = section.required("name");
        let kind = section.required("kind").map(|Parsed(kind): Parsed<Kind>| kind);
        let source = Source::read(section, protocol);
        let keeping = Keeping::read(section, protocol);
        let meaning = meaning::Keys::read(section);
        let invalid: Vec<Invalid> = section.or("invalid", Vec::new());
        let deadband = section.within("deadband", 0.0, 0.0..=f64::MAX);
        let debounce = section.within("debounce", Duration::ZERO, Duration::ZERO..=DEBOUNCE_MAX);
        let report = section.optional("report").map_or(Report::Change, |Parsed(report)| report);
        let repeat = section.optional_table("repeat").unwrap_or(Repeat::ONCE);
        let sequence = source::sequence(section, protocol);
        let watch = Watch::read(section, kind);

        let Some(((name, kind), source)) = name.zip(kind).zip(source) else {
            return Self(None);
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
        for (place, marker) in invalid.iter().enumerate() {
            if let Some(message) = marker.fault(source.shape()) {
                section.fault(&format!("invalid[{place}]"), message);
            }
        }
        if section.has("repeat") != name.contains(PLACEHOLDER) {
            section.fault("name", format!("`{PLACEHOLDER}` in the name and `repeat` belong together"));
            return Self(None);
        }
        if section.has("repeat") && !repeat.check(section, &source) {
            return Self(None);
        }
        let sequence = sequence.zip(source.register());
        let sequence = sequence.and_then(|(sequence, value)| sequence.register(section, value));
        let Some(meaning) = meaning.meaning(section, kind, source.shape()) else {
            return Self(None);
        };
        let short_float = matches!(source.register(), Some(Register { encoding: Encoding::F32(_), .. }));
        let invalid =
            if short_float { invalid.into_iter().map(Invalid::rounded).collect() } else { invalid.into() };
        Self(Some(First {
            name,
            repeat,
            kind,
            source,
            keeping,
            sequence,
            meaning,
            invalid,
            deadband,
            debounce,
            report,
            watch,
        }))
    }

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
    keeping: Keeping,
    sequence: Option<Register>,
    meaning: Meaning,
    invalid: Box<[Invalid]>,
    deadband: f64,
    debounce: Duration,
    report: Report,
    watch: Watch,
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
            match (PointName::parse(&name), self.moved(repeated)) {
                (Ok(name), Some((source, sequence))) => {
                    points.push(self.point(name, source, sequence, element))
                }
                (Err(error), _) => fault("name", format!("`{name}`: {error}")),
                (_, None) => fault("register", format!("`{name}` lies past the last address, {}", u16::MAX)),
            }
            if points.len() <= usize::from(repeated.index) {
                // The faults of all further repetitions would be the same.
                break;
            }
        }
        points
    }

    /// Value and sequence of one of the repeated points; `None` past the end of the address space.
    fn moved(&self, repeated: Repeated) -> Option<(Source, Option<Register>)> {
        let sequence = match self.sequence {
            Some(sequence) => Some(sequence.moved(repeated.distance)?),
            None => None,
        };
        let source = match &self.source {
            Source::Register(register) => Source::Register(register.moved(repeated.distance)?),
            Source::Message(field) => Source::Message(field.numbered(repeated.number)),
            Source::Ring => Source::Ring,
        };
        Some((source, sequence))
    }

    fn point(
        &self,
        name: PointName,
        source: Source,
        sequence: Option<Register>,
        element: Option<Element>,
    ) -> PointSpec {
        PointSpec {
            name,
            kind: self.kind,
            source,
            keeping: self.keeping,
            sequence,
            meaning: self.meaning.clone(),
            invalid: self.invalid.clone(),
            deadband: self.deadband,
            debounce: self.debounce,
            report: self.report,
            watch: self.watch,
            element,
        }
    }
}
