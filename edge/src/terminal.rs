//! What every text for people has in common: columns, lengths of time, sizes. Pure.

use std::fmt::Write;

/// Columns under each other. The widths are counted in characters.
pub(crate) fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            write!(line, "{cell:width$}  ").expect("writing to memory cannot fail");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A length of time in its largest unit of which there are two.
pub(crate) fn span(ms: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)];
    let fitting = UNITS.into_iter().find(|(_, unit_ms)| ms >= 2 * unit_ms);
    let (unit, unit_ms) = fitting.unwrap_or(if ms < 1_000 { ("ms", 1) } else { ("s", 1_000) });
    format!("{} {unit}", ms / unit_ms)
}

/// Bytes in their largest fitting unit.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let fitting = UNITS.into_iter().find(|(_, unit_bytes)| bytes >= *unit_bytes);
    let (unit, unit_bytes) = fitting.unwrap_or(("B", 1));
    format!("{} {unit}", bytes / unit_bytes)
}

/// Whole days until then, by two times in seconds; negative once it is over.
pub(crate) fn days_left(end_s: i64, now_s: i64) -> i64 {
    end_s.saturating_sub(now_s).div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_unit_that_says_most() {
        let spans = [0, 999, 1_999, 2_000, 119_999, 120_000, 7_200_000, 90 * 86_400_000].map(span);
        assert_eq!(spans, ["0 ms", "999 ms", "1 s", "2 s", "119 s", "2 min", "2 h", "90 d"]);
    }

    #[test]
    fn sizes_are_told_in_whole_units() {
        let sizes = [0, 1_023, 1_024, 3 << 20, 268_435_456, u64::MAX].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1 KiB", "3 MiB", "256 MiB", "17179869183 GiB"]);
    }

    #[test]
    fn days_are_whole_and_negative_once_it_is_over() {
        assert_eq!(days_left(86_400 * 30 + 86_399, 0), 30);
        assert_eq!([86_399, 0, -1].map(|end_s| days_left(end_s, 0)), [0, 0, -1]);
        assert_eq!(days_left(i64::MAX, i64::MIN), i64::MAX / 86_400);
    }

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["a", "bb"], ["größer", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows), "a       bb\ngrößer\n");
    }
}
