//! Questions about parts, edges and what was refused.

use minicbor::{Decode, Encode};
use redb::ReadableTable;
use wire::{Digest, EdgeId, PartId, PointTable, TableVersion};

use super::tables::{self, CursorRow, PartHead, decode};
use super::{Store, StoreError};
use crate::journal::{Activated, Position};
use crate::situation::memory::EdgeMemory;
use crate::situation::{EdgeState, Layout, PartState};

#[derive(Clone, Debug, PartialEq)]
pub struct PartRow {
    pub part: PartId,
    pub name: String,
    pub order: u32,
    /// Whether the configuration names it. One that it does not name is an unregistered edge's own, or was named once.
    pub named: bool,
    pub layout: Layout,
    pub state: PartState,
}

/// A message that was refused; its payload lies in the journal at `position`.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct QuarantineRow {
    #[n(0)]
    pub position: Position,
    #[n(1)]
    pub hub_ms: i64,
    #[n(2)]
    pub edge: EdgeId,
    #[n(3)]
    pub topic: String,
    #[n(4)]
    pub reason: String,
    #[n(5)]
    pub digest: Digest,
    /// 0 where the edge's quota was used up.
    #[n(6)]
    pub payload_bytes: u64,
}

impl Store {
    /// In the order of the configuration.
    pub fn parts(&self) -> Result<Vec<PartRow>, StoreError> {
        let transaction = self.begin()?;
        let heads = tables::open(&transaction, tables::PARTS, "parts")?;
        let mut ids = Vec::new();
        for row in heads.iter()? {
            ids.push(
                PartId::parse(row?.0.value()).map_err(|source| StoreError::Id { table: "parts", source })?,
            );
        }
        let activated = activated(&transaction)?;
        let mut parts = Vec::with_capacity(ids.len());
        for id in ids {
            parts.extend(part(&transaction, activated.as_ref(), &id)?);
        }
        parts.sort_by_key(|part| part.order);
        Ok(parts)
    }

    pub fn part(&self, id: &PartId) -> Result<Option<PartRow>, StoreError> {
        let transaction = self.begin()?;
        part(&transaction, activated(&transaction)?.as_ref(), id)
    }

    pub fn edges(&self) -> Result<Vec<EdgeState>, StoreError> {
        let transaction = self.begin()?;
        let table = tables::open(&transaction, tables::EDGES, "edges")?;
        let mut edges = Vec::new();
        for row in table.iter()? {
            let (state, _): (EdgeState, EdgeMemory) = decode("edges", row?.1.value())?;
            edges.push(state);
        }
        Ok(edges)
    }

    pub fn edge(&self, edge: &EdgeId) -> Result<Option<EdgeState>, StoreError> {
        let transaction = self.begin()?;
        let table = tables::open(&transaction, tables::EDGES, "edges")?;
        let Some(row) = table.get(edge.as_str())? else { return Ok(None) };
        let (state, _): (EdgeState, EdgeMemory) = decode("edges", row.value())?;
        Ok(Some(state))
    }

    pub fn point_table(
        &self,
        edge: &EdgeId,
        version: TableVersion,
    ) -> Result<Option<PointTable>, StoreError> {
        let transaction = self.begin()?;
        let table = tables::open(&transaction, tables::POINT_TABLES, "point_tables")?;
        let Some(row) = table.get((edge.as_str(), version.0))? else { return Ok(None) };
        Ok(PointTable::decode(row.value()).ok())
    }

    /// Newest first.
    pub fn quarantined(&self, edge: &EdgeId, limit: usize) -> Result<Vec<QuarantineRow>, StoreError> {
        let transaction = self.begin()?;
        let table = tables::open(&transaction, tables::QUARANTINE, "quarantine")?;
        let mut rows = Vec::new();
        for row in table.range((edge.as_str(), 0)..=(edge.as_str(), u64::MAX))?.rev().take(limit) {
            rows.push(decode("quarantine", row?.1.value())?);
        }
        Ok(rows)
    }

    /// What holds: the rules and the parts with their edges.
    pub fn activated(&self) -> Result<Option<Activated>, StoreError> {
        activated(&self.begin()?)
    }

    pub(super) fn saved_cursor(&self) -> Result<Option<(Position, i64)>, StoreError> {
        let transaction = self.begin()?;
        let meta = tables::open(&transaction, tables::META, "meta")?;
        let Some(row) = meta.get(tables::CURSOR)? else { return Ok(None) };
        let cursor: CursorRow = decode("meta", row.value())?;
        Ok(Some((cursor.next, cursor.hub_ms)))
    }
}

fn activated(transaction: &redb::ReadTransaction) -> Result<Option<Activated>, StoreError> {
    let meta = tables::open(transaction, tables::META, "meta")?;
    meta.get(tables::ACTIVATED)?.map(|row| decode("meta", row.value())).transpose()
}

fn part(
    transaction: &redb::ReadTransaction,
    activated: Option<&Activated>,
    id: &PartId,
) -> Result<Option<PartRow>, StoreError> {
    let heads = tables::open(transaction, tables::PARTS, "parts")?;
    let layouts = tables::open(transaction, tables::LAYOUTS, "layouts")?;
    let states = tables::open(transaction, tables::STATES, "states")?;
    let Some(head) = heads.get(id.as_str())? else { return Ok(None) };
    let head: PartHead = decode("parts", head.value())?;
    let layout = layouts.get(id.as_str())?.map(|row| decode("layouts", row.value())).transpose()?;
    let state = states.get(id.as_str())?.map(|row| decode("states", row.value())).transpose()?;
    Ok(Some(PartRow {
        part: id.clone(),
        name: head.name,
        order: head.order,
        named: activated.is_some_and(|activated| activated.parts.iter().any(|named| named.part == *id)),
        layout: layout.unwrap_or_default(),
        state: state.unwrap_or_default(),
    }))
}
