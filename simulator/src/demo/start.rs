//! From nothing to a site that is up: each step is told with how long it took. A process that ends on the way is a failure
//! here; only later is it started again as if nothing had happened.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::crew::record::{self, Record};
use super::crew::{Child, Crew, Output, Report, Role, What};
use super::error::DemoError;
use super::files::write_whole;
use super::hub::api::Api;
use super::hub::ready;
use super::prepare::configs::{self, HubPorts};
use super::prepare::credentials::{self, PERSON};
use super::prepare::folder::Folder;
use super::prepare::ports::{Held, PortsError};
use super::prepare::programs::Programs;
use super::site::{HUB, ROOMS, Room, devices_in_all};
use super::story::so_far::SoFar;
use super::timeline::Timeline;
use super::voices::Voices;

/// A loaded machine is slow, and a process that hangs should still be told before anybody's patience ends.
const STEP_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Of a log, for the message about a process that ended.
const LAST_WORDS_LINES: usize = 12;

pub struct Start {
    pub timeline: Timeline,
    pub folder: Arc<Folder>,
    pub programs: Programs,
    pub crew: Crew,
    pub reports: mpsc::Receiver<Report>,
    pub shutdown: Shutdown,
    pub record: Record,
    pub voices: Voices,
}

/// Everything is up.
pub struct Up {
    pub api: Api,
    pub page: String,
    pub token: String,
    pub so_far: Vec<SoFar>,
}

/// The ports of the whole site.
struct Ports {
    hub: HubPorts,
    hub_held: Held,
    /// In the order of [`ROOMS`].
    rooms: Vec<Held>,
}

impl Start {
    pub async fn run(&mut self) -> Result<Up, DemoError> {
        let mut ports = Ports::choose()?;
        let so_far = self.write_configs(&ports)?;
        let token = self.credentials().await?;
        ports.rooms.iter_mut().for_each(Held::release);
        self.devices().await?;
        let page = format!("http://127.0.0.1:{}", ports.hub.loopback);
        let api = Api::new(&page, &token)?;
        ports.hub_held.release();
        self.hub(&api).await?;
        self.edges(&api).await?;
        self.record.up(self.demo(ports.hub, &page, &token))?;
        Ok(Up { api, page, token, so_far })
    }

    fn write_configs(&self, ports: &Ports) -> Result<Vec<SoFar>, DemoError> {
        let of = |owner: &str, file: &str| self.folder.of(owner, file);
        write_whole(&of(HUB, configs::HUB_FILE), &configs::hub(ports.hub))?;
        let mut so_far = Vec::new();
        for (room, ports_here) in ROOMS.iter().zip(&ports.rooms) {
            let ports_here = ports_here.ports();
            let edge = configs::edge(room, ports.hub.gate, &ports_here);
            write_whole(&of(room.edge, configs::EDGE_FILE), &edge)?;
            write_whole(&of(room.part, configs::SITE_FILE), &configs::site(room, &ports_here))?;
            so_far.push(SoFar::begin(of(room.part, configs::SO_FAR_FILE))?);
        }
        Ok(so_far)
    }

    async fn credentials(&mut self) -> Result<String, DemoError> {
        let (hub, folder) = (self.programs.hub.clone(), Arc::clone(&self.folder));
        let edges = ROOMS.len();
        let made = async |_: &mut Self| Ok(credentials::certificates(&hub, &folder).await?);
        self.step(&format!("certificates for the hub and {edges} edges"), made).await?;
        let made = async |_: &mut Self| Ok(credentials::token(&hub, &folder).await?);
        self.step(&format!("a token for the supervisor {PERSON}"), made).await
    }

    async fn devices(&mut self) -> Result<(), DemoError> {
        let what = format!("{} simulated devices in {} rooms", devices_in_all(), ROOMS.len());
        let started = async |start: &mut Self| {
            for room in &ROOMS {
                start.launch(start.devices_of(room));
            }
            let limit = "starting the simulated devices";
            start.until(limit, async |start| start.voices.all_heard()).await
        };
        self.step(&what, started).await
    }

    async fn hub(&mut self, api: &Api) -> Result<(), DemoError> {
        let started = async |start: &mut Self| {
            start.launch(start.hub_process());
            let ready = async |_: &Self| api.ready().await.map_err(|error| error.to_string());
            start.until("starting the hub", ready).await
        };
        self.step("the hub", started).await
    }

    async fn edges(&mut self, api: &Api) -> Result<(), DemoError> {
        let started = async |start: &mut Self| {
            for room in &ROOMS {
                start.launch(start.edge_process(room));
            }
            start.until("connecting edges and devices", async |_| rooms_ready(api).await).await
        };
        let what = format!("{} edges; every device online, every room known to be unset", ROOMS.len());
        self.step(&what, started).await
    }

    /// Does one step and tells how long it took.
    async fn step<T>(
        &mut self,
        what: &str,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, DemoError>,
    ) -> Result<T, DemoError> {
        self.timeline.begin(what);
        let began = Instant::now();
        let done = work(self).await;
        match &done {
            Ok(_) => self.timeline.end(began.elapsed()),
            Err(_) => self.timeline.broke_off(),
        }
        done
    }

