//! The same journal gives the same incidents: read again from the start, or after a stop at any entry.

use std::collections::BTreeMap;

use power_cut::{Disk, Fate};
use proptest::prelude::*;
use redb::Database;
use strongroom_hub::correlate::World;
use strongroom_hub::incident::{Incident, IncidentId};
use strongroom_hub::journal::Entry;
use strongroom_hub::store::Store;

use wire::{Marks, Quality, Value};

use crate::patterns::all_patterns;
use crate::room::Room;

#[derive(Clone, Debug)]
pub enum Step {
    Event(&'static str, &'static str),
    Number(&'static str, i64),
    Unbelieved(&'static str),
    Outreach,
    Late(&'static str, &'static str),
    Wait(i64),
    Silent,
    Live,
    Missing,
    Gap,
    Fork,
}

const EVENTS: &[(&str, &str)] = &[
    ("edge:arming", "set"),
    ("edge:arming", "unset"),
    ("door-1:contact", "open"),
    ("door-1:contact", "closed"),
    ("door-1:contact", "cut"),
    ("door-1:access", "granted"),
    ("door-1:rex", "yes"),
    ("door-1:rex", "no"),
    ("door-2:contact", "open"),
    ("door-2:contact", "closed"),
    ("cabinet-1:bolt", "retracted"),
    ("cabinet-1:bolt", "extended"),
    ("cabinet-1:closed", "no"),
    ("cabinet-1:closed", "yes"),
    ("jammer-1:cover", "yes"),
    ("jammer-1:cover", "no"),
    ("jammer-1:link", "lost"),
    ("jammer-1:link", "online"),
    ("jammer-1:rf", "yes"),
    ("jammer-1:rf", "no"),
    ("jammer-1:meeting", "yes"),
    ("jammer-1:meeting", "no"),
    ("door-1:access", "duress"),
];

const NUMBERS: &[&str] = &["cabinet-1:wrong", "ups:runtime", "door-1:occupancy", "door-1:badge"];

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let event = proptest::sample::select(EVENTS);
    let step = prop_oneof![
        8 => event.clone().prop_map(|(point, state)| Step::Event(point, state)),
        2 => event.prop_map(|(point, state)| Step::Late(point, state)),
        3 => (proptest::sample::select(NUMBERS), 0..4_i64).prop_map(|(point, number)| Step::Number(point, number)),
        1 => proptest::sample::select(&["jammer-1:rf", "door-1:contact"][..]).prop_map(Step::Unbelieved),
        1 => Just(Step::Outreach),
        4 => (1..40_000_i64).prop_map(Step::Wait),
        1 => Just(Step::Silent),
        1 => Just(Step::Live),
        1 => Just(Step::Missing),
        1 => Just(Step::Gap),
        1 => Just(Step::Fork),
    ];
    proptest::collection::vec(step, 1..60)
}

fn played(steps: &[Step]) -> Room {
    let mut room = Room::new();
    // Half of it by the rules of every day, half of it by rules of every pattern.
    let (first, second) = steps.split_at(steps.len() / 2);
    play(&mut room, first);
    room.activate(&all_patterns(), "room");
    play(&mut room, second);
    room
}

pub fn play(room: &mut Room, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Event(point, state) => room.event(point, state),
            Step::Number(point, number) => room.number(point, *number),
            Step::Unbelieved(point) => {
                let state = if point.ends_with("contact") { "open" } else { "yes" };
                room.event_with(point, state, Quality::Stale);
            }
            Step::Outreach => {
                room.reading("host-1:outreach", Value::text("8.8.8.8"), Quality::Good, Marks::NONE);
            }
            Step::Late(point, state) => room.event_at(room.now_ms - 30_000, point, state),
            Step::Wait(ms) => room.wait_ms(*ms),
            Step::Silent => room.silent(),
            Step::Live => room.live(),
            Step::Missing => room.missing(10, 20),
            Step::Gap => room.gap(10, 20),
            Step::Fork => room.fork(),
        }
    }
}

