//! A checkpoint proves what the hub holds, if the edge's own key signed it and the chains are the same; anything else is
//! found out. With real keys and certificates, through the batches of ingest.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::path::Path;

use bytes::Bytes;
use runtime::tls::{self, ClientFiles, Issuers};
use rustls::SignatureScheme;
use strongroom_hub::ingest::batch::{Archive, Batch};
use strongroom_hub::ingest::edges::Edges;
use strongroom_hub::ingest::signatures::Signatures;
use strongroom_hub::journal::{Body, ForkKind, JournalError, Proved};
use strongroom_hub::pki::files::{self, Readers};
use strongroom_hub::pki::{Authority, Subject};
use tempfile::TempDir;
use wire::checkpoint::{Algorithm, Heads, KeyId, Signatory, Unsigned};
use wire::envelope::EnvelopeBuilder;
use wire::record::LaneHead;
use wire::{
    BootId, ClockState, Digest, EdgeId, Envelope, Epoch, Header, Lane, Record, Sealed, Seq, TableVersion,
};

const EPOCH: Epoch = Epoch([7; 16]);

struct NothingOlder;

impl Archive for NothingOlder {
    fn digest_of(&self, _: &Envelope) -> Result<Option<Digest>, JournalError> {
        Ok(None)
    }
}

/// An authority with its edges' keys.
struct Pki {
    folder: TempDir,
    authority: Authority,
    now_s: i64,
}

impl Pki {
    fn new() -> Self {
        tls::install_provider();
        let folder = tempfile::tempdir().unwrap();
        let now_s = runtime::clock::wall_ms() / 1_000;
        let authority = Authority::init(folder.path(), &"haus-a".parse().unwrap(), 10, 30, now_s).unwrap();
        Self { folder, authority, now_s }
    }

    fn signatures(&self, site: &str) -> Signatures {
        Signatures::new(Issuers::load(&self.folder.path().join("ca.pem")).unwrap(), site.to_owned())
    }

    fn key_of(&self, edge: &str) -> ClientFiles {
        let issued =
            self.authority.issue(&Subject::Edge(edge.parse().unwrap()), 30, None, self.now_s).unwrap();
        let path = |end: &str| self.folder.path().join(format!("{edge}.{end}"));
        let key = issued.key_pem.unwrap();
        files::create(&path("key"), key.reveal().as_bytes(), Readers::OwnerOnly).unwrap();
        std::fs::write(path("pem"), issued.certificate_pem).unwrap();
        ClientFiles { ca: self.folder.path().join("ca.pem"), certificate: path("pem"), key: path("key") }
    }
}

/// As an edge signs.
fn signed(files: &ClientFiles, heads: &Heads) -> Box<[u8]> {
    let config = tls::mutual_client(files).unwrap();
    let own = config.client_auth_cert_resolver.resolve(&[], &[]).unwrap();
    let signer = own.key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]).unwrap();
    let signatory = Signatory {
        algorithm: Algorithm::Es256,
        key: KeyId::of(&own.key.public_key().unwrap()),
        certificate: own.cert[0].as_ref().into(),
    };
    let unsigned = Unsigned::new(&signatory, heads);
    let signature = fixed(&signer.sign(&unsigned.signed_bytes()).unwrap());
    unsigned.sign(signature).unwrap()
}

/// Two DER integers side by side, each of 32 bytes.
fn fixed(der: &[u8]) -> [u8; 64] {
    let mut fixed = [0; 64];
    let mut rest = &der[2..];
    for place in [0, 32] {
        let (number, others) = rest[2..].split_at(usize::from(rest[1]));
        let digits = &number[number.len().saturating_sub(32)..];
        fixed[place + 32 - digits.len()..place + 32].copy_from_slice(digits);
        rest = others;
    }
    fixed
}

fn edge() -> EdgeId {
    EdgeId::parse("edge-1").unwrap()
}

/// An edge's side of both chains.
struct Chains {
    next: [u64; 2],
    head: [Digest; 2],
}

