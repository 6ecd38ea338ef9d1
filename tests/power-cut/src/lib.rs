//! A disk that keeps synced and unsynced writes apart, and can lose power at a chosen sync. What was not synced is then
//! dropped, torn at sector borders or written in another order; what was synced stays.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

const SECTOR_BYTES: usize = 512;

#[derive(Clone, Debug)]
enum Unsynced {
    Write { offset: u64, data: Vec<u8> },
    SetLen(u64),
}

/// What happens at the chosen sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The power goes; the seed decides what of the unsynced writes reached the medium.
    PowerCut {
        at_sync: u64,
        seed: u64,
    },
    /// The sync reports an error; the machine goes on.
    SyncFails {
        at_sync: u64,
    },
    Spared,
}

#[derive(Debug)]
struct Inner {
    synced: Vec<u8>,
    cached: Vec<u8>,
    unsynced: Vec<Unsynced>,
    syncs: u64,
    fate: Fate,
    powered: bool,
}

/// Clones share the disk.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<Inner>>);

impl Disk {
    pub fn new(image: Vec<u8>, fate: Fate) -> Self {
        let cached = image.clone();
        Self(Arc::new(Mutex::new(Inner {
            synced: image,
            cached,
            unsynced: vec![],
            syncs: 0,
            fate,
            powered: true,
        })))
    }

    /// How often a sync was asked for.
    pub fn syncs(&self) -> u64 {
        self.inner().syncs
    }

    /// What is on the medium.
    pub fn image(&self) -> Vec<u8> {
        self.inner().synced.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no test panics with the disk")
    }

    fn powered(&self) -> io::Result<MutexGuard<'_, Inner>> {
        let inner = self.inner();
        if inner.powered { Ok(inner) } else { Err(io::Error::other("the power is off")) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.powered()?.cached.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let inner = self.powered()?;
        let start = offset as usize;
        let bytes = inner.cached.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut inner = self.powered()?;
        inner.cached.resize(len as usize, 0);
        inner.unsynced.push(Unsynced::SetLen(len));
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut inner = self.powered()?;
        write_at(&mut inner.cached, offset, data);
        inner.unsynced.push(Unsynced::Write { offset, data: data.to_vec() });
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.powered()?;
        inner.syncs += 1;
        match inner.fate {
            Fate::PowerCut { at_sync, seed } if inner.syncs == at_sync => {
                inner.powered = false;
                let unsynced = std::mem::take(&mut inner.unsynced);
                tear(&mut inner.synced, unsynced, seed);
                Err(io::Error::other("the power went"))
            }
            Fate::SyncFails { at_sync } if inner.syncs == at_sync => {
                Err(io::Error::other("the medium failed"))
            }
            _ => {
                let unsynced = std::mem::take(&mut inner.unsynced);
                unsynced.into_iter().for_each(|operation| apply(&mut inner.synced, operation));
                Ok(())
            }
        }
    }
}

fn write_at(image: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let (start, end) = (offset as usize, offset as usize + data.len());
    if image.len() < end {
        image.resize(end, 0);
    }
    image[start..end].copy_from_slice(data);
}

fn apply(image: &mut Vec<u8>, operation: Unsynced) {
    match operation {
        Unsynced::Write { offset, data } => write_at(image, offset, &data),
        Unsynced::SetLen(len) => image.resize(len as usize, 0),
    }
}

/// Some of the operations reach the medium: in any order, whole, in part or not at all.
fn tear(image: &mut Vec<u8>, mut unsynced: Vec<Unsynced>, seed: u64) {
    let mut random = Random(seed | 1);
    for at in (1..unsynced.len()).rev() {
        unsynced.swap(at, random.below(at + 1));
    }
    for operation in unsynced {
        match operation {
            Unsynced::SetLen(len) if random.below(2) == 0 => image.resize(len as usize, 0),
            Unsynced::SetLen(_) => {}
            Unsynced::Write { offset, data } => match random.below(3) {
                0 => {}
                1 => write_at(image, offset, &data),
                _ => {
                    for (sector, part) in data.chunks(SECTOR_BYTES).enumerate() {
                        if random.below(2) == 0 {
                            write_at(image, offset + (sector * SECTOR_BYTES) as u64, part);
                        }
                    }
                }
            },
        }
    }
}

/// SplitMix64: every run with the same seed tears the same way.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
