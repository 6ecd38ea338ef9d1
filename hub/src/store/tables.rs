//! The tables of `state.redb`, and how their rows are read. Values are CBOR.

use minicbor::{Decode, Encode};
use redb::{Database, ReadOnlyTable, ReadTransaction, TableDefinition};

use super::StoreError;
use crate::incident::{Incident, IncidentId};
use crate::journal::Position;

/// Single values: `cursor` ([`CursorRow`]), `activated`.
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// part → [`PartHead`]
pub(super) const PARTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("parts");
/// part → `Layout`; apart from the state, because it seldom changes
pub(super) const LAYOUTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("layouts");
/// part → `PartState`
pub(super) const STATES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("states");
/// part → `RuleMemory`
pub(super) const MEMORIES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("memories");
/// edge → (`EdgeState`, `EdgeMemory`)
pub(super) const EDGES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("edges");
/// (edge, version) → encoded point table
pub(super) const POINT_TABLES: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("point_tables");
/// id → `Incident`
pub(super) const INCIDENTS: TableDefinition<'_, [u8; 16], &[u8]> = TableDefinition::new("incidents");
/// (opened at, id): all incidents in the order in which they opened
pub(super) const INCIDENT_ORDER: TableDefinition<'_, (u64, [u8; 16]), ()> =
    TableDefinition::new("incident_order");
/// (severity, opened at, counted down; id) → part: incidents that are not closed, gravest first, then newest
pub(super) const INCIDENT_OPEN: TableDefinition<'_, (u8, u64, [u8; 16]), &str> =
    TableDefinition::new("incident_open");
/// number → `FeedItem`
pub(super) const FEED: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("feed");
/// (edge, position) → [`super::read::QuarantineRow`]
pub(super) const QUARANTINE: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("quarantine");

pub(super) const CURSOR: &str = "cursor";
pub(super) const ACTIVATED: &str = "activated";

#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(super) struct CursorRow {
    #[n(0)]
    pub(super) next: Position,
    #[n(1)]
    pub(super) hub_ms: i64,
}

#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct PartHead {
    #[n(0)]
    pub(super) name: String,
    #[n(1)]
    pub(super) order: u32,
}

/// Makes every table, so that readers never meet one that is not there.
pub(super) fn create(db: &Database) -> Result<(), StoreError> {
    let mut transaction = db.begin_write().map_err(|e| StoreError::Begin(Box::new(e)))?;
    transaction.set_quick_repair(true);
    macro_rules! create {
        ($($table:ident),*) => { $(
            transaction.open_table($table).map_err(|e| table_error(stringify!($table), e))?;
        )* };
    }
    create!(
        META,
        PARTS,
        LAYOUTS,
        STATES,
        MEMORIES,
        EDGES,
        POINT_TABLES,
        INCIDENTS,
        INCIDENT_ORDER,
        INCIDENT_OPEN,
        FEED,
        QUARANTINE
    );
    transaction.commit().map_err(|e| StoreError::Commit(Box::new(e)))
}

pub(super) fn table_error(table: &'static str, source: redb::TableError) -> StoreError {
    StoreError::Table { table, source: Box::new(source) }
}

pub(super) fn open<K: redb::Key + 'static, V: redb::Value + 'static>(
    transaction: &ReadTransaction,
    definition: TableDefinition<'static, K, V>,
    name: &'static str,
) -> Result<ReadOnlyTable<K, V>, StoreError> {
    transaction.open_table(definition).map_err(|e| table_error(name, e))
}

pub(super) fn decode<'b, T: Decode<'b, ()>>(table: &'static str, bytes: &'b [u8]) -> Result<T, StoreError> {
    minicbor::decode(bytes).map_err(|source| StoreError::Decode { table, source })
}

pub(super) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("writing to memory cannot fail")
}

pub(super) fn open_key(incident: &Incident) -> (u8, u64, [u8; 16]) {
    (incident.severity as u8, u64::MAX - incident.opened_at.number(), incident.id.0)
}

pub(super) fn incident_key(position: Position, id: IncidentId) -> (u64, [u8; 16]) {
    (position.number(), id.0)
}
