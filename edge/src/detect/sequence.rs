//! Values with a counter beside them, such as the result of a presented credential: each new number is an event, even if
//! the value is equal. Pure.

/// The last number that was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sequence {
    last: Option<u64>,
    /// What was last seen before the edge restarted, until there is a number of this life.
    before: Option<Before>,
    /// Whether the number is another one than when it was last noted.
    changed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Before {
    number: u64,
    /// Until then, what has changed since is recent enough to be told as an event.
    until_ms: u64,
}

/// What a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// The first number since the start: nobody knows when the value came about.
    First,
    /// The first number since the start, and higher than before it: the value came about while the edge restarted.
    Unseen { missed: u64 },
    /// The value is the one that was there before.
    Same,
    /// The value is new, and `missed` ones before it were never seen.
    New { missed: u64 },
    /// The device counts from 0 again: it has restarted and nothing has happened since.
    Restarted,
}

impl Sequence {
    /// A sample without a number says nothing new.
    pub(super) fn seen(&mut self, number: Option<u64>, now_ms: u64) -> Counted {
        let Some(number) = number else {
            return if self.last.is_some() { Counted::Same } else { Counted::First };
        };
        let last = self.last.replace(number);
        self.changed |= last != Some(number);
        match last {
            None => self.first(number, now_ms),
            Some(last) if number == last => Counted::Same,
            Some(last) if number > last => Counted::New { missed: number - last - 1 },
            Some(_) if number == 0 => Counted::Restarted,
            // After a restart, or past the end of the counter.
            Some(_) => Counted::New { missed: number - 1 },
        }
    }

    /// The number of a report that comes after its time. One that is not higher was overtaken, and says nothing.
    pub(super) fn seen_late(&mut self, number: u64) -> Counted {
        match self.last {
            Some(last) if number > last => {
                (self.last, self.changed) = (Some(number), true);
                Counted::New { missed: number - last - 1 }
            }
            _ => Counted::Same,
        }
    }

    /// What was seen before the edge restarted.
    pub(super) fn restore(&mut self, number: u64, until_ms: u64) {
        self.before = Some(Before { number, until_ms });
    }

    pub(super) fn number(&self) -> Option<u64> {
        self.last
    }

    /// True once for every change.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// A lower number is that of a device which has restarted as well, or of another one: nobody knows.
    fn first(&mut self, number: u64, now_ms: u64) -> Counted {
        match self.before.take() {
            Some(before) if now_ms <= before.until_ms && number > before.number => {
                Counted::Unseen { missed: number - before.number - 1 }
            }
            _ => Counted::First,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_apart() {
        let mut sequence = Sequence::default();
        let mut seen = |number| sequence.seen(number, 0);
        assert_eq!(seen(None), Counted::First);
        assert_eq!(seen(Some(7)), Counted::First);
        assert_eq!(seen(Some(7)), Counted::Same);
        assert_eq!(seen(Some(8)), Counted::New { missed: 0 });
        assert_eq!(seen(Some(11)), Counted::New { missed: 2 });
        assert_eq!(seen(None), Counted::Same);
        assert_eq!(seen(Some(0)), Counted::Restarted);
        assert_eq!(seen(Some(1)), Counted::New { missed: 0 });
        assert_eq!(seen(Some(9)), Counted::New { missed: 7 });
        assert_eq!(seen(Some(2)), Counted::New { missed: 1 });
    }

    #[test]
    fn what_was_counted_while_the_edge_restarted_is_new() {
        let first = |number, now_ms| {
            let mut sequence = Sequence::default();
            sequence.restore(40, 1_000);
            sequence.seen(Some(number), now_ms)
        };
        assert_eq!(first(41, 1_000), Counted::Unseen { missed: 0 });
        assert_eq!(first(43, 500), Counted::Unseen { missed: 2 });
        assert_eq!(first(40, 500), Counted::First, "nothing has happened");
        assert_eq!(first(3, 500), Counted::First, "the device has restarted as well");
        assert_eq!(first(41, 1_001), Counted::First, "that may have been long ago");
    }

    #[test]
    fn a_late_number_counts_only_if_it_is_higher() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.seen_late(5), Counted::Same);
        sequence.seen(Some(7), 0);
        assert_eq!(sequence.seen_late(6), Counted::Same);
        assert_eq!(sequence.seen_late(9), Counted::New { missed: 1 });
        assert_eq!(sequence.seen(Some(9), 0), Counted::Same);
    }

    #[test]
    fn only_another_number_is_a_change() {
        let mut sequence = Sequence::default();
        sequence.seen(Some(7), 0);
        assert!(sequence.take_changed());
        sequence.seen(Some(7), 0);
        sequence.seen(None, 0);
        assert!(!sequence.take_changed());
        sequence.seen(Some(8), 0);
        assert!(sequence.take_changed());
    }
}
