//! Finds in the journal what was held under numbers that are no longer remembered.

use wire::{Digest, Envelope};

use super::batch::Archive;
use crate::journal::segment::Next;
use crate::journal::{Body, JournalError, Reader};

/// Entries that are read at most to find out what an old number held.
const LOOK_UP_ENTRIES_MAX: usize = 4_096;

/// Looks old envelopes up in the journal.
pub struct JournalArchive {
    reader: Reader,
}

impl JournalArchive {
    pub fn new(reader: Reader) -> Self {
        Self { reader }
    }
}

impl Archive for JournalArchive {
    fn digest_of(&self, wanted: &Envelope) -> Result<Option<Digest>, JournalError> {
        let header = &wanted.header;
        let run = self.reader.lane_run(&header.edge, header.lane, header.epoch, header.first)?;
        // A number behind the run lies in a gap: nothing was ever held under it.
        let Some(run) = run.filter(|run| header.first < run.next) else { return Ok(None) };
        let (mut found, mut read) = (None, 0);
        self.reader.visit(run.position, |_, entry| {
            read += 1;
            if let Body::Envelope(bytes) = &entry.body
                && let Ok(held) = Envelope::decode(bytes)
                && held.header.edge == header.edge
                && held.header.lane == header.lane
                && held.header.epoch == header.epoch
                && held.header.first <= header.first
                && header.first < held.next()
            {
                // The envelope that covers this number: the same one, or proof that the numbers were cut anew.
                found = Some(Digest::of(bytes));
            }
            if found.is_some() || read >= LOOK_UP_ENTRIES_MAX { Next::Stop } else { Next::GoOn }
        })?;
        Ok(found)
    }
}
