//! A fresh hub: its own folder, one part for each edge, free ports.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::child::Process;
use super::pki::{Pki, SITE, edge_id};
use super::scrape::Scrape;
use super::usage::{Memory, Usage, written_bytes};
use crate::load::line::{Door, Peer};

const START_MAX: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) struct Hub {
    process: Process,
    ports: Ports,
    pub(crate) token: String,
}

#[derive(Clone, Copy, Deserialize)]
struct Ports {
    gate: SocketAddr,
    api: SocketAddr,
    loopback: SocketAddr,
}

impl Hub {
    pub(crate) fn start(program: &Path, folder: &Path, pki: &Pki, edges: usize) -> anyhow::Result<Self> {
        let tokens = folder.join("tokens.json");
        let token = issue_token(program, &tokens)?;
        let config = folder.join("hub.toml");
        std::fs::write(&config, configuration(folder, &tokens, pki, edges)?)?;
        let ports_file = folder.join("ports.json");
        let arguments = ["run", "--config", text(&config)?, "--ports-file", text(&ports_file)?];
        let mut process = Process::start(program, &arguments, &folder.join("hub.log"))?;
        let begun = Instant::now();
        while !ports_file.exists() {
            process.check()?;
            if begun.elapsed() > START_MAX {
                bail!("the hub did not listen within {} s", START_MAX.as_secs());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        let ports = serde_json::from_slice(&std::fs::read(&ports_file)?)
            .context("the hub's ports file is not read")?;
        // For whoever wants to look at it with a profiler.
        eprintln!("  the hub is process {}", process.id());
        Ok(Self { process, ports, token })
    }

    pub(crate) fn door(&self) -> Door {
        Door { address: self.ports.gate, peer: Peer::Hub }
    }

    pub(crate) fn api(&self) -> SocketAddr {
        self.ports.api
    }

    pub(crate) fn scrape(&self) -> anyhow::Result<Scrape> {
        Scrape::of(self.ports.loopback)
    }

    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.process.id())
    }

    pub(crate) fn written_bytes(&self) -> anyhow::Result<u64> {
        written_bytes(self.process.id())
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        Memory::of(self.process.id())
    }

    pub(crate) fn stop(self) -> anyhow::Result<()> {
        let status = self.process.stop()?;
        if !status.success() {
            bail!("the hub did not end in order: {status}");
        }
        Ok(())
    }
}

pub(super) fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("the path {} is not text", path.display()))
}

fn issue_token(program: &Path, tokens: &Path) -> anyhow::Result<String> {
    let done = Command::new(program)
        .args(["token", "issue", "--person", "bench", "--role", "supervisor", "--file"])
        .arg(tokens)
        .output()
        .context("cannot start the hub's token command")?;
    let words = String::from_utf8(done.stdout).context("a token is text")?;
    match words.lines().next() {
        Some(token) if done.status.success() => Ok(token.trim().to_owned()),
        _ => bail!("no token was issued: {}", String::from_utf8_lossy(&done.stderr).trim()),
    }
}

fn configuration(folder: &Path, tokens: &Path, pki: &Pki, edges: usize) -> anyhow::Result<String> {
    let quoted = |path: PathBuf| text(&path).map(|text| format!("{text:?}"));
    let (certificate, key) = (quoted(pki.server_certificate())?, quoted(pki.server_key())?);
    let mut toml = format!(
        "[hub]\nsite = \"{SITE}\"\nname = \"Bench\"\ndata = {data}\n\
         [gate]\nlisten = \"127.0.0.1:0\"\nca = {ca}\ncrl = {crl}\ncertificate = {certificate}\nkey = {key}\n\
         [api]\nlisten = \"127.0.0.1:0\"\ncertificate = {certificate}\nkey = {key}\ntokens = {tokens}\n\
         loopback = \"127.0.0.1:0\"\n",
        data = quoted(folder.join("data"))?,
        ca = quoted(pki.ca())?,
        crl = quoted(pki.crl())?,
        tokens = quoted(tokens.to_owned())?,
    );
    for number in 0..edges {
        let edge = edge_id(number)?;
        writeln!(
            toml,
            "[[parts]]\nid = \"part-{number:04}\"\nname = \"Room {number}\"\nedges = [\"{edge}\"]"
        )?;
    }
    Ok(toml)
}
