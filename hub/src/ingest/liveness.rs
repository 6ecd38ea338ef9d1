//! Who is silent. Pure: time comes in, changes go out.

use std::time::Duration;

use wire::{BootId, Heartbeat};

use crate::journal::LivenessState;

/// How an edge's sign of life is judged.
#[derive(Clone, Copy, Debug)]
pub struct LivenessSettings {
    /// No heartbeat for so long: silent. Three missed heartbeats of five seconds by default.
    pub silent_after: Duration,
    /// The same for an edge that lost the hub and has to find it again first: see [`AFTER_START`].
    pub after_start: Duration,
}

/// An edge that lost the hub waits up to 30 s before it tries again; its attempt before may have hung for 10 s, and one more
/// may fail on a hub that all edges ask at once. After that its first heartbeat is due within 5 s.
pub const AFTER_START: Duration = Duration::from_secs(60);

/// An edge's clock against the hub's is tied anew when it has drifted so far.
const DRIFT_MS: i64 = 1_000;
/// But not more often than this: while the hub's own clock is being corrected, all edges seem to drift.
const TIE_INTERVAL_MS: u64 = 60_000;

#[derive(Clone, Debug)]
pub struct LivenessWatch {
    judged: Judged,
    reach: Reach,
    /// When the latest heartbeat came, or, before the first one, when watching began.
    latest_mono_ms: u64,
    latest_hub_ms: Option<i64>,
    tied: Option<(BootId, i64)>,
    tied_at_mono_ms: u64,
    detached: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Unknown,
    Live,
    Silent,
}

/// Whether the edge can be expected to know that the hub is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// It was heard since the hub was away.
    Found,
    /// The hub was away, or stood still for so long that connections broke: the edge may be in a long pause.
    Searching,
}

impl LivenessWatch {
    pub fn new(mono_ms: u64) -> Self {
        Self {
            judged: Judged::Unknown,
            reach: Reach::Searching,
            latest_mono_ms: mono_ms,
            latest_hub_ms: None,
            tied: None,
            tied_at_mono_ms: 0,
            detached: false,
        }
    }

    /// A heartbeat came. The change, if it is one.
    pub fn heartbeat(&mut self, heartbeat: &Heartbeat, hub_ms: i64, mono_ms: u64) -> Option<LivenessState> {
        self.latest_mono_ms = mono_ms;
        self.latest_hub_ms = Some(hub_ms);
        self.reach = Reach::Found;
        let offset = hub_ms.saturating_sub(i64::try_from(heartbeat.mono_ms).unwrap_or(i64::MAX));
        let tied = self.tied.is_some_and(|(boot, tied)| {
            boot == heartbeat.boot && tied.saturating_sub(offset).saturating_abs() <= DRIFT_MS
        });
        let same_boot = self.tied.is_some_and(|(boot, _)| boot == heartbeat.boot);
        let tied_lately = mono_ms.saturating_sub(self.tied_at_mono_ms) < TIE_INTERVAL_MS;
        if self.judged == Judged::Live && !self.detached && (tied || same_boot && tied_lately) {
            return None;
        }
        self.tied_at_mono_ms = mono_ms;
        self.detached = false;
        self.judged = Judged::Live;
        self.tied = Some((heartbeat.boot, offset));
        Some(LivenessState::Live { boot: heartbeat.boot, mono_ms: heartbeat.mono_ms })
    }

    /// The edge's connection ended. The change, if it is one.
    pub fn detach(&mut self) -> Option<LivenessState> {
        let was = std::mem::replace(&mut self.detached, true);
        (self.judged == Judged::Live && !was).then_some(LivenessState::Detached)
    }

    /// This process stood still for so long and could not have heard anything. After a pause in which an edge would have
    /// become silent its connection may be lost as well.
    pub fn forgive(&mut self, settings: &LivenessSettings, pause: Duration, mono_ms: u64) {
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.latest_mono_ms = self.latest_mono_ms.saturating_add(pause_ms).min(mono_ms);
        if pause >= settings.silent_after {
            self.reach = Reach::Searching;
        }
    }

    /// Another message of the edge came: it lives, whatever became of its heartbeat.
    pub fn heard(&mut self, hub_ms: i64, mono_ms: u64) {
        if self.judged == Judged::Live {
            self.latest_mono_ms = mono_ms;
            self.latest_hub_ms = Some(hub_ms);
            self.reach = Reach::Found;
        }
    }

