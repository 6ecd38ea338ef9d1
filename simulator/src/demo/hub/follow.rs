//! Follows the hub's live stream, beyond any restart of the hub: it goes on after the last event that was heard.

use std::time::Duration;

use runtime::backoff::Backoff;
use tokio::sync::mpsc;

use super::api::Api;
use super::dto::{Edge, Incident};
use super::sse::{Event, Reader};

/// The hub is back within a second of being killed.
const RECONNECT_FIRST: Duration = Duration::from_millis(100);
const RECONNECT_MAX: Duration = Duration::from_secs(1);

/// What the hub says.
#[derive(Clone, Debug)]
pub enum Heard {
    /// As it is now.
    Incident(Incident),
    Edge(Edge),
    /// This part of the stream cannot be read, which is worth a line.
    Unreadable(String),
}

pub struct Follower {
    api: Api,
    reader: Reader,
    heard: mpsc::Sender<Heard>,
}

/// Why a connection is over.
enum Ended {
    /// The hub closed it, or does not answer: connect again.
    Lost,
    /// Nobody listens any more.
    Unheard,
}

impl Follower {
    pub fn new(api: Api, heard: mpsc::Sender<Heard>) -> Self {
        Self { api, reader: Reader::default(), heard }
    }

    /// Ends when nobody listens any more.
    pub async fn run(mut self) {
        let mut backoff = Backoff::new(RECONNECT_FIRST, RECONNECT_MAX);
        while !self.heard.is_closed() {
            match self.follow(&mut backoff).await {
                Ok(()) | Err(Ended::Lost) => tokio::time::sleep(backoff.next_delay()).await,
                Err(Ended::Unheard) => return,
            }
        }
    }

    /// One connection.
    async fn follow(&mut self, backoff: &mut Backoff) -> Result<(), Ended> {
        let after = self.reader.last_id().map(str::to_owned);
        let stream = self.api.stream(after.as_deref()).await;
        let mut stream = stream.map_err(|_| Ended::Lost)?;
        self.reader.begin();
        backoff.reset();
        while let Some(bytes) = stream.next().await {
            let events = match self.reader.take(&bytes) {
                Ok(events) => events,
                Err(error) => return self.tell(Heard::Unreadable(error.to_string())).await,
            };
            for event in events {
                self.pass_on(event).await?;
            }
        }
        Ok(())
    }

    async fn pass_on(&self, event: Event) -> Result<(), Ended> {
        let heard = match event.name.as_str() {
            "incident" => serde_json::from_str(&event.data).map(Heard::Incident),
            "edge" => serde_json::from_str(&event.data).map(Heard::Edge),
            "reset" => return self.catch_up().await,
            _ => return Ok(()),
        };
        self.tell(heard.unwrap_or_else(|error| Heard::Unreadable(format!("{}: {error}", event.name)))).await
    }

    /// What was missed is no longer kept: everything as it is now tells the rest.
    async fn catch_up(&self) -> Result<(), Ended> {
        for incident in self.api.incidents().await.map_err(|_| Ended::Lost)? {
            self.tell(Heard::Incident(incident)).await?;
        }
        Ok(())
    }

    async fn tell(&self, heard: Heard) -> Result<(), Ended> {
        self.heard.send(heard).await.map_err(|_| Ended::Unheard)
    }
}
