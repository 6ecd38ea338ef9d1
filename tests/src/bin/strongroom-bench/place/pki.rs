//! The certificates of a site, made by `strongroom-hub pki` as a user makes them. Made once and used by all rows.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use runtime::tls::{ClientFiles, mutual_client};
use rustls::ClientConfig;
use wire::EdgeId;

use super::interrupt;

pub(crate) const SITE: &str = "bench";

pub(crate) struct Pki {
    folder: PathBuf,
    hub: PathBuf,
    edges: usize,
}

impl Pki {
    pub(crate) fn new(folder: PathBuf, hub: &Path) -> anyhow::Result<Self> {
        let mut pki = Self { folder, hub: hub.to_owned(), edges: 0 };
        pki.call(&["init", "--site", SITE])?;
        pki.call(&["issue", "--server", "hub", "--dns", "localhost", "--ip", "127.0.0.1"])?;
        pki.edges = 0;
        Ok(pki)
    }

    /// Certificates of at least so many edges.
    pub(crate) fn provide(&mut self, edges: usize) -> anyhow::Result<()> {
        for number in self.edges..edges {
            interrupt::check()?;
            let id = edge_id(number)?;
            self.call(&["issue", "--edge", id.as_str()])?;
            self.edges = number + 1;
        }
        Ok(())
    }

    fn call(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let (verb, rest) = arguments.split_first().context("a command has a verb")?;
        let done = Command::new(&self.hub)
            .args(["pki", verb, "--dir"])
            .arg(&self.folder)
            .args(rest)
            .output()
            .with_context(|| format!("cannot start {}", self.hub.display()))?;
        if !done.status.success() {
            bail!(
                "`strongroom-hub pki {}` failed: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&done.stderr).trim()
            );
        }
        Ok(())
    }

    pub(crate) fn edge(&self, number: usize) -> anyhow::Result<(EdgeId, Arc<ClientConfig>)> {
        let id = edge_id(number)?;
        let (certificate, key) = (self.edge_certificate(number)?, self.edge_key(number)?);
        let tls = mutual_client(&ClientFiles { ca: self.ca(), certificate, key })?;
        Ok((id, tls))
    }

    pub(crate) fn edge_certificate(&self, number: usize) -> anyhow::Result<PathBuf> {
        Ok(self.issued(&format!("edge-{}.pem", edge_id(number)?)))
    }

    pub(crate) fn edge_key(&self, number: usize) -> anyhow::Result<PathBuf> {
        Ok(self.issued(&format!("edge-{}.key", edge_id(number)?)))
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub(crate) fn crl(&self) -> PathBuf {
        self.folder.join("crl.pem")
    }

    pub(crate) fn server_certificate(&self) -> PathBuf {
        self.issued("server-hub.pem")
    }

    pub(crate) fn server_key(&self) -> PathBuf {
        self.issued("server-hub.key")
    }

    fn issued(&self, name: &str) -> PathBuf {
        self.folder.join("issued").join(name)
    }
}

pub(crate) fn edge_id(number: usize) -> anyhow::Result<EdgeId> {
    Ok(EdgeId::parse(&format!("e{number:04}"))?)
}
