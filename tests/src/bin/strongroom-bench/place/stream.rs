//! The hub's live stream, as a program follows it: server-sent events over HTTPS, on a thread of its own so that nothing of
//! the load delays it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use reqwest::{Client, Response};
use runtime::tls::roots_client;
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

const CONNECT_MAX: Duration = Duration::from_secs(10);

/// What of an incident is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Incident {
    pub(crate) rule: String,
    pub(crate) subject: String,
    pub(crate) condition: Condition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    Active,
    Cleared,
}

impl Incident {
    pub(crate) fn is_about(&self, rule: &str, subject: &str) -> bool {
        self.rule == rule && self.subject == subject
    }
}

/// An incident, and when its last byte was here.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) incident: Incident,
}

pub(crate) struct Stream {
    runtime: Runtime,
    seen: mpsc::UnboundedReceiver<anyhow::Result<Seen>>,
}

impl Stream {
    /// Returns when the hub has begun to answer: nothing that happens afterwards is missed.
    pub(crate) fn open(api: SocketAddr, ca: &Path, token: &str) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("stream")
            .enable_all()
            .build()
            .context("cannot start the runtime of the stream")?;
        let client = Client::builder()
            .use_preconfigured_tls((*roots_client(ca)?).clone())
            .connect_timeout(CONNECT_MAX)
            .build()?;
        let url = format!("https://localhost:{}/api/v1/stream", api.port());
        let response = runtime.block_on(client.get(url).bearer_auth(token).send())?.error_for_status()?;
        let (sender, seen) = mpsc::unbounded_channel();
        runtime.spawn(async move {
            if let Err(error) = follow(response, &sender).await {
                // Nobody listens any more once the row is over.
                let _ = sender.send(Err(error));
            }
        });
        Ok(Self { runtime, seen })
    }

    pub(crate) async fn next(&mut self) -> anyhow::Result<Seen> {
        self.seen.recv().await.context("the stream has ended")?
    }

    pub(crate) fn close(self) {
        self.runtime.shutdown_background();
    }
}

async fn follow(
    mut response: Response,
    seen: &mpsc::UnboundedSender<anyhow::Result<Seen>>,
) -> anyhow::Result<()> {
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let at = Instant::now();
        text.extend_from_slice(&chunk);
        while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = text.drain(..end + 2).collect();
            if let Some(incident) = incident(std::str::from_utf8(&event)?)? {
                seen.send(Ok(Seen { at, incident }))?;
            }
        }
    }
    bail!("the hub ended the stream")
}

/// `None` for everything else that a stream carries.
fn incident(event: &str) -> anyhow::Result<Option<Incident>> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    match (field("event:"), field("data:")) {
        (Some("incident"), Some(data)) => Ok(Some(serde_json::from_str(data)?)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_incidents_are_taken() {
        let event = "id: 7\nevent: incident\ndata: {\"rule\":\"R-07\",\"subject\":\"e:c\",\"condition\":\"active\",\"more\":1}\n\n";
        assert_eq!(incident(event).unwrap().unwrap().rule, "R-07");
        assert!(incident(": still here\n\n").unwrap().is_none());
        assert!(incident("event: edge\ndata: {}\n\n").unwrap().is_none());
    }
}
