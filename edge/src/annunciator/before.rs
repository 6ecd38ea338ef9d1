//! What is handed over a reload: how each mapped point stood, and how each coil. Pure.

use std::collections::BTreeMap;

use super::map::{Slot, Slots, mapped, slot_name};
use super::standing::{CoilStanding, Standing};
use crate::config::AnnunciatorConfig;
use crate::field::Site;

/// By names, since a reload may number all anew. Empty at the start of the process.
#[derive(Debug, Default)]
pub struct Before {
    slots: BTreeMap<String, Slot>,
    /// By annunciator.
    coils: BTreeMap<String, Vec<CoilStanding>>,
}

impl Before {
    /// What the annunciators of this site knew when they ended.
    pub fn of(configs: &[AnnunciatorConfig], site: &Site, slots: &Slots, standings: &[Standing]) -> Self {
        let mapped = mapped(configs, site).into_iter();
        let slots = mapped.map(|(point, of)| {
            let [annunciator, coil, slot] = of.place;
            (slot_name(configs, site, point, &of), slots[annunciator][coil][slot])
        });
        let coils = standings.iter().map(|standing| (standing.id.clone(), standing.coils.clone()));
        Self { slots: slots.collect(), coils: coils.collect() }
    }

    pub(super) fn slot(&self, name: &str) -> Slot {
        self.slots.get(name).copied().unwrap_or_default()
    }

    /// The coils of an annunciator; none if there was no such one.
    pub fn coils(&self, annunciator: &str) -> &[CoilStanding] {
        self.coils.get(annunciator).map_or(&[], Vec::as_slice)
    }
}
