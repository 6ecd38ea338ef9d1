//! A small site on real stores: parts with their edges, devices, incidents and history, put there as correlation and
//! ingest would. The only file of these tests that knows how the hub's stores are filled.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redb::Database;
use runtime::shutdown::Shutdown;
use runtime::tls::{self, ServerFiles};
use strongroom_hub::access::{Role, TokenStore};
use strongroom_hub::api::state::Limits;
use strongroom_hub::api::{ApiState, Doorkeeper};
use strongroom_hub::beats::Beats;
use strongroom_hub::command::{self, Commands};
use strongroom_hub::correlator::Progress;
use strongroom_hub::history::History;
use strongroom_hub::incident::lifecycle::{Change, Moment, Outcome};
use strongroom_hub::incident::{Answer, Incident, IncidentId, Severity};
use strongroom_hub::journal::medium::Folder;
use strongroom_hub::journal::writer::Retention;
use strongroom_hub::journal::{Action, Position, Quarantined, Writer};
use strongroom_hub::pki::files::{self, Readers};
use strongroom_hub::pki::{Authority, Subject};
use strongroom_hub::situation::Changes;
use strongroom_hub::situation::memory::EdgeMemory;
use strongroom_hub::situation::{EdgeState, LivenessView};
use strongroom_hub::status::{Start, Status};
use strongroom_hub::store::{Store, StoreWriter};
use tempfile::TempDir;
use tokio::sync::watch;
use wire::Digest;

use crate::disk::Disk;
use crate::samples;

pub(crate) struct Site {
    pub(crate) state: ApiState,
    pub(crate) supervisor: String,
    pub(crate) observer: String,
    pub(crate) folder: TempDir,
    pub(crate) journal: Mutex<Writer>,
    /// Reads of the store fail while this is true.
    pub(crate) disk_fails: Arc<AtomicBool>,
    store: Arc<Mutex<StoreWriter>>,
    progress: watch::Sender<Progress>,
}

impl Site {
    pub(crate) fn new() -> Self {
        tls::install_provider();
        let folder = tempfile::tempdir().unwrap();
        let disk_fails = Arc::new(AtomicBool::new(false));
        let disk = Disk::new(disk_fails.clone());
        let database = Database::builder().set_cache_size(0).create_with_backend(disk).unwrap();
        let (store, writer) = Store::with(database).unwrap();
        let writer = Arc::new(Mutex::new(writer));
        let medium = Arc::new(Folder::create(folder.path().join("journal")).unwrap());
        let (journal, reader) = Writer::open(medium, RETENTION).unwrap();
        let (progress, progress_seen) = watch::channel(Progress::default());
        let (_, crl) = watch::channel(authority(&folder).crl);
        let tokens = folder.path().join("tokens.json");
        let (supervisor, observer) =
            (token(&tokens, "p-17", Role::Supervisor), token(&tokens, "wall-1", Role::Observer));
        let state = ApiState {
            store: store.clone(),
            history: History::new(reader.clone(), store.clone()),
            commands: judged(&store, &writer),
            status: Status::new(START, reader, progress_seen, crl),
            beats: Beats::default(),
            doorkeeper: Doorkeeper::load(&tokens).unwrap(),
            metrics: runtime::telemetry::init_metrics(),
            site: "Test site".into(),
            version: "0.0.0-test",
            shutdown: Shutdown::new(),
            limits: Limits::default(),
        };
        Self {
            state,
            supervisor,
            observer,
            folder,
            journal: Mutex::new(journal),
            disk_fails,
            store: writer,
            progress,
        }
    }

