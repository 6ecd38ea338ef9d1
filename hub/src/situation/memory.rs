//! What rules remember: about a device, and about what is missing of an edge. Plain data that outlives a restart.

use minicbor::{Decode, Encode};
use wire::{Gap, TableAssembler, TableVersion};

use crate::incident::{ArrivalMark, Evidence};
use crate::journal::{Missing, Position};

/// A condition that holds, or has held, on one device.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Instance {
    /// Points that satisfy a trigger now.
    #[n(0)]
    pub active: Vec<u32>,
    /// When the first of them did, and by which event.
    #[n(1)]
    pub onset: Option<Onset>,
    /// Stages of the sustained condition that have passed; 1 means fired, for rules that do not wait.
    #[n(2)]
    pub stage: u8,
    /// Judged legitimate: this onset will not fire.
    #[n(3)]
    pub excused: bool,
    /// When the next stage is due, in hub time.
    #[n(4)]
    pub due_ms: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Onset {
    #[n(0)]
    pub evidence: Evidence,
    #[n(1)]
    pub arrival: ArrivalMark,
    #[n(2)]
    pub point: u32,
}

impl Instance {
    pub fn has_fired(&self) -> bool {
        self.stage > 0 && !self.excused
    }
}

/// The memory of a part's rules as it is stored. Rules are named by their ids, so that it outlives a change of the pack.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct RuleMemory {
    #[n(0)]
    pub instances: Vec<InstanceRow>,
    #[n(1)]
    pub excuses: Vec<ExcuseRow>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct InstanceRow {
    #[n(0)]
    pub rule: String,
    #[n(1)]
    pub device: u32,
    #[n(2)]
    pub instance: Instance,
}

/// When an excusing event last happened on a device.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct ExcuseRow {
    #[n(0)]
    pub rule: String,
    #[n(1)]
    pub excuse: u8,
    #[n(2)]
    pub device: u32,
    #[n(3)]
    pub event_ms: i64,
}

/// What is remembered of an edge beside its state.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct EdgeMemory {
    #[n(0)]
    pub assembler: TableAssembler,
    /// Gap records of the edge: what it says honestly that it lost.
    #[n(1)]
    pub explained: Vec<Gap>,
    /// What was found missing and waits for such a record.
    #[n(2)]
    pub unexplained: Vec<Unexplained>,
    /// Envelopes that came ahead of their point table.
    #[n(3)]
    pub unread: Vec<Unread>,
    /// The table that the part's layout follows.
    #[n(4)]
    pub in_force: Option<TableVersion>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Unread {
    #[n(0)]
    pub table: TableVersion,
    #[n(1)]
    pub position: Position,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub envelope: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Unexplained {
    #[n(0)]
    pub rule: String,
    #[n(1)]
    pub missing: Missing,
    #[n(2)]
    pub due_ms: i64,
    #[n(3)]
    pub evidence: Evidence,
}
