//! What a process holds at one moment, as /proc tells it.

use std::fs;
use std::io;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) resident_bytes: u64,
    pub(super) descriptors: u64,
}

const KIB: u64 = 1_024;

impl Sample {
    pub(super) fn of(pid: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let resident =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let resident = resident.and_then(|kib| kib.parse::<u64>().ok());
        let resident_bytes = resident.ok_or_else(|| io::Error::other("/proc says no VmRSS"))? * KIB;
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd"))?.count() as u64;
        Ok(Self { resident_bytes, descriptors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_holds_memory_and_descriptors() {
        let before = Sample::of(std::process::id()).unwrap();
        let _file = fs::File::open("/proc/self/status").unwrap();
        let after = Sample::of(std::process::id()).unwrap();
        assert!(before.resident_bytes > 0);
        assert!(after.descriptors > 0);
        assert!(Sample::of(0).is_err(), "there is no process 0");
    }
}
