//! One `[[buses]]` entry: a serial port on which several Modbus RTU units are asked in turn.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use runtime::config::{FromSection, FromValue, Item, Parsed, Section};

/// What serial ports of gateways and field devices know. Other speeds work on some adapters only.
pub(super) const BAUDS: &[u32] = &[1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200];
/// What the standard wants every device to come up with.
pub(super) const BAUD_DEFAULT: u32 = 9_600;
/// Whoever needs more silence than this needs a slower baud rate.
const GAP_MAX: Duration = Duration::from_secs(1);
/// Long enough for any name, short enough for a table.
const ID_BYTES_MAX: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusConfig {
    pub id: BusId,
    pub path: PathBuf,
    pub mode: LineMode,
    /// Silence between two frames beyond what the standard asks for.
    pub gap: Duration,
}

/// How characters stand on the line. They always have eight bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineMode {
    pub baud: u32,
    pub parity: Parity,
    pub stop_bits: StopBits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    None,
    Even,
    Odd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopBits {
    One,
    Two,
}

impl Parity {
    /// A character has eleven bits by the standard: without parity a second stop bit takes its place.
    pub fn stop_bits(self) -> StopBits {
        match self {
            Parity::None => StopBits::Two,
            Parity::Even | Parity::Odd => StopBits::One,
        }
    }
}

impl Default for LineMode {
    fn default() -> Self {
        Self { baud: BAUD_DEFAULT, parity: Parity::Even, stop_bits: StopBits::One }
    }
}

/// What a bus is called in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusId(Arc<str>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a bus; write 1 to {ID_BYTES_MAX} letters, digits, `-`, `_` or `.`")]
pub struct BusIdError(String);

impl FromStr for BusId {
    type Err = BusIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if (1..=ID_BYTES_MAX).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(BusIdError(text.to_owned()))
        }
    }
}

impl fmt::Display for BusId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no parity; write `none`, `even` or `odd`")]
pub struct ParityError(String);

impl FromStr for Parity {
    type Err = ParityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Parity::None),
            "even" => Ok(Parity::Even),
            "odd" => Ok(Parity::Odd),
            other => Err(ParityError(other.to_owned())),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no baud rate here; write one of {known}", known = bauds())]
pub struct BaudError {
    text: String,
}

/// A baud rate from the list of those that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baud(pub u32);

impl FromStr for Baud {
    type Err = BaudError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let served = text.parse().ok().filter(|baud| BAUDS.contains(baud));
        served.map(Baud).ok_or_else(|| BaudError { text: text.to_owned() })
    }
}

impl FromValue for Baud {
    fn wanted() -> String {
        format!("one of {}", bauds())
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        match item.integer() {
            Some(number) => {
                let baud = number.to_string().parse();
                baud.map_or_else(|error: BaudError| item.fault(error.to_string()), Some)
            }
            None => item.wrong_type(&Self::wanted()),
        }
    }
}

fn bauds() -> String {
    BAUDS.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// What an entry says. Always read, so that the places of entries stay true.
pub(super) struct BusDraft {
    pub(super) id: Option<BusId>,
    pub(super) path: Option<PathBuf>,
    mode: LineMode,
    gap: Duration,
}

impl FromSection for BusDraft {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let id = section.required("id").map(|Parsed(id)| id);
        let path = section.path("path");
        let Baud(baud) = section.optional("baud").unwrap_or(Baud(BAUD_DEFAULT));
        let parity = section.optional("parity").map_or(Parity::Even, |Parsed(parity)| parity);
        let stop_bits = match section.optional_within("stop_bits", 1..=2_u8) {
            None => parity.stop_bits(),
            Some(1) => StopBits::One,
            Some(_) => StopBits::Two,
        };
        let gap = section.within("gap", Duration::ZERO, Duration::ZERO..=GAP_MAX);
        Some(Self { id, path, mode: LineMode { baud, parity, stop_bits }, gap })
    }
}

impl BusDraft {
    pub(super) fn complete(self) -> Option<BusConfig> {
        Some(BusConfig { id: self.id?, path: self.path?, mode: self.mode, gap: self.gap })
    }
}
