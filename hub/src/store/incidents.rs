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

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::incident::lifecycle::{Change, Moment};
    use crate::incident::{ArrivalMark, Condition};
    use crate::situation::Changes;
    use crate::store::StoreWriter;

    fn store() -> (TempDir, Store, StoreWriter) {
        let folder = tempfile::tempdir().unwrap();
        let (store, writer) = Store::open(&folder.path().join("state.redb")).unwrap();
        (folder, store, writer)
    }

    /// Ids rise where positions fall, so that an order by id would be another.
    fn incident(number: u64, part: &str, severity: Severity) -> Incident {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(u64::MAX - number).to_be_bytes());
        Incident {
            id: IncidentId(id),
            rule: "R-01".to_owned(),
            title: "Door forced".to_owned(),
            text: String::new(),
            part: part.parse().unwrap(),
            subject: "door-1".to_owned(),
            severity,
            condition: Condition::Active,
            acknowledged: None,
            latched: false,
            closed: None,
            began_ms: 0,
            opened_ms: 0,
            opened_at: Position::of(number),
            occurrences: 1,
            evidence: Vec::new(),
            evidence_omitted: 0,
            timeline: Vec::new(),
            timeline_omitted: 0,
            arrival: ArrivalMark::Live,
            clauses: Vec::new(),
            provisional: false,
        }
    }

    fn put(writer: &mut StoreWriter, incidents: Vec<Incident>) {
        writer.commit(&Changes { incidents, ..Changes::default() }).unwrap();
    }

    fn shown(store: &Store) -> Vec<(Severity, u64)> {
        let open = store.open_incidents().unwrap();
        open.iter().map(|incident| (incident.severity, incident.opened_at.number())).collect()
    }

    #[test]
    fn a_flood_hides_nothing_graver_and_nothing_newer() {
        let (_folder, store, mut writer) = store();
        put(&mut writer, vec![incident(0, "doc", Severity::P1)]);
        put(&mut writer, (1..=21_000).map(|number| incident(number, "print", Severity::P4)).collect());
        put(&mut writer, vec![incident(21_001, "doc", Severity::P1)]);
        let shown = shown(&store);
        assert_eq!(shown.len(), OPEN_PAGE_MAX);
        assert_eq!(shown[..3], [(Severity::P1, 21_001), (Severity::P1, 0), (Severity::P4, 21_000)]);
        let counts = store.counts().unwrap();
        assert_eq!(counts.by_severity, [2, 0, 0, 21_000]);
        let by_part = [("doc".parse().unwrap(), 2), ("print".parse().unwrap(), 21_000)];
        assert_eq!(counts.by_part, BTreeMap::from(by_part));
        assert_eq!(store.load().unwrap().open.len(), 21_002);
    }

    #[test]
    fn an_incident_is_listed_once_whatever_its_severity_becomes() {
        let (_folder, store, mut writer) = store();
        put(&mut writer, vec![incident(1, "doc", Severity::P3), incident(2, "doc", Severity::P2)]);
        assert_eq!(shown(&store), [(Severity::P2, 2), (Severity::P3, 1)]);
        // Twice within one commit as well.
        put(&mut writer, vec![incident(1, "doc", Severity::P4), incident(1, "doc", Severity::P1)]);
        assert_eq!(shown(&store), [(Severity::P1, 1), (Severity::P2, 2)]);
        assert_eq!(store.counts().unwrap().by_severity, [1, 1, 0, 0]);
    }

    #[test]
    fn a_closed_incident_is_neither_listed_nor_counted() {
        let (_folder, store, mut writer) = store();
        let mut one = incident(1, "doc", Severity::P3);
        put(&mut writer, vec![one.clone()]);
        let moment = Moment { position: Position::of(2), hub_ms: 1 };
        let person: wire::PersonId = "p-17".parse().unwrap();
        one.apply(Change::Acknowledge { person: person.clone(), note: None }, moment);
        one.apply(Change::ConditionCleared, moment);
        one.apply(Change::Close { person, cause: crate::incident::Cause::Test, note: None }, moment);
        assert!(!one.is_open());
        one.severity = Severity::P1;
        put(&mut writer, vec![one]);
        assert_eq!(shown(&store), []);
        assert_eq!(store.counts().unwrap(), Counts::default());
    }
}
