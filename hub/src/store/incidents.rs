//! Questions about incidents.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use redb::ReadableTable;
use wire::PartId;

use super::tables::{self, decode};
use super::{Store, StoreError};
use crate::incident::{Incident, IncidentId, Severity, State};
use crate::journal::Position;

/// Incidents that one question may look at; a page that ends here says where to go on.
const LOOKED_AT_MAX: usize = 20_000;

/// Open incidents that are shown at once.
pub const OPEN_PAGE_MAX: usize = 500;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncidentFilter {
    pub part: Option<PartId>,
    pub rule: Option<String>,
    pub severity: Option<Severity>,
    pub state: Option<State>,
    pub open: Option<bool>,
    /// Opened at or after.
    pub from_ms: Option<i64>,
    /// Opened before.
    pub to_ms: Option<i64>,
}

impl IncidentFilter {
    pub fn matches(&self, incident: &Incident) -> bool {
        self.part.as_ref().is_none_or(|part| *part == incident.part)
            && self.rule.as_ref().is_none_or(|rule| *rule == incident.rule)
            && self.severity.is_none_or(|severity| severity == incident.severity)
            && self.state.is_none_or(|state| state == incident.state())
            && self.open.is_none_or(|open| open == incident.is_open())
            && self.from_ms.is_none_or(|from_ms| incident.opened_ms >= from_ms)
            && self.to_ms.is_none_or(|to_ms| incident.opened_ms < to_ms)
    }
}

/// Some of many; `next` says where to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T, C> {
    pub items: Vec<T>,
    pub next: Option<C>,
}

/// A place in the order of incidents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncidentCursor {
    opened_at: Position,
    id: IncidentId,
}

impl fmt::Display for IncidentCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.opened_at, self.id)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor that a page of incidents gave")]
pub struct IncidentCursorError;

impl FromStr for IncidentCursor {
    type Err = IncidentCursorError;
    fn from_str(text: &str) -> Result<Self, IncidentCursorError> {
        let (opened_at, id) = text.split_once('_').ok_or(IncidentCursorError)?;
        let opened_at = opened_at.parse().map_err(|_| IncidentCursorError)?;
        let id = id.parse().map_err(|_| IncidentCursorError)?;
        Ok(Self { opened_at, id })
    }
}

/// Open incidents, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// P1 to P4.
    pub by_severity: [u64; 4],
    pub by_part: BTreeMap<PartId, u64>,
}

impl Store {
    pub fn incident(&self, id: &IncidentId) -> Result<Option<Incident>, StoreError> {
        let transaction = self.begin()?;
        let table = tables::open(&transaction, tables::INCIDENTS, "incidents")?;
        table.get(id.0)?.map(|row| decode("incidents", row.value())).transpose()
    }

    /// Newest first.
    pub fn incidents(
        &self,
        filter: &IncidentFilter,
        before: Option<IncidentCursor>,
        limit: usize,
    ) -> Result<Page<Incident, IncidentCursor>, StoreError> {
        let transaction = self.begin()?;
        let order = tables::open(&transaction, tables::INCIDENT_ORDER, "incident_order")?;
        let table = tables::open(&transaction, tables::INCIDENTS, "incidents")?;
        let end =
            before.map_or((u64::MAX, [0xff; 16]), |cursor| tables::incident_key(cursor.opened_at, cursor.id));
        let mut page = Page { items: Vec::new(), next: None };
        for (looked_at, row) in order.range(..end)?.rev().enumerate() {
            let (_, id) = row?.0.value();
            let Some(stored) = table.get(id)? else { continue };
            let incident: Incident = decode("incidents", stored.value())?;
            let cursor = IncidentCursor { opened_at: incident.opened_at, id: incident.id };
            if filter.matches(&incident) {
                page.items.push(incident);
            }
            if page.items.len() == limit || looked_at + 1 == LOOKED_AT_MAX {
                page.next = Some(cursor);
                break;
            }
        }
        Ok(page)
    }

    /// Gravest first, then newest.
    pub fn open_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        self.all_open(OPEN_PAGE_MAX)
    }

    /// Of all that are open, not only of those that are shown: it reads keys, not incidents.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let transaction = self.begin()?;
        let open = tables::open(&transaction, tables::INCIDENT_OPEN, "incident_open")?;
        let mut counts = Counts::default();
        let mut by_part: BTreeMap<String, u64> = BTreeMap::new();
        for row in open.iter()? {
            let (key, part) = row?;
            counts.by_severity[usize::from(key.value().0 - Severity::P1 as u8)] += 1;
            match by_part.get_mut(part.value()) {
                Some(count) => *count += 1,
                None => drop(by_part.insert(part.value().to_owned(), 1)),
            }
        }
        for (part, count) in by_part {
            let part =
                PartId::parse(&part).map_err(|source| StoreError::Id { table: "incident_open", source })?;
            counts.by_part.insert(part, count);
        }
        Ok(counts)
    }

    /// Gravest first, then newest.
    pub(super) fn all_open(&self, limit: usize) -> Result<Vec<Incident>, StoreError> {
        let transaction = self.begin()?;
        let order = tables::open(&transaction, tables::INCIDENT_OPEN, "incident_open")?;
        let table = tables::open(&transaction, tables::INCIDENTS, "incidents")?;
        let mut open = Vec::new();
        for row in order.iter()?.take(limit) {
            let (_, _, id) = row?.0.value();
            if let Some(stored) = table.get(id)? {
                open.push(decode("incidents", stored.value())?);
            }
        }
        Ok(open)
    }
}