/// Judges a journal over a store, which is closed and opened again after each of these entries.
fn over_a_store(journal: &[Entry], stops: &[usize]) -> BTreeMap<IncidentId, Incident> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let mut from = 0;
    for stop in stops.iter().copied().chain([journal.len()]) {
        let (store, mut writer) = Store::open(&path).unwrap();
        let mut world = World::restore(store.load().unwrap());
        assert_eq!(world.next().to_string(), format!("0-{from}"));
        for entry in &journal[from..stop] {
            world.apply(world.next(), entry, None);
        }
        writer.commit(&world.take_changes()).unwrap();
        from = stop;
    }
    let (store, _) = Store::open(&path).unwrap();
    let page = store.incidents(&Default::default(), None, 10_000).unwrap();
    page.items.into_iter().map(|incident| (incident.id, incident)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn read_again_it_gives_the_same(steps in steps()) {
        let room = played(&steps);
        prop_assert_eq!(room.replayed(), room.incidents);
    }

    #[test]
    fn stopped_anywhere_it_gives_the_same(steps in steps(), cut in 0.0..1.0_f64, second in 0.0..1.0_f64) {
        let room = played(&steps);
        let place = |share: f64| (share * room.journal.len() as f64) as usize;
        let (one, two) = (place(cut.min(second)), place(cut.max(second)));
        prop_assert_eq!(over_a_store(&room.journal, &[one, two]), room.incidents);
    }
}

/// Judges a journal entry by entry over a store on this disk, with a commit after every third; `None` if the power went.
fn over_a_disk(journal: &[Entry], disk: &Disk) -> Option<BTreeMap<IncidentId, Incident>> {
    let db = Database::builder().create_with_backend(disk.clone()).ok()?;
    let (store, mut writer) = Store::with(db).ok()?;
    let mut world = World::restore(store.load().ok()?);
    let judged: usize = world.next().to_string().trim_start_matches("0-").parse().unwrap();
    for (place, entry) in journal.iter().enumerate().skip(judged) {
        world.apply(world.next(), entry, None);
        if place % 3 == 0 {
            writer.commit(&world.take_changes()).ok()?;
        }
    }
    writer.commit(&world.take_changes()).ok()?;
    let page = store.incidents(&Default::default(), None, 10_000).ok()?;
    Some(page.items.into_iter().map(|incident| (incident.id, incident)).collect())
}

#[test]
fn after_a_power_cut_at_any_sync_it_gives_the_same() {
    let mut room = Room::new();
    room.event("edge:arming", "set");
    room.event("cabinet-1:bolt", "retracted");
    room.event("door-1:contact", "open");
    room.wait_ms(40_000);
    room.event("jammer-1:cover", "yes");
    room.silent();
    room.live();
    room.missing(10, 20);
    room.wait_ms(130_000);
    room.fork();
    room.event("cabinet-1:bolt", "extended");
    let empty = Disk::new(Vec::new(), Fate::Spared);
    drop(Store::with(Database::builder().create_with_backend(empty.clone()).unwrap()).unwrap());
    let whole = Disk::new(empty.image(), Fate::Spared);
    assert_eq!(over_a_disk(&room.journal, &whole).as_ref(), Some(&room.incidents));
    assert!(room.incidents.len() >= 6);
    for at_sync in 1..=whole.syncs() {
        for seed in 0..3 {
            let cut = Disk::new(empty.image(), Fate::PowerCut { at_sync, seed: seed * 1_000 + at_sync });
            // The last syncs belong to the closing of the file: then everything was there already.
            let _before_the_cut = over_a_disk(&room.journal, &cut);
            let rebooted = Disk::new(cut.image(), Fate::Spared);
            let after = over_a_disk(&room.journal, &rebooted);
            assert_eq!(after.as_ref(), Some(&room.incidents), "sync {at_sync}, seed {seed}");
        }
    }
}
