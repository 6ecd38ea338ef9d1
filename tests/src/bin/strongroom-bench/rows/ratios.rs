//! Ours beside the limits of the same run.

use super::{append_file, ingest, mosquitto};
use crate::report::{Figure, Report};

const ROW: &str = "ratios";

pub(crate) fn of(report: &Report) -> Vec<Figure> {
    let broker = report.find(mosquitto::ROW, mosquitto::MESSAGES);
    let file = report.find(append_file::ROW, append_file::GROUPED);
    let single = report.find(ingest::SINGLE, ingest::EVENTS);
    let full = report.find(ingest::FULL, ingest::EVENTS);
    let pairs = [
        ("ingest single / mosquitto", single, broker),
        ("ingest full / mosquitto", full, broker),
        ("ingest single / fsynced append file", single, file),
        ("ingest full / fsynced append file", full, file),
    ];
    pairs
        .into_iter()
        .filter_map(|(name, ours, beside)| Some(Figure::new(ROW, name, ours? / beside?, "x")))
        .collect()
}
