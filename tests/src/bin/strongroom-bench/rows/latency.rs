//! From the moment before an edge publishes *cabinet opened while set* to the incident on the live stream, beside a
//! thousand quiet edges. What an edge itself takes (its poll interval) is not in it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::{mpsc, oneshot};
use wire::{Kind, Value};

use super::Bench;
use crate::load::fleet::Fleet;
use crate::load::points::{Point, Points};
use crate::load::quiet::Wish;
use crate::load::tally::{Latency, histogram};
use crate::place::hub::Hub;
use crate::place::pki::edge_id;
use crate::place::stream::{Seen, Stream};
use crate::report::{Figure, Target};

pub(crate) const ROW: &str = "latency";
pub(super) const P99_MS_MAX: f64 = 50.0;
const CABINET: &str = "cabinet-1";
/// All edges are live and their tables are judged.
pub(super) const SETTLE: Duration = Duration::from_secs(6);
/// Samples keep clear of each other, at odd distances, so that none follows the beat of a timer.
const PAUSE_MS: u64 = 40;
const SAMPLE_MAX: Duration = Duration::from_secs(10);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let folder = bench.folder.inside(ROW)?;
    let hub = Hub::start(bench.hub(), &folder, &bench.pki, bench.quiet_edges)?;
    let bolt = Points::new()?.find(CABINET, "bolt")?;
    let (mut fleet, wishes) = Fleet::quiet(&bench.pki, hub.door(), bench.quiet_edges, "set")?;
    fleet.run();
    let mut stream = Stream::open(hub.api(), &bench.pki.ca(), &hub.token)?;
    fleet.watch(SETTLE)?;
    let mut latencies = histogram();
    // Each edge's cabinet is opened once: every sample is a new incident.
    for (number, edge) in wishes.iter().take(bench.samples).enumerate() {
        let latency = fleet.block_on(sample(edge, bolt, number, &mut stream))?;
        latencies.saturating_record(latency.as_micros() as u64);
        fleet.watch(Duration::from_millis(PAUSE_MS + number as u64 * 7_919 % 31))?;
    }
    stream.close();
    drop(wishes);
    fleet.stop()?;
    hub.stop()?;
    let latency = Latency::of(&latencies);
    let figure = |name: &str, value| Figure::new(ROW, name, value, "ms");
    Ok(vec![
        figure("publish to stream, p50", latency.p50_ms),
        figure("publish to stream, p99", latency.p99_ms)
            .target(Target::AtMost(P99_MS_MAX))
            .note(format!("{} samples beside {} edges", latency.samples, bench.quiet_edges)),
        figure("publish to stream, max", latency.max_ms),
    ])
}

async fn sample(
    edge: &mpsc::Sender<Wish>,
    bolt: Point,
    number: usize,
    stream: &mut Stream,
) -> anyhow::Result<Duration> {
    let retracted = Kind::CabinetBolt.state("retracted").context("the kind has the state")?;
    let (sent, when) = oneshot::channel();
    let wish = Wish { point: bolt, value: Value::Integer(retracted), sent };
    edge.send(wish).await.ok().context("the edge is gone")?;
    let subject = format!("{}:{CABINET}", edge_id(number)?);
    let seen = tokio::time::timeout(SAMPLE_MAX, seen(stream, &subject));
    let at = seen.await.with_context(|| format!("no incident about {subject} came over the stream"))??;
    Ok(at.saturating_duration_since(when.await?))
}

async fn seen(stream: &mut Stream, subject: &str) -> anyhow::Result<Instant> {
    loop {
        let Seen { at, incident } = stream.next().await?;
        if incident.is_about("R-07", subject) {
            return Ok(at);
        }
    }
}
