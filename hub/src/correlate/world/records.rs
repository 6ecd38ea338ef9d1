//! What envelopes carry: observations for the machine of a part, point tables, gap records.

use wire::table::Assembled;
use wire::{Envelope, PointNo, PointTable, Record, Seq, TablePart, TableVersion};

use super::World;
use crate::correlate::judge::{Reading, Touched, What};
use crate::incident::lifecycle::Moment;
use crate::situation::memory::Unread;
use crate::situation::{Ahead, event_time};

impl World {
    pub(super) fn envelope(&mut self, bytes: &[u8], decoded: Option<&Envelope>, moment: Moment) {
        let own;
        let envelope = match decoded {
            Some(envelope) => envelope,
            None => match Envelope::decode(bytes) {
                Ok(envelope) => {
                    own = envelope;
                    &own
                }
                Err(error) => {
                    // Ingest decoded it before it was journaled.
                    tracing::error!(position = %moment.position, %error, "journaled envelope cannot be decoded");
                    return;
                }
            },
        };
        let edge = self.edge_place(&envelope.header.edge, moment.hub_ms);
        if !self.waits_for_its_table(edge, envelope, bytes, moment) {
            self.records(edge, envelope, moment);
        }
    }

    /// An alarm that came ahead of its table is kept until the table comes.
    fn waits_for_its_table(
        &mut self,
        edge: usize,
        envelope: &Envelope,
        bytes: &[u8],
        moment: Moment,
    ) -> bool {
        let header = &envelope.header;
        let observes = |record: &Record| matches!(record, Record::Event(_) | Record::Snapshot(_));
        if self.edges[edge].has_table(header.table) || !envelope.records.iter().all(observes) {
            return false;
        }
        let unread = Unread { table: header.table, position: moment.position, envelope: bytes.to_vec() };
        self.edges[edge].keep_unread(unread)
    }

    fn records(&mut self, edge: usize, envelope: &Envelope, moment: Moment) {
        let header = &envelope.header;
        for (seq, record) in envelope.numbered() {
            match record {
                Record::Event(_) | Record::Snapshot(_) => self.observe(edge, envelope, seq, record, moment),
                Record::TablePart(part) => self.table_part(edge, part, moment),
                Record::Gap(gap) => {
                    let edge = &mut self.edges[edge];
                    let (at_ms, _) = event_time::reckon(&edge.state.boots, header.base(), moment.hub_ms);
                    edge.explain(gap, at_ms, moment.hub_ms);
                    self.find_unexplained();
                }
                Record::Opened(_) | Record::Checkpoint(_) | Record::Unknown { .. } => {}
            }
        }
    }

    fn observe(&mut self, edge: usize, envelope: &Envelope, seq: Seq, record: &Record, moment: Moment) {
        let (observation, what) = match record {
            Record::Event(observation) => (observation, What::Event),
            Record::Snapshot(observation) => (observation, What::Snapshot),
            _ => return,
        };
        let header = &envelope.header;
        let Some(point) = self.point(edge, header.table, observation.point) else {
            self.records_without_table += 1;
            return;
        };
        self.records_judged += 1;
        let stamp = header.stamp(observation.offset_ms);
        let (event_ms, placed) = event_time::reckon(&self.edges[edge].state.boots, stamp, moment.hub_ms);
        let read = Ahead { boot: stamp.boot, mono_ms: stamp.mono_ms };
        let reading = Reading { point, observation, event_ms, placed, read, header, seq, what };
        let touched = self.judge(self.edges[edge].part, moment, |judge| {
            if what == What::Event {
                judge.advance(&header.edge, header.lane, event_ms);
            }
            judge.read(&reading)
        });
        // An arming state counts for the very next record.
        if touched == Touched::Arming {
            self.rearm(self.edges[edge].part, event_ms, moment);
        }
    }

    /// Reckons the arming state of a part anew; `at_ms` is when that happened which may have changed it.
    pub(super) fn rearm(&mut self, part: usize, at_ms: i64, moment: Moment) {
        if self.parts[part].rearm() {
            self.judge(part, moment, |judge| judge.rearmed(at_ms));
        }
    }

    /// The place in the part of a point of this table.
    fn point(&mut self, edge: usize, version: TableVersion, point: PointNo) -> Option<u32> {
        let edge = &mut self.edges[edge];
        if !edge.make_ready(version) {
            let table = edge.table(version)?;
            edge.ready(version, self.parts[edge.part].places_of(&edge.state.edge, &table)?);
        }
        edge.places()?.get(usize::from(point.0)).copied()
    }

    fn table_part(&mut self, edge: usize, part: &TablePart, moment: Moment) {
        self.edges[edge].changed = true;
        match self.edges[edge].memory.assembler.add(part) {
            Assembled::Waiting => {}
            Assembled::Complete(table) => self.take_table(edge, table, moment),
            lost @ (Assembled::OutOfOrder | Assembled::Corrupt) => {
                let edge = &self.edges[edge].state.edge;
                tracing::error!(%edge, version = %part.version, ?lost, "point table cannot be put together");
            }
        }
    }

    fn take_table(&mut self, edge: usize, table: PointTable, moment: Moment) {
        let (version, part) = (table.version(), self.edges[edge].part);
        let id = self.edges[edge].state.edge.clone();
        if self.edges[edge].memory.in_force != Some(version) {
            let taken = self.edges[edge].learn(&table) && self.parts[part].take_over(&id, &table);
            if !taken {
                tracing::error!(edge = %id, %version, "the edge has more tables or points than any real one: refused");
                return;
            }
            self.edges[edge].memory.in_force = Some(version);
            self.edges[edge].forget_places();
            self.pending.tables.push((id, table));
            self.judge(part, moment, |judge| judge.drop_retired());
            self.rearm(part, moment.hub_ms, moment);
        }
        for unread in self.edges[edge].take_unread(version) {
            self.envelope(&unread.envelope, None, Moment { position: unread.position, ..moment });
        }
    }
}
