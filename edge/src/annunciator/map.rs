//! Which points switch which coil: the tap in the watch sees every reading on its way to the spool, and keeps of the mapped
//! points only whether they stand in a mapped state, and how often one came into it. That cannot overflow, and an alarm that
//! is over before anyone looks still counts.

use std::collections::BTreeMap;

use tokio::sync::watch;
use wire::{Kind, PointNo, Value};

use crate::config::AnnunciatorConfig;
use crate::detect::Detected;
use crate::field::Site;

/// How one point stands in the eyes of one coil.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Whether a usable value was seen.
    pub known: bool,
    pub active: bool,
    /// How often it came into a mapped state.
    pub raised: u64,
}

/// Per annunciator and coil, in the order of the configuration.
pub type Slots = Vec<Vec<Vec<Slot>>>;

/// Sees what is detected. Never waits.
#[derive(Debug)]
pub struct Tap {
    watched: BTreeMap<PointNo, Vec<Watched>>,
    slots: watch::Sender<Slots>,
}

/// One point in the eyes of one coil: its slot, and the values that switch it on.
#[derive(Debug)]
struct Watched {
    place: [usize; 3],
    values: Vec<Value>,
}

/// A tap for these annunciators over the points of this site.
pub fn tap(configs: &[AnnunciatorConfig], site: &Site) -> (Tap, watch::Receiver<Slots>) {
    let kinds: Vec<Option<Kind>> = site.table.points().map(|(_, entry)| entry.kind()).collect();
    let mut watched: BTreeMap<PointNo, Vec<Watched>> = BTreeMap::new();
    let mut slots = Slots::new();
    for (annunciator, config) in configs.iter().enumerate() {
        slots.push(Vec::new());
        for (coil, config) in config.coils.iter().enumerate() {
            slots[annunciator].push(Vec::new());
            for (no, kind) in kinds.iter().enumerate() {
                let values = kind.map_or(Vec::new(), |kind| config.values(kind));
                if values.is_empty() {
                    continue;
                }
                let place = [annunciator, coil, slots[annunciator][coil].len()];
                slots[annunciator][coil].push(Slot::default());
                watched.entry(PointNo(no as u16)).or_default().push(Watched { place, values });
            }
        }
    }
    let (slots, receiver) = watch::channel(slots);
    (Tap { watched, slots }, receiver)
}

impl Tap {
    pub fn see(&self, found: &[Detected]) {
        for Detected { point, reading, .. } in found {
            let Some(watched) = self.watched.get(point) else { continue };
            let Some(value) = reading.value.as_ref().filter(|_| reading.quality.is_usable()) else {
                continue;
            };
            for Watched { place: [annunciator, coil, slot], values } in watched {
                let active = values.contains(value);
                self.slots.send_if_modified(|slots| slots[*annunciator][*coil][*slot].set(active));
            }
        }
    }
}

impl Slot {
    /// Whether anything changed.
    fn set(&mut self, active: bool) -> bool {
        let before = *self;
        self.raised += u64::from(active && !self.active);
        (self.known, self.active) = (true, active);
        *self != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_that_comes_and_goes_unseen_still_counts() {
        let mut slot = Slot::default();
        assert!(slot.set(false) && !slot.set(false));
        assert!(slot.set(true) && !slot.set(true) && slot.set(false));
        assert_eq!(slot, Slot { known: true, active: false, raised: 1 });
        assert!(slot.set(true));
        assert_eq!(slot.raised, 2);
    }
}
