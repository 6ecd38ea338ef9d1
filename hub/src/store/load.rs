//! Reads, at the start, everything that correlation goes on from.

use redb::ReadableTable;
use wire::{EdgeId, PointTable};

use super::tables::{self, decode};
use super::{Store, StoreError};
use crate::situation::memory::RuleMemory;
use crate::situation::{Saved, SavedPart};

impl Store {
    pub fn load(&self) -> Result<Saved, StoreError> {
        let Some((next, hub_ms)) = self.saved_cursor()? else { return Ok(Saved::default()) };
        let transaction = self.begin()?;
        let memories = tables::open(&transaction, tables::MEMORIES, "memories")?;
        let mut parts = Vec::new();
        for row in self.parts()? {
            let memory: Option<RuleMemory> = memories
                .get(row.part.as_str())?
                .map(|memory| decode("memories", memory.value()))
                .transpose()?;
            parts.push(SavedPart {
                id: row.part,
                name: row.name,
                order: row.order,
                layout: Some(row.layout),
                state: row.state,
                memory: memory.unwrap_or_default(),
                arming_changed: false,
            });
        }
        let mut edges = Vec::new();
        for row in tables::open(&transaction, tables::EDGES, "edges")?.iter()? {
            edges.push(decode("edges", row?.1.value())?);
        }
        Ok(Saved {
            next,
            hub_ms,
            activated: self.activated()?,
            parts,
            edges,
            tables: self.point_tables()?,
            open: self.all_open(usize::MAX)?,
        })
    }

    fn point_tables(&self) -> Result<Vec<(EdgeId, PointTable)>, StoreError> {
        let transaction = self.begin()?;
        let table = tables::open(&transaction, tables::POINT_TABLES, "point_tables")?;
        let mut tables = Vec::new();
        for row in table.iter()? {
            let (key, bytes) = row?;
            let edge = EdgeId::parse(key.value().0)
                .map_err(|source| StoreError::Id { table: "point_tables", source })?;
            match PointTable::decode(bytes.value()) {
                Ok(point_table) => tables.push((edge, point_table)),
                Err(error) => tracing::error!(%edge, %error, "stored point table cannot be read"),
            }
        }
        Ok(tables)
    }
}
