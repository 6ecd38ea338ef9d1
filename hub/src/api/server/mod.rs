//! The listeners: HTTPS, and plain HTTP on a loopback address for those who ask for it. Both serve the same router.
//!
//! ```text
//! accept ─ door (places in all and per address, handshakes per address) ─ task: TLS handshake ─ HTTP/1.1 ─ router
//! ```
//!
//! A peer can hold a place, but nothing else: handshake, request head, body and every write have a time limit, and none
//! of them is waited for on the way that accepts others.

mod admission;
mod connection;
mod loopback;
mod patience;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use gate::{HandshakePace, LogLimit, LogVerdict};
use runtime::shutdown::Shutdown;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

pub use loopback::{Loopback, NotLoopback};

use super::{Peer, Transport};
use admission::Admission;
use connection::Connection;

/// What running requests may still take once the shutdown has begun.
const DRAIN_MAX: Duration = Duration::from_secs(5);
/// When the system has no descriptors left, trying again at once only burns a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Handshakes of one address in the long run, and at once. A page takes two and keeps them; a proxy or a terminal server may
/// open all its connections together, and a script that keeps none makes one for each request. Each costs a fraction of a
/// millisecond.
const HANDSHAKES_PER_ADDRESS_PER_S: u32 = 100;
const HANDSHAKES_PER_ADDRESS_BURST: u32 = 512;
/// Lines about addresses that ask for too many, per second: nobody can flood the log.
const REFUSALS_LOGGED_PER_S: u32 = 1;

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("cannot tell the address of the API's listener")]
    LocalAddress(#[source] io::Error),
    #[error("the plain HTTP listener stands on {0}, which is not a loopback address")]
    NotLoopback(SocketAddr),
}

/// Who is let in to the handshake.
struct Door {
    admission: Admission,
    pace: HandshakePace,
    log_limit: LogLimit,
}

impl Door {
    fn new() -> Self {
        Self {
            admission: Admission::default(),
            pace: HandshakePace::new(HANDSHAKES_PER_ADDRESS_PER_S, HANDSHAKES_PER_ADDRESS_BURST),
            log_limit: LogLimit::new(REFUSALS_LOGGED_PER_S),
        }
    }

    fn may_shake(&mut self, address: IpAddr) -> bool {
        const REASON: &str = "handshakes_too_fast";
        let now = Instant::now();
        let Err(too_fast) = self.pace.take(address, now) else { return true };
        metrics::counter!("api_connections_refused_total", "reason" => REASON).increment(1);
        if let LogVerdict::Log { suppressed } = self.log_limit.judge(REASON, now) {
            warn!(%address, suppressed, "a connection to the API was refused: {too_fast}");
        }
        false
    }
}

/// One listener.
pub struct Server {
    listener: TcpListener,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    router: Router,
    address: SocketAddr,
    shutdown: Shutdown,
}

impl Server {
    /// `tls` may be exchanged while the server runs; new connections get the new certificate.
    pub fn https(
        listener: TcpListener,
        tls: watch::Receiver<Arc<ServerConfig>>,
        router: Router,
        shutdown: Shutdown,
    ) -> Result<Self, ServerError> {
        let address = listener.local_addr().map_err(ServerError::LocalAddress)?;
        Ok(Self { listener, tls: Some(tls), router, address, shutdown })
    }

    /// Plain HTTP. The address was checked with the configuration; it is checked again because it is what keeps tokens off
    /// the network.
    pub fn loopback(listener: TcpListener, router: Router, shutdown: Shutdown) -> Result<Self, ServerError> {
        let address = listener.local_addr().map_err(ServerError::LocalAddress)?;
        if !address.ip().is_loopback() {
            return Err(ServerError::NotLoopback(address));
        }
        Ok(Self { listener, tls: None, router, address, shutdown })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the shutdown begins, then lets running requests end.
    pub async fn run(self) -> Result<(), ServerError> {
        let scheme = self.transport().scheme();
        info!(address = %self.address, scheme, "the API listens");
        let mut door = Door::new();
        let running = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = self.shutdown.wait() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer.ip(), &mut door, &running),
                Err(error) => {
                    metrics::counter!("api_accept_failed_total").increment(1);
                    warn!(%error, "the API could not accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        running.close();
        if timeout(DRAIN_MAX, running.wait()).await.is_err() {
            warn!(connections = running.len(), "connections of the API were cut after the grace period");
        }
        Ok(())
    }

    fn admit(&self, stream: TcpStream, address: IpAddr, door: &mut Door, running: &TaskTracker) {
        let place = match door.admission.place(address) {
            Ok(place) => place,
            Err(full) => {
                metrics::counter!("api_connections_refused_total", "reason" => full.as_str()).increment(1);
                debug!(%address, reason = full.as_str(), "a connection to the API was refused");
                return;
            }
        };
        if self.tls.is_some() && !door.may_shake(address) {
            return;
        }
        let connection = Connection {
            peer: Peer { address, transport: self.transport() },
            tls: self.tls.as_ref().map(|tls| tls.borrow().clone()),
            router: self.router.clone(),
            shutdown: self.shutdown.clone(),
            _place: place,
        };
        running.spawn(connection.serve(stream));
    }

    fn transport(&self) -> Transport {
        match self.tls {
            Some(_) => Transport::Https,
            None => Transport::Loopback { port: self.address.port() },
        }
    }
}
