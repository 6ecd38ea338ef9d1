//! One entry of a profile that stands for many points: the zones of a panel, the bands of a jammer.

use runtime::config::{FromSection, FromValue, Item, Section};

use super::size::{self, Size};
use super::source::Source;

/// More points than that no device has.
pub(super) const COUNT_MAX: u16 = 1024;

/// What a repeated name must hold, to be replaced by the number of each point.
pub(super) const PLACEHOLDER: &str = "{n}";

/// So many points, numbered from `first`. Each stands `step` addresses behind the one before it, or has its number in
/// its place in the messages.
#[derive(Clone, Debug)]
pub(super) struct Repeat {
    count: Count,
    step: Option<u16>,
    first: u16,
}

#[derive(Clone, Debug)]
enum Count {
    Fixed(u16),
    /// The name of a size.
    Sized(String),
}

/// One of the repeated points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeated {
    pub(super) index: u16,
    /// What stands in its name.
    pub(super) number: u32,
    /// How far it stands behind the first one.
    pub(super) distance: u32,
}

impl Repeat {
    /// An entry that stands for itself.
    pub(super) const ONCE: Repeat = Repeat { count: Count::Fixed(1), step: None, first: 1 };

    /// How many there can be, and the place of the size that decides how many there are. `Err`: there is no such size.
    pub(super) fn count(&self, sizes: &[Size]) -> Result<(u16, Option<usize>), String> {
        match &self.count {
            Count::Fixed(count) => Ok((*count, None)),
            Count::Sized(name) => match size::place(sizes, name) {
                Some(place) => Ok((sizes[place].max, Some(place))),
                None => Err(format!("there is no size `{name}`; write a number, or {}", size::known(sizes))),
            },
        }
    }

    /// Records a step that is missing or out of place; returns whether the points can be told apart.
    pub(super) fn check(&self, section: &mut Section<'_>, source: &Source) -> bool {
        match (source, self.step) {
            (Source::Register(_), None) => {
                section.fault(
                    "repeat.step",
                    "this key is missing; write how many addresses lie between two points",
                );
                false
            }
            (Source::Message(_), Some(_)) => {
                section.fault("repeat.step", "only registers have a step; remove it");
                false
            }
            (Source::Message(field), None) if !field.has_placeholder() => {
                let message = format!(
                    "every point would read the same value; write `{PLACEHOLDER}` where their places differ"
                );
                section.fault("repeat", message);
                false
            }
            (Source::Register(_) | Source::Message(_) | Source::Ring, _) => true,
        }
    }

    pub(super) fn elements(&self, count: u16) -> impl Iterator<Item = Repeated> {
        let (step, first) = (u32::from(self.step.unwrap_or(0)), u32::from(self.first));
        (0..count).map(move |index| Repeated {
            index,
            number: first + u32::from(index),
            distance: step * u32::from(index),
        })
    }
}

impl FromSection for Repeat {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let count = section.required("count");
        let step = section.optional_within("step", 1..=u16::MAX);
        let first = section.within("first", 1, 0..=u16::MAX);
        Some(Self { count: count?, step, first })
    }
}

impl FromValue for Count {
    fn wanted() -> String {
        format!("a number from 1 to {COUNT_MAX}, or the name of a size in quotes")
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        if let Some(name) = item.text() {
            return Some(Self::Sized(name.to_owned()));
        }
        let count = item.integer().and_then(|count| u16::try_from(count).ok());
        match count.filter(|count| (1..=COUNT_MAX).contains(count)) {
            Some(count) => Some(Self::Fixed(count)),
            None => item.fault(format!("this is no count; write {}", Self::wanted())),
        }
    }
}
