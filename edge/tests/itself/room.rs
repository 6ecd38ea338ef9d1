//! A folder with all that an edge needs, and the hub that it reports to.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use wire::EdgeId;

use crate::authority::Authority;
use crate::door::PROFILE;
use crate::hub::{Hub, Listening};
use crate::process::{Process, free_port};

pub(crate) struct Room {
    authority: Authority,
    pub(crate) hub: Hub,
    pub(crate) listening: Listening,
    pub(crate) status_port: u16,
}

/// What the configuration of a room says beside what is always in it.
#[derive(Clone, Default)]
pub(crate) struct Says {
    /// (id, address)
    pub(crate) doors: Vec<(&'static str, SocketAddr)>,
    pub(crate) more: String,
    /// In place of the port that is free.
    pub(crate) status_port: Option<u16>,
    pub(crate) spool: Option<String>,
}

impl Room {
    pub(crate) async fn new() -> Self {
        let authority = Authority::new();
        let hub = Hub::new(&EdgeId::parse("doc-1").unwrap());
        let listening = hub.listen(authority.hub("localhost"), 0).await;
        fs::write(authority.folder().join("door.toml"), PROFILE).unwrap();
        authority.edge("doc-1");
        Self { authority, hub, listening, status_port: free_port() }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.authority.folder().join("edge.toml")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.authority.folder().join(file)
    }

    /// Writes the configuration, and gives its text.
    pub(crate) fn says(&self, says: &Says) -> String {
        let (hub, status) = (self.listening.port, says.status_port.unwrap_or(self.status_port));
        let spool = says.spool.as_deref().unwrap_or("spool.redb");
        let mut text = format!(
            "[edge]\nid = \"doc-1\"\n[uplink]\nhubs = [\"127.0.0.1:{hub}\"]\nserver_name = \"localhost\"\n\
             heartbeat_interval = \"1s\"\nca = \"ca.pem\"\ncertificate = \"doc-1.pem\"\nkey = \"doc-1.key\"\n\
             [spool]\npath = \"{spool}\"\nbytes_max = 16777216\nroutine_interval = \"100ms\"\n\
             [status]\naddress = \"127.0.0.1:{status}\"\n"
        );
        for (id, address) in &says.doors {
            writeln!(
                text,
                "[[devices]]\nid = \"{id}\"\nprofile = \"door.toml\"\naddress = \"{address}\"\nunit = 7\n\
                 poll_interval = \"50ms\"\ntimeout = \"5s\""
            )
            .unwrap();
        }
        text.push_str(&says.more);
        fs::write(self.config(), &text).unwrap();
        text
    }

    /// Exchanges the edge's certificate for that of another edge of the site, or for its own again.
    pub(crate) fn edge_certificate_of(&self, id: &str) {
        let (own, issued) = (self.authority.edge_files("doc-1"), self.authority.edge(id));
        if own != issued {
            fs::copy(issued.key, own.key).unwrap();
            fs::copy(issued.certificate, own.certificate).unwrap();
        }
    }

    pub(crate) fn start(&self) -> Process {
        Process::start(&self.config(), &[])
    }
}
