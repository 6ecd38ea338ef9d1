//! A spool file under glass: redb may repair and close it as it likes, and what it writes stays in memory. Also a file that
//! was not closed can be looked at this way without changing it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

const PAGE_BYTES: usize = 4_096;

#[derive(Debug)]
pub(super) struct Overlay {
    file: FileBackend,
    top: Mutex<Top>,
}

/// What was written, by page.
#[derive(Debug)]
struct Top {
    bytes: u64,
    /// How much of the file still shows: what was cut off once is zeros when it grows again.
    file_bytes: u64,
    pages: BTreeMap<u64, Box<[u8]>>,
}

impl Overlay {
    pub(super) fn over(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let file_bytes = file.metadata()?.len();
        let file = FileBackend::new(file).map_err(io::Error::other)?;
        let top = Top { bytes: file_bytes, file_bytes, pages: BTreeMap::new() };
        Ok(Self { file, top: Mutex::new(top) })
    }

    fn top(&self) -> MutexGuard<'_, Top> {
        self.top.lock().expect("nothing panics while it holds the pages")
    }

    /// A page as the file has it; nothing but zeros behind its end.
    fn below(&self, page: u64, file_bytes: u64) -> io::Result<Box<[u8]>> {
        let mut bytes = vec![0; PAGE_BYTES].into_boxed_slice();
        let offset = page * PAGE_BYTES as u64;
        let there = file_bytes.saturating_sub(offset).min(PAGE_BYTES as u64) as usize;
        if there > 0 {
            self.file.read(offset, &mut bytes[..there])?;
        }
        Ok(bytes)
    }
}

/// The pages that `[offset, offset + length)` touches: for each, the range inside it and the range inside the data.
fn touched(
    offset: u64,
    length: usize,
) -> impl Iterator<Item = (u64, std::ops::Range<usize>, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let (page, from) = (at / PAGE_BYTES as u64, (at % PAGE_BYTES as u64) as usize);
        let part = (length - done).min(PAGE_BYTES - from);
        let ranges = (page, from..from + part, done..done + part);
        done += part;
        (part > 0).then_some(ranges)
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.top().bytes)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let top = self.top();
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > top.bytes) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (page, inside, part) in touched(offset, out.len()) {
            match top.pages.get(&page) {
                Some(written) => out[part].copy_from_slice(&written[inside]),
                None => out[part].copy_from_slice(&self.below(page, top.file_bytes)?[inside]),
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut top = self.top();
        top.bytes = len;
        top.file_bytes = top.file_bytes.min(len);
        top.pages.retain(|page, _| page * (PAGE_BYTES as u64) < len);
        if let Some(last) = top.pages.get_mut(&(len / PAGE_BYTES as u64)) {
            last[(len % PAGE_BYTES as u64) as usize..].fill(0);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut top = self.top();
        let file_bytes = top.file_bytes;
        for (page, inside, part) in touched(offset, data.len()) {
            if let std::collections::btree_map::Entry::Vacant(place) = top.pages.entry(page) {
                place.insert(self.below(page, file_bytes)?);
            }
            let written = top.pages.get_mut(&page).expect("the page was just put there");
            written[inside].copy_from_slice(&data[part]);
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    /// A file that is open for reading only takes no other lock than a shared one; a running edge refuses that too.
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_the_file_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let before: Vec<u8> = (0..10_000_u32).map(|byte| byte as u8).collect();
        std::fs::write(&path, &before).unwrap();
        let overlay = Overlay::over(&path).unwrap();
        let mut expected = before.clone();
        for (offset, length) in [(4_000, 200), (0, 1), (9_990, 10), (4_096, 4_096)] {
            overlay.write(offset, &vec![0xee; length]).unwrap();
            expected[offset as usize..][..length].fill(0xee);
        }
        overlay.set_len(20_000).unwrap();
        overlay.write(15_000, &[7]).unwrap();
        expected.resize(20_000, 0);
        expected[15_000] = 7;
        let mut read = vec![0; 20_000];
        overlay.read(0, &mut read).unwrap();
        assert_eq!(read, expected);
        // What is cut off does not come back, neither from the file nor from what was written.
        for len in [14_999, 9_000, 4_200, 20_000] {
            overlay.set_len(len).unwrap();
        }
        expected[4_200..].fill(0);
        overlay.read(0, &mut read).unwrap();
        assert_eq!(read, expected);
        let mut part = vec![0; 5_000];
        overlay.read(3_999, &mut part).unwrap();
        assert_eq!(part, expected[3_999..8_999]);
        assert!(overlay.read(19_999, &mut [0; 2]).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
