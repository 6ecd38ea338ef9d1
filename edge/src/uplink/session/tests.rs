//! Traces of one connection.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use wire::Epoch;
use wire::resume::Held;

use super::*;

const EPOCH: Epoch = Epoch([1; 16]);
const ENVELOPE_BYTES: usize = 1_000;

fn resume() -> Resume {
    Resume { epoch: Some(EPOCH), lanes: [Held { next: Seq::FIRST, head: None }; 2], hub_ms: 0 }
}

/// A session with a spool beside it whose envelopes hold one record each.
struct Bench {
    session: Session,
    now_ms: u64,
    tails: [u64; 2],
    sent: Vec<(u16, Lane, u64)>,
    confirmed: Vec<(Lane, u64)>,
    heartbeats: Vec<u16>,
    over: Option<Reason>,
}

impl Bench {
    fn new() -> Self {
        let session = Session::new(Duration::from_secs(5), 0);
        let (sent, confirmed, heartbeats) = Default::default();
        Self { session, now_ms: 0, tails: [0; 2], sent, confirmed, heartbeats, over: None }
    }

    fn connected(urgent: u64, routine: u64) -> Self {
        let mut bench = Self::new();
        bench.tails = [urgent, routine];
        bench.tell(Input::Tick);
        bench.tell(Input::Resume(resume()));
        bench
    }

    fn tell(&mut self, input: Input) {
        let mut outputs: VecDeque<Output> = self.session.on(input, self.now_ms).into();
        while let Some(output) = outputs.pop_front() {
            match output {
                Output::Judge(_) => {
                    let positions = Positions { epoch: EPOCH, from: [Seq::FIRST; 2] };
                    outputs.extend(self.session.on(Input::Judged(positions), self.now_ms));
                    outputs.extend(self.session.on(Input::Tails(self.tails()), self.now_ms));
                }
                Output::Read { lane, from, limit } => {
                    let end = self.tails[lane.index()].min(from.0 + limit.envelopes as u64);
                    let envelopes = (from.0..end).map(stored).collect();
                    outputs.extend(self.session.on(Input::Read { lane, envelopes }, self.now_ms));
                }
                Output::Publish { packet_id, lane, envelope } => {
                    self.sent.push((packet_id, lane, envelope.first.0))
                }
                Output::Heartbeat { packet_id } => self.heartbeats.push(packet_id),
                Output::Confirmed { lane, next } => self.confirmed.push((lane, next.0)),
                Output::Measured { trip_ms, .. } | Output::Beat { trip_ms } => {
                    assert!(trip_ms <= self.now_ms)
                }
                Output::Reconnect(reason) => self.over = Some(reason),
            }
        }
    }

    fn tails(&self) -> Tails {
        Tails { epoch: EPOCH, next: self.tails.map(Seq) }
    }

    fn grow(&mut self, lane: Lane, by: u64) {
        self.tails[lane.index()] += by;
        let tails = self.tails();
        self.tell(Input::Tails(tails));
    }

    fn sent_in(&self, lane: Lane) -> Vec<u64> {
        self.sent.iter().filter(|(_, of, _)| *of == lane).map(|(_, _, first)| *first).collect()
    }

    /// The hub confirms what is under way, one after the other, until nothing is.
    fn confirm_all(&mut self) {
        self.confirm_while(|_| true);
    }

    fn confirm_while(&mut self, go_on: impl Fn(&Bench) -> bool) {
        while go_on(self) {
            let Some(packet_id) = next_puback(&self.session) else { return };
            self.tell(Input::Puback { packet_id });
        }
    }
}

/// What a hub would confirm next: the link sends routine last.
fn next_puback(session: &Session) -> Option<u16> {
    let [urgent, routine, heartbeats] = &session.in_flight;
    let queues = [urgent, heartbeats, routine];
    queues.into_iter().find_map(|queue| queue.front()).map(|first| first.packet_id)
}

fn stored(first: u64) -> Stored {
    Stored { first: Seq(first), next: Seq(first + 1), bytes: Bytes::from(vec![0; ENVELOPE_BYTES]) }
}

#[test]
fn only_heartbeats_go_out_before_the_hub_has_spoken() {
    let mut bench = Bench::new();
    bench.tails = [50, 50];
    bench.tell(Input::Tick);
    bench.grow(Lane::Urgent, 1);
    assert_eq!((bench.heartbeats.len(), bench.sent.len()), (1, 0));
    bench.now_ms = 4_999;
    bench.tell(Input::Tick);
    assert_eq!(bench.over, None);
    bench.now_ms = 5_000;
    bench.tell(Input::Tick);
    assert_eq!(bench.over, Some(Reason::NoResume));
}

