//! What a process costs, as /proc tells it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use anyhow::Context as _;

/// USER_HZ: what /proc counts processor time in on every architecture that we build for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor seconds so far, of the whole process and by thread name.
pub(crate) struct Usage {
    at: Instant,
    total_s: f64,
    by_thread: BTreeMap<String, f64>,
}

/// Shares of one core between two looks, in percent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cores {
    pub(crate) percent: f64,
    pub(crate) by_thread: BTreeMap<String, f64>,
}

impl Usage {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let folder = format!("/proc/{pid}");
        let (_, total_s) = read_stat(&format!("{folder}/stat"))?;
        let mut by_thread: BTreeMap<String, f64> = BTreeMap::new();
        for thread in fs::read_dir(format!("{folder}/task"))? {
            // A thread may end between the two reads.
            if let Ok((name, seconds)) = read_stat(&format!("{}/stat", thread?.path().display())) {
                *by_thread.entry(name).or_default() += seconds;
            }
        }
        Ok(Self { at: Instant::now(), total_s, by_thread })
    }

    pub(crate) fn own() -> anyhow::Result<Self> {
        Self::of(std::process::id())
    }

    /// From `earlier` to this look.
    pub(crate) fn since(&self, earlier: &Usage) -> Cores {
        let span_s = self.at.saturating_duration_since(earlier.at).as_secs_f64();
        let percent = |now: f64, before: f64| (now - before) / span_s * 100.0;
        let share = |(name, now): (&String, &f64)| {
            (name.clone(), percent(*now, earlier.by_thread.get(name).copied().unwrap_or(0.0)))
        };
        Cores {
            percent: percent(self.total_s, earlier.total_s),
            by_thread: self.by_thread.iter().map(share).filter(|(_, share)| *share >= 0.5).collect(),
        }
    }
}

/// What the process has made the kernel write to disks so far: pages that a commit touches are written whole.
pub(crate) fn written_bytes(pid: u32) -> anyhow::Result<u64> {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).context("/proc does not say what was written")?;
    let bytes = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok());
    bytes.context("/proc says no write_bytes")
}

/// Name, and user plus system time.
fn read_stat(path: &str) -> anyhow::Result<(String, f64)> {
    let stat = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let parsed = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).and_then(|(name, rest)| {
        let mut fields = rest.split_whitespace().skip(11);
        let ticks = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
        Some((name.to_owned(), ticks / TICKS_PER_SECOND))
    });
    parsed.with_context(|| format!("{path} does not look as it should"))
}

/// Resident memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) now_mib: f64,
    pub(crate) max_mib: f64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let mib = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
            kib.map(|kib| kib / 1_024.0).with_context(|| format!("/proc says no {key}"))
        };
        Ok(Self { now_mib: mib("VmRSS")?, max_mib: mib("VmHWM")? })
    }
}