impl Chains {
    fn new() -> Self {
        Self { next: [0; 2], head: Lane::ALL.map(|lane| Digest::origin(&edge(), EPOCH, lane)) }
    }

    fn sealed(&mut self, lane: Lane, records: Vec<Record>) -> Sealed {
        let place = lane.index();
        let mut builder = EnvelopeBuilder::new(Header {
            edge: edge(),
            lane,
            epoch: EPOCH,
            first: Seq(self.next[place]),
            previous: self.head[place],
            boot: BootId([1; 16]),
            mono_ms: 5,
            wall_ms: 5,
            clock: ClockState::Free,
            table: TableVersion(0),
            watermark: Seq(0),
        });
        self.next[place] += records.len() as u64;
        for record in records {
            builder.push(record).unwrap();
        }
        let sealed = builder.seal().unwrap();
        self.head[place] = sealed.digest;
        sealed
    }

    fn something(&mut self, lane: Lane) -> Sealed {
        self.sealed(lane, vec![Record::Unknown { record_type: 900 }, Record::Unknown { record_type: 901 }])
    }

    fn heads(&self) -> Heads {
        let lane = |place: usize| LaneHead { next: Seq(self.next[place]), head: self.head[place] };
        Heads {
            edge: edge(),
            epoch: EPOCH,
            lanes: [lane(0), lane(1)],
            boot: BootId([1; 16]),
            mono_ms: 99,
            wall_ms: 9_999,
            clock: ClockState::Free,
        }
    }

    fn checkpoint(&mut self, files: &ClientFiles) -> Sealed {
        let heads = self.heads();
        self.sealed(Lane::Urgent, vec![Record::Checkpoint(signed(files, &heads))])
    }
}

struct Hub {
    edges: Edges,
    signatures: Signatures,
}

impl Hub {
    fn new(signatures: Signatures) -> Self {
        Self { edges: Edges::default(), signatures }
    }

    /// What is journaled beside the envelope itself.
    fn take(&mut self, lane: Lane, sealed: &Sealed) -> Vec<Body> {
        let place = self.edges.place(&edge(), 0);
        let mut batch = Batch::new(&NothingOlder, &self.signatures, 1_000, 0);
        let bytes = Bytes::from(sealed.bytes.to_vec());
        batch.envelope(&mut self.edges, place, lane, "topic", bytes).unwrap();
        batch.finish(&mut self.edges);
        let entries = batch.append.into_entries().into_iter().map(|entry| entry.body);
        entries.filter(|body| !matches!(body, Body::Envelope(_))).collect()
    }
}

fn proved(bodies: &[Body]) -> Option<&Proved> {
    match bodies {
        [Body::Proved(proved)] => Some(proved),
        _ => None,
    }
}

fn fork(bodies: &[Body]) -> Option<ForkKind> {
    match bodies {
        [Body::Fork(fork)] => Some(fork.how),
        _ => None,
    }
}

#[test]
fn what_the_edge_signed_and_the_hub_holds_is_proved() {
    let pki = Pki::new();
    let (files, mut hub, mut chains) =
        (pki.key_of("edge-1"), Hub::new(pki.signatures("haus-a")), Chains::new());
    for lane in [Lane::Urgent, Lane::Routine, Lane::Urgent] {
        assert_eq!(hub.take(lane, &chains.something(lane)), []);
    }
    let bodies = hub.take(Lane::Urgent, &chains.checkpoint(&files));
    let proved = proved(&bodies).unwrap();
    assert_eq!((proved.next, proved.mono_ms), ([Seq(4), Seq(2)], 99));
}

#[test]
fn a_checkpoint_that_overtook_its_routine_waits_for_it() {
    let pki = Pki::new();
    let (files, mut hub, mut chains) =
        (pki.key_of("edge-1"), Hub::new(pki.signatures("haus-a")), Chains::new());
    let (urgent, one, two) =
        (chains.something(Lane::Urgent), chains.something(Lane::Routine), chains.something(Lane::Routine));
    let checkpoint = chains.checkpoint(&files);
    let later = chains.something(Lane::Routine);
    assert_eq!(hub.take(Lane::Urgent, &urgent), []);
    assert_eq!(hub.take(Lane::Urgent, &checkpoint), []);
    assert_eq!(hub.take(Lane::Routine, &one), []);
    assert_eq!(proved(&hub.take(Lane::Routine, &two)).unwrap().next, [Seq(2), Seq(4)]);
    assert_eq!(hub.take(Lane::Routine, &later), []);
}

