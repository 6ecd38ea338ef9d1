//! A hub: its configuration, its process, its ports. Killed and started again it listens where it did before.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use rustix::process::Signal;
use serde::Deserialize;

use crate::api::Api;
use crate::process::Process;
use crate::program;
use crate::wait::until;

/// Where a hub listens.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Ports {
    pub gate: SocketAddr,
    pub api: SocketAddr,
    pub loopback: SocketAddr,
}

/// What differs between the hubs of tests.
#[derive(Clone, Debug)]
pub struct HubSettings {
    pub parts: Vec<(String, Vec<String>)>,
    pub data: PathBuf,
    pub silent_after: String,
    /// Further sections, such as `[journal]`.
    pub more: String,
}

#[derive(Debug)]
pub struct Hub {
    folder: PathBuf,
    settings: HubSettings,
    /// A loopback address of its own, with port 0 until the first start.
    ports: Ports,
    process: Option<Process>,
    /// One that has ended; kept so that its log is printed if the test fails.
    past: Option<Process>,
}

impl Hub {
    pub fn new(folder: PathBuf, address: std::net::IpAddr, settings: HubSettings) -> Self {
        let free = SocketAddr::new(address, 0);
        Self {
            folder,
            settings,
            ports: Ports { gate: free, api: free, loopback: free },
            process: None,
            past: None,
        }
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&mut self, api: &Api) {
        self.launch().await;
        until("the hub to be ready", async || match api.with_base(&self.base()).try_get("/readyz").await {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) => Err(format!("{} {}", answer.status, answer.body)),
            Err(error) => Err(format!("{error:#}")),
        })
        .await;
    }

    /// Starts it and waits until it listens.
    pub async fn launch(&mut self) {
        assert!(self.process.is_none(), "the hub runs already");
        self.past = None;
        fs::write(self.config(), self.toml()).expect("the site's folder can be written");
        let ports_file = self.folder.join("ports.json");
        drop(fs::remove_file(&ports_file));
        let mut command = program::command("strongroom-hub");
        command.arg("run").arg("--config").arg(self.config()).arg("--ports-file").arg(&ports_file);
        let mut process = Process::start("the hub", &mut command, &self.folder.join("hub.log"));
        self.ports = until("the hub to listen", async || {
            if let Some(status) = process.has_ended() {
                panic!("the hub ended at its start with {status}");
            }
            let text = fs::read_to_string(&ports_file).map_err(|error| error.to_string())?;
            serde_json::from_str(&text).map_err(|error| error.to_string())
        })
        .await;
        self.process = Some(process);
    }

    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the hub runs");
        process.kill();
        self.past = Some(process);
    }

    /// SIGTERM, and the wait for its end.
    pub async fn stop(&mut self) -> ExitStatus {
        self.process().signal(Signal::TERM);
        self.ended().await
    }

    /// Waits for it to end by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let status = self.process.as_mut().expect("the hub was started").ended().await;
        self.past = self.process.take();
        status
    }

    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("the hub runs")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("hub.log")).unwrap_or_default()
    }

    pub fn ports(&self) -> Ports {
        self.ports
    }

    pub fn base(&self) -> String {
        format!("https://{}", self.ports.api)
    }

    pub fn config(&self) -> PathBuf {
        self.folder.join("hub.toml")
    }

    pub fn data(&self) -> &Path {
        &self.settings.data
    }

    fn toml(&self) -> String {
        let HubSettings { parts, data, silent_after, more } = &self.settings;
        let Ports { gate, api, loopback } = self.ports;
        let part = |(id, edges): &(String, Vec<String>)| {
            format!("[[parts]]\nid = {id:?}\nname = \"Part {id}\"\nedges = {edges:?}\n")
        };
        let parts: String = parts.iter().map(part).collect();
        format!(
            r#"[hub]
site = {site:?}
data = {data:?}
[gate]
listen = "{gate}"
ca = "pki/ca.pem"
crl = "pki/crl.pem"
certificate = "pki/issued/server-hub.pem"
key = "pki/issued/server-hub.key"
[api]
listen = "{api}"
certificate = "pki/issued/server-hub.pem"
key = "pki/issued/server-hub.key"
tokens = "tokens.json"
loopback = "{loopback}"
[liveness]
silent_after = {silent_after:?}
after_start = {silent_after:?}
[rules]
pack = "rules.toml"
{more}
{parts}"#,
            site = crate::authority::SITE,
        )
    }
}
