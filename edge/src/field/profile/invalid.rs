//! By what a device says that it has no value: a number it never measures, a range of them, or a word.

use runtime::config::{FromValue, Item};

use super::raw::Raw;
use super::source::Shape;

/// Not a number is no value in any case, and need not be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Invalid {
    /// Before scaling, both ends included.
    Numbers { from: f64, to: f64 },
    /// Only of messages.
    Word(Box<str>),
}

impl Invalid {
    pub(super) fn marks(&self, raw: Raw<'_>) -> bool {
        match self {
            Invalid::Numbers { from, to } => {
                raw.number().is_some_and(|number| (*from..=*to).contains(&number))
            }
            Invalid::Word(word) => raw.word() == word.as_ref(),
        }
    }

    /// A device that holds 32-bit floats never shows exactly what a profile writes with decimals.
    pub(super) fn rounded(self) -> Invalid {
        let rounded = |number: f64| f64::from(number as f32);
        match self {
            Invalid::Numbers { from, to } => Invalid::Numbers { from: rounded(from), to: rounded(to) },
            word @ Invalid::Word(_) => word,
        }
    }

    /// What is wrong with such a marker, if anything.
    pub(super) fn fault(&self, shape: Shape) -> Option<String> {
        match (self, shape) {
            (_, Shape::Bit) => Some("one bit has no number to spare; remove it".to_owned()),
            (Invalid::Word(word), Shape::Whole | Shape::Float) => Some(format!(
                "registers hold no words such as `{word}`; write numbers, or a range in quotes such as \"65500..65535\""
            )),
            (Invalid::Numbers { from, to }, _) if from > to => {
                Some(format!("{from} lies above {to}; write the smaller number first"))
            }
            _ => None,
        }
    }
}

impl FromValue for Invalid {
    fn wanted() -> String {
        "a number, or a range of them in quotes such as \"65500..65535\"".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        if let Some(text) = item.text() {
            let range = text.split_once("..").and_then(|(from, to)| Some((number(from)?, number(to)?)));
            return Some(match range {
                Some((from, to)) => Self::Numbers { from, to },
                None => Self::Word(text.into()),
            });
        }
        f64::from_value(item).map(|number| Self::Numbers { from: number, to: number })
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}
