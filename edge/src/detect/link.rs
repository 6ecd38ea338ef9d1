//! How an edge sees a device: online, lost, frozen, foreign, misconfigured or defective. Pure.

use wire::{Kind, Quality, Value};

use crate::field::{Hearing, Verdict};

/// A device is lost after this many failed polls in a row …
pub const LOST_POLLS: u32 = 3;
/// … and this long after its last answer. One that speaks by itself is lost so long after it hung up.
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
            State::Online => "online",
            State::Lost => "lost",
            State::Frozen => "frozen",
            State::Foreign => "foreign",
            State::Misconfigured => "misconfigured",
            State::Defective => "defective",
        };
        Kind::DeviceLink.state(name).map(Value::Integer)
    }

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Unknown => "unknown",
            State::Online => "online",
            State::Lost => "lost",
            State::Frozen => "frozen",
            State::Foreign => "foreign",
            State::Misconfigured => "misconfigured",
            State::Defective => "defective",
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
    /// Since when a device that speaks by itself has no connection, if that broke off.
    hung_up_ms: Option<u64>,
    /// How long a device that speaks by itself may keep silent; one that is asked is not expected to speak.
    silence_max_ms: Option<u64>,
}

impl Link {
    /// `stale_after_ms` is when the values of the device count as old.
    pub(super) fn new(hearing: Hearing, stale_after_ms: u64) -> Self {
        let silence_max_ms = match hearing {
            Hearing::Asked => None,
            Hearing::Speaks => Some(stale_after_ms.max(LOST_AFTER_MS)),
        };
        Self { state: State::Unknown, failed: 0, answered_ms: None, hung_up_ms: None, silence_max_ms }
    }

