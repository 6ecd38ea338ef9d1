//! The machine, asked through the files in which the kernel shows it. What it does not show is `None`.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;
use tracing::debug;

/// No more zones are looked at: machines have a handful, and a folder of `/sys` may be anything.
const ZONES_MAX: usize = 64;
/// What a sensor of a living machine says; others are broken, or stand for something else.
const TEMPERATURES_TENTHS: std::ops::RangeInclusive<i64> = -1_000..=2_000;

/// Where the kernel shows the machine. Tests bring folders of their own.
#[derive(Clone, Debug)]
pub struct Machine {
    pub thermal: PathBuf,
    pub process: PathBuf,
}

impl Default for Machine {
    fn default() -> Self {
        Self { thermal: "/sys/class/thermal".into(), process: "/proc/self".into() }
    }
}

/// The file system of the spool, as far as this process may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    pub free_bytes: u64,
    pub free_percent: u8,
}

impl Disk {
    /// The folder of `file`, whether or not the file is there.
    pub fn under(file: &Path) -> Option<Disk> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match statvfs(folder) {
            Ok(is) => Some(disk(is.f_frsize, is.f_blocks, is.f_bavail)),
            Err(error) => {
                debug!(folder = %folder.display(), %error, "the file system cannot be measured");
                None
            }
        }
    }
}

/// Rounded down: one percent is only there once it is there whole.
fn disk(block_bytes: u64, blocks: u64, free: u64) -> Disk {
    let percent = u128::from(free) * 100 / u128::from(blocks.max(1));
    Disk { free_bytes: free.saturating_mul(block_bytes), free_percent: percent.min(100) as u8 }
}

impl Machine {
    /// The hottest zone, in tenths of a degree Celsius.
    pub fn temperature_tenths(&self) -> Option<i16> {
        let zones = fs::read_dir(&self.thermal).ok()?.flatten().take(ZONES_MAX);
        let zones = zones.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"thermal_zone"));
        zones.filter_map(|zone| tenths(&fs::read_to_string(zone.path().join("temp")).ok()?)).max()
    }

    /// What the process occupies of the memory.
    pub fn memory_bytes(&self) -> Option<u64> {
        resident_bytes(&fs::read_to_string(self.process.join("status")).ok()?)
    }

    pub fn open_files(&self) -> Option<u32> {
        // The folder itself is open while it is counted.
        let open = fs::read_dir(self.process.join("fd")).ok()?.count().saturating_sub(1);
        u32::try_from(open).ok()
    }
}

/// Thousandths of a degree, as `/sys` has them.
fn tenths(text: &str) -> Option<i16> {
    let tenths = text.trim().parse::<i64>().ok()?.div_euclid(100);
    TEMPERATURES_TENTHS.contains(&tenths).then_some(tenths as i16)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_living_machine_tells_of_itself() {
        let machine = Machine::default();
        assert!(machine.memory_bytes().unwrap() > 100_000);
        assert!(machine.open_files().unwrap() >= 3);
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::under(&folder.path().join("spool.redb")).unwrap();
        assert!(disk.free_bytes > 0 && disk.free_percent <= 100);
        assert_eq!(Disk::under(Path::new("/nowhere/at/all/spool.redb")), None);
    }

    #[test]
    fn the_hottest_sound_zone_counts() {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine { thermal: folder.path().into(), process: folder.path().into() };
        assert_eq!(machine.temperature_tenths(), None, "no sensor is not a cold machine");
        let zones =
            [("thermal_zone0", "41500\n"), ("thermal_zone1", "-274000000\n"), ("cooling_device0", "90000")];
        for (zone, text) in zones {
            fs::create_dir(folder.path().join(zone)).unwrap();
            fs::write(folder.path().join(zone).join("temp"), text).unwrap();
        }
        assert_eq!(machine.temperature_tenths(), Some(415));
        assert_eq!((machine.memory_bytes(), machine.open_files()), (None, None));
    }

    #[test]
    fn a_disk_is_measured_in_what_may_be_used() {
        assert_eq!(disk(4_096, 1_000, 429), Disk { free_bytes: 429 * 4_096, free_percent: 42 });
        assert_eq!(disk(4_096, 0, 0).free_percent, 0);
        assert_eq!(disk(u64::MAX, 1, u64::MAX).free_percent, 100);
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_nothing(text in "\\PC{0,40}") {
            let _ = (tenths(&text), resident_bytes(&format!("VmRSS:{text}kB")));
        }
    }
}
