//! Mosquitto under the load of the first row. It keeps nothing and judges nothing: its confirm says that it has received.

use super::ingest::cores;
use super::{Bench, WARM_UP};
use crate::load::fleet::Fleet;
use crate::load::flood::{Flood, Packing};
use crate::place::broker::{self, Broker};
use crate::place::usage::Usage;
use crate::report::Figure;

pub(crate) const ROW: &str = "mosquitto";
pub(crate) const MESSAGES: &str = "messages accepted";

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let Some(program) = broker::program() else {
        return Ok(vec![Figure::new(ROW, "not installed", 0.0, "").note("apt-get install mosquitto")]);
    };
    let folder = bench.folder.inside(ROW)?;
    let broker = Broker::start(&program, &folder, &bench.pki)?;
    let flood = Flood { packing: Packing::Single, window: bench.window, pace: None };
    let mut fleet = Fleet::flooding(&bench.pki, broker.door(), bench.edges, flood)?;
    fleet.run();
    fleet.watch(WARM_UP)?;
    let (before, usage, load) = (fleet.tally.so_far(), broker.usage()?, Usage::own()?);
    let begun = std::time::Instant::now();
    fleet.watch(bench.span)?;
    let (after, span_s) = (fleet.tally.so_far(), begun.elapsed().as_secs_f64());
    let (used, load) = (broker.usage()?.since(&usage), Usage::own()?.since(&load));
    let memory = broker.memory()?;
    fleet.stop()?;
    broker.stop()?;
    let envelopes = (after.envelopes - before.envelopes) as f64;
    let payload = (after.payload_bytes - before.payload_bytes) as f64 / envelopes;
    Ok(vec![
        Figure::new(ROW, MESSAGES, envelopes / span_s, "messages/s").note(format!(
            "{}, QoS 1, mutual TLS, {payload:.0} bytes, {} clients, nothing kept",
            broker::version(&program),
            bench.edges
        )),
        cores(ROW, "broker CPU", &used),
        cores(ROW, "load CPU", &load),
        Figure::new(ROW, "broker RSS, max", memory.max_mib, "MiB"),
    ])
}
