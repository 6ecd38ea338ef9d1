//! The whole way of an alarm: a register of a cabinet changes, a real edge reads it, spools it and sends it, the hub judges
//! it, and the incident is on the live stream. The edge's poll interval is told apart.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::Bench;
use super::latency::{P99_MS_MAX, SETTLE};
use crate::load::fleet::Fleet;
use crate::load::tally::{Latency, histogram};
use crate::place::cabinet::{Bolt, Cabinet};
use crate::place::edge;
use crate::place::hub::Hub;
use crate::place::pki::edge_id;
use crate::place::stream::{Condition, Stream};
use crate::report::{Figure, Target};

pub(crate) const ROW: &str = "register to stream";
const POLL_INTERVAL_MS: u64 = 50;
const DEVICE: &str = "cabinet-1";
/// Longer than one poll, and at odd distances from it.
const PAUSE_MS: u64 = 61;
const SAMPLE_MAX: Duration = Duration::from_secs(10);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let program = bench.hub().with_file_name("strongroom-edge");
    if !program.exists() {
        return Ok(vec![Figure::new(ROW, "strongroom-edge is not built", 0.0, "")]);
    }
    let folder = bench.folder.inside("register")?;
    let number = bench.quiet_edges;
    let hub = Hub::start(bench.hub(), &folder, &bench.pki, number + 1)?;
    let (mut fleet, wishes) = Fleet::quiet(&bench.pki, hub.door(), number, "set")?;
    fleet.run();
    let mut stream = Stream::open(hub.api(), &bench.pki.ca(), &hub.token)?;
    let cabinet = Cabinet::start()?;
    let mut edge = edge::start(&program, &folder, &bench.pki, number, hub.door(), &device(&cabinet))?;
    fleet.watch(SETTLE)?;
    edge.check()?;

    let subject = format!("{}:{DEVICE}", edge_id(number)?);
    let (mut from_change, mut from_reading) = (histogram(), histogram());
    for sample in 0..bench.samples {
        let changed = cabinet.turn(Bolt::Retracted);
        let seen = fleet.block_on(seen(&mut stream, &subject, Condition::Active))?;
        let read = cabinet.read_at().context("an incident came although nobody read the register")?;
        from_change.saturating_record(seen.saturating_duration_since(changed).as_micros() as u64);
        from_reading.saturating_record(seen.saturating_duration_since(read).as_micros() as u64);
        // Nobody has to close it: the same incident becomes active again.
        cabinet.turn(Bolt::Extended);
        fleet.block_on(self::seen(&mut stream, &subject, Condition::Cleared))?;
        fleet.watch(Duration::from_millis(PAUSE_MS + sample as u64 * 7_919 % 47))?;
    }
    edge.stop()?;
    stream.close();
    drop(wishes);
    fleet.stop()?;
    hub.stop()?;
    Ok(figures(bench, Latency::of(&from_change), Latency::of(&from_reading)))
}

fn device(cabinet: &Cabinet) -> String {
    format!(
        "[[devices]]\nid = \"{DEVICE}\"\nprofile = \"cabinet-lock\"\naddress = \"{}\"\nunit = {}\n\
         poll_interval = \"{POLL_INTERVAL_MS}ms\"\n",
        cabinet.address(),
        cabinet.unit(),
    )
}

fn figures(bench: &Bench, change: Latency, reading: Latency) -> Vec<Figure> {
    let figure = |name: &str, value| Figure::new(ROW, name, value, "ms");
    vec![
        figure("from the reading, p50", reading.p50_ms),
        figure("from the reading, p99", reading.p99_ms)
            .target(Target::AtMost(P99_MS_MAX))
            .note(format!("{} samples beside {} edges", reading.samples, bench.quiet_edges)),
        figure("from the reading, max", reading.max_ms),
        figure("from the change, p50", change.p50_ms).note(format!("polled every {POLL_INTERVAL_MS} ms")),
        figure("from the change, p99", change.p99_ms),
    ]
}

async fn seen(stream: &mut Stream, subject: &str, condition: Condition) -> anyhow::Result<Instant> {
    let wanted = async {
        loop {
            let seen = stream.next().await?;
            if seen.incident.is_about("R-07", subject) && seen.incident.condition == condition {
                return Ok(seen.at);
            }
        }
    };
    let wanted = tokio::time::timeout(SAMPLE_MAX, wanted).await;
    wanted.with_context(|| format!("the stream told nothing about {subject}"))?
}
