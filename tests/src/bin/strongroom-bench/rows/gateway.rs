//! A real edge that reads 500 points once a second: what that costs the machine it runs on, and its flash.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::Bench;
use crate::place::child::Process;
use crate::place::edge;
use crate::place::gauges::{self, Gauges};
use crate::place::hub::Hub;
use crate::place::interrupt;
use crate::place::usage::{Memory, Usage, written_bytes};
use crate::report::{Figure, Target};

pub(crate) const ROW: &str = "gateway";
const RSS_MIB_MAX: f64 = 15.0;
const CPU_PERCENT_MAX: f64 = 1.0;
const WRITTEN_GB_A_DAY_MAX: f64 = 1.0;
const FIRST_READING_S_MAX: f64 = 2.0;
const BINARY_MIB_MAX: f64 = 15.0;

/// The first snapshot has gone out, and what the start took has been given back.
const SETTLE: Duration = Duration::from_secs(10);
/// Holds one periodic snapshot and many seals.
const SPAN: Duration = Duration::from_secs(60);
const DAY_S: f64 = 86_400.0;

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let program = bench.hub().with_file_name("strongroom-edge");
    if !program.exists() {
        return Ok(vec![Figure::new(ROW, "strongroom-edge is not built", 0.0, "")]);
    }
    let folder = bench.folder.inside(ROW)?;
    let hub = Hub::start(bench.hub(), &folder, &bench.pki, 1)?;
    let gauges = Gauges::start()?;
    std::fs::write(folder.join("gauge.toml"), gauges::profile())?;
    let begun = Instant::now();
    let mut edge = edge::start(&program, &folder, &bench.pki, 0, hub.door(), &gauges.devices("gauge.toml"))?;
    let first_reading = first_reading(&gauges, &mut edge)?.saturating_duration_since(begun);
    let_pass(SETTLE)?;
    let (before, written_before) = (Usage::of(edge.id())?, written_bytes(edge.id())?);
    let_pass(SPAN)?;
    edge.check()?;
    let cpu = Usage::of(edge.id())?.since(&before).percent;
    let written = written_bytes(edge.id())? - written_before;
    let memory = Memory::of(edge.id())?;
    edge.stop()?;
    hub.stop()?;

    let figure = |name: &str, value, unit| Figure::new(ROW, name, value, unit);
    let written_gb = written as f64 / SPAN.as_secs_f64() * DAY_S / 1e9;
    let points = u16::from(gauges::DEVICES) * gauges::POINTS;
    Ok(vec![
        figure("edge RSS", memory.now_mib, "MiB")
            .target(Target::AtMost(RSS_MIB_MAX))
            .note(format!("{points} points every second, a tenth of them changes")),
        figure("edge RSS, max", memory.max_mib, "MiB"),
        figure("edge CPU", cpu, "% of a core").target(Target::AtMost(CPU_PERCENT_MAX)),
        figure("written to the disk", written_gb, "GB a day").target(Target::AtMost(WRITTEN_GB_A_DAY_MAX)),
        figure("start to first reading", first_reading.as_secs_f64(), "s")
            .target(Target::AtMost(FIRST_READING_S_MAX)),
        figure("binary, stripped", stripped_mib(&program, &folder)?, "MiB")
            .target(Target::AtMost(BINARY_MIB_MAX)),
    ])
}

fn first_reading(gauges: &Gauges, edge: &mut Process) -> anyhow::Result<Instant> {
    let patience = Instant::now() + Duration::from_secs(30);
    while Instant::now() < patience {
        if let Some(read) = gauges.first_read() {
            return Ok(read);
        }
        edge.check()?;
        std::thread::sleep(Duration::from_millis(1));
    }
    bail!("the edge read nothing within 30 s")
}

fn let_pass(span: Duration) -> anyhow::Result<()> {
    let end = Instant::now() + span;
    while Instant::now() < end {
        interrupt::check()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn stripped_mib(program: &Path, folder: &Path) -> anyhow::Result<f64> {
    let stripped = folder.join("stripped");
    let status = Command::new("strip").arg("-o").arg(&stripped).arg(program).status();
    let status = status.context("`strip` comes with the C compiler, and cannot be started")?;
    if !status.success() {
        bail!("`strip` failed: {status}");
    }
    Ok(std::fs::metadata(&stripped)?.len() as f64 / f64::from(1 << 20))
}