#[test]
fn urgent_goes_before_a_routine_backlog() {
    let mut bench = Bench::connected(3, 1_000);
    let lanes: Vec<Lane> = bench.sent.iter().map(|(_, lane, _)| *lane).collect();
    assert_eq!(lanes[..3], [Lane::Urgent; 3]);
    assert!(lanes[3..].iter().all(|lane| *lane == Lane::Routine) && lanes.len() < 10);

    // The window is full of routine; an alarm leaves at once all the same.
    bench.confirm_while(|bench| bench.confirmed.len() < 200);
    let before = bench.sent.len();
    bench.grow(Lane::Urgent, 1);
    assert_eq!(bench.sent[before..].first().map(|(_, lane, first)| (*lane, *first)), Some((Lane::Urgent, 3)));
    bench.confirm_all();
    assert_eq!(bench.sent_in(Lane::Routine), (0..1_000).collect::<Vec<_>>());
}

#[test]
fn every_envelope_is_confirmed_once_and_in_order() {
    let mut bench = Bench::connected(40, 300);
    bench.confirm_all();
    for (lane, count) in [(Lane::Urgent, 40), (Lane::Routine, 300)] {
        assert_eq!(bench.sent_in(lane), (0..count).collect::<Vec<_>>());
        let confirmed: Vec<u64> =
            bench.confirmed.iter().filter(|(of, _)| *of == lane).map(|(_, next)| *next).collect();
        assert_eq!(confirmed, (1..=count).collect::<Vec<_>>());
    }
}

#[test]
fn a_puback_out_of_order_ends_the_connection() {
    let mut bench = Bench::connected(5, 0);
    let second = bench.sent[1].0;
    bench.tell(Input::Puback { packet_id: second });
    assert_eq!(bench.over, Some(Reason::ForeignPuback));
    assert!(bench.confirmed.is_empty());
    bench.grow(Lane::Urgent, 5);
    bench.now_ms = 100_000;
    bench.tell(Input::Tick);
    assert_eq!(bench.sent.len(), 5, "nothing goes out any more");
}

#[test]
fn urgent_may_be_confirmed_before_routine_that_was_given_to_the_link_earlier() {
    let mut bench = Bench::connected(0, 1);
    bench.grow(Lane::Urgent, 1);
    let [(routine, Lane::Routine, _), (urgent, Lane::Urgent, _)] = bench.sent[..] else {
        panic!("{:?}", bench.sent)
    };
    bench.tell(Input::Puback { packet_id: urgent });
    bench.tell(Input::Puback { packet_id: routine });
    assert_eq!(bench.confirmed, [(Lane::Urgent, 1), (Lane::Routine, 1)]);
    assert_eq!(bench.over, None);
}

#[test]
fn a_hub_that_does_not_confirm_is_left() {
    let mut bench = Bench::connected(1, 0);
    let heartbeat = bench.heartbeats[0];
    bench.tell(Input::Puback { packet_id: heartbeat });
    bench.now_ms = 29_999;
    bench.tell(Input::Tick);
    assert_eq!(bench.over, None);
    assert_eq!(bench.session.wake_ms(), 30_000);
    bench.now_ms = 30_000;
    bench.tell(Input::Tick);
    assert_eq!(bench.over, Some(Reason::NoConfirm));
}

#[test]
fn heartbeats_keep_their_beat() {
    let mut bench = Bench::connected(0, 0);
    for now_ms in (0..60_000).step_by(500) {
        bench.now_ms = now_ms;
        if bench.session.wake_ms() <= now_ms {
            bench.tell(Input::Tick);
        }
        bench.confirm_all();
    }
    assert_eq!(bench.heartbeats.len(), 12);
    assert_eq!(bench.over, None);
}

