//! The points of the edge itself that its health task measures. Measurements are told once they moved far enough; the
//! snapshot repeats the newest one. Pure.

use wire::{Kind, Marks, Quality, Reading, Stamp, Value};

use super::outbox::{Outbox, What};
use super::own::Own;
use crate::field::site::OwnPoints;

/// A degree is the noise of such sensors.
const TEMPERATURE_DEADBAND: f64 = 2.0;
/// The free room of a disk moves with every record.
const DISK_DEADBAND: f64 = 1.0;

/// What the edge knows of itself. `None` is not known, and becomes no reading.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnValues {
    pub temperature_c: Option<f64>,
    pub disk_free_percent: Option<f64>,
    pub certificate_days: Option<i64>,
    pub annunciators_well: Option<bool>,
}

#[derive(Debug, Default)]
pub(super) struct Itself {
    temperature: Measured,
    disk: Measured,
    certificate: Own,
    annunciator: Own,
}

impl Itself {
    pub(super) fn told(&mut self, values: &OwnValues, points: &OwnPoints, now: Stamp, out: &mut Outbox) {
        let measured = [
            (
                &mut self.temperature,
                points.temperature,
                Kind::EdgeTemperature,
                values.temperature_c,
                TEMPERATURE_DEADBAND,
            ),
            (&mut self.disk, points.disk, Kind::EdgeDisk, values.disk_free_percent, DISK_DEADBAND),
        ];
        for (measured, point, kind, value, deadband) in measured {
            if let Some((what, reading)) = measured.told(value, deadband, now) {
                out.tell(point, kind.lane(), what, reading);
            }
        }
        let days = values.certificate_days.map(Value::Integer);
        let well = values.annunciators_well.map(Value::Flag).zip(points.annunciator);
        let certificate =
            days.map(|days| (&mut self.certificate, points.certificate, Kind::EdgeCertificate, days));
        let annunciator =
            well.map(|(well, point)| (&mut self.annunciator, point, Kind::EdgeAnnunciator, well));
        for (own, point, kind, value) in certificate.into_iter().chain(annunciator) {
            if let Some((what, reading)) = own.told(value, Quality::Good, now) {
                out.tell(point, kind.lane(), what, reading);
            }
        }
    }

    pub(super) fn snapshot(&self, points: &OwnPoints, now: Stamp, out: &mut Outbox) {
        let measured = [(points.temperature, &self.temperature), (points.disk, &self.disk)];
        let measured = measured.map(|(point, measured)| (Some(point), measured.latest.clone()));
        let known = [(Some(points.certificate), &self.certificate), (points.annunciator, &self.annunciator)];
        let known = known.map(|(point, own)| (point, own.snapshot(now)));
        for (point, reading) in measured.into_iter().chain(known) {
            if let Some((point, reading)) = point.zip(reading) {
                out.repeat(point, reading);
            }
        }
    }
}

/// A measurement of which small moves are not told.
#[derive(Clone, Debug, Default)]
struct Measured {
    told: Option<f64>,
    /// With the time at which it was measured.
    latest: Option<Reading>,
}

impl Measured {
    fn told(&mut self, value: Option<f64>, deadband: f64, now: Stamp) -> Option<(What, Reading)> {
        let Some(value) = value else { return self.lost(now) };
        let reading = Reading {
            value: Some(Value::Number(value)),
            quality: Quality::Good,
            stamp: now,
            marks: Marks::NONE,
        };
        let is_first = self.latest.replace(reading.clone()).is_none();
        if self.told.is_some_and(|told| (value - told).abs() < deadband) {
            return None;
        }
        self.told = Some(value);
        Some((if is_first { What::Snapshot } else { What::Event }, reading))
    }

    /// A sensor that was there and is not any more has failed. One that never was there has not.
    fn lost(&mut self, now: Stamp) -> Option<(What, Reading)> {
        let latest = self.latest.as_mut().filter(|latest| latest.quality == Quality::Good)?;
        *latest = Reading { quality: Quality::DeviceFailure, stamp: now, ..latest.clone() };
        self.told = None;
        Some((What::Event, latest.clone()))
    }
}

#[cfg(test)]
mod tests {
    use wire::PointNo;

    use super::*;
    use crate::detect::trace::at;

    const POINTS: OwnPoints = OwnPoints {
        arming: PointNo(0),
        clock: PointNo(1),
        storage: PointNo(2),
        temperature: PointNo(3),
        disk: PointNo(4),
        certificate: PointNo(5),
        annunciator: Some(PointNo(6)),
        clock_offset: PointNo(7),
        clock_health: PointNo(8),
        clock_step: PointNo(9),
    };

    fn told(itself: &mut Itself, values: OwnValues, ms: u64) -> Vec<(PointNo, What, Reading)> {
        let mut out = Outbox::default();
        itself.told(&values, &POINTS, at(ms), &mut out);
        out.found.detected.into_iter().map(|found| (found.point, found.what, found.reading)).collect()
    }

    fn warm(temperature_c: f64) -> OwnValues {
        OwnValues { temperature_c: Some(temperature_c), ..OwnValues::default() }
    }

    #[test]
    fn small_moves_are_not_told_and_the_snapshot_has_the_newest() {
        let mut itself = Itself::default();
        assert_eq!(told(&mut itself, warm(40.0), 1).len(), 1);
        assert!(told(&mut itself, warm(41.9), 2).is_empty());
        let mut out = Outbox::default();
        itself.snapshot(&POINTS, at(9), &mut out);
        let [latest] = &out.found.detected[..] else { panic!("one point is known: {out:?}") };
        assert_eq!(latest.reading.value, Some(Value::Number(41.9)));
        assert_eq!(latest.reading.stamp, at(2), "a value never carries a time at which it was not read");
        let moved = told(&mut itself, warm(42.0), 3);
        assert_eq!((moved[0].0, moved[0].1), (POINTS.temperature, What::Event));
    }

    #[test]
    fn a_sensor_that_goes_is_told_once_and_one_that_never_was_is_not() {
        let mut itself = Itself::default();
        assert!(told(&mut itself, OwnValues::default(), 1).is_empty());
        told(&mut itself, warm(40.0), 2);
        let gone = told(&mut itself, OwnValues::default(), 3);
        assert_eq!(gone[0].2.quality, Quality::DeviceFailure);
        assert!(told(&mut itself, OwnValues::default(), 4).is_empty());
        assert_eq!(told(&mut itself, warm(40.0), 5)[0].2.quality, Quality::Good);
    }

    #[test]
    fn every_point_is_told() {
        let all = OwnValues {
            temperature_c: Some(1.0),
            disk_free_percent: Some(2.0),
            certificate_days: Some(3),
            annunciators_well: Some(false),
        };
        let found = told(&mut Itself::default(), all, 1);
        assert_eq!(found.iter().map(|(point, ..)| point.0).collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert!(found.iter().all(|(_, what, _)| *what == What::Snapshot));
    }
}
