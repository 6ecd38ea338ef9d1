//! Durable ingest: simulated edges over mutual TLS send as fast as they are confirmed, and the hub has to judge everything
//! as well. What counts is the smaller of what was confirmed and what was judged.

use std::time::{Duration, Instant};

use super::{Bench, WARM_UP};
use crate::load::fleet::Fleet;
use crate::load::flood::{Flood, Packing};
use crate::load::tally::{Confirmed, Tally};
use crate::place::hub::Hub;
use crate::place::scrape::Scrape;
use crate::place::usage::{Cores, Usage};
use crate::report::{Figure, Target};

pub(crate) const SINGLE: &str = "ingest single";
pub(crate) const FULL: &str = "ingest full";
const SINGLE_PACED: &str = "ingest single, at the rate that is asked for";
const FULL_PACED: &str = "ingest full, at the rate that is asked for";
pub(crate) const EVENTS: &str = "events confirmed and judged";
pub(crate) const GROUP: &str = "envelopes in a commit";
pub(crate) const PAYLOAD: &str = "payload";
pub(crate) const ENVELOPES: &str = "envelopes confirmed";

const SINGLE_TARGET: f64 = 100_000.0;
const FULL_TARGET: f64 = 500_000.0;
const RSS_MIB_MAX: f64 = 200.0;
/// A full envelope costs the gate its size and 256 bytes; what one session may have under way is 256 KiB.
const FULL_WINDOW_MAX: usize = 48;
/// The hub adds its judgements to the counter when it stores them, twice a second.
const COUNTED_EVERY_MAX: Duration = Duration::from_millis(1_500);
const JUDGED_MAX: Duration = Duration::from_secs(120);

/// One look at everything, as near to one moment as it can be.
struct Look {
    confirmed: Confirmed,
    at: Instant,
    scrape: Scrape,
    hub: Usage,
    load: Usage,
    written_bytes: u64,
}

/// How many records were judged, at the moment at which the hub said so.
struct Judged {
    at: Instant,
    records: f64,
}

struct Measured {
    before: Look,
    after: Look,
    judged_before: Judged,
    judged_after: Judged,
    tally: std::sync::Arc<Tally>,
    /// From the last confirm until all was judged.
    drained: Duration,
    rss_max_mib: f64,
    last: Scrape,
}

/// How hard the edges push.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Push {
    /// As fast as they are confirmed.
    Limit,
    /// At the rate that the hub must be able to take: what it costs then, and how long a confirm takes.
    Paced,
}

pub(crate) fn run(bench: &Bench, packing: Packing, push: Push) -> anyhow::Result<Vec<Figure>> {
    let (target, window) = match packing {
        Packing::Single => (SINGLE_TARGET, bench.window),
        Packing::Full => (FULL_TARGET, bench.window.min(FULL_WINDOW_MAX)),
    };
    let (row, pace) = match (packing, push) {
        (Packing::Single, Push::Limit) => (SINGLE, None),
        (Packing::Full, Push::Limit) => (FULL, None),
        (Packing::Single, Push::Paced) => (SINGLE_PACED, Some(target / bench.edges as f64)),
        (Packing::Full, Push::Paced) => (FULL_PACED, Some(target / bench.edges as f64)),
    };
    let folder = bench.folder.inside(&row.replace([' ', ','], "-"))?;
    let hub = Hub::start(bench.hub(), &folder, &bench.pki, bench.edges)?;
    let mut fleet = Fleet::flooding(&bench.pki, hub.door(), bench.edges, Flood { packing, window, pace })?;
    fleet.run();
    fleet.watch(WARM_UP)?;

    let judged_before = next_judged(&hub)?;
    let before = look(&hub, &fleet)?;
    fleet.tally.measure(true);
    fleet.watch(bench.span)?;
    fleet.tally.measure(false);
    let after = look(&hub, &fleet)?;
    let judged_after = next_judged(&hub)?;

    let tally = fleet.stop()?;
    let (drained, last) = drain(&hub)?;
    let rss_max_mib = hub.memory()?.max_mib;
    hub.stop()?;
    let measured = Measured { before, after, judged_before, judged_after, tally, drained, rss_max_mib, last };
    let target = (push == Push::Limit).then_some(Target::AtLeast(target));
    Ok(figures(row, target, bench.edges, &measured))
}

