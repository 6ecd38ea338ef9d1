//! The wiring of the hub: configuration in, running stages out. The only file that knows them all.

mod config_file;
mod files;
mod ports;
mod watchdog;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use self::config_file::ConfigFile;
use self::watchdog::Watchdog;
use gate::{Gate, GateError, GateHandle};
use redb::DatabaseError;
use runtime::clock;
use runtime::config::ConfigError;
use runtime::service::{Notice, Notifier};
use runtime::shutdown::{Shutdown, on_signals};
use runtime::tasks::{TaskFailure, TaskGroup};
use runtime::telemetry::Metrics;
use runtime::tls::{self, TlsError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::access::StoreError as TokenError;
use crate::api::state::Limits as ApiLimits;
use crate::api::{self, ApiState, Doorkeeper, server::ServerError};
use crate::beats::Beats;
use crate::command::{self, Request, Waiting};
use crate::config::Config;
use crate::correlate::{Pack, World, pack};
use crate::correlator::{Correlator, Progress};
use crate::history::History;
use crate::ingest::committer::Committer;
use crate::ingest::signatures::Signatures;
use crate::journal::medium::Folder;
use crate::journal::{Activated, Body, JournalError, Position, Reader, Writer};
use crate::metrics::{CorrelateMetrics, IngestMetrics};
use crate::policy::HubPolicy;
use crate::pulse::Pulse;
use crate::status::{Start, Status};
use crate::store::{Store, StoreError, StoreWriter};
use crate::surroundings;
use crate::tail::tail;

pub use ports::Ports;

/// Deliveries between the gate and ingest. The gate's own limits bound what is in flight; this only smooths.
const ARRIVALS_MAX: usize = 8_192;
/// What a stage may still take once the shutdown has begun.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("cannot read the rule pack {}", path.display())]
    Pack { path: PathBuf, source: io::Error },
    #[error("cannot use the data folder {}", path.display())]
    Data { path: PathBuf, source: io::Error },
    #[error(
        "another strongroom-hub runs with the data folder {}: stop it first, or give this one a folder of its own (hub.data)",
        data.display()
    )]
    InUse { data: PathBuf },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Tokens(#[from] TokenError),
    #[error("cannot listen on {address} ({what})")]
    Listen { what: &'static str, address: SocketAddr, source: io::Error },
    #[error("cannot build the gate")]
    Gate(#[from] GateError),
    #[error("cannot build the API")]
    Api(#[from] ServerError),
    #[error(
        "the state in {data} has judged the journal up to {state}, but the journal ends at {journal}: one of them was \
         restored without the other. Restore both from the same backup, or move {data}/state.redb away and let it be \
         judged anew",
        data = data.display()
    )]
    StateAhead { state: Position, journal: Position, data: PathBuf },
    #[error("cannot write the ports file {}", path.display())]
    Ports { path: PathBuf, source: io::Error },
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    #[error(transparent)]
    Task(#[from] TaskFailure),
}

/// The rule pack that the configuration names, checked.
pub fn read_pack(config: &Config) -> Result<(String, Pack), AppError> {
    let Some(path) = &config.pack else {
        let built_in = Path::new("the built-in rule pack");
        return Ok((pack::DEFAULT.to_owned(), Pack::parse(built_in, pack::DEFAULT)?));
    };
    let text =
        std::fs::read_to_string(path).map_err(|source| AppError::Pack { path: path.clone(), source })?;
    let pack = Pack::parse(path, &text)?;
    Ok((text, pack))
}

/// Runs the hub until a signal comes or a stage fails. `ports_file` is told where it listens, once it does.
pub async fn run(
    config: Config,
    config_path: &Path,
    metrics: Metrics,
    ports_file: Option<&Path>,
) -> Result<(), AppError> {
    let config_file = ConfigFile::new(config_path);
    let (pack_text, pack) = read_pack(&config)?;
    surroundings::tell(&config, clock::wall_ms() / 1_000);
    let shutdown = Shutdown::new();
    let (writer, reader, store, store_writer) = open(&config)?;
    let start = Start::new(writer.hub_ms(), clock::wall_ms());
    tracing::info!(
        data = %config.data.display(), journal_next = %writer.next(), cursor = %store.cursor(), rules = pack.rules.len(),
        parts = config.parts.len(), away_s = start.away_s(), "strongroom-hub {} starts", env!("CARGO_PKG_VERSION")
    );

    let listeners = Listeners::bind(&config).await?;
    let server_tls = tls::mutual_server(&config.gate.files)?;
    let (crl_sender, crl) = watch::channel(server_tls.crl.clone());
    let (issuers_sender, issuers) = watch::channel(server_tls.issuers.clone());
    let (api_tls_sender, api_tls) =
        watch::channel(tls::https_server(&config.api.certificate, &config.api.key)?);
    let (arrivals_sender, arrivals) = mpsc::channel(ARRIVALS_MAX);
    let expected: Vec<_> = config.parts.iter().flat_map(|part| part.edges.clone()).collect();
    let known = writer.edges().keys().cloned().chain(expected.iter().cloned()).collect();
    let policy = Arc::new(HubPolicy::new(config.site.clone(), known));
    let limits = gate::Limits {
        connections_max: config.gate.connections_max,
        connections_per_address_max: config.gate.connections_per_address_max,
        ..gate::Limits::default()
    };
    let (gate, gate_handle) = gate::gate(listeners.gate, server_tls, policy, limits, arrivals_sender)?;

    let (commands, requests) = command::commands(store.clone());
    let (progress_sender, progress) = watch::channel(Progress::default());
    let beats = Beats::default();
    let pulses = [Pulse::default(), Pulse::default()];
    let status = Status::new(start, reader.clone(), progress.clone(), crl);
    let doorkeeper = Doorkeeper::load(&config.api.tokens)?;
    let state = ApiState {
        store: store.clone(),
        history: History::new(reader.clone(), store.clone()),
        commands,
        status: status.clone(),
        beats: beats.clone(),
        doorkeeper: doorkeeper.clone(),
        metrics,
        site: config.name.as_str().into(),
        version: env!("CARGO_PKG_VERSION"),
        shutdown: shutdown.clone(),
        limits: ApiLimits::default(),
    };
    let router = api::router(state);
    let https = api::Server::https(listeners.api, api_tls, router.clone(), shutdown.clone())?;
    let loopback =
        listeners.loopback.map(|l| api::Server::loopback(l, router, shutdown.clone())).transpose()?;

    let mut tasks = TaskGroup::new(shutdown.clone());
    let signatures = Signatures::new(issuers, config.site.clone());
    let stages = Stages {
        writer,
        reader,
        store,
        store_writer,
        requests,
        signatures,
        progress_sender,
        progress,
        beats,
        pulses: pulses.clone(),
    };
    stages.spawn(
        &mut tasks,
        &config,
        activation(&config, pack_text),
        arrivals,
        gate_handle.clone(),
        &shutdown,
    )?;
    spawn_gate(&mut tasks, gate, &shutdown);
    tasks.spawn("api", https.run());
    if let Some(loopback) = loopback {
        tasks.spawn("api (loopback)", loopback.run());
    }
    tasks.spawn("sign-ins", doorkeeper.run(shutdown.clone()));
    let trust = files::Trust { crl: crl_sender, issuers: issuers_sender, api_tls: api_tls_sender };
    let follower = files::Follower::new(&config, config_file, gate_handle, trust);
    tasks.spawn("certificates", follower.run(shutdown.clone()));
    let signals = shutdown.clone();
    tasks.spawn("signals", on_signals(signals));

    if let Some(path) = ports_file {
        listeners.ports.write(path).map_err(|source| AppError::Ports { path: path.to_owned(), source })?;
    }
    let notifier = Arc::new(Notifier::from_environment());
    notifier.tell(&[Notice::Ready]);
    tasks.spawn("watchdog", Watchdog { status, notifier, pulses }.run(shutdown.clone()));
    Ok(tasks.run(GRACE).await?)
}

fn open(config: &Config) -> Result<(Writer, Reader, Store, StoreWriter), AppError> {
    let data = |source| AppError::Data { path: config.data.clone(), source };
    let folder = Folder::create(config.data.join("journal")).map_err(data)?;
    let in_use = || AppError::InUse { data: config.data.clone() };
    let (writer, reader) = Writer::open(Arc::new(folder), config.retention).map_err(|error| match error {
        JournalError::Open { source: DatabaseError::DatabaseAlreadyOpen, .. } => in_use(),
        error => error.into(),
    })?;
    let (store, store_writer) =
        Store::open(&config.data.join("state.redb")).map_err(|error| match error {
            StoreError::Open { source: DatabaseError::DatabaseAlreadyOpen, .. } => in_use(),
            error => error.into(),
        })?;
    Ok((writer, reader, store, store_writer))
}

fn activation(config: &Config, pack: String) -> Activated {
    Activated { pack, parts: config.parts.clone() }
}

fn spawn_gate(tasks: &mut TaskGroup, gate: Gate, shutdown: &Shutdown) {
    tasks.spawn("gate", gate.run(shutdown.clone()));
}

/// The sockets, bound before anything runs: a port that is taken is told at once.
struct Listeners {
    gate: TcpListener,
    api: TcpListener,
    loopback: Option<TcpListener>,
    ports: Ports,
}

impl Listeners {
    async fn bind(config: &Config) -> Result<Self, AppError> {
        let gate = bind("gate", config.gate.listen).await?;
        let api = bind("API", config.api.listen).await?;
        let loopback = match config.api.loopback {
            Some(address) => Some(bind("API on loopback", address).await?),
            None => None,
        };
        let address = |what, listener: &TcpListener, asked| {
            listener.local_addr().map_err(|source| AppError::Listen { what, address: asked, source })
        };
        let ports = Ports {
            gate: address("gate", &gate, config.gate.listen)?,
            api: address("API", &api, config.api.listen)?,
            loopback: loopback
                .as_ref()
                .map(|listener| address("API on loopback", listener, config.api.listen))
                .transpose()?,
        };
        Ok(Self { gate, api, loopback, ports })
    }
}

async fn bind(what: &'static str, address: SocketAddr) -> Result<TcpListener, AppError> {
    TcpListener::bind(address).await.map_err(|source| AppError::Listen { what, address, source })
}

/// What ingest and correlation are made of.
struct Stages {
    writer: Writer,
    reader: Reader,
    store: Store,
    store_writer: StoreWriter,
    requests: mpsc::Receiver<Request>,
    signatures: Signatures,
    progress_sender: watch::Sender<Progress>,
    progress: watch::Receiver<Progress>,
    beats: Beats,
    /// Of ingest, of correlation.
    pulses: [Pulse; 2],
}

impl Stages {
    fn spawn(
        self,
        tasks: &mut TaskGroup,
        config: &Config,
        activated: Activated,
        arrivals: mpsc::Receiver<gate::Arrival>,
        gate: GateHandle,
        shutdown: &Shutdown,
    ) -> Result<(), AppError> {
        let saved = self.store.load()?;
        if saved.next > self.writer.next() {
            let data = config.data.clone();
            return Err(AppError::StateAhead { state: saved.next, journal: self.writer.next(), data });
        }
        // Also if nothing has changed: what the journal says last is then what holds, whatever came in between.
        let first = vec![Body::HubStarted, Body::Activated(activated)];
        let (tail_sender, tail_receiver) = tail();
        let [ingest_pulse, correlator_pulse] = self.pulses;
        let waiting = Waiting::default();
        let committer = Committer {
            writer: self.writer,
            reader: self.reader.clone(),
            arrivals,
            requests: self.requests,
            first,
            gate,
            tail: tail_sender,
            waiting: waiting.clone(),
            progress: self.progress,
            expected: config.parts.iter().flat_map(|part| part.edges.clone()).collect(),
            liveness: config.liveness,
            signatures: self.signatures,
            beats: self.beats,
            metrics: IngestMetrics::default(),
            pulse: ingest_pulse,
        };
        let correlator = Correlator {
            world: World::restore(saved),
            tail: tail_receiver,
            reader: self.reader,
            store: self.store_writer,
            waiting,
            progress: self.progress_sender,
            metrics: CorrelateMetrics::default(),
            pulse: correlator_pulse,
        };
        let ends = shutdown.clone();
        tasks.spawn_thread("ingest", move || committer.run(ends)).map_err(AppError::Thread)?;
        let ends = shutdown.clone();
        tasks.spawn_thread("correlate", move || correlator.run(ends)).map_err(AppError::Thread)?;
        Ok(())
    }
}
