//! Which messages of a sender came before, by what it says itself: (boot, seq). A message that comes twice counts once; a
//! jump tells that some never came. Pure.

use wire::Marks;

/// As many messages as a sender may have under way; those may come again when it connects anew.
const REPEATED_MAX: u64 = 256;

/// What a device calls its boot: a counter, a random number, a time.
const BOOT_BYTES_MAX: usize = 64;

/// Where a sender is: its last message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    boot: Box<str>,
    seq: u64,
}

#[derive(Debug, Default)]
pub(super) struct Order {
    last: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The marks go onto all that it says.
    New {
        marks: Marks,
    },
    Twice,
}

impl Order {
    /// `None`: these are no bytes of a bookmark. Taking a message twice is then better than refusing to start.
    pub(super) fn restored(bytes: &[u8]) -> Option<Self> {
        let (seq, boot) = bytes.split_first_chunk::<8>()?;
        let boot = std::str::from_utf8(boot).ok().filter(|boot| boot.len() <= BOOT_BYTES_MAX)?;
        Some(Self { last: Some(Place { boot: boot.into(), seq: u64::from_be_bytes(*seq) }) })
    }

    pub(super) fn bookmark(&self) -> Vec<u8> {
        self.last
            .as_ref()
            .map_or_else(Vec::new, |Place { boot, seq }| [&seq.to_be_bytes(), boot.as_bytes()].concat())
    }

    /// `boot` is empty for a sender that does not tell its boots apart.
    pub(super) fn seen(&mut self, boot: &str, seq: u64) -> Seen {
        let mut end = boot.len().min(BOOT_BYTES_MAX);
        while !boot.is_char_boundary(end) {
            end -= 1;
        }
        let boot = &boot[..end];
        let marks = match &self.last {
            Some(last) if *last.boot == *boot => match seq.checked_sub(last.seq) {
                Some(1) => Marks::NONE,
                Some(2..) => Marks::MISSED,
                Some(0) => return Seen::Twice,
                None if begins_anew(boot, last.seq, seq) => Marks::ROLLED_BACK,
                None => return Seen::Twice,
            },
            // What was lost around a boot nobody can count.
            Some(_) | None => Marks::NONE,
        };
        self.last = Some(Place { boot: boot.into(), seq });
        Seen::New { marks }
    }
}

/// A sender without boots that starts again counts from the beginning. Taken for repetitions, all that it says would be
/// dropped until it has counted as far as before. Further back than anything can come again is no repetition of anybody's:
/// one number that was far too large must not silence its sender for the rest of its boot.
fn begins_anew(boot: &str, last: u64, seq: u64) -> bool {
    (boot.is_empty() && seq <= 1) || last - seq > REPEATED_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Seen = Seen::New { marks: Marks::NONE };

    #[test]
    fn repetitions_count_once_and_jumps_are_marked() {
        let mut order = Order::default();
        assert_eq!(order.seen("a", 5), NEW);
        assert_eq!(order.seen("a", 6), NEW);
        assert_eq!((order.seen("a", 6), order.seen("a", 2)), (Seen::Twice, Seen::Twice));
        assert_eq!(order.seen("a", 9), Seen::New { marks: Marks::MISSED });
        assert_eq!(order.seen("b", 1), NEW, "a boot counts for itself");
        assert_eq!(order.seen("b", 1), Seen::Twice);
    }

    #[test]
    fn a_sender_without_boots_is_not_silenced_by_its_own_restart() {
        let mut order = Order::default();
        order.seen("", 5_000);
        assert_eq!(order.seen("", 4_999), Seen::Twice, "it came again after a reconnect");
        assert_eq!(order.seen("", 17), Seen::New { marks: Marks::ROLLED_BACK });
        assert_eq!(order.seen("", 1), Seen::New { marks: Marks::ROLLED_BACK });
    }

    #[test]
    fn a_number_that_is_far_too_large_does_not_silence_its_sender() {
        let mut order = Order::default();
        order.seen("boot-7", 41);
        assert_eq!(order.seen("boot-7", u64::MAX), Seen::New { marks: Marks::MISSED });
        assert_eq!(order.seen("boot-7", 42), Seen::New { marks: Marks::ROLLED_BACK });
        assert_eq!(order.seen("boot-7", 43), NEW);
        assert_eq!(order.seen("boot-7", 1), Seen::Twice);
    }

    #[test]
    fn a_bookmark_brings_the_place_back() {
        let mut order = Order::default();
        order.seen("boot-7", 300);
        let mut restored = Order::restored(&order.bookmark()).unwrap();
        assert_eq!(restored.seen("boot-7", 300), Seen::Twice);
        assert_eq!(restored.seen("boot-7", 301), NEW);
        assert!(Order::restored(&[1, 2]).is_none() && Order::restored(&[0xff; 20]).is_none());
        assert_eq!(restored.seen(&"é".repeat(100), 1), NEW, "a long boot is cut, not refused");
    }
}
