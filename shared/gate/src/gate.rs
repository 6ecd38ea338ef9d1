//! The gate as its owner sees it: made as a pair of a task and a handle.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;
use bytes::Bytes;
use runtime::shutdown::Shutdown;
use runtime::tls::ServerTls;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tracing::info;

use crate::arrival::Arrival;
use crate::identity::SessionId;
use crate::limits::{Limits, LimitsError};
use crate::listener::Listener;
use crate::metrics::Metrics;
use crate::policy::{CertifiedOnly, ClientAuth, OpenPolicy, Policy};
use crate::refused::Refused;
use crate::registry::Registry;
use crate::router::{self, CommandError, Commands, RouterError, Trunk};
use crate::switchboard::Switchboard;

#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error("the limits of the gate do not fit together")]
    Limits(#[source] LimitsError),
    #[error("cannot start or reach the in-process router")]
    Router(#[source] RouterError),
    /// Nothing could ever be confirmed again.
    #[error("the consumer of the gate has gone")]
    ConsumerGone,
}

/// What every session of one gate needs.
pub(crate) struct Shared {
    pub(crate) tls: Arc<ArcSwap<ServerTls>>,
    pub(crate) client_auth: ClientAuth,
    pub(crate) policy: Arc<dyn OpenPolicy>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) switchboard: Switchboard,
    pub(crate) arrivals: mpsc::Sender<Arrival>,
    /// Bytes that all sessions may have in flight together.
    pub(crate) budget: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) refused: Refused,
    pub(crate) next_session: AtomicU64,
}

/// Builds a gate on a listener that is already bound, for clients with certificates and for nobody else. Nothing is
/// accepted before `Gate::run`.
pub fn gate<P: Policy>(
    listener: TcpListener,
    tls: ServerTls,
    policy: Arc<P>,
    limits: Limits,
    arrivals: mpsc::Sender<Arrival>,
) -> Result<(Gate, GateHandle), GateError> {
    limits.check().map_err(GateError::Limits)?;
    let (commands, trunk) = router::start(limits.packet_bytes_max).map_err(GateError::Router)?;
    let who = (ClientAuth::Required, Arc::new(CertifiedOnly(policy)) as Arc<dyn OpenPolicy>);
    Ok(build(listener, tls, who, limits, arrivals, (Some(Arc::new(commands)), Some(trunk))))
}

/// The same for clients that may come with a login instead of a certificate, and to which nothing is ever sent. Such gates
/// come and go with a configuration, and a router would outlive each of them.
pub fn open_gate<P: OpenPolicy>(
    listener: TcpListener,
    tls: ServerTls,
    policy: Arc<P>,
    limits: Limits,
    arrivals: mpsc::Sender<Arrival>,
) -> Result<(Gate, GateHandle), GateError> {
    limits.check().map_err(GateError::Limits)?;
    Ok(build(listener, tls, (ClientAuth::Optional, policy), limits, arrivals, (None, None)))
}

fn build(
    listener: TcpListener,
    tls: ServerTls,
    (client_auth, policy): (ClientAuth, Arc<dyn OpenPolicy>),
    limits: Limits,
    arrivals: mpsc::Sender<Arrival>,
    (commands, trunk): (Option<Arc<Commands>>, Option<Trunk>),
) -> (Gate, GateHandle) {
    let metrics = Metrics::new();
    let shared = Arc::new(Shared {
        tls: Arc::new(ArcSwap::from_pointee(tls)),
        client_auth,
        policy,
        registry: Arc::new(Registry::new(metrics.sessions.clone())),
        switchboard: Switchboard::default(),
        arrivals,
        budget: Arc::new(Semaphore::new(limits.in_flight_bytes_total)),
        metrics,
        refused: Refused::new(limits.refusals_logged_per_s),
        next_session: AtomicU64::new(1),
        limits: Arc::new(limits),
    });
    let handle =
        GateHandle { tls: Arc::clone(&shared.tls), registry: Arc::clone(&shared.registry), commands };
    (Gate { listener, shared, trunk }, handle)
}

/// The task. Dropping its future closes every connection at once.
pub struct Gate {
    listener: TcpListener,
    shared: Arc<Shared>,
    trunk: Option<Trunk>,
}

impl Gate {
    /// Serves until the shutdown begins; then accepts no more, lets the PUBACKs of what was handed over leave
    /// for at most `Limits::drain_timeout`, and closes. The arrivals channel ends with it.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), GateError> {
        Listener::new(self.listener, self.shared).run(self.trunk, shutdown).await
    }
}

/// What the rest of the process may ask of a running gate. It does not keep the arrivals channel open.
#[derive(Clone)]
pub struct GateHandle {
    tls: Arc<ArcSwap<ServerTls>>,
    registry: Arc<Registry>,
    commands: Option<Arc<Commands>>,
}

impl GateHandle {
    /// New handshakes use it at once; sessions whose certificate it revokes are cut.
    pub fn replace_tls(&self, tls: ServerTls) {
        let crl = Arc::clone(&tls.crl);
        // In this order: a session that joins in between sees the new list by itself.
        self.tls.store(Arc::new(tls));
        let sessions_cut = self.registry.cut_revoked(|serial| crl.revokes(serial));
        info!(sessions_cut, "the gate uses new TLS files");
    }

    /// Sends to whoever has subscribed to `topic` now. Never blocks. A command to nobody is counted and
    /// gone: commands are states, and `Arrival::Subscribed` is the moment to send them again.
    pub fn command(&self, topic: &str, payload: Bytes) -> Result<(), CommandError> {
        self.commands.as_ref().ok_or(CommandError::NotCarried)?.send(topic, payload)
    }

    /// Ends a session, if it still lives. `reason` is its metric label.
    pub fn cut(&self, session: SessionId, reason: &'static str) {
        self.registry.cut(session, reason);
    }

    /// Sessions that are connected now.
    pub fn sessions(&self) -> usize {
        self.registry.len()
    }
}
