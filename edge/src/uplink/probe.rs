//! Looks whether the preferred way to the hub answers again, beside a connection that works.
//!
//! A probe goes the whole way: it connects, and waits until the hub says what it holds. A way that answers only half is not
//! worth leaving another for. Where both ways end in the same process, the hub takes the new connection for a take-over and
//! ends the old one; so nothing is decided before the probe has come to its end.

use std::future::pending;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::info;

use super::link::{Incoming, Link, LinkError, Target};

/// The hub speaks right after the subscription.
const RESUME_WAIT: Duration = Duration::from_secs(5);

/// A connection over the better way, and the hub's first word in it.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) link: Link,
    pub(super) first: Incoming,
}

pub(super) struct Prober {
    target: Target,
    /// Between two probes; `None` if there is no better way.
    every: Option<Duration>,
    due: Option<Instant>,
    under_way: JoinSet<Result<Answered, LinkError>>,
}

impl Prober {
    pub(super) fn new(target: Target, every: Option<Duration>) -> Self {
        Self { target, every, due: every.map(|every| Instant::now() + every), under_way: JoinSet::new() }
    }

    /// Waits until the preferred way has answered. Safe to drop half-way: a probe goes on.
    pub(super) async fn answered(&mut self) -> Answered {
        loop {
            if let Some(answered) = self.taken_over().await {
                return answered;
            }
            let Some(due) = self.due else { return pending().await };
            sleep_until(due).await;
            self.due = self.every.map(|every| Instant::now() + every);
            self.under_way.spawn(probe(self.target.clone()));
        }
    }

    /// The end of a probe that is under way: it may be what ended the other connection. `None` if there is none, or if it
    /// was in vain.
    pub(super) async fn taken_over(&mut self) -> Option<Answered> {
        match self.under_way.join_next().await? {
            Ok(Ok(answered)) => Some(answered),
            Ok(Err(error)) => {
                info!(hub = %self.target.hub, %error, "the preferred way to the hub does not answer yet");
                None
            }
            // Nobody aborts a probe but the end of the connection beside it.
            Err(_) => None,
        }
    }
}

async fn probe(target: Target) -> Result<Answered, LinkError> {
    let mut link = Link::connect(&target).await?;
    let first = timeout(RESUME_WAIT, link.next()).await.unwrap_or(Err(LinkError::Silent))?;
    Ok(Answered { link, first })
}
