//! Many edges in which nothing happens: what a large quiet site costs the hub.

use std::time::Duration;

use super::Bench;
use super::ingest::cores;
use crate::load::fleet::Fleet;
use crate::place::hub::Hub;
use crate::report::{Figure, Target};

pub(crate) const ROW: &str = "idle";
const RSS_MIB_MAX: f64 = 64.0;
/// Two rounds of heartbeats: what connecting took for a moment has been given back.
const SETTLE: Duration = Duration::from_secs(12);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let folder = bench.folder.inside(ROW)?;
    let hub = Hub::start(bench.hub(), &folder, &bench.pki, bench.quiet_edges)?;
    let empty = hub.memory()?;
    let begun = std::time::Instant::now();
    let (mut fleet, wishes) = Fleet::quiet(&bench.pki, hub.door(), bench.quiet_edges, "unset")?;
    let connected = begun.elapsed();
    fleet.run();
    fleet.watch(SETTLE)?;
    let before = hub.usage()?;
    fleet.watch(bench.span)?;
    let usage = hub.usage()?.since(&before);
    let memory = hub.memory()?;
    drop(wishes);
    fleet.stop()?;
    hub.stop()?;
    let figure = |name: &str, value: f64, unit| Figure::new(ROW, name, value, unit);
    Ok(vec![
        figure("hub RSS", memory.now_mib, "MiB")
            .target(Target::AtMost(RSS_MIB_MAX))
            .note(format!("{} edges, heartbeats every 5 s", bench.quiet_edges)),
        figure("hub RSS, max", memory.max_mib, "MiB").note("while they connected"),
        figure("hub RSS, nobody connected", empty.now_mib, "MiB"),
        cores(ROW, "hub CPU", &usage),
        figure("all connected after", connected.as_secs_f64(), "s").note("client and hub share the cores"),
    ])
}
