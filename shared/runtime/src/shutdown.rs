//! The one way in which a process stops: a token that every stage holds and anyone may begin.
//! Beginning it is final. A child ends with its parent; ending a child leaves the parent alone.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::info;

/// A clonable token; all clones begin together.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }

    /// A token for a part of the process, such as one listener or one session.
    pub fn child(&self) -> Shutdown {
        Self(self.0.child_token())
    }

    /// Idempotent: only the first call has an effect.
    pub fn begin(&self) {
        self.0.cancel();
    }

    pub fn begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Resolves at once when the shutdown has already begun. Safe to use in `select!`.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }
}

/// Resolves when SIGTERM or SIGINT arrives, which begins `shutdown`, or when it began elsewhere.
pub async fn on_signals(shutdown: Shutdown) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let received = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        () = shutdown.wait() => return Ok(()),
    };
    info!(signal = received, "shutdown begins on a signal");
    shutdown.begin();
    Ok(())
}

/// The SIGHUPs of the process: the wish to read the configuration again. From the making of this value on they end nothing.
#[derive(Debug)]
pub struct Hangups(Stream);

impl Hangups {
    pub fn new() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// Resolves with the next one. Several that came meanwhile are one. Safe to use in `select!`.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            // There will never be another one.
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[tokio::test]
    async fn both_signals_begin_the_shutdown() {
        for signal in [Signal::TERM, Signal::INT] {
            let shutdown = Shutdown::new();
            let mut waiting = pin!(on_signals(shutdown.clone()));
            // Polled once, so that the process listens before the signal comes.
            tokio::select! {
                biased;
                _ = &mut waiting => panic!("no signal was sent yet"),
                () = std::future::ready(()) => {}
            }
            kill_process(getpid(), signal).unwrap();
            waiting.await.unwrap();
            assert!(shutdown.begun());
        }
    }

    #[tokio::test]
    async fn hangups_are_told_and_end_nothing() {
        let mut hangups = Hangups::new().unwrap();
        for _ in 0..2 {
            kill_process(getpid(), Signal::HUP).unwrap();
            hangups.next().await;
        }
    }

    #[tokio::test]
    async fn a_child_follows_its_parent_and_not_the_other_way_round() {
        let parent = Shutdown::new();
        let (one, other) = (parent.child(), parent.child());
        one.begin();
        assert!(one.begun() && !parent.begun() && !other.begun());
        parent.begin();
        other.wait().await;
        assert!(other.begun());
    }

    #[tokio::test]
    async fn waiting_for_signals_ends_with_a_shutdown_that_began_elsewhere() {
        let shutdown = Shutdown::new();
        let waiting = tokio::spawn(on_signals(shutdown.clone()));
        shutdown.begin();
        waiting.await.unwrap().unwrap();
    }
}
