//! How grave an incident is.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

/// How grave. P1: attack confirmed or leak in progress. P2: one strong sign of attack, or a measure missing while it is
/// needed. P3: a fault or breach that weakens protection. P4: housekeeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Severity {
    #[n(1)]
    P1,
    #[n(2)]
    P2,
    #[n(3)]
    P3,
    #[n(4)]
    P4,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::P1, Severity::P2, Severity::P3, Severity::P4];

    pub fn name(self) -> &'static str {
        match self {
            Severity::P1 => "P1",
            Severity::P2 => "P2",
            Severity::P3 => "P3",
            Severity::P4 => "P4",
        }
    }

    /// Whether `self` is graver than `other`.
    pub fn graver_than(self, other: Severity) -> bool {
        (self as u8) < (other as u8)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity: use P1, P2, P3 or P4")]
pub struct UnknownSeverity(String);

impl FromStr for Severity {
    type Err = UnknownSeverity;
    fn from_str(text: &str) -> Result<Self, UnknownSeverity> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == text)
            .ok_or_else(|| UnknownSeverity(text.to_owned()))
    }
}