    /// The edge begins to listen. A device that speaks by itself may be lost already, and nothing else would ever say so.
    pub(super) fn begin(&mut self, now_ms: u64) {
        if self.silence_max_ms.is_some() {
            self.answered_ms.get_or_insert(now_ms);
        }
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
            Verdict::Gone => self.gone(now_ms),
            // Its values are stale, but it is there.
            Verdict::Still => self.answered(State::Online, now_ms),
            Verdict::Disconnected => {
                self.hung_up_ms.get_or_insert(now_ms);
                self.tick(now_ms)
            }
            Verdict::Returned => {
                self.hung_up_ms = None;
                self.tick(now_ms)
            }
            Verdict::Frozen => self.answered(State::Frozen, now_ms),
            Verdict::Foreign => self.answered(State::Foreign, now_ms),
            Verdict::Misconfigured => self.answered(State::Misconfigured, now_ms),
            Verdict::Defective => self.answered(State::Defective, now_ms),
        }
    }

    /// Lost at once, without the patience that a silent device is given.
    fn gone(&mut self, now_ms: u64) -> Option<State> {
        self.failed = LOST_POLLS;
        self.answered_ms.get_or_insert(now_ms);
        let before = std::mem::replace(&mut self.state, State::Lost);
        (before != State::Lost).then_some(State::Lost)
    }

    /// The passing of time makes a silent device a lost one.
    pub(super) fn tick(&mut self, now_ms: u64) -> Option<State> {
        let lost = self.due_ms().is_some_and(|due_ms| now_ms >= due_ms);
        lost.then(|| self.state = State::Lost).map(|()| State::Lost)
    }

    /// When `tick` will find the device lost, unless it answers before.
    pub(super) fn due_ms(&self) -> Option<u64> {
        if self.state == State::Lost {
            return None;
        }
        let patience_ms = if self.failed >= LOST_POLLS { Some(LOST_AFTER_MS) } else { self.silence_max_ms };
        let silent = self.answered_ms.zip(patience_ms);
        let hung_up = self.hung_up_ms.map(|hung_up_ms| (hung_up_ms, LOST_AFTER_MS));
        // Who connects again and again without a word is silent all the same.
        let ends = [silent, hung_up].into_iter().flatten();
        ends.map(|(since_ms, patience_ms)| since_ms.saturating_add(patience_ms)).min()
    }

    fn answered(&mut self, state: State, now_ms: u64) -> Option<State> {
        self.failed = 0;
        self.answered_ms = Some(now_ms);
        self.hung_up_ms = None;
        let before = std::mem::replace(&mut self.state, state);
        (before != state).then_some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Link {
        Link::new(Hearing::Asked, 3_000)
    }

    #[test]
    fn a_device_that_speaks_is_lost_ten_seconds_after_it_hung_up() {
        let mut link = Link::new(Hearing::Speaks, 180_000);
        link.read(1_000);
        assert_eq!(link.failed(Verdict::Disconnected, 50_000), None);
        assert_eq!(link.failed(Verdict::Disconnected, 55_000), None, "said again, it is no later");
        assert_eq!(link.due_ms(), Some(60_000));
        assert_eq!(link.tick(60_000), Some(State::Lost));
        assert_eq!(link.read(61_000), Some(State::Online));
        link.failed(Verdict::Disconnected, 70_000);
        assert_eq!(link.read(75_000), None);
        assert_eq!(link.tick(80_000), None, "it is back");
    }

    #[test]
    fn a_device_that_connects_again_is_judged_by_its_silence_alone() {
        let mut link = Link::new(Hearing::Speaks, 180_000);
        link.read(1_000);
        link.failed(Verdict::Disconnected, 50_000);
        assert_eq!(link.failed(Verdict::Returned, 59_999), None);
        assert_eq!(link.tick(60_000), None, "it is connected");
        assert_eq!(link.due_ms(), Some(181_000), "since it last spoke");
        for now_ms in (61_000..181_000).step_by(8_000) {
            assert_eq!(link.failed(Verdict::Disconnected, now_ms), None);
            assert_eq!(link.failed(Verdict::Returned, now_ms + 1), None);
        }
        assert_eq!(link.tick(181_000), Some(State::Lost), "however often it connects");
        assert_eq!(link.failed(Verdict::Returned, 190_000), None, "it has not said that it is well");
        assert_eq!((link.state(), link.due_ms()), (State::Lost, None));
        assert_eq!(link.read(191_000), Some(State::Online));
    }

    #[test]
    fn a_device_that_speaks_is_lost_when_it_keeps_silent() {
        let mut link = Link::new(Hearing::Speaks, 180_000);
        link.begin(500);
        assert_eq!(link.due_ms(), Some(180_500), "also if it never spoke");
        link.read(1_000);
        assert_eq!(link.tick(180_999), None);
        assert_eq!(link.tick(181_000), Some(State::Lost));
        let mut brisk = Link::new(Hearing::Speaks, 3_000);
        brisk.read(0);
        assert_eq!(brisk.due_ms(), Some(10_000));
    }

    #[test]
    fn a_device_that_is_asked_is_not_expected_to_speak() {
        let mut link = asked();
        link.begin(500);
        link.read(1_000);
        assert_eq!(link.due_ms(), None);
    }

    #[test]
    fn three_failed_polls_and_ten_seconds_make_a_lost_device() {
        let mut link = asked();
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
        let mut link = asked();
        link.read(0);
        assert_eq!(link.failed(Verdict::Unreached, 15_000), None);
        assert_eq!(link.failed(Verdict::Unreached, 30_000), None);
        assert_eq!(link.failed(Verdict::Unreached, 45_000), Some(State::Lost));
    }

    #[test]
    fn an_answer_in_between_begins_the_count_anew() {
        let mut link = asked();
        link.read(0);
        link.failed(Verdict::Unreached, 5_000);
        link.failed(Verdict::Unreached, 9_000);
        link.read(10_000);
        assert_eq!(link.failed(Verdict::Unreached, 11_000), None);
        assert_eq!(link.due_ms(), None);
    }

    #[test]
    fn a_device_that_says_that_it_goes_is_lost_at_once() {
        let mut link = Link::new(Hearing::Speaks, 180_000);
        link.read(0);
        assert_eq!(link.failed(Verdict::Gone, 100), Some(State::Lost));
        assert_eq!(link.failed(Verdict::Gone, 200), None);
        assert_eq!(link.read(300), Some(State::Online));
    }

    #[test]
    fn a_device_that_never_answered_is_lost_too() {
        let mut link = asked();
        link.failed(Verdict::Unreached, 500);
        link.failed(Verdict::Unreached, 1_500);
        assert_eq!(link.failed(Verdict::Unreached, 2_500), None);
        assert_eq!(link.tick(10_500), Some(State::Lost));
    }

    #[test]
    fn an_answer_that_does_not_count_is_named_at_once() {
        let mut link = asked();
        link.read(0);
        assert_eq!(link.failed(Verdict::Foreign, 100), Some(State::Foreign));
        assert_eq!(link.failed(Verdict::Foreign, 200), None);
        assert_eq!(link.failed(Verdict::Misconfigured, 300), Some(State::Misconfigured));
        assert_eq!(link.failed(Verdict::Frozen, 400), Some(State::Frozen));
        assert_eq!(link.failed(Verdict::Unreached, 500), None, "it stays frozen until it is lost or moves");
        assert_eq!(link.read(600), Some(State::Online));
    }
}
