//! Tells a living program from a frozen one by the heartbeat word of the header, in two steps: soon its values are no
//! longer believed to be new, and later the device is called frozen. Pure.

/// So many polls that found the word unmoved …
const STILL_POLLS: u32 = 3;
/// … over so much time make values stale. The word rises once a second, so within one it may well be the same; and one
/// that comes a second late is no news.
const STILL_AFTER_MS: u64 = 3_000;
/// Thirty seconds without a change no busy program explains.
pub const FROZEN_AFTER_MS: u64 = 30_000;

#[derive(Clone, Copy, Debug, Default)]
pub struct Heartbeat {
    word: Option<u16>,
    /// How long the word has stood still while it could be read, and how many polls found it so.
    still_ms: u64,
    still_polls: u32,
    /// When it was last read, unless a poll has failed since.
    read_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    Alive,
    /// Nothing tells any more that the values are new.
    Still {
        still_ms: u64,
    },
    Frozen {
        still_ms: u64,
    },
}

impl Heartbeat {
    /// Any other word than the last one is a sign of life, also a lower one: the device may have restarted.
    pub fn read(&mut self, word: u16, now_ms: u64) -> Beat {
        let before_ms = self.read_ms.replace(now_ms);
        if self.word.replace(word) != Some(word) {
            (self.still_ms, self.still_polls) = (0, 0);
            return Beat::Alive;
        }
        self.still_ms += before_ms.map_or(0, |before_ms| now_ms.saturating_sub(before_ms));
        self.still_polls = self.still_polls.saturating_add(1);
        let still_ms = self.still_ms;
        if still_ms >= FROZEN_AFTER_MS {
            Beat::Frozen { still_ms }
        } else if self.still_polls >= STILL_POLLS && still_ms >= STILL_AFTER_MS {
            Beat::Still { still_ms }
        } else {
            Beat::Alive
        }
    }

    /// A poll failed. The time until the next one does not count, but what stood still before it is not forgotten: a
    /// frozen device on a bad line is still found out.
    pub fn missed(&mut self) {
        self.read_ms = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_stands_still_for_thirty_seconds_is_frozen() {
        let mut heartbeat = Heartbeat::default();
        assert_eq!(heartbeat.read(7, 1_000), Beat::Alive);
        assert_eq!(heartbeat.read(7, 30_999), Beat::Alive);
        assert_eq!(heartbeat.read(7, 31_000), Beat::Frozen { still_ms: 30_000 });
        assert_eq!(heartbeat.read(3, 32_000), Beat::Alive);
        assert_eq!(heartbeat.read(3, 61_999), Beat::Alive);
        assert_eq!(heartbeat.read(3, 62_000), Beat::Frozen { still_ms: 30_000 });
    }

    #[test]
    fn the_third_poll_without_a_beat_makes_the_values_stale() {
        let mut heartbeat = Heartbeat::default();
        let beats: Vec<Beat> = (0..4).map(|poll| heartbeat.read(7, 1_000 + poll * 5_000)).collect();
        assert_eq!(beats, [Beat::Alive, Beat::Alive, Beat::Alive, Beat::Still { still_ms: 15_000 }]);
    }

    #[test]
    fn fast_polls_of_a_slow_word_are_no_standstill() {
        let mut heartbeat = Heartbeat::default();
        for now_ms in (0..20_000_u64).step_by(100) {
            assert_eq!(heartbeat.read((now_ms / 1_000) as u16, now_ms), Beat::Alive);
        }
        let still = (20_000..).step_by(100).find(|now_ms| heartbeat.read(19, *now_ms) != Beat::Alive);
        assert_eq!(still, Some(22_000), "three seconds after the word last moved");
    }

    #[test]
    fn failed_polls_neither_freeze_nor_forgive() {
        let mut heartbeat = Heartbeat::default();
        heartbeat.read(7, 0);
        heartbeat.read(7, 20_000);
        heartbeat.missed();
        assert_eq!(
            heartbeat.read(7, 90_000),
            Beat::Alive,
            "the second poll, and nothing was read in between"
        );
        assert_eq!(heartbeat.read(7, 99_999), Beat::Still { still_ms: 29_999 });
        assert_eq!(heartbeat.read(7, 100_000), Beat::Frozen { still_ms: 30_000 });
    }
}
