//! The processes of the demo: each has a keeper that starts it again when it ends, as a service manager would. They end in
//! order: edges first, so that they can still hand over what they hold, then the hub, then the devices.

mod keeper;
pub mod record;
mod restarts;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use runtime::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::keeper::Keeper;

/// From SIGTERM to SIGKILL.
pub const STOP_GRACE: Duration = Duration::from_secs(5);
/// Reports that wait for the demo to read them: a burst of lines of all devices at once.
const REPORTS_MAX: usize = 1_024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Edge,
    Hub,
    Devices,
}

const STOP_ORDER: [Role; 3] = [Role::Edge, Role::Hub, Role::Devices];

/// How a process is started, each time the same way.
#[derive(Clone, Debug)]
pub struct Child {
    pub name: &'static str,
    pub role: Role,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// The configuration file among the arguments, by which the process is known again.
    pub config: PathBuf,
    pub log: PathBuf,
    pub output: Output,
}

/// What becomes of the standard output. The standard error always goes to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Logged,
    /// Reported line by line.
    Reported,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub child: &'static str,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Started {
        pid: u32,
    },
    /// Although nobody asked it to; it is started again after `again_after`.
    Ended {
        how: String,
        again_after: Duration,
    },
    NotStarted {
        why: String,
        again_after: Duration,
    },
    Said(String),
}

/// The handle; clones share the same processes.
#[derive(Clone)]
pub struct Crew(Arc<Inside>);

struct Inside {
    reports: mpsc::Sender<Report>,
    stops: [(Role, Shutdown); 3],
    keepers: Mutex<Vec<(Role, JoinHandle<()>)>>,
}

impl Crew {
    pub fn new() -> (Self, mpsc::Receiver<Report>) {
        let (reports, receiver) = mpsc::channel(REPORTS_MAX);
        let stops = STOP_ORDER.map(|role| (role, Shutdown::new()));
        (Self(Arc::new(Inside { reports, stops, keepers: Mutex::default() })), receiver)
    }

    pub fn start(&self, child: Child) {
        let role = child.role;
        let keeper = Keeper::new(child, self.0.reports.clone());
        let task = tokio::spawn(keeper.run(self.stop_of(role).clone()));
        self.0.keepers.lock().unwrap_or_else(PoisonError::into_inner).push((role, task));
    }

    /// Ends every process; afterwards none runs.
    pub async fn stop(&self) {
        for role in STOP_ORDER {
            self.stop_of(role).begin();
            for (_, keeper) in self.take(role) {
                // One that panicked has taken its process with it.
                drop(keeper.await);
            }
        }
    }

    fn take(&self, role: Role) -> Vec<(Role, JoinHandle<()>)> {
        let mut keepers = self.0.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        keepers.extract_if(.., |(of, _)| *of == role).collect()
    }

    fn stop_of(&self, role: Role) -> &Shutdown {
        let (_, stop) = self.0.stops.iter().find(|(of, _)| *of == role).expect("every role has its stop");
        stop
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    const FOREVER: &str = "echo up; while :; do sleep 0.05; done";

    fn child(dir: &Path, name: &'static str, role: Role, script: &str) -> Child {
        Child {
            name,
            role,
            program: "/bin/sh".into(),
            config: dir.join("no.toml"),
            arguments: vec!["-c".into(), script.into()],
            log: dir.join(format!("{name}.log")),
            output: Output::Reported,
        }
    }

    async fn next(reports: &mut mpsc::Receiver<Report>) -> Report {
        tokio::time::timeout(Duration::from_secs(30), reports.recv()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_killed_process_is_started_again_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let (crew, mut reports) = Crew::new();
        crew.start(child(dir.path(), "edge", Role::Edge, "echo here; exec sleep 600"));
        let What::Started { pid } = next(&mut reports).await.what else { panic!("it starts") };
        assert_eq!(next(&mut reports).await.what, What::Said("here".into()));
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
        let What::Ended { how, again_after } = next(&mut reports).await.what else { panic!("it ended") };
        assert_eq!(how, "was killed (SIGKILL)");
        assert!(again_after < Duration::from_secs(1));
        let What::Started { pid: again } = next(&mut reports).await.what else { panic!("it starts again") };
        assert_ne!(again, pid);
        crew.stop().await;
        assert!(!Path::new(&format!("/proc/{again}")).exists());
    }

    #[tokio::test]
    async fn processes_end_in_order_and_a_stubborn_one_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let (crew, mut reports) = Crew::new();
        let farewell = |name: &str| {
            let ended = dir.path().join("ended");
            format!("trap 'echo {name} >>{}; exit 0' TERM; {FOREVER}", ended.display())
        };
        crew.start(child(dir.path(), "devices", Role::Devices, &farewell("devices")));
        crew.start(child(dir.path(), "hub", Role::Hub, &format!("trap '' TERM; {FOREVER}")));
        crew.start(child(dir.path(), "edge", Role::Edge, &farewell("edge")));
        let mut up = 0;
        while up < 3 {
            up += usize::from(next(&mut reports).await.what == What::Said("up".into()));
        }
        crew.stop().await;
        assert_eq!(std::fs::read_to_string(dir.path().join("ended")).unwrap(), "edge\ndevices\n");
    }
}
