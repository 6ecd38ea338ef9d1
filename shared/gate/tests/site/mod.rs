//! A running gate with its authority, its policy and its consumer, on real sockets.

#![allow(dead_code, reason = "each test file uses its part of the site")]

pub(crate) mod authority;
pub(crate) mod client;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gate::{
    Arrival, ConnectRequest, Delivery, GateError, GateHandle, Limits, Peer, Policy, PublishRequest, Refusal,
};
use rumqttc::mqttbytes::v4::ConnectReturnCode;
use runtime::shutdown::Shutdown;
use runtime::telemetry::{Metrics, init_metrics};
use runtime::tls::install_provider;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use authority::{Authority, Credentials};
use client::{Client, PATIENCE};

/// Each edge speaks under its own name, below its own topics.
struct OwnTopics;

impl Policy for OwnTopics {
    fn connect(&self, peer: &Peer, request: &ConnectRequest<'_>) -> Result<(), Refusal> {
        if request.client_id == peer.identity.id {
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
        install_provider();
        let metrics = init_metrics();
        let authority = Authority::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, arrivals) = mpsc::channel(1_024);
        let tls = authority.server(&[]);
        let (task, gate) = gate::gate(listener, tls, Arc::new(OwnTopics), limits, sender).unwrap();
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
