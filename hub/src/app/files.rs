//! Follows the certificate and revocation files while the hub runs: on SIGHUP, and by looking every few seconds. What cannot
//! be read is told, and what was there before stays in force.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gate::GateHandle;
use runtime::shutdown::Shutdown;
use runtime::tls::{self, CrlState, Issuers, ServerFiles};
use rustls::ServerConfig;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::config_file::ConfigFile;
use crate::config::Config;

/// A revocation acts within this time even if nobody sends a signal.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

pub(super) struct Follower {
    gate_files: ServerFiles,
    api_certificate: PathBuf,
    api_key: PathBuf,
    gate: GateHandle,
    trust: Trust,
    config: ConfigFile,
    seen: Vec<Option<SystemTime>>,
}

/// Who follows what these files say.
pub(super) struct Trust {
    pub(super) crl: watch::Sender<Arc<CrlState>>,
    pub(super) issuers: watch::Sender<Issuers>,
    pub(super) api_tls: watch::Sender<Arc<ServerConfig>>,
}

impl Follower {
    pub(super) fn new(config: &Config, config_file: ConfigFile, gate: GateHandle, trust: Trust) -> Self {
        let files = &config.gate.files;
        let mut follower = Self {
            gate_files: ServerFiles {
                ca: files.ca.clone(),
                crl: files.crl.clone(),
                certificate: files.certificate.clone(),
                key: files.key.clone(),
            },
            api_certificate: config.api.certificate.clone(),
            api_key: config.api.key.clone(),
            gate,
            trust,
            config: config_file,
            seen: Vec::new(),
        };
        follower.seen = follower.times();
        follower
    }

    pub(super) async fn run(mut self, shutdown: Shutdown) -> io::Result<()> {
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            let asked = tokio::select! {
                () = shutdown.wait() => return Ok(()),
                _ = hang_up.recv() => true,
                () = tokio::time::sleep(LOOK_INTERVAL) => false,
            };
            let times = self.times();
            if asked {
                self.config.tell();
            }
            if asked || times != self.seen {
                self.seen = times;
                self.reload();
            }
        }
    }

    fn times(&self) -> Vec<Option<SystemTime>> {
        let ServerFiles { ca, crl, certificate, key } = &self.gate_files;
        [ca, crl, certificate, key, &self.api_certificate, &self.api_key]
            .into_iter()
            .map(|path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok())
            .collect()
    }

    fn reload(&self) {
        match tls::mutual_server(&self.gate_files) {
            Ok(server_tls) => {
                let revoked = server_tls.crl.revoked_count();
                self.trust.crl.send_replace(server_tls.crl.clone());
                self.trust.issuers.send_replace(server_tls.issuers.clone());
                self.gate.replace_tls(server_tls);
                tracing::info!(revoked, "the gate's certificates and revocation list were read again");
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(
                    error,
                    "the gate's certificates cannot be read; those from before stay in force"
                );
            }
        }
        match tls::https_server(&self.api_certificate, &self.api_key) {
            Ok(config) => {
                self.trust.api_tls.send_replace(config);
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(
                    error,
                    "the API's certificate cannot be read; the one from before stays in force"
                );
            }
        }
    }
}
