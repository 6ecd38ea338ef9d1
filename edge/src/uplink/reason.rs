//! Why a connection was given up.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The hub did not say what it holds.
    NoResume,
    /// The hub did not confirm for too long.
    NoConfirm,
    /// A PUBACK came that was not next.
    ForeignPuback,
    /// The hub's word about what it holds could not be decoded.
    WrongResume,
    /// The connection broke.
    Lost,
    /// No connection came about.
    Unreachable,
}

impl Reason {
    /// A metric's label.
    pub fn name(self) -> &'static str {
        match self {
            Reason::NoResume => "no_resume",
            Reason::NoConfirm => "no_confirm",
            Reason::ForeignPuback => "foreign_puback",
            Reason::WrongResume => "wrong_resume",
            Reason::Lost => "lost",
            Reason::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::NoResume => "the hub did not say what it holds",
            Reason::NoConfirm => "the hub did not confirm anything for too long",
            Reason::ForeignPuback => "the hub confirmed out of order",
            Reason::WrongResume => "what the hub says it holds could not be decoded",
            Reason::Lost => "the connection broke",
            Reason::Unreachable => "no connection to the hub",
        })
    }
}
