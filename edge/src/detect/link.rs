//! How an edge sees a device: online, lost, frozen, foreign, misconfigured or defective. Pure.

use wire::{Kind, Quality, Value};

use crate::field::Verdict;

/// A device is lost after this many failed polls in a row …
const LOST_POLLS: u32 = 3;
/// … and this long after its last answer.
const LOST_AFTER_MS: u64 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Neither an answer nor a verdict since the start.
    Unknown,
    Online,
    Lost,
    Frozen,
    Foreign,
    Misconfigured,
    /// It answers that it cannot measure.
    Defective,
}

impl State {
    /// What the values of such a device are worth.
    pub(super) fn quality(self) -> Quality {
        match self {
            State::Online => Quality::Good,
            State::Unknown | State::Lost | State::Foreign => Quality::CommFailure,
            State::Frozen | State::Misconfigured | State::Defective => Quality::DeviceFailure,
        }
    }

    /// The value of the device's `link`; `None` while nothing is known.
    pub(super) fn value(self) -> Option<Value> {
        let name = match self {
            State::Unknown => return None,
            // The link to a defective device is sound; its quality says the rest.
            State::Online | State::Defective => "online",
            State::Lost => "lost",
            State::Frozen => "frozen",
            State::Foreign => "foreign",
            State::Misconfigured => "misconfigured",
        };
        Kind::DeviceLink.state(name).map(Value::Integer)
    }

    /// How far the `link` itself can be believed.
    pub(super) fn link_quality(self) -> Quality {
        match self {
            State::Defective => Quality::DeviceFailure,
            _ => Quality::Good,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Link {
    state: State,
    /// Failed polls since the last answer.
    failed: u32,
    /// The last answer of any sort; the first failed poll if there was none.
    answered_ms: Option<u64>,
}

impl Link {
    pub(super) fn new() -> Self {
        Self { state: State::Unknown, failed: 0, answered_ms: None }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// The new state, if it changed.
    pub(super) fn read(&mut self, now_ms: u64) -> Option<State> {
        self.answered(State::Online, now_ms)
    }

    /// The new state, if it changed.
    pub(super) fn failed(&mut self, verdict: Verdict, now_ms: u64) -> Option<State> {
        match verdict {
            Verdict::Unreached => {
                self.failed = self.failed.saturating_add(1);
                self.answered_ms.get_or_insert(now_ms);
                self.tick(now_ms)
            }
            Verdict::Frozen => self.answered(State::Frozen, now_ms),
            Verdict::Foreign => self.answered(State::Foreign, now_ms),
            Verdict::Misconfigured => self.answered(State::Misconfigured, now_ms),
            Verdict::Defective => self.answered(State::Defective, now_ms),
        }
    }

    /// The passing of time makes a silent device a lost one.
    pub(super) fn tick(&mut self, now_ms: u64) -> Option<State> {
        let lost = self.due_ms().is_some_and(|due_ms| now_ms >= due_ms);
        lost.then(|| self.state = State::Lost).map(|()| State::Lost)
    }

    /// When `tick` will find the device lost, unless it answers before.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let silent = self.failed >= LOST_POLLS && self.state != State::Lost;
        self.answered_ms.filter(|_| silent).map(|answered_ms| answered_ms.saturating_add(LOST_AFTER_MS))
    }

    fn answered(&mut self, state: State, now_ms: u64) -> Option<State> {
        self.failed = 0;
        self.answered_ms = Some(now_ms);
        let before = std::mem::replace(&mut self.state, state);
        (before != state).then_some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failed_polls_and_ten_seconds_make_a_lost_device() {
        let mut link = Link::new();
        assert_eq!(link.read(1_000), Some(State::Online));
        assert_eq!(link.read(2_000), None);
        for now_ms in [2_500, 3_000, 3_500, 4_000] {
            assert_eq!(link.failed(Verdict::Unreached, now_ms), None);
        }
        assert_eq!(link.due_ms(), Some(12_000));
        assert_eq!(link.tick(11_999), None);
        assert_eq!(link.tick(12_000), Some(State::Lost));
        assert_eq!(link.failed(Verdict::Unreached, 13_000), None);
        assert_eq!(link.due_ms(), None);
        assert_eq!(link.read(20_000), Some(State::Online));
    }

    #[test]
    fn ten_seconds_alone_are_not_enough() {
        let mut link = Link::new();
        link.read(0);
        assert_eq!(link.failed(Verdict::Unreached, 15_000), None);
        assert_eq!(link.failed(Verdict::Unreached, 30_000), None);
        assert_eq!(link.failed(Verdict::Unreached, 45_000), Some(State::Lost));
    }

    #[test]
    fn an_answer_in_between_begins_the_count_anew() {
        let mut link = Link::new();
        link.read(0);
        link.failed(Verdict::Unreached, 5_000);
        link.failed(Verdict::Unreached, 9_000);
        link.read(10_000);
        assert_eq!(link.failed(Verdict::Unreached, 11_000), None);
        assert_eq!(link.due_ms(), None);
    }

    #[test]
    fn a_device_that_never_answered_is_lost_too() {
        let mut link = Link::new();
        link.failed(Verdict::Unreached, 500);
        link.failed(Verdict::Unreached, 1_500);
        assert_eq!(link.failed(Verdict::Unreached, 2_500), None);
        assert_eq!(link.tick(10_500), Some(State::Lost));
    }

    #[test]
    fn an_answer_that_does_not_count_is_named_at_once() {
        let mut link = Link::new();
        link.read(0);
        assert_eq!(link.failed(Verdict::Foreign, 100), Some(State::Foreign));
        assert_eq!(link.failed(Verdict::Foreign, 200), None);
        assert_eq!(link.failed(Verdict::Misconfigured, 300), Some(State::Misconfigured));
        assert_eq!(link.failed(Verdict::Frozen, 400), Some(State::Frozen));
        assert_eq!(link.failed(Verdict::Unreached, 500), None, "it stays frozen until it is lost or moves");
        assert_eq!(link.read(600), Some(State::Online));
    }
}
