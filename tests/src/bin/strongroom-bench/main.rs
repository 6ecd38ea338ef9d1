//! `strongroom-bench`: what a hub takes, how fast and at what price, measured on the real release binaries over mutual TLS
//! and beside what limits it: the disk alone, and a broker that keeps nothing. Prints one table.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks to people on its standard streams"
)]

mod load;
mod place;
mod report;
mod rows;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};

use load::flood::Packing;
use place::folder::Folder;
use place::pki::Pki;
use report::{Figure, Report};
use rows::ingest::Push;
use rows::{
    Bench, append_file, gateway, idle, ingest, latency, mosquitto, polling, ratios, register, serial_bus,
};

/// Measures a strongroom-hub of the same build and prints one table.
///
/// Each row starts a fresh hub with its own folder and certificates. The load runs in this process and shares the machine
/// with the hub: what it takes is printed beside what the hub takes.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Run this row alone (may be repeated)
    #[arg(long, value_enum)]
    only: Vec<Row>,
    /// How long each row measures, after warming up
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Edges that send in the ingest rows
    #[arg(long, default_value_t = 100)]
    edges: usize,
    /// Connected edges in the idle and latency rows
    #[arg(long, default_value_t = 1_000)]
    quiet_edges: usize,
    /// Envelopes that each sending edge has under way
    #[arg(long, default_value_t = 96)]
    window: usize,
    /// How many cabinets the latency row opens
    #[arg(long, default_value_t = 300)]
    samples: usize,
    /// How many records the append file writes with one sync, if the row `single` does not run
    #[arg(long, default_value_t = 500)]
    group: usize,
    /// Write the figures to this file, too
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where the folders of the rows are made: on a real disk [default: beside the release binaries]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Leave the folders, with the hub's logs, when all is done
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Row {
    /// Ingest of single-event envelopes, as fast as it goes
    Single,
    /// Ingest of full envelopes, as fast as it goes
    Full,
    /// Ingest of single-event envelopes at the rate that is asked for
    SinglePaced,
    /// Ingest of full envelopes at the rate that is asked for
    FullPaced,
    /// Many quiet edges
    Idle,
    /// From a publish to the incident on the live stream
    Latency,
    /// From a register of a device, through a real edge, to the incident on the live stream
    Register,
    /// One device over TCP, polled by an edge and by tokio-modbus alone
    Polling,
    /// As many units as a serial bus may have, polled by a real edge and by tokio-modbus alone
    SerialBus,
    /// A real edge with 500 points: memory, processor, what it writes
    Gateway,
    /// The disk alone
    Append,
    /// Mosquitto under the load of `single`
    Mosquitto,
}

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let done = match words.next() {
        Some(word) if word == place::child::GUARDED => guarded(words.collect()),
        _ => measure(&Arguments::parse()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("strongroom-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn guarded(words: Vec<OsString>) -> anyhow::Result<()> {
    let [parent, program, arguments @ ..] = words.as_slice() else {
        bail!("this command is for the bench itself")
    };
    let parent = parent.to_str().and_then(|text| text.parse().ok()).context("the parent is a process id")?;
    let failed = place::child::become_guarded(parent, program, arguments);
    failed.map(|_| ()).with_context(|| format!("cannot become {}", program.display()))
}

fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    runtime::tls::install_provider();
    place::interrupt::listen()?;
    let rows = if arguments.only.is_empty() { Row::value_variants() } else { &arguments.only };
    let bench = prepare(arguments, rows)?;
    let mut report = Report { machine: machine(), figures: Vec::new() };
    let mut failed = Vec::new();
    for row in rows {
        if place::interrupt::check().is_err() {
            break;
        }
        eprintln!("Measuring {} …", row.name());
        match run(*row, &bench, arguments, &report) {
            Ok(figures) => report.figures.extend(figures),
            // What the other rows measured is worth having.
            Err(error) => {
                eprintln!("The row {} failed: {error:#}", row.name());
                failed.push(row.name());
            }
        }
    }
    report.figures.extend(ratios::of(&report));
    println!("\n{}", report.table());
    if let Some(path) = &arguments.json {
        report.write_json(path)?;
    }
    if arguments.keep {
        eprintln!("The folders are kept in {}", bench.folder.path().display());
    }
    if failed.is_empty() { Ok(()) } else { bail!("not measured: {}", failed.join(", ")) }
}

impl Row {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Edges whose certificates it needs.
    fn edges(self, arguments: &Arguments) -> usize {
        match self {
            Row::Single | Row::Full | Row::SinglePaced | Row::FullPaced | Row::Mosquitto => arguments.edges,
            Row::Idle | Row::Latency => arguments.quiet_edges,
            // And the real one.
            Row::Register => arguments.quiet_edges + 1,
            Row::Gateway | Row::SerialBus => 1,
            Row::Append | Row::Polling => 0,
        }
    }
}

fn run(row: Row, bench: &Bench, arguments: &Arguments, so_far: &Report) -> anyhow::Result<Vec<Figure>> {
    match row {
        Row::Single => ingest::run(bench, Packing::Single, Push::Limit),
        Row::Full => ingest::run(bench, Packing::Full, Push::Limit),
        Row::SinglePaced => ingest::run(bench, Packing::Single, Push::Paced),
        Row::FullPaced => ingest::run(bench, Packing::Full, Push::Paced),
        Row::Idle => idle::run(bench),
        Row::Latency => latency::run(bench),
        Row::Register => register::run(bench),
        Row::Polling => polling::run(bench),
        Row::SerialBus => serial_bus::run(bench),
        Row::Gateway => gateway::run(bench),
        Row::Mosquitto => mosquitto::run(bench),
        Row::Append => {
            let group = so_far.find(ingest::SINGLE, ingest::GROUP);
            append_file::run(bench, group.map_or(arguments.group, |group| (group.round() as usize).max(1)))
        }
    }
}

fn prepare(arguments: &Arguments, rows: &[Row]) -> anyhow::Result<Bench> {
    let own = std::env::current_exe().context("cannot find this program's own file")?;
    let beside = own.parent().context("a program lies in a folder")?;
    let hub = beside.join("strongroom-hub");
    if !hub.exists() {
        bail!("{} is missing: build it with `cargo build --release -p strongroom-hub`", hub.display());
    }
    let parent = arguments.dir.clone().unwrap_or_else(|| beside.join("bench"));
    let folder = Folder::new(&parent, arguments.keep)?;
    let edges = rows.iter().map(|row| row.edges(arguments)).max().unwrap_or(0);
    eprintln!("Making certificates for {edges} edges …");
    let mut pki = Pki::new(folder.path().join("pki"), &hub)?;
    pki.provide(edges)?;
    Ok(Bench {
        hub,
        folder,
        pki,
        span: Duration::from_secs(arguments.seconds.max(1)),
        edges: arguments.edges,
        quiet_edges: arguments.quiet_edges,
        window: arguments.window.max(2),
        samples: arguments.samples.min(arguments.quiet_edges),
    })
}

/// What the figures depend on most.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, name)| name);
    format!(
        "{cores} cores of {}, shared by the load and what is measured",
        model.unwrap_or("an unknown processor")
    )
}
