//! Whose turn it is on a bus. Pure: times are durations since the start of the bus.
//!
//! Who is due first is asked first, so a bus with more to do than it has time for serves all its units in turn. A unit
//! that does not answer costs a time-out and a drain, which would take the bus from the others: after it was asked, all
//! such units rest for some times as long. Together they take a fifth of the bus, however many they are, and once none
//! is left that answers, all of it. One that fell silent just now comes before those that are known to be lost, so that
//! it is known of soon, and not only after all of them were asked again.

use std::time::Duration;

use super::schedule::Schedule;
use crate::detect::LOST_POLLS;

/// For each moment that the bus waited for units that do not answer, they rest for four.
pub(super) const REST_TIMES: u32 = 4;

#[derive(Debug)]
pub struct Turns {
    turns: Vec<Turn>,
    /// Until when nobody is asked who did not answer.
    rest_until: Duration,
}

#[derive(Debug)]
struct Turn {
    schedule: Schedule,
    due: Duration,
    /// How many of its last polls were not answered, up to `LOST_POLLS`.
    silent: u32,
}

impl Turn {
    fn answers(&self) -> bool {
        self.silent == 0
    }
}

/// The next poll of the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub unit: usize,
    pub at: Duration,
}

/// How long the bus was busy with a poll.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub from: Duration,
    pub to: Duration,
}

impl Turns {
    /// In their order the units' intervals. They begin spread over them.
    pub fn new(intervals: &[Duration]) -> Self {
        let turn = |(place, interval): (usize, &Duration)| {
            let phase = interval.mul_f64(place as f64 / intervals.len() as f64);
            let mut schedule = Schedule::new(*interval, phase);
            let due = schedule.next(Duration::ZERO).at;
            Turn { schedule, due, silent: 0 }
        };
        Self { turns: intervals.iter().enumerate().map(turn).collect(), rest_until: Duration::ZERO }
    }

    /// `None` on a bus without units.
    pub fn next(&self) -> Option<Next> {
        let anyone_answers = self.turns.iter().any(Turn::answers);
        let at = |turn: &Turn| {
            if turn.answers() || !anyone_answers { turn.due } else { turn.due.max(self.rest_until) }
        };
        let turns = self.turns.iter().enumerate();
        let (unit, turn) =
            turns.min_by_key(|(_, turn)| (at(turn), !turn.answers(), turn.silent == LOST_POLLS, turn.due))?;
        Some(Next { unit, at: at(turn) })
    }

    /// A unit was polled: with a delay if it did not answer. Gives how many of its polls were skipped.
    pub fn polled(&mut self, unit: usize, spent: Spent, delay: Option<Duration>) -> u64 {
        let turn = &mut self.turns[unit];
        turn.silent = if delay.is_some() { LOST_POLLS.min(turn.silent + 1) } else { 0 };
        if let Some(delay) = delay {
            // What passes meanwhile was not skipped.
            turn.schedule.pass(spent.to);
            turn.due = spent.to + delay;
            self.rest_until = spent.to + spent.to.saturating_sub(spent.from) * REST_TIMES;
            return 0;
        }
        let next = turn.schedule.next(spent.to);
        turn.due = next.at;
        next.skipped
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Lets the bus run with polls of these lengths, of which those of the dead units fail. Gives when each was asked.
    fn run(intervals: &[u64], took: u64, dead: impl Fn(usize) -> bool, until: u64) -> Vec<(usize, u64)> {
        let mut turns = Turns::new(&intervals.iter().map(|interval| ms(*interval)).collect::<Vec<_>>());
        let (mut now, mut asked) = (Duration::ZERO, Vec::new());
        while now < ms(until) {
            let next = turns.next().unwrap();
            now = now.max(next.at);
            asked.push((next.unit, now.as_millis() as u64));
            let (took, delay) = if dead(next.unit) { (1_000, Some(ms(100))) } else { (took, None) };
            turns.polled(next.unit, Spent { from: now, to: now + ms(took) }, delay);
            now += ms(took);
        }
        asked
    }

    #[test]
    fn each_unit_keeps_its_own_interval() {
        let asked = run(&[100, 1_000], 10, |_| false, 2_000);
        let of =
            |unit| asked.iter().filter(|(asked, _)| *asked == unit).map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!(of(1), [510, 1_510], "the other is due in the same moment and comes first");
        assert_eq!(of(0).len(), 21, "the last one at two seconds");
        assert!(
            of(0).iter().all(|at| at % 100 <= 10),
            "at most one poll of the other came before: {:?}",
            of(0)
        );
    }

    #[test]
    fn more_than_the_bus_can_do_is_shared_in_turn() {
        let asked = run(&[100; 30], 20, |_| false, 60_000);
        for unit in 0..30 {
            let times = asked.iter().filter(|(asked, _)| *asked == unit).count();
            assert!((98..=102).contains(&times), "unit {unit} was asked {times} times");
        }
    }

    #[test]
    fn dead_units_take_a_fifth_of_the_bus_however_many_they_are() {
        for dead in [1, 5, 20] {
            let asked = run(&[500; 25], 10, |unit| unit < dead, 100_000);
            let failed = asked.iter().filter(|(unit, _)| *unit < dead).count();
            assert!((18..=21 + dead).contains(&failed), "{failed} polls of {dead} dead units in 100 s");
            for unit in 0..dead {
                let again = asked.iter().any(|(asked, at)| *asked == unit && *at > 1_000);
                assert!(again || dead == 20, "unit {unit} of {dead} dead ones is not forgotten");
            }
        }
    }

    #[test]
    fn a_unit_that_falls_silent_is_not_last_in_the_line_of_the_lost() {
        const FALLS_SILENT: u64 = 400_000;
        let mut turns = Turns::new(&[ms(500); 25]);
        let (mut now, mut asked) = (Duration::ZERO, Vec::new());
        while now < ms(FALLS_SILENT + 60_000) {
            let next = turns.next().unwrap();
            now = now.max(next.at);
            let is_dead = next.unit < 20 || next.unit == 20 && now > ms(FALLS_SILENT);
            let (took, delay) = if is_dead { (1_000, Some(ms(100))) } else { (10, None) };
            if is_dead && next.unit == 20 {
                asked.push(now - ms(FALLS_SILENT));
            }
            turns.polled(next.unit, Spent { from: now, to: now + ms(took) }, delay);
            now += ms(took);
        }
        let lost = asked.get(LOST_POLLS as usize - 1);
        assert!(
            lost.is_some_and(|lost| *lost < ms(20_000)),
            "{lost:?}, and 100 s each in turn with the others"
        );
    }

    #[test]
    fn a_bus_without_any_answer_is_given_to_the_dead() {
        let asked = run(&[500; 3], 10, |_| true, 30_000);
        assert!(asked.len() >= 27, "{}", asked.len());
    }

    proptest! {
        #[test]
        fn nobody_is_forgotten(
            intervals in proptest::collection::vec(20..5_000_u64, 1..20),
            took in 1..50_u64,
            dead in 0..20_usize,
        ) {
            let asked = run(&intervals, took, |unit| unit < dead, 300_000);
            for unit in 0..intervals.len() {
                prop_assert!(asked.iter().any(|(asked, _)| *asked == unit), "unit {} was never asked", unit);
            }
        }
    }
}
