//! 247 units on one serial bus, polled by a real edge as often as the standard lets the line carry it, beside tokio-modbus
//! with nothing around it on the same line. The latter leaves no silence between frames, which a unit on a real line needs.

use std::time::{Duration, Instant};

use tokio::net::unix::pipe::{Receiver, Sender};
use tokio_modbus::Slave;
use tokio_modbus::client::{Reader as _, rtu};
use tokio_modbus::slave::SlaveContext as _;

use super::Bench;
use crate::place::edge;
use crate::place::hub::Hub;
use crate::place::interrupt;
use crate::place::serial::{self, BAUD, Bus, REGISTERS, UNITS};
use crate::report::{Figure, Target};

pub(crate) const ROW: &str = "247 units on a serial bus";
/// Of what the line carries by the standard.
const SHARE_MIN: f64 = 0.9;
/// Every unit is asked so often while it is measured.
const CYCLES: u32 = 3;

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let program = bench.hub().with_file_name("strongroom-edge");
    if !program.exists() {
        return Ok(vec![Figure::new(ROW, "strongroom-edge is not built", 0.0, "")]);
    }
    let folder = bench.folder.inside("serial-bus")?;
    let bus = Bus::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bare = runtime.block_on(bare_pace(&bus))?;

    let hub = Hub::start(bench.hub(), &folder, &bench.pki, 1)?;
    let profile = serial::write_profile(&folder)?;
    let mut edge = edge::start(&program, &folder, &bench.pki, 0, hub.door(), &bus.sections(&profile))?;
    // Its start, and the first round.
    pass(serial::interval() * 2)?;
    let (before, begun) = (bus.asked(), Instant::now());
    pass(serial::interval() * CYCLES)?;
    let (after, took) = (bus.asked(), begun.elapsed());
    edge.check()?;
    edge.stop()?;
    hub.stop()?;

    let asked: Vec<u64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
    let reads: u64 = asked.iter().sum();
    let units = asked.iter().filter(|times| **times > 0).count();
    let pace = reads as f64 / took.as_secs_f64();
    let figure = |name: &str, value, unit| Figure::new(ROW, name, value, unit);
    Ok(vec![
        figure("units that are read", units as f64, "units")
            .target(Target::AtLeast(f64::from(UNITS)))
            .note(format!("{REGISTERS} registers each at {BAUD} baud")),
        figure("cycle over all units", f64::from(UNITS) / pace, "s")
            .note(format!("each is to be read every {:.2} s", serial::interval().as_secs_f64())),
        figure("edge", pace, "polls/s"),
        figure("edge / what the line carries", pace * serial::exchange().as_secs_f64(), "x")
            .target(Target::AtLeast(SHARE_MIN))
            .note("by the standard, with its silence between frames"),
        figure("bare tokio-modbus", bare, "reads/s").note("without any silence between frames"),
        figure("edge / bare tokio-modbus", pace / bare, "x"),
    ])
}

/// One round over all units.
async fn bare_pace(bus: &Bus) -> anyhow::Result<f64> {
    let end = bus.open()?;
    let output = Sender::from_owned_fd_unchecked(end.try_clone()?)?;
    let input = Receiver::from_owned_fd_unchecked(end)?;
    let mut line = rtu::attach(tokio::io::join(input, output));
    let begun = Instant::now();
    for unit in 1..=UNITS {
        line.set_slave(Slave(unit));
        let registers = line.read_input_registers(0, REGISTERS).await??;
        anyhow::ensure!(
            registers.len() == usize::from(REGISTERS),
            "unit {unit} answers with fewer registers"
        );
    }
    Ok(f64::from(UNITS) / begun.elapsed().as_secs_f64())
}

fn pass(span: Duration) -> anyhow::Result<()> {
    let end = Instant::now() + span;
    while Instant::now() < end {
        interrupt::check()?;
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
