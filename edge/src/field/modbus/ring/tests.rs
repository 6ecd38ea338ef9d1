//! A panel that writes events, and a reader that polls, fails and restarts: every event comes once or is missed by name.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::field::profile;

const PROFILE: &str = r#"
name = "panel"
[[rings]]
name = "event"
kind = "panel.event"
newest = { register = 20, type = "u32" }
start = 128
count = 4
slot_words = 8
[rings.fields]
sequence = { word = 0, type = "u32" }
time = { word = 2, type = "u32" }
code = { word = 4 }
partition = { word = 5 }
number = { word = 6 }
qualifier = { word = 7 }
"#;
const SLOTS: u64 = 4;

fn spec() -> RingSpec {
    profile::parse(Path::new("panel.toml"), PROFILE).unwrap().ring.unwrap()
}

fn device() -> DeviceId {
    DeviceId::parse("panel-1").unwrap()
}

/// The registers of a panel. The zone of an event is its number, so that a test sees which one it got.
struct Panel {
    newest: u64,
    words: [u16; 32],
}

impl Panel {
    fn new() -> Self {
        Self { newest: 0, words: [0; 32] }
    }

    fn happens(&mut self) {
        self.write(self.newest + 1);
        self.newest += 1;
    }

    fn write(&mut self, number: u64) {
        let at = (number % SLOTS) as usize * 8;
        self.words[at..at + 8].copy_from_slice(&[0, number as u16, 0, 0, 130, 1, number as u16, 1]);
    }

    fn answer(&self, requests: &[Request]) -> Vec<(Request, Reply)> {
        let read = |request: &Request| {
            let start = usize::from(request.start - 128);
            let words = &self.words[start..start + usize::from(request.count)];
            (*request, Reply::Registers(words.to_vec()))
        };
        requests.iter().map(read).collect()
    }
}

fn poll(ring: &mut Ring, panel: &Panel, now_ms: u64) -> RingTaken {
    let replies = panel.answer(&ring.wanted(panel.newest));
    ring.take(panel.newest, &replies, Quality::Good, now_ms)
}

fn texts(taken: &RingTaken) -> Vec<String> {
    let text = |sample: &Sample| format!("{} [{}]", sample.value.as_ref().unwrap(), sample.marks);
    taken.samples.iter().map(text).collect()
}

fn begun() -> (Ring, Panel) {
    let (mut ring, mut panel) = (Ring::new(&device(), &spec(), PointNo(3), None), Panel::new());
    panel.happens();
    let first = poll(&mut ring, &panel, 0);
    assert_eq!((first.samples.len(), first.missed), (0, 0), "what stood there before is history");
    assert_eq!(
        first.bookmark.unwrap(),
        Bookmark { name: "panel-1/event".into(), bytes: [0, 0, 0, 0, 0, 0, 0, 1].into() }
    );
    (ring, panel)
}

#[test]
fn new_events_come_once_and_in_order() {
    let (mut ring, mut panel) = begun();
    assert!(ring.wanted(panel.newest).is_empty(), "nothing new, nothing read");
    panel.happens();
    panel.happens();
    let taken = poll(&mut ring, &panel, 250);
    assert_eq!(texts(&taken), ["E130 partition 1 zone 2 []", "E130 partition 1 zone 3 []"]);
    assert!(
        taken.samples.iter().all(|sample| sample.novelty == Novelty::Happened && sample.point == PointNo(3))
    );
    assert_eq!(poll(&mut ring, &panel, 500), RingTaken::default());
}

#[test]
fn slots_at_the_end_and_at_the_beginning_are_two_reads() {
    let (ring, _) = begun();
    let reads: Vec<(u16, u16)> = ring.wanted(5).iter().map(|read| (read.start, read.count)).collect();
    assert_eq!(reads, [(128 + 16, 16), (128, 16)], "numbers 2 and 3, then 4 and 5");
}

#[test]
fn what_was_overwritten_is_missed_and_the_next_event_says_so() {
    let (mut ring, mut panel) = begun();
    (0..6).for_each(|_| panel.happens());
    let taken = poll(&mut ring, &panel, 250);
    assert_eq!(taken.missed, 2);
    assert_eq!(texts(&taken)[0], "E130 partition 1 zone 4 [missed]");
    assert_eq!(texts(&taken)[1..].concat().matches("missed").count(), 0);
}

#[test]
fn a_slot_that_is_not_written_yet_is_waited_for_and_given_up_in_the_end() {
    let (mut ring, mut panel) = begun();
    panel.newest += 1;
    assert_eq!(poll(&mut ring, &panel, 1), RingTaken::default());
    panel.write(2);
    assert_eq!(texts(&poll(&mut ring, &panel, 2)), ["E130 partition 1 zone 2 []"]);
    panel.newest += 1;
    for ms in 0..u64::from(WAITS_MAX) {
        assert_eq!(poll(&mut ring, &panel, 3 + ms), RingTaken::default());
    }
    let given_up = poll(&mut ring, &panel, 100);
    assert_eq!((given_up.missed, given_up.samples.len()), (1, 0));
    panel.happens();
    assert_eq!(texts(&poll(&mut ring, &panel, 101)), ["E130 partition 1 zone 4 [missed]"]);
}

