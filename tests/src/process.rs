//! A process under test. Its output goes to a file; what it said last is printed when the test fails; it never outlives
//! its test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::until;

/// Lines of a log that a failing test prints.
const LINES_PRINTED: usize = 60;

#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

impl Process {
    /// A log that is there already goes on: a process that was killed and started again has one log.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Process {
        let file = File::options().create(true).append(true).open(log);
        let file = file.unwrap_or_else(|error| panic!("cannot write {}: {error}", log.display()));
        let other = file.try_clone().expect("a file handle can be cloned");
        let child = command.stdout(file).stderr(other).spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Process { name: name.to_owned(), child, log: log.to_owned(), ended: None }
    }

    /// The other end of its standard input; the command must have piped it.
    pub fn take_input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("a piped input, taken once")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: the process learns nothing of it.
    pub fn kill(&mut self) {
        self.end();
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap_or_else(|error| panic!("cannot signal {}: {error}", self.name));
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.ended = self.ended.or_else(|| self.child.try_wait().expect("a child can be asked"));
        self.ended
    }

    /// Waits for it to end by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let what = format!("{} to end", self.name);
        until(&what, async || self.has_ended().ok_or_else(|| "it runs".to_owned())).await
    }

    pub fn log(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Bytes of memory that it holds.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    }

    /// A tracer's child would outlive its tracer.
    fn end(&mut self) {
        let pid = self.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)) {
            // It may have ended just now.
            let _ = kill_process(child, Signal::KILL);
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }

    #[expect(clippy::print_stderr, reason = "the test harness shows it with the failure")]
    fn tell(&self) {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let from = lines.len().saturating_sub(LINES_PRINTED);
        eprintln!(
            "--- the last of {} lines of {} ---\n{}\n---",
            lines.len(),
            self.name,
            lines[from..].join("\n")
        );
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            self.tell();
        }
    }
}
