//! Sirens on a bus: their coils are switched ahead of the polls, whoever else is dead, and a dead siren takes the bus from
//! nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use strongroom_edge::field::ScanFailure;
use strongroom_edge::field::modbus::switch::Switch;
use strongroom_edge::field::modbus::wish::{Want, WishError, Wishing};

use crate::line::{Line, Question, Says, Socket, answer, refusal, sealed, sections};
use crate::rig::{PATIENCE, PROFILE, Rig, words};

const SIREN: u8 = 40;
const COIL: u16 = 3;
const ON: Want = Want::Switch(Switch { unit: SIREN, coil: COIL, on: true });

fn sound(asked: Question) -> Says {
    Says::Now(match asked.function {
        5 => echo(asked),
        1 => sealed(vec![asked.unit, 1, 1, 0]),
        _ => answer(asked, &words(asked.unit, asked.number as u16, 1)),
    })
}

fn echo(asked: Question) -> Vec<u8> {
    let [coil, value] = [asked.start, asked.count].map(u16::to_be_bytes);
    sealed([&[asked.unit, asked.function], &coil[..], &value[..]].concat())
}

async fn grant(wishing: &Wishing, want: Want) -> Result<(), ScanFailure> {
    let granted = tokio::time::timeout(PATIENCE, wishing.grant(want)).await;
    granted.expect("a wish is answered in time").map_err(|error| match error {
        WishError::Failed(failure) => failure,
        WishError::BusGone => panic!("the bus is served"),
    })
}

fn is_switch(asked: &&Question) -> bool {
    asked.function == 5
}

#[tokio::test]
async fn an_alarm_waits_for_one_question_at_most() {
    // So slow that somebody is always due.
    let line = Line::start(|asked| match sound(asked) {
        Says::Now(bytes) if asked.function == 4 => Says::Late(Duration::from_millis(30), bytes),
        says => says,
    });
    let lines = "poll_interval = \"100ms\"\ntimeout = \"5s\"\n";
    let mut rig = Rig::with(&sections(&line.path, 1..=8, lines), PROFILE);
    let wishing = rig.wishing();
    for _ in 0..20 {
        rig.scan().await.outcome.unwrap();
        let before = line.asked().len();
        grant(&wishing, ON).await.unwrap();
        let asked = line.asked();
        let place = asked[before..].iter().position(|asked| asked.function == 5).unwrap();
        assert!(
            place <= 2,
            "one question was under way, and one more may have begun: {:?}",
            &asked[before..]
        );
        while rig.scans.try_recv().is_ok() {}
    }
    rig.stop().await;
}

#[tokio::test]
async fn an_alarm_does_not_wait_until_a_dead_unit_is_drained() {
    let line = Line::start(|asked| if asked.unit == SIREN { sound(asked) } else { Says::Nothing });
    // Time-out and drain take six seconds, in which the bus asks nothing else.
    let lines = "poll_interval = \"100ms\"\ntimeout = \"3s\"\nretries = 0\n";
    let mut rig = Rig::with(&sections(&line.path, [1], lines), PROFILE);
    rig.failure().await;
    let timed_out = Instant::now();
    grant(&rig.wishing(), ON).await.unwrap();
    assert!(timed_out.elapsed() < Duration::from_millis(2_500), "the drain alone takes three seconds");
    assert_eq!(line.asked().last().unwrap().function, 5);
    rig.failure().await;
    assert!(timed_out.elapsed() >= Duration::from_secs(6), "the line was drained all the same");
    rig.stop().await;
}