#[test]
fn a_panel_that_counts_anew_is_read_from_its_beginning() {
    let (mut ring, mut panel) = begun();
    (0..3).for_each(|_| panel.happens());
    poll(&mut ring, &panel, 1);
    let mut renewed = Panel::new();
    renewed.happens();
    renewed.happens();
    assert_eq!(
        texts(&poll(&mut ring, &renewed, 2)),
        ["E130 partition 1 zone 1 [rolled_back]", "E130 partition 1 zone 2 []"]
    );
}

/// A panel that starts says 0 before it has found its log; one that is disturbed says anything.
#[test]
fn a_number_that_no_slot_vouches_for_is_no_event_and_nothing_is_missed() {
    let (mut ring, mut panel) = begun();
    (0..6).for_each(|_| panel.happens());
    poll(&mut ring, &panel, 1);
    let told = panel.newest;
    for untrue in [0, u64::from(u32::MAX), told + 1_000, 0] {
        panel.newest = untrue;
        assert_eq!(poll(&mut ring, &panel, 2), RingTaken::default(), "{untrue}");
        panel.newest = told;
        assert_eq!(poll(&mut ring, &panel, 3), RingTaken::default(), "after {untrue}");
    }
    panel.happens();
    assert_eq!(texts(&poll(&mut ring, &panel, 4)), ["E130 partition 1 zone 8 []"]);
}

#[test]
fn events_after_a_restart_or_a_long_pause_are_late() {
    let (mut ring, mut panel) = begun();
    panel.happens();
    let mark = ring.clone();
    let bookmark = poll(&mut ring, &panel, 1).bookmark.unwrap();
    panel.happens();
    let mut again = Ring::new(&device(), &spec(), PointNo(3), Some(&bookmark.bytes));
    assert_eq!(texts(&poll(&mut again, &panel, 5)), ["E130 partition 1 zone 3 [late]"]);
    let mut paused = mark;
    assert!(texts(&poll(&mut paused, &panel, 60_000)).iter().all(|text| text.ends_with("[late]")));
}

#[test]
fn a_foreign_bookmark_is_none() {
    let mut ring = Ring::new(&device(), &spec(), PointNo(3), Some(b"seven"));
    let mut panel = Panel::new();
    panel.happens();
    assert_eq!(poll(&mut ring, &panel, 1).samples, []);
}

/// What can befall the two.
#[derive(Clone, Debug)]
enum Step {
    Happens(u8),
    /// A poll whose later reads fail after so many.
    Poll(usize),
    /// The edge restarts from its last bookmark.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![(1..7_u8).prop_map(Step::Happens), (0..4_usize).prop_map(Step::Poll), Just(Step::Restart)]
}

proptest! {
    #[test]
    fn every_event_is_taken_once_or_missed(steps in prop::collection::vec(step(), 1..60)) {
        let (mut ring, mut panel) = begun();
        let mut kept = 1_u64.to_be_bytes().to_vec();
        let (mut done, mut missed) = (Vec::new(), 0);
        for step in steps.into_iter().chain(std::iter::repeat_n(Step::Poll(9), usize::try_from(WAITS_MAX).unwrap() * 5)) {
            match step {
                Step::Happens(times) => (0..times).for_each(|_| panel.happens()),
                Step::Restart => ring = Ring::new(&device(), &spec(), PointNo(3), Some(&kept)),
                Step::Poll(reads) => {
                    let mut replies = panel.answer(&ring.wanted(panel.newest));
                    replies.truncate(reads);
                    let taken = ring.take(panel.newest, &replies, Quality::Good, 1);
                    missed += taken.missed;
                    for sample in &taken.samples {
                        let text = sample.value.as_ref().unwrap().to_string();
                        done.push(text.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
                    }
                    if let Some(bookmark) = taken.bookmark {
                        kept = bookmark.bytes.to_vec();
                    }
                }
            }
        }
        prop_assert!(done.is_sorted_by(|one, next| one < next), "{done:?}");
        prop_assert_eq!(done.len() as u64 + missed, panel.newest - 1, "all but the first, which was history");
    }

    #[test]
    fn a_newest_that_is_far_too_high_for_once_costs_nothing(above in 1..u64::MAX - 100, before in 0..9_u64) {
        let (mut ring, mut panel) = begun();
        for _ in 0..before {
            panel.happens();
            poll(&mut ring, &panel, 1);
        }
        panel.happens();
        let wrong = panel.newest + above;
        let replies = panel.answer(&ring.wanted(wrong));
        let mut seen = texts(&ring.take(wrong, &replies, Quality::Good, 2));
        seen.extend(texts(&poll(&mut ring, &panel, 3)));
        panel.happens();
        let after = poll(&mut ring, &panel, 4);
        seen.extend(texts(&after));
        let own = |zone: u64| format!("E130 partition 1 zone {zone} []");
        prop_assert_eq!(seen, [own(panel.newest - 1), own(panel.newest)]);
        prop_assert_eq!(after.missed, 0);
    }

    #[test]
    fn whatever_is_answered_nothing_panics(
        newest in prop::collection::vec(any::<u64>(), 1..8),
        words in prop::collection::vec(any::<u16>(), 0..32),
        start in 100..200_u16,
    ) {
        let mut ring = Ring::new(&device(), &spec(), PointNo(3), Some(&5_u64.to_be_bytes()));
        for newest in newest {
            for request in ring.wanted(newest) {
                prop_assert!(request.start >= 128 && request.start + request.count <= 160);
            }
            let count = u16::try_from(words.len()).unwrap();
            let reply = (Request { table: profile::Table::Input, start, count }, Reply::Registers(words.clone()));
            ring.take(newest, &[reply], Quality::Good, 1);
        }
    }
}
