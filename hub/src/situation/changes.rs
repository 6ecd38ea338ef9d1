//! What correlation gives to the store with each commit, and what it gets back at the start.

use wire::{EdgeId, PartId, PointTable};

use super::memory::{EdgeMemory, RuleMemory};
use super::{EdgeState, Layout, PartState};
use crate::incident::{Answer, Incident};
use crate::journal::{Activated, Position, Quarantined};

/// What the store gives back at the start.
#[derive(Debug, Default)]
pub struct Saved {
    pub next: Position,
    pub hub_ms: i64,
    pub activated: Option<Activated>,
    pub parts: Vec<SavedPart>,
    pub edges: Vec<(EdgeState, EdgeMemory)>,
    pub tables: Vec<(EdgeId, PointTable)>,
    pub open: Vec<Incident>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SavedPart {
    pub id: PartId,
    pub name: String,
    /// Place in lists for people: the order of the configuration.
    pub order: u32,
    /// `None` if it has not changed since it was last stored.
    pub layout: Option<Layout>,
    pub state: PartState,
    pub memory: RuleMemory,
    pub arming_changed: bool,
}

/// What has changed since the last commit, to be stored in one transaction.
#[derive(Debug, Default)]
pub struct Changes {
    /// The next entry to be read.
    pub next: Position,
    pub hub_ms: i64,
    pub activated: Option<Activated>,
    pub parts: Vec<SavedPart>,
    pub edges: Vec<(EdgeState, EdgeMemory)>,
    pub tables: Vec<(EdgeId, PointTable)>,
    pub incidents: Vec<Incident>,
    pub quarantined: Vec<(Position, i64, Quarantined)>,
    pub answers: Vec<(Position, Answer)>,
}
