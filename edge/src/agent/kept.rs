//! The buffer as a running agent uses it: whatever its disk does is logged once and ends nobody. A host whose disk is full is
//! watched all the same.

use tokio::sync::mpsc::UnboundedReceiver;
use tracing::{info, warn};

use super::buffer::{Buffer, Dropped, Position};
use super::failing::Failing;
use super::reporter::Made;
use crate::field::report::REPORT_BYTES_MAX;

pub(super) struct Kept {
    buffer: Buffer,
    writing: Failing,
    noting: Failing,
}

impl Kept {
    pub(super) fn new(buffer: Buffer) -> Self {
        Self { buffer, writing: Failing::default(), noting: Failing::default() }
    }

    /// Makes room for the largest report there is. What is lost by then, the report is to say.
    pub(super) fn make_room(&mut self) -> Dropped {
        if let Err(error) = self.buffer.make_room(REPORT_BYTES_MAX)
            && let Some(failure) = self.writing.news(&error)
        {
            warn!("no room can be made for reports: {failure}");
        }
        let dropped = self.buffer.take_dropped();
        if !dropped.is_none() {
            warn!(reports = dropped.reports, events = dropped.events, "the buffer was full or damaged");
        }
        dropped
    }

    /// On the disk when it returns, or else in memory.
    pub(super) fn append(&mut self, made: &Made) {
        match self.buffer.append(&made.json, made.events) {
            Ok(()) if self.writing.is_over() => info!("reports are kept on the disk again"),
            Ok(()) => {}
            Err(error) => {
                if let Some(failure) = self.writing.news(&error) {
                    warn!("reports are kept in memory only: {failure}");
                }
            }
        }
    }

    pub(super) fn read(&mut self, from: Position) -> Option<(Position, Vec<u8>)> {
        self.buffer.read(from)
    }

    /// PUBACKs come in bunches, and the last one says it all: one note for all that are there is enough.
    pub(super) fn confirm(&mut self, first: Position, confirms: &mut UnboundedReceiver<Position>) {
        let position = std::iter::from_fn(|| confirms.try_recv().ok()).fold(first, Position::max);
        match self.buffer.confirm(position) {
            Ok(()) => drop(self.noting.is_over()),
            Err(error) => {
                if let Some(failure) = self.noting.news(&error) {
                    warn!("what the edge has cannot be noted; a restart sends some of it again: {failure}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn confirms_that_come_together_are_noted_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::new(Buffer::open(folder.path(), 1 << 20).unwrap());
        (0..9).for_each(|_| kept.append(&Made { json: b"{}".to_vec(), events: 0 }));
        let (confirmed, mut confirms) = mpsc::unbounded_channel();
        let positions = std::iter::successors(Some(Position::FIRST), |position| Some(position.next()));
        positions.take(9).for_each(|position| confirmed.send(position).unwrap());
        kept.confirm(confirms.try_recv().unwrap(), &mut confirms);
        assert!(confirms.is_empty(), "none is left for a note of its own");
        assert_eq!(kept.buffer.waiting(), 0);
    }
}
