//! What the demo writes down about its processes: `demo.json` for the programs that use the demo, once everything is up, and
//! `children.json` for the next demo in the same folder, from the first process on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Child;
use crate::demo::files::{WriteError, write_whole};

pub const DEMO_FILE: &str = "demo.json";
pub const CHILDREN_FILE: &str = "children.json";

/// Every path in it is absolute.
#[derive(Clone, Debug, Serialize)]
pub struct Demo {
    pub hub: Hub,
    /// The certificate of the demo's own authority.
    pub ca: PathBuf,
    /// Of a supervisor.
    pub token: String,
    pub edges: Vec<Edge>,
    pub simulators: Vec<Simulator>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Hub {
    /// Plain HTTP on loopback, without a certificate.
    pub api: String,
    pub api_https: String,
    /// Host and port.
    pub gate: String,
    pub pid: u32,
    pub config: PathBuf,
}

#[derive(Clone, Debug, Serialize)]
pub struct Edge {
    pub id: String,
    pub part: String,
    pub pid: u32,
    pub config: PathBuf,
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// The simulated devices of one part.
#[derive(Clone, Debug, Serialize)]
pub struct Simulator {
    pub part: String,
    pub pid: u32,
    pub config: PathBuf,
    /// The socket by which they are driven by hand.
    pub control: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Children {
    /// The demo itself.
    pub demo: u32,
    pub children: Vec<Written>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written {
    pub name: String,
    pub pid: u32,
    pub program: PathBuf,
    pub config: PathBuf,
}

/// Knows the processes and keeps the two files true.
pub struct Record {
    folder: PathBuf,
    children: BTreeMap<&'static str, Written>,
    demo: Option<Demo>,
}

impl Record {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), children: BTreeMap::new(), demo: None }
    }

    pub fn add(&mut self, child: &Child) {
        let written = Written {
            name: child.name.into(),
            pid: 0,
            program: child.program.clone(),
            config: child.config.clone(),
        };
        self.children.insert(child.name, written);
    }

    pub fn pid(&self, child: &str) -> u32 {
        self.children.get(child).map_or(0, |written| written.pid)
    }

    /// A process was started, or started again.
    pub fn started(&mut self, child: &str, pid: u32) -> Result<(), WriteError> {
        if let Some(written) = self.children.get_mut(child) {
            written.pid = pid;
        }
        let children = self.children.values().filter(|written| written.pid != 0).cloned().collect();
        let children = Children { demo: std::process::id(), children };
        write_whole(&self.folder.join(CHILDREN_FILE), &text(&children))?;
        self.write_demo()
    }

    /// Everything is up. The process ids in `demo` are filled in here.
    pub fn up(&mut self, demo: Demo) -> Result<(), WriteError> {
        self.demo = Some(demo);
        self.write_demo()
    }

    fn write_demo(&self) -> Result<(), WriteError> {
        let Some(mut demo) = self.demo.clone() else {
            return Ok(());
        };
        demo.hub.pid = self.pid(crate::demo::site::HUB);
        for edge in &mut demo.edges {
            edge.pid = self.pid(&edge.id);
        }
        for simulator in &mut demo.simulators {
            simulator.pid = self.pid(&simulator.part);
        }
        write_whole(&self.folder.join(DEMO_FILE), &text(&demo))
    }
}

fn text(value: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(value).expect("text, numbers and paths that are text");
    json + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::{Output, Role};
    use super::*;

    fn child(name: &'static str) -> Child {
        Child {
            name,
            role: Role::Hub,
            program: "/bin/program".into(),
            config: format!("/demo/{name}.toml").into(),
            arguments: Vec::new(),
            log: "/demo/log".into(),
            output: Output::Logged,
        }
    }

    fn demo() -> Demo {
        let edge = Edge {
            id: "edge-doc".into(),
            part: "document-room".into(),
            pid: 0,
            config: "/demo/edge.toml".into(),
            cert: "/demo/edge.pem".into(),
            key: "/demo/edge.key".into(),
        };
        let hub = Hub {
            api: "http://127.0.0.1:1".into(),
            api_https: "https://127.0.0.1:2".into(),
            gate: "127.0.0.1:3".into(),
            pid: 0,
            config: "/demo/hub.toml".into(),
        };
        Demo { hub, ca: "/demo/ca.pem".into(), token: "srt_x".into(), edges: vec![edge], simulators: vec![] }
    }

    #[test]
    fn process_ids_follow_every_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut record = Record::new(dir.path());
        for name in ["hub", "edge-doc"] {
            record.add(&child(name));
        }
        record.started("hub", 11).unwrap();
        record.started("edge-doc", 12).unwrap();
        assert!(!dir.path().join(DEMO_FILE).exists(), "it appears when everything is up");
        record.up(demo()).unwrap();
        record.started("edge-doc", 99).unwrap();

        let read = |file: &str| std::fs::read_to_string(dir.path().join(file)).unwrap();
        let demo: serde_json::Value = serde_json::from_str(&read(DEMO_FILE)).unwrap();
        assert_eq!((&demo["hub"]["pid"], &demo["edges"][0]["pid"]), (&11.into(), &99.into()));
        let children: Children = serde_json::from_str(&read(CHILDREN_FILE)).unwrap();
        let pids: Vec<u32> = children.children.iter().map(|child| child.pid).collect();
        assert_eq!(pids, [99, 11]);
    }
}