    fn launch(&mut self, child: Child) {
        self.record.add(&child);
        self.crew.start(child);
    }

    /// Asks again and again; what `ask` says meanwhile is the reason when it takes too long.
    async fn until(
        &mut self,
        what: &'static str,
        ask: impl AsyncFn(&Self) -> Result<(), String>,
    ) -> Result<(), DemoError> {
        let patience = Instant::now() + STEP_MAX;
        loop {
            while let Ok(report) = self.reports.try_recv() {
                self.heed(report)?;
            }
            if self.shutdown.begun() {
                return Err(DemoError::Interrupted);
            }
            let Err(missing) = ask(self).await else {
                return Ok(());
            };
            if Instant::now() >= patience {
                return Err(DemoError::TooLong { what, limit: STEP_MAX, missing });
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    fn heed(&mut self, report: Report) -> Result<(), DemoError> {
        let Report { child, what } = report;
        let how = match what {
            What::Started { pid } => {
                self.voices.started(child);
                return Ok(self.record.started(child, pid)?);
            }
            What::Said(line) => {
                // Nothing happens in the rooms yet; this only tells that their devices are there.
                drop(self.voices.said(child, &line));
                return Ok(());
            }
            What::Ended { how, .. } => how,
            What::NotStarted { why, .. } => format!("could not be started ({why})"),
        };
        let log = self.folder.log(child);
        let text = std::fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Err(DemoError::ChildEnded { child, how, last_words: last_lines(&text.unwrap_or_default()), log })
    }

    fn devices_of(&self, room: &'static Room) -> Child {
        let config = self.folder.of(room.part, configs::SITE_FILE);
        let child = self.child(room.part, Role::Devices, self.programs.simulator.clone(), config);
        let arguments = child.arguments.into_iter().chain(["--json".into()]).collect();
        Child { arguments, output: Output::Reported, ..child }
    }

    fn hub_process(&self) -> Child {
        self.child(HUB, Role::Hub, self.programs.hub.clone(), self.folder.of(HUB, configs::HUB_FILE))
    }

    fn edge_process(&self, room: &'static Room) -> Child {
        let config = self.folder.of(room.edge, configs::EDGE_FILE);
        self.child(room.edge, Role::Edge, self.programs.edge.clone(), config)
    }

    fn child(&self, name: &'static str, role: Role, program: PathBuf, config: PathBuf) -> Child {
        let arguments: Vec<OsString> = vec!["run".into(), "--config".into(), config.clone().into()];
        Child { name, role, program, arguments, config, log: self.folder.log(name), output: Output::Logged }
    }

    fn demo(&self, ports: HubPorts, page: &str, token: &str) -> record::Demo {
        let issued = |file: String| self.folder.pki().join("issued").join(file);
        let edge = |room: &Room| record::Edge {
            id: room.edge.into(),
            part: room.part.into(),
            pid: 0,
            config: self.folder.of(room.edge, configs::EDGE_FILE),
            cert: issued(format!("edge-{}.pem", room.edge)),
            key: issued(format!("edge-{}.key", room.edge)),
        };
        let simulator = |room: &Room| record::Simulator {
            part: room.part.into(),
            pid: 0,
            config: self.folder.of(room.part, configs::SITE_FILE),
            control: self.folder.control(room),
        };
        let hub = record::Hub {
            api: page.into(),
            api_https: format!("https://127.0.0.1:{}", ports.https),
            gate: format!("127.0.0.1:{}", ports.gate),
            pid: 0,
            config: self.folder.of(HUB, configs::HUB_FILE),
        };
        record::Demo {
            hub,
            ca: self.folder.pki().join("ca.pem"),
            token: token.into(),
            edges: ROOMS.iter().map(edge).collect(),
            simulators: ROOMS.iter().map(simulator).collect(),
        }
    }
}

impl Ports {
    fn choose() -> Result<Self, DemoError> {
        let hub_held = Held::take(3)?;
        let [gate, https, loopback] = hub_held.ports()[..] else {
            return Err(PortsError::TooFew { wanted: 3 }.into());
        };
        let rooms = ROOMS.iter().map(|room| Held::take(room.devices.len())).collect::<Result<_, _>>()?;
        Ok(Self { hub: HubPorts { gate, https, loopback }, hub_held, rooms })
    }
}

/// Whether the hub knows every room; what is missing otherwise.
async fn rooms_ready(api: &Api) -> Result<(), String> {
    let mut missing = Vec::new();
    for room in &ROOMS {
        let part = api.part(room.part).await.map_err(|error| error.to_string())?;
        let here = ready::missing(room, &part);
        missing.extend(here.into_iter().map(|what| format!("{}: {what}", room.short)));
    }
    if missing.is_empty() { Ok(()) } else { Err(missing.join("; ")) }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_WORDS_LINES)..].join("\n")
}
