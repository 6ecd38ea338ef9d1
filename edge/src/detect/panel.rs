//! The arming of a panel that does not name it: from its sectors, and from what else its profile knows. Pure.
//!
//! In doubt the graver state holds. A sector that was never read counts as armed; one that went stale keeps its last state,
//! and the arming is then as little to be believed as its worst source. An alarm outweighs everything. Maintenance and the
//! delays make a room less guarded, so maintenance counts only while no sector is armed: whoever has the code of the
//! technician must not be able to put an armed room out of sight.

use wire::{Kind, PointNo, Quality, Reading, Value};

use crate::field::PanelPoints;

#[derive(Clone, Debug)]
pub(super) struct Panel {
    sources: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    point: PointNo,
    role: Role,
    on: Option<bool>,
    quality: Quality,
}

/// What it means that a point is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Armed,
    Alarm,
    /// The delay in which people leave.
    Exit,
    /// The delay in which people unset.
    Entry,
    Maintenance,
}

impl Panel {
    pub(super) fn new(points: &PanelPoints) -> Self {
        let PanelPoints { armed, alarm, exit, entry, maintenance } = points;
        let roles = [
            (armed, Role::Armed),
            (alarm, Role::Alarm),
            (exit, Role::Exit),
            (entry, Role::Entry),
            (maintenance, Role::Maintenance),
        ];
        let of = |(points, role): (&Vec<PointNo>, Role)| {
            let source = move |point: &PointNo| Source {
                point: *point,
                role,
                on: None,
                quality: Quality::CommFailure,
            };
            points.iter().map(source).collect::<Vec<_>>()
        };
        Self { sources: roles.into_iter().flat_map(of).collect() }
    }

    /// Takes a reading of one of its points; false if it is none of them.
    pub(super) fn read(&mut self, point: PointNo, reading: &Reading) -> bool {
        let Some(source) = self.sources.iter_mut().find(|source| source.point == point) else {
            return false;
        };
        if let Some(Value::Flag(on)) = reading.value {
            source.on = Some(on);
        }
        source.quality = reading.quality;
        true
    }

    /// The state and how far it can be believed; no state as long as nothing was ever read.
    pub(super) fn state(&self) -> (Option<i64>, Quality) {
        let quality =
            self.sources.iter().map(|source| source.quality).max_by_key(|quality| badness(*quality));
        let quality = quality.unwrap_or(Quality::CommFailure);
        let known = self.sources.iter().any(|source| source.on.is_some());
        let name = known.then(|| self.name());
        (name.and_then(|name| Kind::PartArming.state(name)), quality)
    }

    fn name(&self) -> &'static str {
        let is_on = |wanted: Role| self.of(wanted).any(|source| source.on == Some(true));
        let armed = || self.of(Role::Armed).filter(|source| source.on != Some(false)).count();
        match (armed(), self.of(Role::Armed).count()) {
            _ if is_on(Role::Alarm) => "alarm",
            _ if is_on(Role::Entry) => "entry",
            _ if is_on(Role::Exit) => "exit",
            (0, _) if is_on(Role::Maintenance) => "maintenance",
            (0, _) => "unset",
            (armed, all) if armed == all => "set",
            _ => "part",
        }
    }

    fn of(&self, role: Role) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |source| source.role == role)
    }
}

fn badness(quality: Quality) -> u8 {
    match quality {
        Quality::Good => 0,
        Quality::Simulated => 1,
        Quality::Uncertain => 2,
        Quality::Stale => 3,
        Quality::DeviceFailure => 4,
        Quality::CommFailure => 5,
    }
}

#[cfg(test)]
mod tests {
    use wire::Marks;

    use super::*;
    use crate::detect::trace::at;

    /// Sectors 1 and 2, the alarms 3 and 4, exit 5, entry 6, maintenance 7.
    fn panel() -> Panel {
        Panel::new(&PanelPoints {
            armed: vec![PointNo(1), PointNo(2)],
            alarm: vec![PointNo(3), PointNo(4)],
            exit: vec![PointNo(5)],
            entry: vec![PointNo(6)],
            maintenance: vec![PointNo(7)],
        })
    }

    fn read(panel: &mut Panel, point: u16, on: bool, quality: Quality) {
        let reading = Reading { value: Some(Value::Flag(on)), quality, stamp: at(0), marks: Marks::NONE };
        assert!(panel.read(PointNo(point), &reading));
    }

    /// The state when these points are on and all others off.
    fn state(on: &[u16]) -> String {
        let mut panel = panel();
        (1..=7).for_each(|point| read(&mut panel, point, on.contains(&point), Quality::Good));
        named(&panel)
    }

    fn named(panel: &Panel) -> String {
        let (state, quality) = panel.state();
        let state = state.map_or("nothing".to_owned(), |state| {
            Kind::PartArming.value_type().describe(&Value::Integer(state))
        });
        format!("{state} {quality}")
    }

    #[test]
    fn every_state_has_its_sign() {
        assert_eq!(state(&[]), "unset good");
        assert_eq!(state(&[1]), "part good");
        assert_eq!(state(&[1, 2]), "set good");
        assert_eq!(state(&[5]), "exit good");
        assert_eq!(state(&[1, 2, 5]), "exit good");
        assert_eq!(state(&[1, 2, 6]), "entry good");
        assert_eq!(state(&[7]), "maintenance good");
        assert_eq!(state(&[1, 2, 3, 6, 7]), "alarm good");
    }

    #[test]
    fn maintenance_does_not_put_an_armed_room_out_of_sight() {
        assert_eq!(state(&[1, 2, 7]), "set good");
        assert_eq!(state(&[2, 7]), "part good");
    }

    #[test]
    fn what_was_never_read_counts_as_armed() {
        let mut panel = panel();
        assert_eq!(named(&panel), "nothing comm_failure");
        read(&mut panel, 1, false, Quality::Good);
        assert_eq!(named(&panel), "part comm_failure");
        read(&mut panel, 2, false, Quality::Good);
        assert_eq!(named(&panel), "unset comm_failure", "of the alarms nothing is known yet");
    }

    #[test]
    fn a_panel_that_goes_stale_keeps_its_state_and_is_no_longer_believed() {
        let mut panel = panel();
        (1..=7).for_each(|point| read(&mut panel, point, point <= 2, Quality::Good));
        (1..=7).for_each(|point| read(&mut panel, point, point <= 2, Quality::Stale));
        assert_eq!(named(&panel), "set stale");
        read(&mut panel, 3, false, Quality::CommFailure);
        assert_eq!(named(&panel), "set comm_failure");
    }

    #[test]
    fn points_of_others_are_none_of_its_business() {
        let reading = Reading {
            value: Some(Value::Flag(true)),
            quality: Quality::Good,
            stamp: at(0),
            marks: Marks::NONE,
        };
        assert!(!panel().read(PointNo(9), &reading));
    }
}
