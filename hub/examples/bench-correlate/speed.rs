//! How many events a second one core judges, and what a part then keeps.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use strongroom_hub::situation::SavedPart;

use crate::room::{Room, Step, triggers};
use crate::site::{PARTS, Prepared, Site};
use crate::table::{Table, Target};

const ROUNDS: usize = 5;
/// Between two events of a part that come one by one; and of one that sends its envelopes full.
const SINGLE_STEP_MS: i64 = 1_000;
const FULL_STEP_MS: i64 = 35;
/// Events of a part in one round when they come one by one: so many entries fit into memory.
const SINGLE_STEPS: usize = 122;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Single,
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decoding {
    /// As the tail hands envelopes over.
    Before,
    /// As they are read back from the journal.
    Here,
}

pub(crate) fn run(packing: Packing, decoding: Decoding, table: &mut Table) {
    let row = match (packing, decoding) {
        (Packing::Full, Decoding::Before) => "full envelopes, as ingest hands them over",
        (Packing::Full, Decoding::Here) => "full envelopes, read back from the journal",
        (Packing::Single, Decoding::Before) => "single-event envelopes, as ingest hands them over",
        (Packing::Single, Decoding::Here) => "single-event envelopes, read back from the journal",
    };
    let room = Room::ordinary();
    let script = room.script();
    let mut site = Site::new(&room);
    site.changes();
    let (mut judged, mut entries, mut took) = (0, 0, Duration::ZERO);
    let mut taking = Duration::ZERO;
    let mut parts = Vec::new();
    // The first round is not measured.
    for round in 0..=ROUNDS {
        let prepared = match packing {
            Packing::Full => full(&mut site, &script),
            Packing::Single => single(&mut site, &script, round),
        };
        let before = site.world.records_judged;
        let begun = processor_time();
        for Prepared { entry, decoded } in &prepared {
            let decoded = (decoding == Decoding::Before).then_some(decoded);
            site.world.apply(site.world.next(), entry, decoded);
        }
        let elapsed = processor_time() - begun;
        let begun = processor_time();
        parts = site.changes().parts;
        if round > 0 {
            taking += processor_time() - begun;
            took += elapsed;
            entries += prepared.len();
            judged += site.world.records_judged - before;
        }
    }
    assert_eq!(site.world.records_without_table, 0, "every event had its table");
    let judged = judged as f64;
    table.add(
        row,
        "events a second of one core",
        judged / took.as_secs_f64(),
        "events/s",
        Target::AtLeast(500_000.0),
    );
    table.add(row, "events in an envelope", judged / entries as f64, "", Target::None);
    table.add(row, "of them triggers of a rule", 100.0 * triggers(&script), "%", Target::AtLeast(20.0));
    let taking_ms = taking.as_secs_f64() * 1_000.0 / ROUNDS as f64;
    table.add(row, "taking out what changed in 1,000 parts", taking_ms, "ms", Target::None);
    let largest = parts.iter().map(state_bytes).max().unwrap_or(0) as f64;
    table.add(row, "state of the largest part", largest / 1_024.0, "KiB", Target::AtMost(64.0));
}

/// What this thread has had of a core: whatever else runs on the machine does not count.
fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// How the points stand and what the rules remember, as they are stored.
pub(crate) fn state_bytes(part: &SavedPart) -> usize {
    minicbor::to_vec(&part.state).unwrap().len() + minicbor::to_vec(&part.memory).unwrap().len()
}

fn full(site: &mut Site, script: &[Step]) -> Vec<Prepared> {
    let from_ms = site.now_ms;
    site.now_ms += script.len() as i64 * FULL_STEP_MS;
    let mut prepared = Vec::new();
    for place in 0..PARTS {
        prepared.extend(site.tell(place, script, from_ms, FULL_STEP_MS));
    }
    prepared
}

/// The parts in turn.
fn single(site: &mut Site, script: &[Step], round: usize) -> Vec<Prepared> {
    let mut prepared = Vec::new();
    let steps = script.iter().cycle().skip(round * SINGLE_STEPS).take(SINGLE_STEPS);
    for step in steps {
        for place in 0..PARTS {
            prepared.extend(site.tell(place, std::slice::from_ref(step), site.now_ms, 0));
        }
        site.now_ms += SINGLE_STEP_MS;
    }
    prepared
}
