//! What stages leave to those that take their place: what was known of the devices, which alarms stand, and since when each
//! coil has been on. A reload is no start: nothing is unheard, and no siren sounds again, for it.

use std::collections::BTreeMap;

use tokio::sync::{oneshot, watch};
use wire::DeviceId;

use super::Plan;
use crate::annunciator::{Before, Slots, Standing};
use crate::watch::Legacy;

/// Where stages at work will leave it.
pub(super) struct Leaving {
    pub(super) watch: oneshot::Receiver<Legacy>,
    pub(super) slots: watch::Receiver<Slots>,
    pub(super) standings: watch::Receiver<Vec<Standing>>,
}

/// Empty at the start of the process.
#[derive(Default)]
pub(super) struct Handover {
    watch: Option<Legacy>,
    pub(super) alarms: Before,
    /// All that the configuration and the profiles said of each device.
    devices: BTreeMap<DeviceId, String>,
}

impl Leaving {
    /// Once the stages of `plan` have ended.
    pub(super) fn collect(mut self, plan: &Plan) -> Handover {
        let (slots, standings) = (self.slots.borrow(), self.standings.borrow());
        Handover {
            watch: self.watch.try_recv().ok(),
            alarms: Before::of(&plan.config.annunciators, &plan.site, &slots, &standings),
            devices: told(plan),
        }
    }
}

impl Handover {
    /// What was known of the devices of which the plan says the same. Given away: it is asked for last.
    pub(super) fn known_of(&mut self, plan: &Plan) -> Option<Legacy> {
        let told = told(plan);
        let is_unchanged =
            |id: &DeviceId| told.get(id).is_some_and(|text| self.devices.get(id) == Some(text));
        self.watch.take().map(|legacy| legacy.of_devices(is_unchanged))
    }
}

/// By all that they say of themselves, so that a key that comes later cannot be forgotten here.
fn told(plan: &Plan) -> BTreeMap<DeviceId, String> {
    plan.config.devices.iter().map(|device| (device.id.clone(), format!("{device:?}"))).collect()
}
