//! Commits what correlation has judged. One writer, owned by the correlator's thread.

use std::sync::Arc;

use redb::{Database, ReadableTable, WriteTransaction};
use tokio::sync::watch;

use super::StoreError;
use super::feed::{FEED_ROWS_MAX, FeedItem, FeedKind};
use super::read::QuarantineRow;
use super::tables::{self, CursorRow, PartHead, decode, encode, incident_key, open_key, table_error};
use crate::incident::Incident;
use crate::journal::Position;
use crate::situation::Changes;

/// Quarantined messages that are listed of one edge.
const QUARANTINE_ROWS_MAX: usize = 1_000;

pub struct StoreWriter {
    db: Arc<Database>,
    head: watch::Sender<u64>,
    cursor: watch::Sender<Position>,
}

impl StoreWriter {
    pub(super) fn new(db: Arc<Database>, head: watch::Sender<u64>, cursor: watch::Sender<Position>) -> Self {
        Self { db, head, cursor }
    }

    /// All of it, or none. When it returns, followers of the feed are woken.
    pub fn commit(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let mut transaction = self.db.begin_write().map_err(|e| StoreError::Begin(Box::new(e)))?;
        transaction.set_quick_repair(true);
        transaction.set_two_phase_commit(true);
        put_meta(&transaction, changes)?;
        put_parts(&transaction, changes)?;
        put_edges(&transaction, changes)?;
        put_incidents(&transaction, changes)?;
        put_quarantine(&transaction, changes)?;
        let newest = put_feed(&transaction, changes, *self.head.borrow())?;
        transaction.commit().map_err(|e| StoreError::Commit(Box::new(e)))?;
        self.cursor.send_replace(changes.next);
        if newest != *self.head.borrow() {
            self.head.send_replace(newest);
        }
        Ok(())
    }
}

fn put_meta(transaction: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    let mut meta = transaction.open_table(tables::META).map_err(|e| table_error("meta", e))?;
    let cursor = CursorRow { next: changes.next, hub_ms: changes.hub_ms };
    meta.insert(tables::CURSOR, encode(&cursor).as_slice())?;
    if let Some(activated) = &changes.activated {
        meta.insert(tables::ACTIVATED, encode(activated).as_slice())?;
    }
    Ok(())
}

fn put_parts(transaction: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    let mut parts = transaction.open_table(tables::PARTS).map_err(|e| table_error("parts", e))?;
    let mut layouts = transaction.open_table(tables::LAYOUTS).map_err(|e| table_error("layouts", e))?;
    let mut states = transaction.open_table(tables::STATES).map_err(|e| table_error("states", e))?;
    let mut memories = transaction.open_table(tables::MEMORIES).map_err(|e| table_error("memories", e))?;
    for part in &changes.parts {
        let id = part.id.as_str();
        let head = PartHead { name: part.name.clone(), order: part.order };
        parts.insert(id, encode(&head).as_slice())?;
        if let Some(layout) = &part.layout {
            layouts.insert(id, encode(layout).as_slice())?;
        }
        states.insert(id, encode(&part.state).as_slice())?;
        memories.insert(id, encode(&part.memory).as_slice())?;
    }
    Ok(())
}

fn put_edges(transaction: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    let mut edges = transaction.open_table(tables::EDGES).map_err(|e| table_error("edges", e))?;
    for edge in &changes.edges {
        edges.insert(edge.0.edge.as_str(), encode(edge).as_slice())?;
    }
    let mut point_tables =
        transaction.open_table(tables::POINT_TABLES).map_err(|e| table_error("point_tables", e))?;
    for (edge, table) in &changes.tables {
        point_tables.insert((edge.as_str(), table.version().0), table.bytes())?;
    }
    Ok(())
}

fn put_incidents(transaction: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    let mut incidents = transaction.open_table(tables::INCIDENTS).map_err(|e| table_error("incidents", e))?;
    let mut order =
        transaction.open_table(tables::INCIDENT_ORDER).map_err(|e| table_error("incident_order", e))?;
    let mut open =
        transaction.open_table(tables::INCIDENT_OPEN).map_err(|e| table_error("incident_open", e))?;
    for incident in &changes.incidents {
        let old: Option<Incident> = incidents
            .insert(incident.id.0, encode(incident).as_slice())?
            .map(|old| decode("incidents", old.value()))
            .transpose()?;
        // Its severity may have been another.
        if let Some(old) = old {
            open.remove(open_key(&old))?;
        }
        order.insert(incident_key(incident.opened_at, incident.id), ())?;
        if incident.is_open() {
            open.insert(open_key(incident), incident.part.as_str())?;
        }
    }
    Ok(())
}

fn put_quarantine(transaction: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    let mut table = transaction.open_table(tables::QUARANTINE).map_err(|e| table_error("quarantine", e))?;
    for (position, hub_ms, quarantined) in &changes.quarantined {
        let row = QuarantineRow {
            position: *position,
            hub_ms: *hub_ms,
            edge: quarantined.edge.clone(),
            topic: quarantined.topic.clone(),
            reason: quarantined.reason.clone(),
            digest: quarantined.digest,
            payload_bytes: quarantined.payload.len() as u64,
        };
        let edge = quarantined.edge.as_str();
        table.insert((edge, position.number()), encode(&row).as_slice())?;
        let oldest: Vec<u64> = {
            let rows = table.range((edge, 0)..=(edge, u64::MAX))?;
            let numbers: Vec<u64> =
                rows.map(|row| row.map(|(key, _)| key.value().1)).collect::<Result<_, _>>()?;
            let excess = numbers.len().saturating_sub(QUARANTINE_ROWS_MAX);
            numbers[..excess].to_vec()
        };
        for number in oldest {
            table.remove((edge, number))?;
        }
    }
    Ok(())
}

/// What followers of the live stream hear of. Returns the number of the newest item.
fn put_feed(transaction: &WriteTransaction, changes: &Changes, newest: u64) -> Result<u64, StoreError> {
    let mut feed = transaction.open_table(tables::FEED).map_err(|e| table_error("feed", e))?;
    let incidents = changes.incidents.iter().cloned().map(FeedKind::Incident);
    let edges = changes.edges.iter().map(|(edge, _)| FeedKind::Edge(edge.clone()));
    let parts = changes.parts.iter().filter(|part| part.arming_changed || part.layout.is_some());
    let parts = parts.map(|part| FeedKind::Part { part: part.id.clone(), arming: part.state.arming });
    let mut number = newest;
    for what in incidents.chain(edges).chain(parts) {
        number += 1;
        let item = FeedItem { number, hub_ms: changes.hub_ms, what };
        feed.insert(number, encode(&item).as_slice())?;
    }
    let oldest = feed.first()?.map(|(key, _)| key.value());
    if let Some(oldest) = oldest {
        for gone in oldest..number.saturating_sub(FEED_ROWS_MAX) {
            feed.remove(gone)?;
        }
    }
    Ok(number)
}
