//! The open incidents as lists and cards need them: the gravest themselves, and how many there are of all.

use wire::PartId;

use super::shown::{self, Presence};
use crate::incident::{Incident, Severity};
use crate::situation::EdgeState;
use crate::store::{Counts, PartRow, Store, StoreError};

pub struct OpenIncidents {
    /// Gravest first; the store bounds how many.
    pub list: Vec<Incident>,
    counts: Counts,
}

impl OpenIncidents {
    pub fn read(store: &Store) -> Result<Self, StoreError> {
        Ok(Self { list: store.open_incidents()?, counts: store.counts()? })
    }

    pub fn total(&self) -> u64 {
        self.counts.by_severity.iter().sum()
    }

    /// The gravest first.
    pub fn by_severity(&self) -> impl Iterator<Item = (Severity, u64)> {
        Severity::ALL.into_iter().zip(self.counts.by_severity)
    }

    pub fn count_of(&self, part: &PartId) -> u64 {
        self.counts.by_part.get(part).copied().unwrap_or_default()
    }

    /// Whether a list of parts has it: one that nobody watches any more only while something of it is open.
    pub fn lists(&self, part: &PartRow, edges: &[EdgeState]) -> bool {
        shown::presence(part, edges) != Presence::Former || self.count_of(&part.part) > 0
    }

    /// `None` also if all of the part's incidents are less grave than those that are listed.
    pub fn gravest_of(&self, part: &PartId) -> Option<Severity> {
        self.list.iter().find(|incident| incident.part == *part).map(|incident| incident.severity)
    }
}
