//! A real edge process.

use std::path::{Path, PathBuf};

use super::child::Process;
use super::hub::text;
use super::pki::{Pki, edge_id};
use crate::load::line::Door;

/// `number`: the edge's place in the certificates and in the hub's configuration; `devices`: its `[[devices]]`.
pub(crate) fn start(
    program: &Path,
    folder: &Path,
    pki: &Pki,
    number: usize,
    hub: Door,
    devices: &str,
) -> anyhow::Result<Process> {
    let config = folder.join("edge.toml");
    let quoted = |path: PathBuf| text(&path).map(|text| format!("{text:?}"));
    let toml = format!(
        "[edge]\nid = \"{id}\"\n\
         [uplink]\nhubs = [\"{hub}\"]\nserver_name = \"localhost\"\nca = {ca}\ncertificate = {certificate}\nkey = {key}\n\
         [spool]\npath = {spool}\n\
         {devices}",
        id = edge_id(number)?,
        hub = hub.address,
        ca = quoted(pki.ca())?,
        certificate = quoted(pki.edge_certificate(number)?)?,
        key = quoted(pki.edge_key(number)?)?,
        spool = quoted(folder.join("spool.redb"))?,
    );
    std::fs::write(&config, toml)?;
    Process::start(program, &["run", "--config", text(&config)?], &folder.join("edge.log"))
}
