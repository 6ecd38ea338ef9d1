//! How fast a real edge polls one device over TCP, beside tokio-modbus with nothing around it: the same device, the same
//! registers, one after the other. An edge judges each answer by its header and makes values of it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::net::TcpStream;
use tokio_modbus::Slave;
use tokio_modbus::client::{Reader as _, tcp};

use super::Bench;
use crate::place::cabinet::{Cabinet, REGISTERS};
use crate::report::{Figure, Target};

pub(crate) const ROW: &str = "polling over TCP";
/// Of what tokio-modbus reaches alone.
const SHARE_MIN: f64 = 0.8;
/// The two take turns, so that whatever else the machine does meets both. The best of each counts.
const ROUNDS: u32 = 3;
/// Longer says nothing new.
const ROUND_MAX: Duration = Duration::from_secs(2);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let program = bench.hub().with_file_name("strongroom-edge");
    if !program.exists() {
        return Ok(vec![Figure::new(ROW, "strongroom-edge is not built", 0.0, "")]);
    }
    let round = (bench.span / ROUNDS).clamp(Duration::from_secs(1), ROUND_MAX);
    let cabinet = Cabinet::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut edge, mut bare) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        bare = bare.max(runtime.block_on(bare_pace(&cabinet, round))?);
        edge = edge.max(edge_pace(&program, &cabinet, round)?);
    }
    Ok(vec![
        Figure::new(ROW, "edge", edge, "polls/s").note(format!("{REGISTERS} registers in one read")),
        Figure::new(ROW, "bare tokio-modbus", bare, "reads/s"),
        Figure::new(ROW, "edge / bare tokio-modbus", edge / bare, "x").target(Target::AtLeast(SHARE_MIN)),
    ])
}

fn edge_pace(program: &Path, cabinet: &Cabinet, span: Duration) -> anyhow::Result<f64> {
    let probe = Command::new(program)
        .args(["probe", "--profile", "cabinet-lock", "--address", &cabinet.address().to_string()])
        .args(["--unit", &cabinet.unit().to_string(), "--pace", &span.as_secs().to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&probe.stdout);
    if !probe.status.success() {
        bail!("the edge could not read the cabinet: {said}");
    }
    pace(&said).context("the edge does not say its pace")
}

async fn bare_pace(cabinet: &Cabinet, span: Duration) -> anyhow::Result<f64> {
    let stream = TcpStream::connect(cabinet.address()).await?;
    stream.set_nodelay(true)?;
    let mut device = tcp::attach_slave(stream, Slave(cabinet.unit()));
    let (mut reads, begun) = (0_u64, Instant::now());
    while begun.elapsed() < span {
        let registers = device.read_input_registers(0, REGISTERS as u16).await??;
        anyhow::ensure!(registers.len() == REGISTERS, "the cabinet answers with fewer registers");
        reads += 1;
    }
    Ok(reads as f64 / begun.elapsed().as_secs_f64())
}

/// From the line `pace      12345 polls/s, …`.
fn pace(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("pace"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_found_in_what_an_edge_says() {
        assert_eq!(pace("answers   1 of 1\npace      12345 polls/s, one after the other"), Some(12_345.0));
        assert_eq!(pace("answers   1 of 1"), None);
    }
}
