//! A hub with 100,000 open incidents: how long it takes to raise one more, to store it, to answer, and to start again.

use std::time::{Duration, Instant};

use strongroom_hub::store::Store;

use crate::room::Room;
use crate::site::{PARTS, Site};
use crate::speed::state_bytes;
use crate::table::{Table, Target};

const OPEN: usize = 100_000;
/// Doors of a part with an open incident each; one more is for the incidents that are raised then.
const DOORS: usize = OPEN / PARTS;
const SAMPLES: usize = 200;
const ROW: &str = "100,000 open incidents in 1,000 parts";

pub(crate) fn run(table: &mut Table) {
    // Beside this program lies a real disk.
    let program = std::env::current_exe().unwrap();
    let folder = tempfile::tempdir_in(program.parent().unwrap()).unwrap();
    let path = folder.path().join("state.redb");
    let (store, mut writer) = Store::open(&path).unwrap();
    let room = Room::with_doors(DOORS + 1);
    let mut site = Site::new(&room);
    open_all(&mut site, &room);
    let changes = site.changes();
    assert_eq!(changes.incidents.len(), OPEN);
    let largest = changes.parts.iter().map(state_bytes).max().unwrap_or(0) as f64;
    table.add(ROW, "state of the largest part, 912 points", largest / 1_024.0, "KiB", Target::AtMost(64.0));
    writer.commit(&changes).unwrap();
    drop(changes);

    let (mut raising, mut storing) = (Vec::new(), Vec::new());
    let one_more = [room.step(&format!("door-{}:tamper", DOORS + 1), "yes")];
    for place in 0..SAMPLES {
        site.now_ms += 1;
        let prepared = site.tell(place, &one_more, site.now_ms, 0);
        let begun = Instant::now();
        site.take(prepared);
        let changes = site.changes();
        raising.push(begun.elapsed());
        writer.commit(&changes).unwrap();
        storing.push(begun.elapsed());
        assert_eq!(changes.incidents.len(), 1);
    }
    add(table, "one more raised", raising);
    add(table, "one more raised and stored", storing);
    add(table, "the open ones shown", repeated(|| store.open_incidents().unwrap().len()));
    add(table, "all of them counted", repeated(|| store.counts().unwrap()));

    drop((store, writer));
    let begun = Instant::now();
    let (store, _writer) = Store::open(&path).unwrap();
    let saved = store.load().unwrap();
    assert_eq!(saved.open.len(), OPEN + SAMPLES);
    let site = site.over(saved);
    assert_eq!(site.world.next(), store.cursor());
    table.add(
        ROW,
        "store opened and world restored",
        begun.elapsed().as_secs_f64(),
        "s",
        Target::AtMost(5.0),
    );
}

fn open_all(site: &mut Site, room: &Room) {
    let forced: Vec<_> = (1..=DOORS).map(|door| room.step(&format!("door-{door}:tamper"), "yes")).collect();
    for place in 0..PARTS {
        let prepared = site.tell(place, &forced, site.now_ms, 0);
        site.take(prepared);
    }
}

fn repeated<T>(work: impl Fn() -> T) -> Vec<Duration> {
    let timed = |_| {
        let begun = Instant::now();
        std::hint::black_box(work());
        begun.elapsed()
    };
    (0..SAMPLES).map(timed).collect()
}

fn add(table: &mut Table, what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let percentile_ms = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1_000.0;
    table.add(ROW, format!("{what}, p50"), percentile_ms(50), "ms", Target::None);
    table.add(ROW, format!("{what}, p99"), percentile_ms(99), "ms", Target::AtMost(50.0));
}
