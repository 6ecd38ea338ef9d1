//! The limit of the disk: a file that is appended to and synced, with nothing around it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::Bench;
use crate::report::Figure;

pub(crate) const ROW: &str = "fsynced append file";
pub(crate) const GROUPED: &str = "records, in groups";
/// About what an event costs in an envelope of its own.
const RECORD: [u8; 200] = [0x5a; 200];
/// Longer says nothing new.
const SPAN_MAX: Duration = Duration::from_secs(5);

/// `group`: as many records as the hub's journal took with one commit.
pub(crate) fn run(bench: &Bench, group: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = bench.folder.inside("append-file")?;
    let span = bench.span.min(SPAN_MAX);
    let grouped = append(&folder.join("grouped"), group, span)?;
    let alone = append(&folder.join("alone"), 1, span)?;
    Ok(vec![
        Figure::new(ROW, GROUPED, grouped.records_per_s, "records/s")
            .note(format!("200 bytes, {group} to a sync, {:.2} ms each", grouped.sync_ms)),
        Figure::new(ROW, "records, one by one", alone.records_per_s, "records/s")
            .note(format!("{:.2} ms each", alone.sync_ms)),
    ])
}

struct Appended {
    records_per_s: f64,
    sync_ms: f64,
}

fn append(path: &Path, group: usize, span: Duration) -> anyhow::Result<Appended> {
    let mut file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let bytes = RECORD.repeat(group);
    let begun = Instant::now();
    let mut syncs = 0_u32;
    while begun.elapsed() < span {
        file.write_all(&bytes)?;
        file.sync_data()?;
        syncs += 1;
    }
    let passed_s = begun.elapsed().as_secs_f64();
    let records = f64::from(syncs) * group as f64;
    Ok(Appended { records_per_s: records / passed_s, sync_ms: passed_s / f64::from(syncs) * 1_000.0 })
}
