//! Values with a counter beside them, such as the result of a presented credential: each new number is an event, even if
//! the value is equal. Pure.

/// The last number that was seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sequence {
    last: Option<u64>,
}

/// What a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// The first number since the start: nobody knows when the value came about.
    First,
    /// The value is the one that was there before.
    Same,
    /// The value is new, and `missed` ones before it were never seen.
    New { missed: u64 },
    /// The device counts from 0 again: it has restarted and nothing has happened since.
    Restarted,
}

impl Sequence {
    /// A sample without a number says nothing new.
    pub(super) fn seen(&mut self, number: Option<u64>) -> Counted {
        let Some(number) = number else {
            return if self.last.is_some() { Counted::Same } else { Counted::First };
        };
        match self.last.replace(number) {
            None => Counted::First,
            Some(last) if number == last => Counted::Same,
            Some(last) if number > last => Counted::New { missed: number - last - 1 },
            Some(_) if number == 0 => Counted::Restarted,
            // After a restart, or past the end of the counter.
            Some(_) => Counted::New { missed: number - 1 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_apart() {
        let mut sequence = Sequence::default();
        assert_eq!(sequence.seen(None), Counted::First);
        assert_eq!(sequence.seen(Some(7)), Counted::First);
        assert_eq!(sequence.seen(Some(7)), Counted::Same);
        assert_eq!(sequence.seen(Some(8)), Counted::New { missed: 0 });
        assert_eq!(sequence.seen(Some(11)), Counted::New { missed: 2 });
        assert_eq!(sequence.seen(None), Counted::Same);
        assert_eq!(sequence.seen(Some(0)), Counted::Restarted);
        assert_eq!(sequence.seen(Some(1)), Counted::New { missed: 0 });
        assert_eq!(sequence.seen(Some(9)), Counted::New { missed: 7 });
        assert_eq!(sequence.seen(Some(2)), Counted::New { missed: 1 });
    }
}
