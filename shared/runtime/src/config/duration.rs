//! Durations as people write them in a file: a whole number and one unit, `"250ms"` or `"7d"`.

use std::time::Duration;

/// Ten years. Anything longer is a slip of the pen, and instants stay far from overflowing.
pub const DURATION_MAX: Duration = Duration::from_secs(3_650 * 86_400);

/// Longest first, so that a duration is shown in the largest unit that fits without a remainder.
const UNITS_MS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The error says what is wrong and what to write instead.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!("`{text}` is not a duration; write {}", super::value::DURATION));
    }
    if unit.is_empty() {
        return Err(without_unit(number));
    }
    let Some((_, unit_ms)) = UNITS_MS.iter().find(|(name, _)| *name == unit) else {
        return Err(wrong_unit(text, number, unit));
    };
    let duration =
        number.parse::<u64>().ok().and_then(|n| n.checked_mul(*unit_ms)).map(Duration::from_millis);
    duration
        .filter(|duration| *duration <= DURATION_MAX)
        .ok_or_else(|| format!("`{text}` is too long; write at most \"{}\"", show(DURATION_MAX)))
}

/// The form in which `parse` reads it back; what is finer than a millisecond is cut off.
pub(super) fn show(duration: Duration) -> String {
    let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let fits = |unit_ms: u64| ms >= unit_ms && ms.is_multiple_of(unit_ms);
    let (unit, unit_ms) = UNITS_MS.iter().find(|(_, unit_ms)| fits(*unit_ms)).unwrap_or(&("s", 1_000));
    format!("{}{unit}", ms / unit_ms)
}

pub(super) fn without_unit(number: impl std::fmt::Display) -> String {
    format!(
        "a duration needs a unit; write \"{number}ms\", \"{number}s\", \"{number}m\", \"{number}h\" or \"{number}d\""
    )
}

fn wrong_unit(text: &str, number: &str, unit: &str) -> String {
    let meant = unit.trim().to_ascii_lowercase();
    if UNITS_MS.iter().any(|(name, _)| *name == meant) {
        return format!(
            "`{text}` is not a duration; write \"{number}{meant}\", in small letters and without spaces"
        );
    }
    if unit.starts_with(['.', ',']) {
        return format!(
            "`{text}` has a fraction; write a whole number of a smaller unit, such as \"1500ms\""
        );
    }
    format!("`{text}` has an unknown unit; write a whole number with ms, s, m, h or d, such as \"{number}s\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read() {
        let read = |text| parse(text).unwrap().as_millis();
        assert_eq!(read("0s"), 0);
        assert_eq!(read("250ms"), 250);
        assert_eq!(read("5s"), 5_000);
        assert_eq!(read("2m"), 120_000);
        assert_eq!(read("1h"), 3_600_000);
        assert_eq!(read("7d"), 604_800_000);
        assert_eq!(read("3650d"), DURATION_MAX.as_millis());
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for text in ["0s", "1ms", "250ms", "1s", "90s", "2m", "1h", "25h", "7d", "3650d"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
        assert_eq!(show(Duration::from_millis(86_400_001)), "86400001ms");
        assert_eq!(show(Duration::from_micros(1_500)), "1ms");
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        let refused = |text| parse(text).unwrap_err();
        assert!(refused("").contains("is not a duration"));
        assert!(refused("soon").contains("is not a duration"));
        assert!(refused("-5s").contains("is not a duration"));
        assert!(refused("30").contains("\"30s\""));
        assert!(refused("5 s").contains("write \"5s\""));
        assert!(refused("5S").contains("write \"5s\""));
        assert!(refused("1.5s").contains("fraction"));
        assert!(refused("5min").contains("unknown unit"));
        assert!(refused("1h30m").contains("unknown unit"));
        assert!(refused("3651d").contains("at most \"3650d\""));
        assert!(refused("99999999999999999999d").contains("too long"));
        assert!(refused("18446744073709551615d").contains("too long"));
    }
}
