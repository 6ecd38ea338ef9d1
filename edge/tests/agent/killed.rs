//! What was observed survives a `kill -9`, whether the broker has been there or not, and counts once.

use crate::room::{By, Room, eventually};

const INSERTED: &str = "host.media insert usb 0951:- serial=60A4 registered level=secret";

fn inserted(room: &Room) -> usize {
    room.as_an_edge_sees_it().iter().filter(|line| *line == INSERTED).count()
}

#[test]
fn what_nobody_could_be_told_is_told_after_the_kill() {
    let mut room = Room::new(By::Certificate);
    room.start_agent();
    eventually("the agent has begun", || room.is_kept("agent_start"));
    room.plug("1-2", "60A4");
    eventually("the stick is on the disk", || room.is_kept("media_insert"));
    room.kill_agent();
    room.broker.start();
    room.start_agent();
    eventually("the stick is told", || inserted(&room) == 1);
    let events = room.events();
    assert_eq!(&events[..3], ["agent_start", "media_insert", "agent_start"]);
}

#[test]
fn what_was_sent_and_not_confirmed_is_sent_again() {
    let mut room = Room::new(By::Certificate);
    room.broker.start();
    room.start_agent();
    eventually("the first report came", || !room.received().is_empty());
    // The connection stands, and takes bytes; no PUBACK comes.
    room.broker.signal("-STOP");
    room.plug("1-2", "60A4");
    eventually("the stick is on the disk", || room.is_kept("media_insert"));
    room.kill_agent();
    room.broker.signal("-CONT");
    room.start_agent();
    eventually("the stick is told", || room.events().contains(&"media_insert".to_owned()));
    eventually("the agent is back", || {
        room.events().iter().filter(|kind| *kind == "agent_start").count() >= 2
    });
    assert_eq!(inserted(&room), 1, "however often it was sent");
}

#[test]
fn whenever_it_is_killed_every_stick_is_told_once() {
    const ROUNDS: usize = 12;
    let mut room = Room::new(By::Certificate);
    room.broker.start();
    for round in 0..ROUNDS {
        room.start_agent();
        let starts = || room.events().iter().filter(|kind| *kind == "agent_start").count();
        eventually("the agent has begun", || starts() > round);
        // In turns, the agent dies before it can have seen the stick, about when it does, and before it comes.
        room.plug(&format!("1-{round}"), &format!("S{round}"));
        if round % 3 == 1 {
            eventually("the stick is on the disk", || room.is_kept(&format!("\"S{round}\"")));
        }
        room.kill_agent();
        room.plug(&format!("2-{round}"), &format!("T{round}"));
    }
    room.start_agent();
    let told = |room: &Room, serial: &str| {
        let line = format!("host.media insert usb 0951:- serial={serial} unregistered");
        room.as_an_edge_sees_it().iter().filter(|told| **told == line).count()
    };
    for serial in (0..ROUNDS).flat_map(|n| [format!("S{n}"), format!("T{n}")]) {
        eventually("every stick is told", || told(&room, &serial) > 0);
        assert_eq!(told(&room, &serial), 1, "{serial}");
    }
}

#[test]
fn a_broker_that_returns_gets_everything_that_happened_meanwhile() {
    let mut room = Room::new(By::Certificate);
    room.broker.start();
    room.start_agent();
    eventually("the first report came", || !room.received().is_empty());
    room.broker.stop();
    for number in 0..40 {
        let serial = format!("N{number}");
        room.plug(&format!("2-{number}"), &serial);
        eventually("the stick is on the disk", || room.is_kept(&format!("\"{serial}\"")));
    }
    room.broker.start();
    eventually("every stick is told", || {
        let told = room.as_an_edge_sees_it();
        (0..40).all(|n| told.iter().any(|line| line.contains(&format!("serial=N{n} "))))
    });
    let mut numbers: Vec<u64> =
        room.received().iter().map(|report| report["seq"].as_u64().unwrap()).collect();
    numbers.dedup();
    assert!(numbers.is_sorted(), "in their order: {numbers:?}");
}

#[test]
fn every_report_is_synced_before_it_is_sent() {
    let mut room = Room::new(By::Certificate);
    room.broker.start();
    room.start_agent();
    eventually("the first report came", || !room.received().is_empty());
    let calls = room.path("calls");
    let mut tracer = room.trace_agent("trace=fdatasync", &calls);
    let synced = || {
        let calls = std::fs::read_to_string(&calls).unwrap_or_default();
        calls.lines().filter(|line| line.contains("fdatasync(")).count()
    };
    eventually("the agent is traced", || synced() > 0 || tracer.try_wait().unwrap().is_some());
    if synced() == 0 {
        eprintln!("skipped: strace may not attach here");
        return;
    }
    let (before, synced_before) = (room.received().len(), synced());
    for number in 0..5 {
        room.plug(&format!("1-{number}"), &format!("S{number}"));
        let told = || room.events().iter().filter(|kind| *kind == "media_insert").count();
        eventually("the stick is told", || told() > number);
    }
    // The first of them may have been synced before the count began.
    let (came, synced) = (room.received().len() - before, synced() - synced_before);
    assert!(came >= 5 && synced + 1 >= came, "{came} reports came, {synced} were synced");
    room.kill_agent();
    tracer.wait().unwrap();
}
