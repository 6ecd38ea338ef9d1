//! Certificates and a token, made by the hub's own commands, as a user would make them.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

use super::folder::Folder;
use crate::demo::site::{HUB, ROOMS};

/// Not a name: journals keep it.
pub const PERSON: &str = "officer-1";
pub const TOKENS_FILE: &str = "tokens.json";

#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("cannot start {}", program.display())]
    Start { program: PathBuf, source: io::Error },
    #[error("`strongroom-hub {command}` failed ({status}): {said}")]
    Failed { command: String, status: ExitStatus, said: String },
    #[error("`strongroom-hub token issue` printed no token")]
    NoToken,
}

/// An authority of its own, a certificate for the hub and one for each edge.
pub async fn certificates(hub: &Path, folder: &Folder) -> Result<(), CredentialsError> {
    let pki = folder.pki();
    let run = async |words: &[&str]| command(hub, words, &[OsStr::new("--dir"), pki.as_os_str()]).await;
    run(&["pki", "init", "--site", "demo"]).await?;
    run(&["pki", "issue", "--server", "hub", "--dns", "localhost", "--ip", "127.0.0.1"]).await?;
    for room in &ROOMS {
        run(&["pki", "issue", "--edge", room.edge]).await?;
    }
    Ok(())
}

pub async fn token(hub: &Path, folder: &Folder) -> Result<String, CredentialsError> {
    let file = folder.of(HUB, TOKENS_FILE);
    let words = ["token", "issue", "--person", PERSON, "--role", "supervisor"];
    let said = command(hub, &words, &[OsStr::new("--file"), file.as_os_str()]).await?;
    // It stands alone on the first line.
    let token = said.lines().next().map(str::trim).filter(|token| !token.is_empty());
    token.map(str::to_owned).ok_or(CredentialsError::NoToken)
}

async fn command(hub: &Path, words: &[&str], place: &[&OsStr]) -> Result<String, CredentialsError> {
    let mut command = Command::new(hub);
    command.args(words).args(place).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await;
    let output = output.map_err(|source| CredentialsError::Start { program: hub.into(), source })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        let said = text(&output.stderr);
        return Err(CredentialsError::Failed { command: words.join(" "), status: output.status, said });
    }
    Ok(text(&output.stdout))
}
