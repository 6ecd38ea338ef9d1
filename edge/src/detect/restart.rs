//! Whether a device has begun anew since it was last read, as far as it tells how long it has been running. Pure.

use wire::{Kind, PointNo, Value};

use super::rollback::Restart;
use crate::field::{Device, Sample};

#[derive(Clone, Debug)]
pub(super) struct Uptime {
    /// The device's `device.uptime`, if its profile has one.
    point: Option<PointNo>,
    last: Option<i64>,
}

impl Uptime {
    pub(super) fn of(device: &Device) -> Self {
        let place = device.profile.point_of_kind(Kind::DeviceUptime);
        let point = place.and_then(|place| u16::try_from(place).ok());
        Self { point: point.map(|place| PointNo(device.first.0.saturating_add(place))), last: None }
    }

    /// Goes on under the number of another table.
    pub(super) fn renumber(&mut self, own: &Self) {
        self.point = own.point;
    }

    /// Looked at before the other samples of the scan, which it explains.
    pub(super) fn seen(&mut self, samples: &[Sample]) -> Restart {
        let sample = samples.iter().find(|sample| Some(sample.point) == self.point);
        let Some(Value::Integer(uptime)) = sample.and_then(|sample| sample.value.as_ref()) else {
            return Restart::NotKnown;
        };
        let restarted = self.last.replace(*uptime).is_some_and(|last| *uptime < last);
        if restarted { Restart::Known } else { Restart::NotKnown }
    }
}
