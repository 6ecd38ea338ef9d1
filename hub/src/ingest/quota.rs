//! How much of what is refused is kept. An edge that sends nonsense may not fill the journal with it. Pure.

/// Full payloads that are kept of one edge within [`WINDOW_MS`]; after that only the reason and the hash are kept.
const PAYLOADS_MAX: u32 = 100;
/// Entries about one edge within the window; after that the refusals are only counted.
const ENTRIES_MAX: u32 = 1_000;
const WINDOW_MS: u64 = 24 * 60 * 60 * 1_000;

/// What may be kept of one refused message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    All,
    /// Reason and hash.
    Trace,
    Nothing,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct QuarantineQuota {
    window_began_ms: u64,
    entries: u32,
}

impl QuarantineQuota {
    pub fn take(&mut self, mono_ms: u64) -> Keep {
        if mono_ms.saturating_sub(self.window_began_ms) >= WINDOW_MS {
            *self = Self { window_began_ms: mono_ms, entries: 0 };
        }
        self.entries = self.entries.saturating_add(1);
        if self.entries <= PAYLOADS_MAX {
            Keep::All
        } else if self.entries <= ENTRIES_MAX {
            Keep::Trace
        } else {
            Keep::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_kept_the_more_comes() {
        let mut quota = QuarantineQuota::default();
        let kept: Vec<Keep> = (0..1_001).map(|_| quota.take(5)).collect();
        assert_eq!(
            (kept[99], kept[100], kept[999], kept[1_000]),
            (Keep::All, Keep::Trace, Keep::Trace, Keep::Nothing)
        );
        assert_eq!(quota.take(WINDOW_MS + 5), Keep::All);
    }
}