fn look(hub: &Hub, fleet: &Fleet) -> anyhow::Result<Look> {
    let (confirmed, at) = (fleet.tally.so_far(), Instant::now());
    let (usage, load, written_bytes) = (hub.usage()?, Usage::own()?, hub.written_bytes()?);
    Ok(Look { confirmed, at, scrape: hub.scrape()?, hub: usage, load, written_bytes })
}

fn next_judged(hub: &Hub) -> anyhow::Result<Judged> {
    let records = |scrape: &Scrape| scrape.value("correlate_records_total");
    let first = records(&hub.scrape()?);
    let begun = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(10));
        let now = Judged { at: Instant::now(), records: records(&hub.scrape()?) };
        if now.records > first || begun.elapsed() > COUNTED_EVERY_MAX {
            return Ok(now);
        }
    }
}

/// Waits until everything in the journal is judged.
fn drain(hub: &Hub) -> anyhow::Result<(Duration, Scrape)> {
    let begun = Instant::now();
    loop {
        let scrape = hub.scrape()?;
        let entries_behind = scrape.value("journal_entries_total") - scrape.value("correlate_entries_total");
        if entries_behind <= 0.0 || begun.elapsed() > JUDGED_MAX {
            return Ok((begun.elapsed(), scrape));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn figures(row: &'static str, target: Option<Target>, edges: usize, measured: &Measured) -> Vec<Figure> {
    let Measured { before, after, judged_before, judged_after, .. } = measured;
    let span_s = (after.at - before.at).as_secs_f64();
    let per_s = |now: u64, earlier: u64| (now - earlier) as f64 / span_s;
    let counted = |name: &str| after.scrape.value(name) - before.scrape.value(name);
    let confirmed = per_s(after.confirmed.events, before.confirmed.events);
    let envelopes = per_s(after.confirmed.envelopes, before.confirmed.envelopes);
    let judged_span_s = (judged_after.at - judged_before.at).as_secs_f64();
    let judged = (judged_after.records - judged_before.records) / judged_span_s;
    let (commits, entries) = (counted("journal_commits_total"), counted("journal_entries_total"));
    let commit_ms = counted("journal_commit_seconds_sum") / commits * 1_000.0;
    let payload = per_s(after.confirmed.payload_bytes, before.confirmed.payload_bytes) / envelopes;
    let written = per_s(after.written_bytes, before.written_bytes);
    let written_mib = written / f64::from(1 << 20);
    let amplified = written / (payload * envelopes);
    let busy = counted("correlate_busy_seconds_sum") / span_s * 100.0;
    let latency = measured.tally.latency();
    let figure = |name: &str, value: f64, unit| Figure::new(row, name, value, unit);
    vec![
        Figure { target, ..figure(EVENTS, confirmed.min(judged), "events/s") }
            .note(format!("{edges} edges, {span_s:.0} s")),
        figure("events confirmed", confirmed, "events/s"),
        figure("events judged", judged, "events/s"),
        figure(ENVELOPES, envelopes, "envelopes/s"),
        figure(PAYLOAD, payload, "bytes"),
        figure("confirm p50", latency.p50_ms, "ms").note(match target {
            Some(_) => "at the limit it is what the edges have under way over the rate",
            None => "",
        }),
        figure("confirm p99", latency.p99_ms, "ms").note(format!("max {:.0} ms", latency.max_ms)),
        figure("judged after the last confirm", measured.drained.as_secs_f64() * 1_000.0, "ms"),
        figure("journal commits", commits / span_s, "commits/s").note(format!("{commit_ms:.2} ms each")),
        figure(GROUP, entries / commits, "envelopes"),
        figure("written to disk", written_mib, "MiB/s")
            .note(format!("{amplified:.1} bytes for each byte of payload")),
        figure("correlation busy", busy, "% of a core"),
        cores(row, "hub CPU", &after.hub.since(&before.hub)),
        cores(row, "load CPU", &after.load.since(&before.load)),
        figure("hub RSS, max", measured.rss_max_mib, "MiB").target(Target::AtMost(RSS_MIB_MAX)),
        figure("incidents opened", measured.last.value("incidents_opened_total"), "incidents")
            .note("since the start"),
        figure(
            "records without table",
            measured.last.value("correlate_records_without_table_total"),
            "records",
        ),
    ]
}

pub(crate) fn cores(row: &'static str, name: &str, cores: &Cores) -> Figure {
    let threads: Vec<String> =
        cores.by_thread.iter().map(|(thread, percent)| format!("{thread} {percent:.0}")).collect();
    Figure::new(row, name, cores.percent, "% of a core").note(threads.join(", "))
}
