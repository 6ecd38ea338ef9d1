//! Tells a living program from a frozen one by the heartbeat word of the header. Pure.

/// The word rises once a second; thirty seconds without a change no busy program explains.
pub const FROZEN_AFTER_MS: u64 = 30_000;

#[derive(Clone, Copy, Debug, Default)]
pub struct Heartbeat {
    word: Option<u16>,
    /// How long the word has stood still while it could be read.
    still_ms: u64,
    /// When it was last read, unless a poll has failed since.
    read_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    Alive,
    Frozen { still_ms: u64 },
}

impl Heartbeat {
    /// Any other word than the last one is a sign of life, also a lower one: the device may have restarted.
    pub fn read(&mut self, word: u16, now_ms: u64) -> Beat {
        let before_ms = self.read_ms.replace(now_ms);
        if self.word.replace(word) != Some(word) {
            self.still_ms = 0;
            return Beat::Alive;
        }
        self.still_ms += before_ms.map_or(0, |before_ms| now_ms.saturating_sub(before_ms));
        if self.still_ms >= FROZEN_AFTER_MS { Beat::Frozen { still_ms: self.still_ms } } else { Beat::Alive }
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
    fn failed_polls_neither_freeze_nor_forgive() {
        let mut heartbeat = Heartbeat::default();
        heartbeat.read(7, 0);
        heartbeat.read(7, 20_000);
        heartbeat.missed();
        assert_eq!(heartbeat.read(7, 90_000), Beat::Alive, "nothing was read in between");
        assert_eq!(heartbeat.read(7, 100_000), Beat::Frozen { still_ms: 30_000 });
    }
}
