//! Which points switch which coil: the tap in the watch sees every reading on its way to the spool, and keeps of the mapped
//! points only whether they stand in a mapped state, and how often one came into it. That cannot overflow, and an alarm that
//! is over before anyone looks still counts.

use std::collections::BTreeMap;

use tokio::sync::watch;
use wire::{Kind, PointNo, Value};

use super::before::Before;
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
pub(super) struct Watched {
    pub(super) place: [usize; 3],
    values: Vec<Value>,
}

/// A tap for these annunciators over the points of this site. What stood before a reload stands on, and is no new alarm.
pub fn tap(configs: &[AnnunciatorConfig], site: &Site, before: &Before) -> (Tap, watch::Receiver<Slots>) {
    let mut watched: BTreeMap<PointNo, Vec<Watched>> = BTreeMap::new();
    let empty = |config: &AnnunciatorConfig| vec![Vec::new(); config.coils.len()];
    let mut slots: Slots = configs.iter().map(empty).collect();
    for (point, of) in mapped(configs, site) {
        let [annunciator, coil, _] = of.place;
        slots[annunciator][coil].push(before.slot(&slot_name(configs, site, point, &of)));
        watched.entry(point).or_default().push(of);
    }
    let (slots, receiver) = watch::channel(slots);
    (Tap { watched, slots }, receiver)
}

/// Every point that switches a coil, in the order of the slots.
pub(super) fn mapped(configs: &[AnnunciatorConfig], site: &Site) -> Vec<(PointNo, Watched)> {
    let kinds: Vec<Option<Kind>> = site.table.points().map(|(_, entry)| entry.kind()).collect();
    let mut all = Vec::new();
    for (annunciator, config) in configs.iter().enumerate() {
        for (coil, config) in config.coils.iter().enumerate() {
            let values = kinds.iter().map(|kind| kind.map_or(Vec::new(), |kind| config.values(kind)));
            let of_coil = (0..).map(PointNo).zip(values).filter(|(_, values)| !values.is_empty()).enumerate();
            all.extend(of_coil.map(|(slot, (point, values))| {
                (point, Watched { place: [annunciator, coil, slot], values })
            }));
        }
    }
    all
}

/// A name that holds over a reload, which may number points and coils anew.
pub(super) fn slot_name(configs: &[AnnunciatorConfig], site: &Site, point: PointNo, of: &Watched) -> String {
    let [annunciator, coil, _] = of.place;
    let config = &configs[annunciator];
    let entry = site.table.point(point).expect("a point that is mapped is of the table");
    let device = &site.table.device_of(entry).device;
    format!("{}/{}/{device}/{}", config.id, config.coils[coil].name, entry.point)
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
