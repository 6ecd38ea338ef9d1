//! The keeper of one process: starts it, waits for its end, starts it again; and ends it when it is told to.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use runtime::shutdown::Shutdown;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{self, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::restarts::Restarts;
use super::{Child, Output, Report, STOP_GRACE, What};

/// What is left in a pipe is there at once.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The standard output of a process, line by line.
type Spoken = Lines<BufReader<ChildStdout>>;

pub(super) struct Keeper {
    child: Child,
    reports: mpsc::Sender<Report>,
    restarts: Restarts,
}

/// How one life of the process was over.
enum Over {
    Stopped,
    Ended(ExitStatus),
}

impl Keeper {
    pub(super) fn new(child: Child, reports: mpsc::Sender<Report>) -> Self {
        Self { child, reports, restarts: Restarts::new() }
    }

    /// Ends with the process, once `stop` has begun.
    pub(super) async fn run(mut self, stop: Shutdown) {
        while !stop.begun() {
            let began = Instant::now();
            let (what, again_after) = match self.live(&stop).await {
                Ok(Over::Stopped) => return,
                Ok(Over::Ended(status)) => {
                    let again_after = self.restarts.after(began.elapsed());
                    (What::Ended { how: in_words(status), again_after }, again_after)
                }
                Err(error) => {
                    let again_after = self.restarts.after(began.elapsed());
                    (What::NotStarted { why: error.to_string(), again_after }, again_after)
                }
            };
            self.report(what).await;
            tokio::select! {
                () = sleep(again_after) => {}
                () = stop.wait() => return,
            }
        }
    }

    async fn live(&self, stop: &Shutdown) -> io::Result<Over> {
        let mut process = self.spawn()?;
        // Until it has been waited for, a process has its id.
        let pid = process.id().unwrap_or_default();
        let mut lines = process.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        self.report(What::Started { pid }).await;
        loop {
            tokio::select! {
                status = process.wait() => {
                    let status = status?;
                    self.last_words(lines).await;
                    return Ok(Over::Ended(status));
                }
                () = stop.wait() => {
                    end(&mut process).await?;
                    return Ok(Over::Stopped);
                }
                line = next_line(&mut lines) => match line {
                    Some(line) => self.report(What::Said(line)).await,
                    None => lines = None,
                },
            }
        }
    }

    fn spawn(&self) -> io::Result<process::Child> {
        // A process that was killed and started again has one log.
        let log = File::options().create(true).append(true).open(&self.child.log)?;
        let stdout = match self.child.output {
            Output::Logged => Stdio::from(log.try_clone()?),
            Output::Reported => Stdio::piped(),
        };
        let mut command = Command::new(&self.child.program);
        command.args(&self.child.arguments).stdin(Stdio::null()).stdout(stdout).stderr(log);
        // Ctrl-C at the terminal is for the demo, which ends its processes in order; and none outlives a panic of it.
        command.process_group(0).kill_on_drop(true);
        command.spawn()
    }

    /// What is still in the pipe of a process that has ended.
    async fn last_words(&self, lines: Option<Spoken>) {
        let Some(mut lines) = lines else { return };
        // Somebody it started may hold the pipe open; what comes then is not its own.
        while let Ok(Ok(Some(line))) = timeout(LAST_WORDS, lines.next_line()).await {
            self.report(What::Said(line)).await;
        }
    }

    async fn report(&self, what: What) {
        // Nobody listens any more when the demo ends, and then nobody needs to know.
        drop(self.reports.send(Report { child: self.child.name, what }).await);
    }
}

/// Waits for ever when there is nothing to read.
async fn next_line(lines: &mut Option<Spoken>) -> Option<String> {
    match lines {
        Some(lines) => lines.next_line().await.ok().flatten(),
        None => std::future::pending().await,
    }
}

/// In order first, by force after [`STOP_GRACE`].
async fn end(process: &mut process::Child) -> io::Result<()> {
    let pid = process.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended just now, which the wait below finds out.
        let _ = kill_process(pid, Signal::TERM);
    }
    match timeout(STOP_GRACE, process.wait()).await {
        Ok(status) => status.map(drop),
        Err(_) => process.kill().await,
    }
}

fn in_words(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(9), _) => "was killed (SIGKILL)".to_owned(),
        (Some(15), _) => "was ended (SIGTERM)".to_owned(),
        (Some(signal), _) => format!("was killed (signal {signal})"),
        (None, Some(code)) => format!("ended with status {code}"),
        (None, None) => "ended".to_owned(),
    }
}
