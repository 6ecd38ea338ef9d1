//! Child processes that never outlive the bench: they end in order, and the kernel kills them if the bench is killed.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, getppid, kill_process, set_parent_process_death_signal};

/// The hidden command of the bench that becomes the child: between fork and exec, safe code of ours can run nowhere else.
pub(crate) const GUARDED: &str = "guarded";

/// A hub drains for 10 s at most.
const STOP_MAX: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(10);

pub(crate) struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

/// Last lines of a log that are shown when its process has failed.
const LINES_SHOWN: usize = 5;

impl Process {
    /// Output goes to `log`.
    pub(crate) fn start(program: &Path, arguments: &[&str], log: &Path) -> anyhow::Result<Self> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let own = std::env::current_exe().context("cannot find this program's own file")?;
        let child = Command::new(own)
            .arg(GUARDED)
            .arg(std::process::id().to_string())
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { child, name, log: log.to_owned() })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails if the process has ended.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended by itself ({status}):\n{}", self.name, self.last_words()),
        }
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n")
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        let begun = Instant::now();
        while begun.elapsed() < STOP_MAX {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        bail!("{} did not end within {} s of SIGTERM", self.name, STOP_MAX.as_secs())
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a process id fits")?;
        kill_process(id, signal).with_context(|| format!("cannot signal {}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already ended is as good as ended now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Becomes the program in `arguments`, which the kernel kills when the bench is gone. Returns only if that fails.
pub(crate) fn become_guarded(
    parent: u32,
    program: &OsString,
    arguments: &[OsString],
) -> io::Result<Infallible> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // A parent that was gone before this line sends no signal any more.
    let still_there = getppid().is_some_and(|id| id.as_raw_nonzero().get().unsigned_abs() == parent);
    if !still_there {
        return Err(io::Error::other("the bench is gone already"));
    }
    Err(Command::new(program).args(arguments).exec())
}