#[test]
fn a_signature_under_another_history_is_found_out_in_either_lane() {
    for lane in Lane::ALL {
        let pki = Pki::new();
        let (files, mut hub, mut chains) =
            (pki.key_of("edge-1"), Hub::new(pki.signatures("haus-a")), Chains::new());
        let sealed = Lane::ALL.map(|lane| chains.something(lane));
        Lane::ALL.into_iter().zip(&sealed).for_each(|(lane, sealed)| drop(hub.take(lane, sealed)));
        let mut heads = chains.heads();
        heads.lanes[lane.index()].head.0[5] ^= 1;
        let checkpoint = chains.sealed(Lane::Urgent, vec![Record::Checkpoint(signed(&files, &heads))]);
        assert_eq!(fork(&hub.take(Lane::Urgent, &checkpoint)), Some(ForkKind::ContradictingCheckpoint));
    }
}

#[test]
fn who_is_not_this_edge_cannot_sign_for_it() {
    let (ours, theirs) = (Pki::new(), Pki::new());
    let own = ours.key_of("edge-1");
    let heads = Chains::new().heads();
    let genuine = signed(&own, &heads);
    let mut changed = genuine.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    let mut of_another = heads.clone();
    of_another.edge = EdgeId::parse("edge-2").unwrap();
    let forged: [(&str, Box<[u8]>); 6] = [
        ("another edge's key", signed(&ours.key_of("edge-2"), &heads)),
        ("another CA's key", signed(&theirs.key_of("edge-1"), &heads)),
        ("a changed signature", changed.into()),
        ("another edge's heads", signed(&own, &of_another)),
        ("another epoch's heads", signed(&own, &Heads { epoch: Epoch([8; 16]), ..heads.clone() })),
        ("no checkpoint at all", Box::from(&b"checked, all well"[..])),
    ];
    for (what, bytes) in forged {
        let mut hub = Hub::new(ours.signatures("haus-a"));
        let sealed = Chains::new().sealed(Lane::Urgent, vec![Record::Checkpoint(bytes)]);
        assert_eq!(fork(&hub.take(Lane::Urgent, &sealed)), Some(ForkKind::ForgedCheckpoint), "{what}");
    }
    // The same bytes are good where they belong, and another site's hub takes nobody of this one.
    let sealed = Chains::new().sealed(Lane::Urgent, vec![Record::Checkpoint(genuine)]);
    assert!(proved(&Hub::new(ours.signatures("haus-a")).take(Lane::Urgent, &sealed)).is_some());
    let elsewhere = Hub::new(ours.signatures("haus-b")).take(Lane::Urgent, &sealed);
    assert_eq!(fork(&elsewhere), Some(ForkKind::ForgedCheckpoint));
}

#[test]
fn what_the_hub_does_not_remember_proves_nothing_and_accuses_nobody() {
    let pki = Pki::new();
    let (files, mut chains) = (pki.key_of("edge-1"), Chains::new());
    // The hub has lost what came before, as after a restore.
    let mut hub = Hub::new(pki.signatures("haus-a"));
    drop((chains.something(Lane::Urgent), chains.something(Lane::Routine)));
    let early = chains.heads();
    let later = chains.something(Lane::Urgent);
    let routine = chains.something(Lane::Routine);
    hub.take(Lane::Urgent, &later);
    hub.take(Lane::Routine, &routine);
    let late = chains.sealed(Lane::Urgent, vec![Record::Checkpoint(signed(&files, &early))]);
    assert_eq!(hub.take(Lane::Urgent, &late), []);
}

#[test]
fn a_file_that_holds_no_certificate_authority_is_refused() {
    assert!(Issuers::load(Path::new("/nowhere/ca.pem")).is_err());
}
