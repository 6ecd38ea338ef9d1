//! What rules remember: about a device, and about what is missing of an edge. Plain data that outlives a restart.

use minicbor::{Decode, Encode};
use wire::{Gap, TableAssembler, TableVersion};

use crate::incident::{ArrivalMark, Evidence};
use crate::journal::{Missing, Position};

/// What a finding of a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Subject {
    /// Place in [`super::Layout::devices`].
    #[n(0)]
    Device(#[n(0)] u32),
    /// Place in [`super::Layout::points`].
    #[n(1)]
    Point(#[n(0)] u32),
    #[n(2)]
    Part,
}

/// Something that a rule watches: a condition that holds, or an event about which it has not decided.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Instance {
    /// Points that satisfy a trigger now. None for what has merely happened.
    #[n(0)]
    pub active: Vec<u32>,
    /// What began it. `None` while it holds and does not count.
    #[n(1)]
    pub onset: Option<Onset>,
    #[n(2)]
    pub stand: Stand,
    /// When time alone will change it, in hub time.
    #[n(3)]
    pub due_ms: Option<i64>,
}

/// How far the rule has come with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Stand {
    /// Its time has not passed yet, or an excuse may still come.
    #[n(0)]
    Waiting,
    /// Its time has passed without an excuse; something is missing that must hold or must have happened.
    #[n(1)]
    Ready,
    /// Judged legitimate: this onset will not fire.
    #[n(2)]
    Excused,
    #[n(3)]
    Fired {
        /// Stages of the sustained condition that have passed; 1 for rules that do not wait.
        #[n(0)]
        stage: u8,
        /// Fired because nothing came that would excuse it, and until then (hub time) it may still come.
        #[n(1)]
        settles_ms: Option<i64>,
        /// The condition is over; only what may still come is waited for.
        #[n(2)]
        ended: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Onset {
    #[n(0)]
    pub evidence: Evidence,
    #[n(1)]
    pub arrival: ArrivalMark,
    #[n(2)]
    pub point: u32,
    /// When it began to count; later than the evidence if it held before and the circumstances changed.
    #[n(3)]
    pub at_ms: i64,
    /// How many times it happened at once.
    #[n(4)]
    pub times: u16,
}

/// Events that a rule may still ask for, in the order in which they happened.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(transparent)]
pub struct Trace(#[n(0)] pub Vec<Happened>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Happened {
    #[n(0)]
    pub event_ms: i64,
    /// What makes it another one than the others, where that counts.
    #[n(1)]
    pub token: u64,
}

/// The memory of a part's rules as it is stored. Rules are named by their ids, so that it outlives a change of the pack.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct RuleMemory {
    #[n(0)]
    pub instances: Vec<InstanceRow>,
    #[n(1)]
    pub traces: Vec<TraceRow>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct InstanceRow {
    #[n(0)]
    pub rule: String,
    #[n(1)]
    pub subject: Subject,
    #[n(2)]
    pub occurrence: u32,
    #[n(3)]
    pub instance: Instance,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct TraceRow {
    #[n(0)]
    pub rule: String,
    /// Which of the rule's questions it answers.
    #[n(1)]
    pub slot: u8,
    #[n(2)]
    pub subject: Subject,
    #[n(3)]
    pub trace: Trace,
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