#[tokio::test]
async fn a_dead_siren_takes_a_fifth_of_the_bus() {
    let line = Line::start(|asked| if asked.unit == SIREN { Says::Nothing } else { sound(asked) });
    let lines = "poll_interval = \"50ms\"\ntimeout = \"5s\"\n";
    let mut rig = Rig::with(&sections(&line.path, 1..=2, lines), PROFILE);
    let wishing = rig.wishing();
    let task = tokio::spawn(async move {
        loop {
            assert!(matches!(grant(&wishing, ON).await, Err(ScanFailure::Timeout { .. })));
        }
    });
    while line.asked().iter().filter(is_switch).count() < 5 {
        rig.scan().await.outcome.unwrap();
    }
    task.abort();
    let asked = line.asked();
    let switches: Vec<usize> =
        asked.iter().enumerate().filter(|(_, asked)| asked.function == 5).map(|(place, _)| place).collect();
    assert_eq!(switches[1] - switches[0], 1, "the first failure may be noise");
    for pair in switches[1..].windows(2) {
        assert!(pair[1] - pair[0] > 10, "it rests for 800 ms and more: {switches:?}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn sirens_that_are_written_without_end_leave_the_bus_to_the_polls() {
    let line = Line::start(sound);
    let lines = "poll_interval = \"50ms\"\ntimeout = \"5s\"\n";
    let mut rig = Rig::with(&sections(&line.path, 1..=2, lines), PROFILE);
    let mut tasks = tokio::task::JoinSet::new();
    for unit in SIREN..SIREN + 4 {
        let wishing = rig.wishing();
        tasks.spawn(async move {
            loop {
                grant(&wishing, Want::Switch(Switch { unit, coil: COIL, on: false })).await.unwrap();
            }
        });
    }
    for _ in 0..20 {
        rig.scan().await.outcome.unwrap();
    }
    let asked = line.asked();
    let most = asked.split(|asked| asked.function != 5).map(<[Question]>::len).skip(1).max().unwrap();
    assert!(most <= 60, "{most} writes stood between two questions");
    rig.stop().await;
}

#[tokio::test]
async fn only_the_echo_of_the_write_confirms_it() {
    let line = Line::start(|asked| match asked.unit {
        // Says that it did the opposite.
        41 => Says::Now(echo(Question { count: 0, ..asked })),
        42 => Says::Now(refusal(asked, 2)),
        // Its echo is damaged once.
        43 if asked.number % 2 == 0 => Says::Now(vec![43, 5, 0, 3, 0xFF, 0, 1, 2]),
        _ => sound(asked),
    });
    // A bus of sirens alone.
    let rig = Rig::with(&sections(&line.path, [], ""), PROFILE);
    let wishing = rig.wishing();
    let on = |unit| Want::Switch(Switch { unit, coil: COIL, on: true });
    assert!(matches!(grant(&wishing, on(43)).await, Ok(())), "noise does not keep a siren silent");
    assert!(matches!(grant(&wishing, on(41)).await, Err(ScanFailure::Protocol { .. })));
    assert!(matches!(grant(&wishing, on(42)).await, Err(ScanFailure::Exception(2))));
    assert!(matches!(grant(&wishing, ON).await, Ok(())));
    rig.stop().await;
}

/// What such an adapter gives back of a write is the very echo that a siren would confirm it with.
#[tokio::test]
async fn an_adapter_that_hears_itself_is_no_siren() {
    let line = Line::start(|asked| {
        let [start, count] = [asked.start, asked.count].map(u16::to_be_bytes);
        Says::Now(sealed([&[asked.unit, asked.function], &start[..], &count[..]].concat()))
    });
    let rig = Rig::with(&sections(&line.path, [], ""), PROFILE);
    for coil in [0, 3, 256, 511] {
        let knocked = grant(&rig.wishing(), Want::Knock { unit: SIREN, coil }).await;
        assert!(matches!(knocked, Err(ScanFailure::Protocol { .. })), "coil {coil}: {knocked:?}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn without_a_port_a_wish_is_refused_at_once_and_granted_when_it_is_back() {
    let socket = Socket::new();
    let rig = Rig::with(&sections(&socket.path(), [1], "timeout = \"1s\"\n"), PROFILE);
    let wishing = rig.wishing();
    assert!(matches!(grant(&wishing, ON).await, Err(ScanFailure::Port(_))));
    let dead = Arc::new(AtomicBool::new(false));
    let is_dead = Arc::clone(&dead);
    let line =
        Line::start(move |asked| if is_dead.load(Ordering::SeqCst) { Says::Nothing } else { sound(asked) });
    socket.plug(&line);
    while grant(&wishing, ON).await.is_err() {
        tokio::task::yield_now().await;
    }
    drop(rig);
}
