//! What a process holds at one moment, as /proc tells it, and all such moments of one process.

use std::fmt;
use std::fs;
use std::io;

use super::growth::Growth;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) resident_bytes: u64,
    pub(super) descriptors: u64,
}

/// Of one process: one that was started anew begins anew.
#[derive(Debug, Default)]
pub(super) struct Samples {
    pid: u32,
    samples: Vec<Sample>,
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

impl Samples {
    pub(super) fn take(&mut self, pid: u32) {
        if pid != self.pid {
            *self = Self { pid, samples: Vec::new() };
        }
        self.samples.push(Sample::of(pid).expect("the process runs"));
    }

    pub(super) fn growth(&self) -> Growth {
        Growth::of(&self.samples)
    }
}

/// As it is now.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(last) = self.samples.last() else { return f.write_str("not looked at yet") };
        write!(f, "{} KiB, {} descriptors", last.resident_bytes / KIB, last.descriptors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_holds_memory_and_each_of_its_descriptors() {
        // Other tests of this process open and shut files meanwhile, but never so many.
        const OPENED: usize = 200;
        let before = Sample::of(std::process::id()).unwrap();
        let files: Vec<_> = (0..OPENED).map(|_| fs::File::open("/proc/self/status").unwrap()).collect();
        let after = Sample::of(std::process::id()).unwrap();
        assert!(before.resident_bytes > 0);
        assert!(after.descriptors >= before.descriptors + files.len() as u64 / 2, "{before:?}, {after:?}");
        assert!(Sample::of(0).is_err(), "there is no process 0");
    }

    #[test]
    fn a_process_that_was_started_anew_is_judged_anew() {
        let mut samples = Samples { pid: 1, samples: vec![Sample { resident_bytes: 1, descriptors: 1 }; 9] };
        samples.take(std::process::id());
        assert_eq!(samples.samples.len(), 1);
    }
}
