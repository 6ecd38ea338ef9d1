//! A medium whose segments lie on disks that can lose their power.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use power_cut::{Disk, Fate};
use redb::{Database, DatabaseError};
use strongroom_hub::journal::medium::Medium;

/// Gives the fate of each new disk.
type Fates = Box<dyn Fn(u64) -> Fate + Send + Sync>;

pub struct Disks {
    state: Mutex<State>,
    fates: Fates,
}

#[derive(Default)]
struct State {
    published: BTreeMap<String, Disk>,
    unpublished: BTreeMap<String, Disk>,
    made: u64,
}

impl Disks {
    pub fn spared() -> Arc<Self> {
        Self::with(Box::new(|_| Fate::Spared))
    }

    pub fn with(fates: Fates) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), fates })
    }

    /// The power has gone for the whole machine: what was synced is what there is.
    pub fn after_power_cut(&self) -> Arc<Self> {
        let state = self.state.lock().unwrap();
        let published = state.published.iter();
        let published =
            published.map(|(name, disk)| (name.clone(), Disk::new(disk.image(), Fate::Spared))).collect();
        let state = State { published, unpublished: BTreeMap::new(), made: 0 };
        Arc::new(Self { state: Mutex::new(state), fates: Box::new(|_| Fate::Spared) })
    }

    pub fn syncs_of(&self) -> Vec<u64> {
        self.state.lock().unwrap().published.values().map(Disk::syncs).collect()
    }
}

impl Medium for Disks {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.state.lock().unwrap().published.keys().cloned().collect())
    }

    fn open(&self, name: &str, cache_bytes: usize) -> Result<Database, DatabaseError> {
        let disk = self.state.lock().unwrap().published[name].clone();
        Database::builder().set_cache_size(cache_bytes).create_with_backend(disk)
    }

    fn create(&self, name: &str, cache_bytes: usize) -> Result<Database, DatabaseError> {
        let mut state = self.state.lock().unwrap();
        let disk = Disk::new(Vec::new(), (self.fates)(state.made));
        state.made += 1;
        state.unpublished.insert(name.to_owned(), disk.clone());
        drop(state);
        Database::builder().set_cache_size(cache_bytes).create_with_backend(disk)
    }

    fn publish(&self, name: &str) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let disk = state.unpublished.remove(name).unwrap();
        state.published.insert(name.to_owned(), disk);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.state.lock().unwrap().published.remove(name);
        Ok(())
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        Ok(self.state.lock().unwrap().published[name].image().len() as u64)
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from("disks")
    }
}
