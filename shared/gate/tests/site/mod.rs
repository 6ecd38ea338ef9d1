//! A running gate with its authority, its policy and its consumer, on real sockets.

#![allow(dead_code, reason = "each test file uses its part of the site")]

pub(crate) mod authority;
pub(crate) mod client;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gate::{
    Admitted, Arrival, Caller, Certificate, ConnectRequest, Delivery, Gate, GateError, GateHandle, Limits,
    Login, OpenPolicy, Pace, Peer, Policy, PublishRequest, Refusal,
};
use rumqttc::mqttbytes::v4::ConnectReturnCode;
use runtime::shutdown::Shutdown;
use runtime::telemetry::{Metrics, init_metrics};
use runtime::tls::{TlsVersions, install_provider};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use authority::{Authority, Credentials};
use client::{Client, PATIENCE};

/// Each edge speaks under its own name, below its own topics.
struct OwnTopics;

impl Policy for OwnTopics {
    fn connect(&self, certificate: &Certificate, request: &ConnectRequest<'_>) -> Result<(), Refusal> {
        if request.client_id == certificate.identity.id {
            Ok(())
        } else {
            Err(Refusal::new("client_id", "a foreign id"))
        }
    }

    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal> {
        let own = request.topic.starts_with(&format!("sr/v1/{}/", peer.identity.id));
        if own && !request.retain {
            Ok(())
        } else {
            Err(Refusal::new("topic", "a foreign topic, or retained"))
        }
    }

    fn subscribe(&self, peer: &Peer, filter: &str) -> Result<(), Refusal> {
        let own = filter.starts_with(&format!("sr/v1/{}/cmd/", peer.identity.id));
        if own { Ok(()) } else { Err(Refusal::new("filter", "a foreign filter")) }
    }
}

/// Who may come without a certificate: whoever knows this password, under the name that he gives.
pub(crate) const PASSWORD: &str = "right";

/// How fast the clients of an open site may publish.
pub(crate) const PACE: (u32, u32) = (20, 10);

/// As `OwnTopics`, for clients with a certificate or a password. Wills and retained publishes are allowed.
#[derive(Default)]
pub(crate) struct OwnTopicsByLogin {
    paces: Mutex<HashMap<String, Arc<Pace>>>,
}

impl OpenPolicy for OwnTopicsByLogin {
    fn connect(&self, caller: &Caller, request: &ConnectRequest<'_>) -> Result<Admitted, Refusal> {
        let identity = match (&caller.certificate, request.login) {
            (Some(certificate), None) => certificate.identity.clone(),
            (None, Some(Login { user, password: PASSWORD })) => {
                format!("spiffe://site/login/{user}").parse().unwrap()
            }
            _ => return Err(Refusal::new("login", "neither a certificate nor the password")),
        };
        let pace = || Arc::new(Pace::new(PACE.0, PACE.1));
        let pace = Arc::clone(self.paces.lock().unwrap().entry(identity.to_string()).or_insert_with(pace));
        Ok(Admitted { identity, pace: Some(pace) })
    }

    fn publish(&self, peer: &Peer, request: &PublishRequest<'_>) -> Result<(), Refusal> {
        let own = request.topic.starts_with(&format!("sr/v1/{}/", peer.identity.id));
        if own { Ok(()) } else { Err(Refusal::new("topic", "a foreign topic")) }
    }

    fn subscribe(&self, _: &Peer, _: &str) -> Result<(), Refusal> {
        Err(Refusal::new("filter", "nothing is sent to these clients"))
    }
}

pub(crate) struct Site {
    pub(crate) authority: Authority,
    pub(crate) address: SocketAddr,
    pub(crate) gate: GateHandle,
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    pub(crate) shutdown: Shutdown,
    pub(crate) running: JoinHandle<Result<(), GateError>>,
    metrics: Metrics,
}

impl Site {
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::with(|authority, listener, sender| {
            gate::gate(listener, authority.server(&[]), Arc::new(OwnTopics), limits, sender)
        })
        .await
    }

    /// Whose clients may come with a password.
    pub(crate) async fn start_open(limits: Limits, versions: TlsVersions) -> Self {
        Self::with(|authority, listener, sender| {
            let policy = Arc::new(OwnTopicsByLogin::default());
            gate::open_gate(listener, authority.open_server(versions, &[]), policy, limits, sender)
        })
        .await
    }

    async fn with(
        build: impl FnOnce(
            &Authority,
            TcpListener,
            mpsc::Sender<Arrival>,
        ) -> Result<(Gate, GateHandle), GateError>,
    ) -> Self {
        install_provider();
        let metrics = init_metrics();
        let authority = Authority::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrivals) = mpsc::channel(1_024);
        let (task, gate) = build(&authority, listener, sender).unwrap();
        let shutdown = Shutdown::new();
        let running = tokio::spawn(task.run(shutdown.clone()));
        Self { authority, address, gate, arrivals, shutdown, running, metrics }
    }

    pub(crate) async fn handshake(&self, credentials: Option<&Credentials>) -> std::io::Result<Client> {
        Client::handshake(self.address, self.authority.client(credentials)).await
    }

    /// A connected edge; the consumer has seen it.
    pub(crate) async fn edge(&mut self, id: &str) -> Client {
        let credentials = self.authority.edge(id);
        self.connect(&credentials, id).await
    }

    pub(crate) async fn connect(&mut self, credentials: &Credentials, id: &str) -> Client {
        let mut client = self.handshake(Some(credentials)).await.unwrap();
        assert_eq!(client.connect(id).await, Some(ConnectReturnCode::Success));
        loop {
            if let Arrival::Connected { peer, .. } = self.arrival().await
                && peer.identity.id == id
            {
                return client;
            }
        }
    }

    pub(crate) async fn arrival(&mut self) -> Arrival {
        timeout(PATIENCE, self.arrivals.recv())
            .await
            .expect("an arrival comes in time")
            .expect("the gate lives")
    }

    /// The next publish; news of connections are passed over.
    pub(crate) async fn delivery(&mut self) -> Delivery {
        loop {
            if let Arrival::Published(delivery) = self.arrival().await {
                return delivery;
            }
        }
    }

    /// The reason of the next end of that edge's session; publishes before it are confirmed.
    pub(crate) async fn end_of(&mut self, id: &str) -> &'static str {
        loop {
            match self.arrival().await {
                Arrival::Disconnected { peer, reason, .. } if peer.identity.id == id => return reason,
                Arrival::Published(delivery) => delivery.confirm.durable(),
                _ => {}
            }
        }
    }

    /// How often the gate has refused for that reason.
    pub(crate) fn refused(&self, reason: &str) -> u64 {
        self.count(&format!("gate_refused_total{{reason=\"{reason}\"}}"))
    }

    pub(crate) fn count(&self, name: &str) -> u64 {
        let text = self.metrics.render();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or(0)
    }
}

/// Waits until the condition holds.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "this never came true: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