    pub(crate) fn commit(&self, changes: &Changes) {
        self.store.lock().unwrap().commit(changes).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A part `id` with a door, an alarm panel and one edge `edge-<id>`.
    pub(crate) fn part(&self, order: u32, id: &str, name: &str, liveness: LivenessView) {
        self.edge(&format!("edge-{id}"), id, liveness);
        let (edge, door) = samples::tables(id);
        self.commit(&Changes {
            parts: vec![samples::part(order, id, name)],
            tables: vec![(edge, door)],
            ..Changes::default()
        });
    }

    pub(crate) fn edge(&self, edge: &str, part: &str, liveness: LivenessView) {
        let edges = vec![(samples::edge(edge, part, liveness), EdgeMemory::default())];
        self.commit(&Changes { edges, ..Changes::default() });
    }

    pub(crate) fn edges(&self, edges: impl Iterator<Item = EdgeState>) {
        let edges = edges.map(|edge| (edge, EdgeMemory::default())).collect();
        self.commit(&Changes { edges, ..Changes::default() });
    }

    /// An active incident that nobody has seen; `number` makes its id and its time.
    pub(crate) fn incident(&self, number: u8, part: &str, severity: Severity) -> Incident {
        let incident = samples::incident(number, part, severity);
        self.put(incident.clone());
        incident
    }

    pub(crate) fn put(&self, incident: Incident) {
        self.commit(&Changes { incidents: vec![incident], ..Changes::default() });
    }

    pub(crate) fn clear(&self, id: IncidentId) {
        let mut incident = self.state.store.incident(&id).unwrap().unwrap();
        incident.apply(Change::ConditionCleared, MOMENT);
        self.put(incident);
    }

    pub(crate) fn quarantine(&self, edge: &str, reason: &str) {
        let quarantined = Quarantined {
            edge: edge.parse().unwrap(),
            topic: format!("sr/v1/{edge}/urgent"),
            reason: reason.to_owned(),
            digest: Digest::of(b"junk"),
            payload: b"junk".to_vec().into(),
        };
        let quarantined = vec![(Position::FIRST, samples::BEGIN_MS, quarantined)];
        self.commit(&Changes { quarantined, ..Changes::default() });
    }

    /// As if the thread that correlates had died.
    pub(crate) fn stop_correlation(&mut self) {
        self.progress = watch::channel(Progress::default()).0;
    }
}

const RETENTION: Retention = Retention {
    segment_bytes: 1 << 30,
    segment_age: Duration::from_secs(86_400),
    bytes_max: 1 << 40,
    age_max: Duration::from_secs(86_400 * 365 * 50),
};

pub(crate) const START: Start =
    Start { started_ms: samples::BEGIN_MS + 64_000, last_entry_ms: Some(samples::BEGIN_MS) };

const MOMENT: Moment = Moment { position: Position::FIRST, hub_ms: samples::BEGIN_MS + 500_000 };

fn token(file: &std::path::Path, person: &str, role: Role) -> String {
    let now_s = runtime::clock::wall_ms() / 1_000;
    TokenStore::new(file).issue(&person.parse().unwrap(), role, 1, now_s).unwrap().secret.token_text()
}

/// An authority with a server certificate for 127.0.0.1: `server-hub.pem` and its key.
fn authority(folder: &TempDir) -> tls::ServerTls {
    let now_s = runtime::clock::wall_ms() / 1_000;
    let authority = Authority::init(folder.path(), &"test".parse().unwrap(), 1, 30, now_s).unwrap();
    let subject = Subject::Server {
        name: "hub".parse().unwrap(),
        dns: Vec::new(),
        ips: vec!["127.0.0.1".parse().unwrap()],
    };
    let issued = authority.issue(&subject, 30, None, now_s).unwrap();
    let path = |name: &str| folder.path().join(name);
    files::create(&path("server-hub.key"), issued.key_pem.unwrap().reveal().as_bytes(), Readers::OwnerOnly)
        .unwrap();
    std::fs::write(path("server-hub.pem"), issued.certificate_pem).unwrap();
    tls::mutual_server(&ServerFiles {
        ca: path("ca.pem"),
        crl: path("crl.pem"),
        certificate: path("server-hub.pem"),
        key: path("server-hub.key"),
    })
    .unwrap()
}

/// Commands that are judged at once, in place of ingest and correlation.
fn judged(store: &Store, writer: &Arc<Mutex<StoreWriter>>) -> Commands {
    let (commands, mut requests) = command::commands(store.clone());
    let (store, writer) = (store.clone(), writer.clone());
    tokio::spawn(async move {
        while let Some(request) = requests.recv().await {
            let answer = judge(&store, &writer, request.command.person, request.command.action);
            let _gone = request.answer.send(answer);
        }
    });
    commands
}

fn judge(store: &Store, writer: &Mutex<StoreWriter>, person: wire::PersonId, action: Action) -> Answer {
    let (id, change) = match action {
        Action::Acknowledge { incident, note } => (incident, Change::Acknowledge { person, note }),
        Action::Close { incident, cause, note } => (incident, Change::Close { person, cause, note }),
    };
    let mut incident = store.incident(&id).unwrap().unwrap();
    if let Outcome::Refused(refused) = incident.apply(change, MOMENT) {
        return Answer::Refused(refused);
    }
    writer
        .lock()
        .unwrap()
        .commit(&Changes { incidents: vec![incident.clone()], ..Changes::default() })
        .unwrap();
    Answer::Done(Box::new(incident))
}
