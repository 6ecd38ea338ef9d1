//! Accepts, gives places, and starts a task per connection. Nothing a client does or omits holds this loop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use runtime::backoff::Backoff;
use runtime::shutdown::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};
use tracing::{error, warn};

use crate::admission::{Admission, Place};
use crate::gate::{GateError, Shared};
use crate::handshake::{self, HandshakeError, Stream};
use crate::handshake_pace::HandshakePace;
use crate::identity::Caller;
use crate::router::Trunk;
use crate::session;

/// When accepting fails, descriptors or memory are short; sessions that end give some back.
const ACCEPT_RETRY_FIRST: Duration = Duration::from_millis(20);
const ACCEPT_RETRY_MAX: Duration = Duration::from_secs(1);

/// How often gauges and suppressed log lines are told.
const SUM_UP_INTERVAL: Duration = Duration::from_secs(1);

/// Beyond the drain time: farewells and the last arrival of each session.
const CLOSING_MAX: Duration = Duration::from_secs(2);

pub(crate) struct Listener {
    socket: TcpListener,
    shared: Arc<Shared>,
    admission: Arc<Admission>,
    pace: HandshakePace,
    connections: JoinSet<()>,
    retry: Backoff,
}

impl Listener {
    pub(crate) fn new(socket: TcpListener, shared: Arc<Shared>) -> Self {
        let admission =
            Admission::new(shared.limits.connections_max, shared.limits.connections_per_address_max);
        let pace = HandshakePace::new(
            shared.limits.handshakes_per_address_per_s,
            shared.limits.handshakes_per_address_burst,
        );
        let retry = Backoff::new(ACCEPT_RETRY_FIRST, ACCEPT_RETRY_MAX);
        Self { socket, shared, admission, pace, connections: JoinSet::new(), retry }
    }

    pub(crate) async fn run(mut self, trunk: Option<Trunk>, shutdown: Shutdown) -> Result<(), GateError> {
        let shared = Arc::clone(&self.shared);
        // Ends the sessions also when the gate ends by itself.
        let sessions = shutdown.child();
        // A task of its own: a flood of commands must not hold the accept loop.
        let mut carrying = JoinSet::new();
        if let Some(trunk) = trunk {
            carrying.spawn(carry_commands(Arc::clone(&shared), trunk));
        }
        let ended = tokio::select! {
            biased;
            () = shutdown.wait() => Ok(()),
            () = shared.arrivals.closed() => Err(GateError::ConsumerGone),
            Some(carried) = carrying.join_next() => Err(carried.unwrap_or_else(resume)),
            never = self.accept(&sessions) => match never {},
        };
        sessions.begin();
        let Self { socket, connections, .. } = self;
        drop(socket);
        carrying.shutdown().await;
        finish(connections, shared.limits.drain_timeout + CLOSING_MAX).await;
        shared.refused.sum_up();
        ended
    }

    async fn accept(&mut self, shutdown: &Shutdown) -> std::convert::Infallible {
        let mut sum_up = interval(SUM_UP_INTERVAL);
        sum_up.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((socket, address)) => self.admit(socket, address, shutdown),
                    Err(error) => self.wait_after(&error).await,
                },
                Some(ended) = self.connections.join_next() => note_panic(ended),
                _ = sum_up.tick() => self.sum_up(),
            }
        }
    }

    fn admit(&mut self, socket: TcpStream, address: SocketAddr, shutdown: &Shutdown) {
        self.retry.reset();
        self.shared.metrics.connections.increment(1);
        let place = match self.admission.admit(address.ip()) {
            Ok(place) => place,
            Err(full) => return self.shared.refused.note(full.reason(), &address, &full),
        };
        // Only who has a place shakes hands, and pays for it.
        if let Err(too_fast) = self.pace.take(address.ip(), Instant::now().into_std()) {
            return self.shared.refused.note("handshakes_too_fast", &address, &too_fast);
        }
        let (shared, shutdown) = (Arc::clone(&self.shared), shutdown.clone());
        self.connections.spawn(connection(shared, socket, address, place, shutdown));
    }

    /// One client's reset is nobody else's trouble; a shortage passes when we wait.
    async fn wait_after(&mut self, error: &io::Error) {
        self.shared.metrics.accept_failed.increment(1);
        if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            return;
        }
        let delay = self.retry.next_delay();
        warn!(%error, delay_ms = delay.as_millis() as u64, "cannot accept a connection; trying again");
        sleep(delay).await;
    }

    fn sum_up(&self) {
        let in_flight = self.shared.limits.in_flight_bytes_total - self.shared.budget.available_permits();
        self.shared.metrics.in_flight_bytes.set(in_flight as f64);
        self.shared.refused.sum_up();
    }
}

/// A connection from its first byte to its last. `place` is given back when it returns.
async fn connection(
    shared: Arc<Shared>,
    socket: TcpStream,
    address: SocketAddr,
    _place: Place,
    shutdown: Shutdown,
) {
    let shaken = tokio::select! {
        shaken = shake(&shared, socket, address) => shaken,
        () = shutdown.wait() => return,
    };
    match shaken {
        Ok((stream, caller)) => Box::pin(session::serve(shared, stream, caller, shutdown)).await,
        Err(error) => shared.refused.note(error.reason(), &address, &error.detail()),
    }
}

async fn shake(
    shared: &Shared,
    socket: TcpStream,
    address: SocketAddr,
) -> Result<(Stream, Caller), HandshakeError> {
    // Without this a PUBACK waits for the client's delayed acknowledgement of the one before.
    socket.set_nodelay(true).map_err(HandshakeError::Tls)?;
    let tls = shared.tls.load_full();
    handshake::shake(socket, address, &tls, shared.client_auth, shared.limits.handshake_timeout).await
}

/// Ends only when the router does.
async fn carry_commands(shared: Arc<Shared>, mut trunk: Trunk) -> GateError {
    loop {
        match trunk.next().await {
            Ok(command) => match shared.switchboard.carry(&command.topic, &command.payload) {
                0 => shared.metrics.commands_unheard.increment(1),
                sessions => shared.metrics.commands_sent.increment(sessions as u64),
            },
            Err(error) => return GateError::Router(error),
        }
    }
}

/// Nobody cancels the task while it is waited for, so it can only have panicked.
fn resume(error: JoinError) -> GateError {
    std::panic::resume_unwind(error.into_panic())
}

/// Waits for the sessions to say goodbye; those who do not are dropped.
async fn finish(mut connections: JoinSet<()>, limit: Duration) {
    let deadline = Instant::now() + limit;
    while let Ok(Some(ended)) = timeout_at(deadline, connections.join_next()).await {
        note_panic(ended);
    }
    if !connections.is_empty() {
        warn!(sessions = connections.len(), "sessions were dropped because they did not end in time");
    }
}

/// A broken invariant ends one session, not the gate. Its place and its membership are given back.
fn note_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        metrics::counter!("gate_session_panics_total").increment(1);
        error!(%error, "a session ended by a defect of the gate");
    }
}
