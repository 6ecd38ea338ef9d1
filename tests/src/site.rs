//! A site: a folder with certificates, tokens and a rule pack, and a hub that runs on them.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

use tempfile::TempDir;

use crate::api::Api;
use crate::authority::{Authority, SITE};
use crate::edge::{EdgeSettings, RealEdge};
use crate::edge_client::{EdgeClient, room};
use crate::hub::{Hub, HubSettings};
use crate::program::run_well;
use crate::rules;
use crate::stream::Stream;

/// Who signs in in tests.
pub const SUPERVISOR: &str = "officer-1";
pub const OBSERVER: &str = "wall-1";

pub struct Site {
    // Processes end before their folder goes.
    pub hub: Hub,
    pub authority: Authority,
    pub address: IpAddr,
    pub supervisor: Api,
    pub observer: Api,
    folder: TempDir,
}

pub struct SiteBuilder {
    parts: Vec<(String, Vec<String>)>,
    data: Option<PathBuf>,
    silent_after: &'static str,
    more: String,
}

impl Site {
    pub fn build() -> SiteBuilder {
        // Long, because an edge that a test plays gives a sign of life only when the test says so.
        SiteBuilder { parts: Vec::new(), data: None, silent_after: "600s", more: String::new() }
    }

    /// One part, `room`, with these edges.
    pub async fn with_edges(edges: &[&str]) -> Site {
        Site::build().part("room", edges).start().await
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An edge that the test plays, with the points of a room.
    pub fn edge_client(&self, edge: &str) -> EdgeClient {
        EdgeClient::new(edge, room::table(), self.hub.ports().gate, &self.authority.issue_edge(edge))
    }

    /// A real edge, not started yet.
    pub fn real_edge(&self, edge: &str, settings: EdgeSettings) -> RealEdge {
        let files = self.authority.issue_edge(edge);
        RealEdge::new(self.folder.path(), edge, self.hub.ports().gate, &files, settings)
    }

    /// The live stream of the API from now on.
    pub async fn stream(&self) -> Stream {
        Stream::open(&self.api(), None).await
    }

    /// The API as a supervisor.
    pub fn api(&self) -> Api {
        self.supervisor.with_base(&self.hub.base())
    }

    pub async fn restart_hub(&mut self) {
        self.hub.start(&self.supervisor).await;
    }

    pub async fn kill_and_restart_hub(&mut self) {
        self.hub.kill();
        self.restart_hub().await;
    }
}

impl SiteBuilder {
    #[must_use]
    pub fn part(mut self, part: &str, edges: &[&str]) -> Self {
        self.parts.push((part.to_owned(), edges.iter().map(|edge| (*edge).to_owned()).collect()));
        self
    }

    /// The hub's data folder, if it is not to lie in the site's.
    #[must_use]
    pub fn data(mut self, folder: PathBuf) -> Self {
        self.data = Some(folder);
        self
    }

    #[must_use]
    pub fn silent_after(mut self, silent_after: &'static str) -> Self {
        self.silent_after = silent_after;
        self
    }

    /// Further sections of the hub's configuration.
    #[must_use]
    pub fn more(mut self, toml: &str) -> Self {
        self.more.push_str(toml);
        self
    }

    pub async fn start(self) -> Site {
        let mut site = self.prepare();
        site.restart_hub().await;
        site.supervisor = site.api();
        site.observer = site.observer.with_base(&site.hub.base());
        site
    }

    /// Everything but the running hub.
    pub fn prepare(self) -> Site {
        runtime::tls::install_provider();
        let folder =
            tempfile::Builder::new().prefix("strongroom-").tempdir().expect("there is room for a folder");
        let address = own_address();
        let authority = Authority::init(folder.path().join("pki"), SITE);
        authority.issue_server("hub", &address.to_string());
        fs::write(folder.path().join("rules.toml"), rules::short()).expect("the folder can be written");
        let supervisor = Api::new(&authority.ca(), &token(folder.path(), SUPERVISOR, "supervisor"));
        let observer = Api::new(&authority.ca(), &token(folder.path(), OBSERVER, "observer"));
        let settings = HubSettings {
            parts: self.parts,
            data: self.data.unwrap_or_else(|| folder.path().join("hub-data")),
            silent_after: self.silent_after.to_owned(),
            more: self.more,
        };
        let hub = Hub::new(folder.path().to_owned(), address, settings);
        Site { hub, authority, address, supervisor, observer, folder }
    }
}

fn token(folder: &Path, person: &str, role: &str) -> String {
    let file = folder.join("tokens.json");
    let file = file.to_str().expect("temporary folders have plain names");
    let said =
        run_well("strongroom-hub", &["token", "issue", "--file", file, "--person", person, "--role", role]);
    said.lines().next().expect("the token stands alone on the first line").to_owned()
}

/// A loopback address that no other site uses: connections go out from 127.0.0.1, so nobody takes the port of a hub that
/// is down for a moment.
fn own_address() -> IpAddr {
    static SITES: AtomicU8 = AtomicU8::new(0);
    let [high, low] = (std::process::id() as u16).to_be_bytes();
    let site = SITES.fetch_add(1, Ordering::Relaxed) % 250 + 1;
    IpAddr::V4(Ipv4Addr::new(127, site, high, low))
}