#[test]
fn what_was_given_up_meanwhile_is_jumped_over() {
    let mut session = Session::new(Duration::from_secs(5), 0);
    session.on(Input::Resume(resume()), 0);
    session.on(Input::Judged(Positions { epoch: EPOCH, from: [Seq(0), Seq(0)] }), 0);
    let tails = Tails { epoch: EPOCH, next: [Seq(0), Seq(90)] };
    let read = session.on(Input::Tails(tails), 0);
    assert!(matches!(read[..], [Output::Read { lane: Lane::Routine, from: Seq(0), .. }]));
    let sent = session.on(Input::Read { lane: Lane::Routine, envelopes: vec![stored(40)] }, 0);
    let [Output::Publish { envelope, packet_id, .. }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(envelope.first, Seq(40));
    let went_on = session.on(Input::Puback { packet_id: *packet_id }, 0);
    assert!(matches!(went_on[..], [.., Output::Read { from: Seq(41), .. }]), "{went_on:?}");
    assert_eq!(session.on(Input::Read { lane: Lane::Routine, envelopes: vec![] }, 0), []);
}

#[test]
fn the_spool_is_asked_once_at_a_time() {
    let mut bench = Bench::connected(0, 0);
    bench.grow(Lane::Urgent, 8);
    let packet_ids: Vec<u16> = bench.session.in_flight.iter().flatten().map(|sent| sent.packet_id).collect();
    bench.session.on(Input::Tails(Tails { epoch: EPOCH, next: [Seq(50), Seq(0)] }), 0);
    let outputs: Vec<Output> = packet_ids
        .into_iter()
        .flat_map(|packet_id| bench.session.on(Input::Puback { packet_id }, 0))
        .filter(|output| matches!(output, Output::Read { .. }))
        .collect();
    assert_eq!(outputs.len(), 1);
}

#[test]
fn what_is_read_beyond_the_known_end_is_sent_once() {
    let mut bench = Bench::connected(0, 0);
    bench.confirm_all();
    bench.tails[0] = 3;
    bench.tell(Input::Tails(Tails { epoch: EPOCH, next: [Seq(1), Seq(0)] }));
    bench.tell(Input::Tails(Tails { epoch: EPOCH, next: [Seq(2), Seq(0)] }));
    bench.tell(Input::Tails(Tails { epoch: EPOCH, next: [Seq(3), Seq(0)] }));
    bench.confirm_all();
    assert_eq!(bench.sent_in(Lane::Urgent), [0, 1, 2]);
}

#[test]
fn packet_ids_never_meet_the_subscription_nor_zero() {
    let mut bench = Bench::connected(0, 0);
    bench.confirm_all();
    for _ in 0..700 {
        bench.grow(Lane::Urgent, 100);
        bench.confirm_all();
    }
    assert!(bench.sent.len() > 65_536);
    assert!(bench.sent.iter().all(|(packet_id, _, _)| *packet_id >= PACKET_ID_FIRST));
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// The spool grows; the session hears of it later.
    Grow(Lane, u64),
    Tell,
    Puback,
    /// The oldest wish is carried out; until then the session lives with it open.
    Act,
    Wait(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let lane = prop_oneof![Just(Lane::Urgent), Just(Lane::Routine)];
    prop_oneof![
        2 => (lane, 1_u64..40).prop_map(|(lane, by)| Step::Grow(lane, by)),
        2 => Just(Step::Tell),
        4 => Just(Step::Puback),
        6 => Just(Step::Act),
        1 => (1_u64..1_500).prop_map(Step::Wait),
    ]
}

proptest! {
    /// In whatever order things happen, every envelope is sent once, in order, and confirmed once, in order.
    #[test]
    fn nothing_is_skipped_and_nothing_comes_twice(steps in vec(any_step(), 1..400)) {
        let mut session = Session::new(Duration::from_secs(5), 0);
        let mut wishes: VecDeque<Output> = session.on(Input::Resume(resume()), 0).into();
        let (mut now_ms, mut tails) = (0, [0_u64; 2]);
        let (mut sent, mut confirmed) = ([0_u64; 2], [0_u64; 2]);
        // At the end everything that is still open gets its chance.
        let rest = std::iter::repeat_n([Step::Act, Step::Puback], 6_000).flatten();
        for step in steps.into_iter().chain(rest) {
            let input = match step {
                Step::Grow(lane, by) => {
                    tails[lane.index()] += by;
                    continue;
                }
                Step::Tell => Input::Tails(Tails { epoch: EPOCH, next: tails.map(Seq) }),
                Step::Puback => match next_puback(&session) {
                    Some(packet_id) => Input::Puback { packet_id },
                    None => continue,
                },
                Step::Wait(ms) => {
                    now_ms += ms;
                    Input::Tick
                }
                Step::Act => match wishes.pop_front() {
                    Some(Output::Judge(_)) => Input::Judged(Positions { epoch: EPOCH, from: [Seq::FIRST; 2] }),
                    Some(Output::Read { lane, from, limit }) => {
                        let end = tails[lane.index()].min(from.0 + limit.envelopes as u64);
                        Input::Read { lane, envelopes: (from.0..end).map(stored).collect() }
                    }
                    Some(Output::Publish { lane, envelope, .. }) => {
                        prop_assert_eq!(envelope.first.0, sent[lane.index()]);
                        sent[lane.index()] += 1;
                        continue;
                    }
                    Some(Output::Confirmed { lane, next }) => {
                        confirmed[lane.index()] += 1;
                        prop_assert_eq!(next.0, confirmed[lane.index()]);
                        continue;
                    }
                    Some(Output::Reconnect(Reason::NoConfirm)) => return Ok(()),
                    Some(Output::Reconnect(reason)) => panic!("{reason}"),
                    Some(Output::Heartbeat { .. } | Output::Measured { .. } | Output::Beat { .. }) => continue,
                    None => Input::Tails(Tails { epoch: EPOCH, next: tails.map(Seq) }),
                },
            };
            wishes.extend(session.on(input, now_ms));
        }
        prop_assert_eq!((sent, confirmed), (tails, tails));
    }
}
