//! A made-up system, an agent that observes it, and the broker that it reports to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use strongroom_edge::field::report::{Points, Reports, TOPIC_SUFFIX};
use tempfile::TempDir;
use wire::{BootId, ClockState, DeviceId, Kind, Marks, PointNo, Stamp};

use crate::authority;
use crate::broker::Broker;

const PATIENCE: Duration = Duration::from_secs(60);
const AGENT: &str = env!("CARGO_BIN_EXE_strongroom-host-agent");
const TOKEN: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// Waits for a condition; a test that waits in vain says for what.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn signal(process: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

pub(crate) struct Room {
    folder: TempDir,
    pub(crate) broker: Broker,
    agent: Option<Child>,
}

pub(crate) enum By {
    Certificate,
    Token,
}

impl Room {
    pub(crate) fn new(by: By) -> Self {
        let folder = TempDir::new().unwrap();
        authority::issue(folder.path(), "desk-1");
        let broker = Broker::new(folder.path(), "desk-1", TOKEN);
        let room = Self { folder, broker, agent: None };
        room.write("sys/class/net/eth0/operstate", "up\n");
        for empty in ["sys/bus/usb/devices", "proc/net", "run/systemd/sessions"] {
            fs::create_dir_all(room.path(empty)).unwrap();
        }
        fs::write(room.path("token"), format!("{TOKEN}\n")).unwrap();
        let (port, credentials) = match by {
            By::Certificate => (room.broker.certificates, "certificate = \"agent.pem\"\nkey = \"agent.key\""),
            By::Token => (room.broker.logins, "token_file = \"token\""),
        };
        let config = format!(
            "[agent]\ndevice = \"desk-1\"\nhost = \"desk-1\"\npolicy = \"p1\"\n\
             [edge]\naddress = \"127.0.0.1:{port}\"\nserver_name = \"localhost\"\nca = \"ca.pem\"\n{credentials}\n\
             [buffer]\nfolder = \"buffer\"\n\
             [observe]\ninterval = \"50ms\"\nheartbeat = \"1s\"\nsysfs = \"sys\"\nproc = \"proc\"\nrun = \"run\"\n\
             [[media]]\nserial = \"60A4\"\nlevel = \"secret\"\n"
        );
        fs::write(room.config(), config).unwrap();
        room
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("agent.toml")
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path: &Path = &self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn plug(&self, port: &str, serial: &str) {
        // The class comes last: only then it is a medium.
        self.write(&format!("sys/bus/usb/devices/{port}/idVendor"), "0951\n");
        self.write(&format!("sys/bus/usb/devices/{port}/serial"), &format!("{serial}\n"));
        self.write(&format!("sys/bus/usb/devices/{port}:1.0/bInterfaceClass"), "08\n");
    }

    pub(crate) fn start_agent(&mut self) {
        let mut command = Command::new(AGENT);
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        command
            .arg("run")
            .arg("--config")
            .arg(self.config())
            .env("RUST_LOG", "strongroom_edge=debug")
            .stdout(Stdio::null())
            .stderr(log);
        self.agent = Some(command.spawn().unwrap());
    }

    /// Writes down the agent's calls of the kernel until it ends.
    pub(crate) fn trace_agent(&self, calls: &str, into: &Path) -> Child {
        let agent = self.agent.as_ref().unwrap().id().to_string();
        let mut command = Command::new("strace");
        command.args(["-f", "-e", calls, "-p", &agent, "-o"]).arg(into);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// As the kernel ends it: at once.
    pub(crate) fn kill_agent(&mut self) {
        let mut agent = self.agent.take().unwrap();
        agent.kill().unwrap();
        agent.wait().unwrap();
    }

    pub(crate) fn stop_agent(&mut self) -> ExitStatus {
        let mut agent = self.agent.take().unwrap();
        signal(agent.id(), "-TERM");
        agent.wait().unwrap()
    }

    /// What all agents of this room have logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// From the next start on.
    pub(crate) fn beat_every(&self, heartbeat: &str) {
        let config = fs::read_to_string(self.config()).unwrap();
        fs::write(self.config(), config.replace("heartbeat = \"1s\"", &format!("heartbeat = {heartbeat:?}")))
            .unwrap();
    }

    /// Whether a text stands in the agent's buffer.
    pub(crate) fn is_kept(&self, text: &str) -> bool {
        let files = fs::read_dir(self.path("buffer")).into_iter().flatten().flatten();
        files
            .into_iter()
            .any(|file| fs::read_to_string(file.path()).is_ok_and(|content| content.contains(text)))
    }

    pub(crate) fn received(&self) -> Vec<Json> {
        self.broker.received().iter().map(|payload| serde_json::from_slice(payload).unwrap()).collect()
    }

    /// The kinds of all events that came, in their order; those of a report that came twice stand twice.
    pub(crate) fn events(&self) -> Vec<String> {
        let reports = self.received();
        let events = reports.iter().flat_map(|report| report["events"].as_array().unwrap());
        events.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// What an edge makes of everything that came: `kind value` of each sample that is an event. Nothing may be missing.
    pub(crate) fn as_an_edge_sees_it(&self) -> Vec<String> {
        let kinds: Vec<Kind> =
            Kind::ALL.iter().copied().filter(|kind| kind.name().starts_with("host.")).collect();
        let points = Points::new(PointNo(0), kinds.iter().copied());
        let mut reports = Reports::new(DeviceId::parse("desk-1").unwrap(), points);
        let mut lines = Vec::new();
        let payloads = self.broker.received();
        for (place, payload) in (0..).zip(&payloads) {
            let stamp = Stamp {
                boot: BootId([1; 16]),
                mono_ms: 1 << 40 | place,
                wall_ms: 0,
                clock: ClockState::Unset,
            };
            let taken = reports.take(TOPIC_SUFFIX, payload, stamp).unwrap();
            for sample in taken.scans.into_iter().flat_map(|(_, samples)| samples) {
                assert!(!sample.marks.contains(Marks::MISSED), "{}", String::from_utf8_lossy(payload));
                let kind = kinds[usize::from(sample.point.0)];
                lines.push(format!("{kind} {}", kind.value_type().describe(&sample.value.unwrap())));
            }
        }
        lines
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(mut agent) = self.agent.take() {
            let _ = agent.kill();
            let _ = agent.wait();
        }
    }
}
