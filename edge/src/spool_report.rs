//! What `strongroom-edge spool` prints, for people: what the spool of an edge that is not running holds. Pure.

use std::fmt::Write;
use std::time::Duration;

use wire::{ClockState, Gap, Lane, Stamp};

use crate::bookmark::Bookmark;
use crate::config::SpoolConfig;
use crate::spool::{Inspection, LaneInspection};
use crate::terminal::{aligned, size, span};

/// Gaps and bookmarks that are shown one by one; a line says how many more there are.
const ROWS_MAX: usize = 20;
/// Bytes of a bookmark that are shown.
const BOOKMARK_BYTES_MAX: usize = 16;

/// The report at `now_ms` of the wall clock.
pub fn text(inspection: &Inspection, config: &SpoolConfig, now_ms: i64) -> String {
    let Inspection { edge, epoch, lanes, gaps, signed, bookmarks, tables, file_bytes, damaged } = inspection;
    let bytes: u64 = lanes.iter().map(|lane| lane.bytes).sum();
    let mut out = format!(
        "spool {}\nedge {edge}, epoch {epoch}, {tables} point table(s)\n\
         {} of {} in envelopes, {} on the disk; bytes written are counted while the edge runs (`spool_written_bytes_total`)\n\n",
        config.path.display(),
        size(bytes),
        size(config.bytes_max),
        size(*file_bytes),
    );
    let ages = [config.urgent_age_max, config.routine_age_max];
    let head = [
        "LANE",
        "KEPT",
        "NOT CONFIRMED",
        "NEXT",
        "ENVELOPES",
        "BYTES",
        "OLDEST",
        "OLDEST NOT CONFIRMED",
        "AGE LIMIT",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for (lane, (held, age_max)) in Lane::ALL.into_iter().zip(lanes.iter().zip(ages)) {
        rows.push(lane_row(lane, held, age_max, now_ms));
    }
    out.push_str(&aligned(&rows));
    match signed {
        Some(heads) => line(
            &mut out,
            format_args!(
                "\nsigned up to urgent {} and routine {}, {}",
                heads.lanes[0].next,
                heads.lanes[1].next,
                age(Some(&heads.stamp()), now_ms)
            ),
        ),
        None => line(&mut out, format_args!("\nno checkpoint: nothing in here is signed")),
    }
    gap_rows(gaps, &mut out);
    bookmark_rows(bookmarks, &mut out);
    if damaged.is_empty() {
        line(&mut out, format_args!("\nno damaged file was set aside"));
    } else {
        line(&mut out, format_args!("\ndamaged files that were set aside (the newest three are kept):"));
        damaged.iter().for_each(|path| line(&mut out, format_args!("  {}", path.display())));
    }
    out
}

fn lane_row(lane: Lane, held: &LaneInspection, age_max: Duration, now_ms: i64) -> [String; 9] {
    [
        lane.to_string(),
        (held.next.0 - held.oldest.0).to_string(),
        (held.next.0 - held.confirmed.0).to_string(),
        held.next.to_string(),
        held.envelopes.to_string(),
        held.bytes.to_string(),
        age(held.oldest_at.as_ref(), now_ms),
        age(held.unconfirmed_at.as_ref(), now_ms),
        span(age_max.as_millis() as u64),
    ]
}

fn gap_rows(gaps: &[Gap], out: &mut String) {
    if gaps.is_empty() {
        return line(
            out,
            format_args!("\nno gap: nothing was given up that the hub lacks, or it was told long ago"),
        );
    }
    line(out, format_args!("\n{} gap(s) that the hub is told of:", gaps.len()));
    let mut rows = vec![["LANE", "FROM", "TO", "RECORDS", "REASON"].map(str::to_owned)];
    rows.extend(gaps.iter().take(ROWS_MAX).map(|gap| {
        let last = gap.next.0.saturating_sub(1);
        [
            gap.lane.to_string(),
            gap.first.to_string(),
            last.to_string(),
            gap.records().to_string(),
            gap.reason.to_string(),
        ]
    }));
    out.push_str(&aligned(&rows));
    more(gaps.len(), out);
}

fn bookmark_rows(bookmarks: &[Bookmark], out: &mut String) {
    if bookmarks.is_empty() {
        return line(out, format_args!("\nno bookmarks"));
    }
    line(out, format_args!("\n{} bookmark(s):", bookmarks.len()));
    let mut rows = vec![["SOURCE", "BYTES", "BEGINNING"].map(str::to_owned)];
    rows.extend(bookmarks.iter().take(ROWS_MAX).map(|bookmark| {
        let shown = bookmark.bytes.iter().take(BOOKMARK_BYTES_MAX);
        // The name came from a device or host: nothing in it may steer a terminal.
        let name = bookmark.name.escape_debug().to_string();
        [name, bookmark.bytes.len().to_string(), shown.map(|byte| format!("{byte:02x}")).collect()]
    }));
    out.push_str(&aligned(&rows));
    more(bookmarks.len(), out);
}

fn more(count: usize, out: &mut String) {
    if count > ROWS_MAX {
        line(out, format_args!("  and {} more", count - ROWS_MAX));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to memory cannot fail");
}

/// How long ago, by the wall clock; a clock that was not set says nothing.
fn age(then: Option<&Stamp>, now_ms: i64) -> String {
    match then {
        None => "-".to_owned(),
        Some(then) if then.clock == ClockState::Unset => "before the clock was set".to_owned(),
        Some(then) => match u64::try_from(now_ms.saturating_sub(then.wall_ms)) {
            Ok(ago_ms) => format!("{} ago", span(ago_ms)),
            Err(_) => "in the future".to_owned(),
        },
    }
}
