//! The three things a process may ask the machine about time: which boot this is, how long it has
//! lasted, and what the wall clock says. Only shells ask; whatever decides takes time as an argument,
//! so that tests bring their own and no clock has to be faked.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

const BOOT_ID_FILE: &str = "/proc/sys/kernel/random/boot_id";

/// The random id that the kernel gave this boot of the machine.
pub fn boot_id() -> io::Result<[u8; 16]> {
    let text = std::fs::read_to_string(BOOT_ID_FILE)?;
    parse_boot_id(text.trim_end()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{BOOT_ID_FILE} does not hold a UUID"))
    })
}

/// Milliseconds since the machine booted, suspended time included. Never goes back within a boot.
pub fn boottime_ms() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    // The kernel counts CLOCK_BOOTTIME up from zero, so both fields are non-negative.
    time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000
}

/// Unix milliseconds of the wall clock, which may jump either way and is no base for any order.
pub fn wall_ms() -> i64 {
    unix_ms(SystemTime::now())
}

/// Clamped to what `i64` holds, except `i64::MIN`, so that negating a wall time never overflows.
fn unix_ms(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => whole_ms(since),
        Err(before) => -whole_ms(before.duration()),
    }
}

fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn parse_boot_id(text: &str) -> Option<[u8; 16]> {
    let digits: Vec<u8> =
        text.chars().filter(|c| *c != '-').map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len() == 32 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_id_is_read_from_the_kernel_and_stays() {
        let first = boot_id().unwrap();
        assert_ne!(first, [0; 16]);
        assert_eq!(first, boot_id().unwrap());
    }

    #[test]
    fn boot_id_is_parsed_digit_by_digit() {
        let id = parse_boot_id("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0").unwrap();
        assert_eq!(id[..4], [0x0f, 0x1e, 0x2d, 0x3c]);
        assert_eq!(id[15], 0xf0);
        assert_eq!(parse_boot_id("0f1e2d3c"), None);
        assert_eq!(parse_boot_id("xf1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"), None);
        assert_eq!(parse_boot_id("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0f"), None);
    }

    #[test]
    fn boottime_never_goes_back() {
        let times: Vec<u64> = (0..1_000).map(|_| boottime_ms()).collect();
        assert!(times.is_sorted());
        assert!(times[0] > 0);
    }

    #[test]
    fn wall_time_is_clamped_and_signed() {
        assert_eq!(unix_ms(UNIX_EPOCH + Duration::from_millis(1_500)), 1_500);
        assert_eq!(unix_ms(UNIX_EPOCH - Duration::from_millis(1_500)), -1_500);
        assert_eq!(whole_ms(Duration::MAX), i64::MAX);
    }
}
