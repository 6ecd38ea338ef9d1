//! A real edge: its configuration and its process. Killed and started again it goes on with its spool.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use runtime::tls::ClientFiles;
use serde_json::Value;

use crate::field::Field;
use crate::process::Process;
use crate::program;
use crate::wait::{soon, until};

/// Quick enough for tests, and slow enough for two cores.
const POLL_INTERVAL: &str = "50ms";
const STATUS_PORT: u16 = 9_640;

/// What differs between the edges of tests.
#[derive(Clone, Debug, Default)]
pub struct EdgeSettings {
    /// (id, profile, address, unit)
    devices: Vec<(String, String, SocketAddr, u8)>,
    arming: Option<String>,
    hub: Option<SocketAddr>,
    more: String,
}

impl EdgeSettings {
    /// The devices of [`crate::field::ROOM`], with the part's arming from the panel.
    pub fn room(field: &Field) -> Self {
        let profile = |class: &str| match class {
            "panel" => "alarm-panel",
            "door" => "door-controller",
            "cabinet" => "cabinet-lock",
            other => panic!("no profile for {other}"),
        };
        let device = |(name, class, unit): &(&str, &str, u8)| {
            ((*name).to_owned(), profile(class).to_owned(), field.address(name), *unit)
        };
        let devices = crate::field::ROOM.iter().map(device).collect();
        Self { devices, arming: Some("panel-1".to_owned()), hub: None, more: String::new() }
    }

    /// A further device that is polled over TCP.
    #[must_use]
    pub fn device(mut self, id: &str, profile: &str, address: SocketAddr, unit: u8) -> Self {
        self.devices.push((id.to_owned(), profile.to_owned(), address, unit));
        self
    }

    /// Further sections of the configuration.
    #[must_use]
    pub fn more(mut self, toml: &str) -> Self {
        self.more.push_str(toml);
        self
    }

    /// Another way to the hub, such as a proxy.
    #[must_use]
    pub fn by_way_of(mut self, address: SocketAddr) -> Self {
        self.hub = Some(address);
        self
    }
}

pub struct RealEdge {
    name: String,
    folder: PathBuf,
    hub: SocketAddr,
    /// Where it answers for itself. One real edge a site: the address is the site's own, and the port is always the same.
    status: SocketAddr,
    files: ClientFiles,
    toml: String,
    process: Option<Process>,
    /// One that has ended; kept so that its log is printed if the test fails.
    past: Option<Process>,
}

impl RealEdge {
    pub fn new(
        site: &Path,
        edge: &str,
        hub: SocketAddr,
        files: &ClientFiles,
        settings: EdgeSettings,
    ) -> Self {
        let folder = site.join(edge);
        fs::create_dir_all(&folder).expect("the site's folder can be written");
        let status = SocketAddr::new(hub.ip(), STATUS_PORT);
        let toml = toml(edge, hub, files, &settings);
        let (name, files) = (edge.to_owned(), files.clone());
        Self { name, folder, hub, status, files, toml, process: None, past: None }
    }

    /// Writes another configuration, and tells the edge to read it (SIGHUP).
    pub fn reload(&mut self, settings: &EdgeSettings) {
        self.toml = toml(&self.name, self.hub, &self.files, settings);
        fs::write(self.config(), &self.toml).expect("the site's folder can be written");
        self.process().signal(rustix::process::Signal::HUP);
    }

    /// Writes the same configuration with one more remark in it, and tells the edge to read it (SIGHUP).
    pub fn touch(&mut self) {
        self.toml.push_str("# Read again.\n");
        fs::write(self.config(), &self.toml).expect("the site's folder can be written");
        self.process().signal(rustix::process::Signal::HUP);
    }

    /// A file beside its configuration, such as a device profile.
    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).expect("the site's folder can be written");
    }

    pub fn start(&mut self) {
        assert!(self.process.is_none(), "{} runs already", self.name);
        self.past = None;
        fs::write(self.config(), &self.toml).expect("the site's folder can be written");
        let mut command = program::command("strongroom-edge");
        command.arg("run").arg("--config").arg(self.config());
        self.process = Some(Process::start(&self.name, &mut command, &self.folder.join("edge.log")));
    }

    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the edge runs");
        process.kill();
        self.past = Some(process);
    }

    /// SIGTERM, and the wait for its end.
    pub async fn stop(&mut self) {
        let process = self.process();
        process.signal(rustix::process::Signal::TERM);
        let status = process.ended().await;
        assert!(status.success(), "{} ended with {status}", self.name);
        self.past = self.process.take();
    }

    /// What it says of itself, here and now, through its own command line.
    pub fn status(&self) -> Value {
        let address = self.status.to_string();
        let said = program::run("strongroom-edge", &["status", "--json", "--address", &address]);
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err))
    }

    /// A page of its own, such as `/metrics`.
    pub async fn page(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.status);
        let page = async { reqwest::get(&url).await?.text().await };
        soon(&url, page).await.unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    /// Waits until it has heard the device as it is now, and has written down what is urgent of it: the next thing that it
    /// hears may have been under way already, so it takes two.
    pub async fn hears(&self, device: &str) {
        let wanted = self.heard(device).await + 2;
        until(&format!("the edge to hear {device}"), async || {
            let heard = self.heard(device).await;
            if heard >= wanted { Ok(()) } else { Err(format!("{heard} of {wanted} times")) }
        })
        .await;
    }

    async fn heard(&self, device: &str) -> u64 {
        let status: Value = serde_json::from_str(&self.page("/status").await).expect("status is JSON");
        let mut devices = status["devices"].as_array().into_iter().flatten();
        let found = devices.find(|found| found["id"] == device);
        let found = found.unwrap_or_else(|| panic!("no device {device} in {status}"));
        found["scans_good"].as_u64().expect("how often a device was heard is counted")
    }

    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("the edge runs")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("edge.log")).unwrap_or_default()
    }

    pub fn config(&self) -> PathBuf {
        self.folder.join("edge.toml")
    }

    pub fn spool(&self) -> PathBuf {
        self.folder.join("spool.redb")
    }
}

fn toml(edge: &str, hub: SocketAddr, files: &ClientFiles, settings: &EdgeSettings) -> String {
    let device = |(id, profile, address, unit): &(String, String, SocketAddr, u8)| {
        format!(
            "[[devices]]\nid = {id:?}\nprofile = {profile:?}\naddress = \"{address}\"\nunit = {unit}\n\
             poll_interval = {POLL_INTERVAL:?}\n"
        )
    };
    let devices: String = settings.devices.iter().map(device).collect();
    let arming =
        settings.arming.as_ref().map_or(String::new(), |device| format!("[arming]\ndevice = {device:?}\n"));
    format!(
        r#"[edge]
id = {edge:?}
[uplink]
hubs = ["{hub}"]
server_name = "localhost"
ca = {ca:?}
certificate = {certificate:?}
key = {key:?}
heartbeat_interval = "1s"
[status]
address = "{status}"
[spool]
path = "spool.redb"
bytes_max = 16777216
routine_interval = "200ms"
{arming}{devices}{more}"#,
        more = settings.more,
        status = SocketAddr::new(hub.ip(), STATUS_PORT),
        hub = settings.hub.unwrap_or(hub),
        ca = files.ca,
        certificate = files.certificate,
        key = files.key,
    )
}
