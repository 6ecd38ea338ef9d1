//! Looks whether the preferred way to the hub answers again, beside a connection that works.
//!
//! A probe goes the whole way: it connects, and waits until the hub says what it holds. A way that answers only half is not
//! worth leaving another for. Where both ways end in the same process, the hub takes the new connection for a take-over and
//! ends the old one; so nothing is decided before the probe has come to its end.

use std::error::Error;
use std::future::pending;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, info};

use super::Hub;
use super::link::{Incoming, Link, LinkError, Target};

/// The hub speaks right after the subscription.
const RESUME_WAIT: Duration = Duration::from_secs(5);

/// A connection over the better way, and the hub's first word in it.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) link: Link,
    pub(super) first: Incoming,
}

/// What the look-out for a better way has come to.
pub(super) enum Look {
    /// It is time for a probe.
    Due,
    Answered(Box<Answered>),
}

pub(super) struct Prober {
    /// The preferred one.
    hub: Hub,
    /// Between two probes; `None` if there is no better way.
    every: Option<Duration>,
    due: Option<Instant>,
    under_way: JoinSet<Result<Answered, LinkError>>,
    in_vain: bool,
}

impl Prober {
    pub(super) fn new(hub: Hub, every: Option<Duration>) -> Self {
        let due = every.map(|every| Instant::now() + every);
        Self { hub, every, due, under_way: JoinSet::new(), in_vain: false }
    }

    /// Waits until a probe is due, or the preferred way has answered one. Safe to drop half-way: a probe goes on.
    pub(super) async fn next(&mut self) -> Look {
        if let Some(answered) = self.taken_over().await {
            return Look::Answered(answered);
        }
        let Some(due) = self.due else { return pending().await };
        sleep_until(due).await;
        self.due = self.every.map(|every| Instant::now() + every);
        Look::Due
    }

    /// Begins a probe, with the target as it is now.
    pub(super) fn probe(&mut self, target: Target) {
        self.under_way.spawn(probe(target));
    }

    /// The end of a probe that is under way: it may be what ended the other connection. `None` if there is none, or if it
    /// was in vain.
    pub(super) async fn taken_over(&mut self) -> Option<Box<Answered>> {
        match self.under_way.join_next().await? {
            Ok(Ok(answered)) => Some(Box::new(answered)),
            Ok(Err(error)) => {
                let (hub, error) = (&self.hub, &error as &dyn Error);
                // A way that is away for a week is told once in a connection.
                match std::mem::replace(&mut self.in_vain, true) {
                    false => info!(%hub, error, "the preferred way to the hub does not answer yet"),
                    true => debug!(%hub, error, "the preferred way to the hub does not answer yet"),
                }
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