    /// Time has passed. The change, if it is one.
    pub fn check(&mut self, settings: &LivenessSettings, mono_ms: u64) -> Option<LivenessState> {
        let quiet_ms = mono_ms.saturating_sub(self.latest_mono_ms);
        let patience = match self.reach {
            Reach::Found => settings.silent_after,
            Reach::Searching => settings.after_start.max(settings.silent_after),
        };
        if self.judged == Judged::Silent || u128::from(quiet_ms) < patience.as_millis() {
            return None;
        }
        self.judged = Judged::Silent;
        Some(LivenessState::Silent { last_ms: self.latest_hub_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::heartbeat::{LaneDepth, Storage};
    use wire::{ClockState, EdgeId, Epoch};

    const SETTINGS: LivenessSettings =
        LivenessSettings { silent_after: Duration::from_secs(15), after_start: AFTER_START };

    fn heartbeat(mono_ms: u64) -> Heartbeat {
        Heartbeat {
            edge: EdgeId::parse("e").unwrap(),
            boot: BootId([1; 16]),
            mono_ms,
            wall_ms: 0,
            clock: ClockState::Free,
            epoch: Epoch([0; 16]),
            lanes: [LaneDepth::default(); 2],
            storage: Storage::Durable,
            software: "test".into(),
            config_hash: 0,
            health: None,
        }
    }

    #[test]
    fn only_changes_are_told() {
        let mut watch = LivenessWatch::new(0);
        let live = LivenessState::Live { boot: BootId([1; 16]), mono_ms: 100 };
        assert_eq!(watch.heartbeat(&heartbeat(100), 1_000, 10), Some(live));
        assert_eq!(watch.heartbeat(&heartbeat(5_100), 6_003, 5_010), None);
        assert_eq!(watch.check(&SETTINGS, 20_009), None);
        assert_eq!(watch.check(&SETTINGS, 20_010), Some(LivenessState::Silent { last_ms: Some(6_003) }));
        assert_eq!(watch.check(&SETTINGS, 90_000), None);
        assert!(watch.heartbeat(&heartbeat(100_000), 101_000, 95_000).is_some());
    }

    #[test]
    fn a_pause_of_the_hub_silences_nobody() {
        let mut watch = LivenessWatch::new(0);
        watch.heartbeat(&heartbeat(100), 1_000, 100);
        watch.forgive(&SETTINGS, Duration::from_secs(60), 62_000);
        assert_eq!(watch.check(&SETTINGS, 62_000), None);
        // Its connection broke meanwhile, and it is in a pause; heard once, it is judged as ever.
        assert_eq!(watch.check(&SETTINGS, 120_099), None);
        watch.heartbeat(&heartbeat(120_100), 121_000, 120_100);
        assert_eq!(watch.check(&SETTINGS, 135_100), Some(LivenessState::Silent { last_ms: Some(121_000) }));
    }

    #[test]
    fn a_hiccup_of_the_hub_prolongs_no_silence_but_by_itself() {
        let mut watch = LivenessWatch::new(0);
        watch.heartbeat(&heartbeat(100), 1_000, 100);
        watch.forgive(&SETTINGS, Duration::from_secs(2), 3_000);
        assert_eq!(watch.check(&SETTINGS, 17_099), None);
        assert!(watch.check(&SETTINGS, 17_100).is_some());
    }

    #[test]
    fn after_a_start_of_the_hub_an_edge_has_the_time_of_its_longest_pause() {
        let mut watch = LivenessWatch::new(1_000);
        // As it was found: 21 s of pause after the hub had come back.
        assert_eq!(watch.check(&SETTINGS, 22_000), None);
        assert_eq!(watch.check(&SETTINGS, 60_999), None);
        assert_eq!(watch.check(&SETTINGS, 61_000), Some(LivenessState::Silent { last_ms: None }));
    }

    #[test]
    fn an_edge_that_was_heard_since_the_start_is_silent_after_one_window() {
        let mut watch = LivenessWatch::new(0);
        watch.heartbeat(&heartbeat(100), 1_000, 100);
        assert_eq!(watch.check(&SETTINGS, 15_099), None);
        assert!(watch.check(&SETTINGS, 15_100).is_some());
    }

    #[test]
    fn a_connection_that_ends_is_told_once_and_ends_with_the_next_heartbeat() {
        let mut watch = LivenessWatch::new(0);
        assert_eq!(watch.detach(), None);
        assert!(watch.heartbeat(&heartbeat(0), 1_000, 0).is_some());
        assert_eq!(watch.detach(), Some(LivenessState::Detached));
        assert_eq!(watch.detach(), None);
        assert!(matches!(watch.heartbeat(&heartbeat(900), 1_900, 900), Some(LivenessState::Live { .. })));
        assert_eq!(watch.heartbeat(&heartbeat(950), 1_950, 950), None);
    }

    #[test]
    fn a_clock_that_drifts_is_tied_anew() {
        let mut watch = LivenessWatch::new(0);
        watch.heartbeat(&heartbeat(0), 1_000, 0);
        assert_eq!(watch.heartbeat(&heartbeat(5_000), 7_000, 5_000), None);
        assert_eq!(watch.heartbeat(&heartbeat(10_000), 12_001, 10_000), None);
        assert!(watch.heartbeat(&heartbeat(60_000), 62_001, 60_000).is_some());
    }
}
