//! A checkpoint proves what the hub holds, if the edge's own key signed it and the chains are the same; anything else is
//! found out. With real keys and certificates, through the batches of ingest.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use bytes::Bytes;
use runtime::tls::{self, ClientFiles, Issuers, ServerFiles, ecdsa_fixed};
use rustls::SignatureScheme;
use strongroom_hub::ingest::batch::{Archive, Batch, Tally};
use strongroom_hub::ingest::edges::Edges;
use strongroom_hub::ingest::signatures::Signatures;
use strongroom_hub::journal::{Body, ForkKind, JournalError, NotCounted, Proved};
use strongroom_hub::pki::files::{self, Readers};
use strongroom_hub::pki::{Authority, Reason, Subject, Target};
use tempfile::TempDir;
use tokio::sync::watch;
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

    /// What the gate trusts now.
    fn issuers(&self) -> Issuers {
        let path = |name: &str| self.folder.path().join(name);
        let server = Subject::Server {
            name: "hub".parse().unwrap(),
            dns: vec!["hub.test".parse().unwrap()],
            ips: Vec::new(),
        };
        if !path("hub.pem").exists() {
            self.issue(&server, "hub");
        }
        let (ca, crl, certificate, key) = (path("ca.pem"), path("crl.pem"), path("hub.pem"), path("hub.key"));
        tls::mutual_server(&ServerFiles { ca, crl, certificate, key }).unwrap().issuers
    }

    fn hub(&self, site: &str) -> Hub {
        let (trust, issuers) = watch::channel(self.issuers());
        let signatures = Signatures::new(issuers, site.to_owned());
        Hub {
            edges: Edges::default(),
            signatures,
            trust,
            now_ms: self.now_s * 1_000,
            tally: Tally::default(),
        }
    }

    fn issue(&self, subject: &Subject, stem: &str) {
        let issued = self.authority.issue(subject, 30, None, self.now_s).unwrap();
        let path = |end: &str| self.folder.path().join(format!("{stem}.{end}"));
        let key = issued.key_pem.unwrap();
        files::create(&path("key"), key.reveal().as_bytes(), Readers::OwnerOnly).unwrap();
        std::fs::write(path("pem"), issued.certificate_pem).unwrap();
    }

    fn key_of(&self, edge: &str) -> ClientFiles {
        self.issue(&Subject::Edge(edge.parse().unwrap()), edge);
        let path = |end: &str| self.folder.path().join(format!("{edge}.{end}"));
        ClientFiles { ca: self.folder.path().join("ca.pem"), certificate: path("pem"), key: path("key") }
    }

    fn revoke(&self, edge: &str) {
        let target = Target::Holder(Subject::Edge(edge.parse().unwrap()).holder());
        self.authority.revoke(&target, Reason::KeyCompromise, self.now_s).unwrap();
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
    let signature = ecdsa_fixed(&signer.sign(&unsigned.signed_bytes()).unwrap());
    unsigned.sign(signature.unwrap()).unwrap()
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
    trust: watch::Sender<Issuers>,
    now_ms: i64,
    /// Of the envelope that was taken last.
    tally: Tally,
}

impl Hub {
    /// What is journaled beside the envelope itself.
    fn take(&mut self, lane: Lane, sealed: &Sealed) -> Vec<Body> {
        let place = self.edges.place(&edge(), 0);
        let mut batch = Batch::new(&NothingOlder, &self.signatures, self.now_ms, 0);
        let bytes = Bytes::from(sealed.bytes.to_vec());
        batch.envelope(&mut self.edges, place, lane, "topic", bytes).unwrap();
        batch.finish(&mut self.edges);
        self.tally = batch.tally;
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

fn not_counted(bodies: &[Body]) -> Option<NotCounted> {
    match bodies {
        [Body::Unproved(unproved)] => Some(unproved.why),
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
    let (files, mut hub, mut chains) = (pki.key_of("edge-1"), pki.hub("haus-a"), Chains::new());
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
    let (files, mut hub, mut chains) = (pki.key_of("edge-1"), pki.hub("haus-a"), Chains::new());
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
        let (files, mut hub, mut chains) = (pki.key_of("edge-1"), pki.hub("haus-a"), Chains::new());
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
        ("another CA's key for another edge", signed(&theirs.key_of("edge-2"), &heads)),
        ("a changed signature", changed.into()),
        ("another edge's heads", signed(&own, &of_another)),
        ("another epoch's heads", signed(&own, &Heads { epoch: Epoch([8; 16]), ..heads.clone() })),
        ("no checkpoint at all", Box::from(&b"checked, all well"[..])),
    ];
    for (what, bytes) in forged {
        let mut hub = ours.hub("haus-a");
        let sealed = Chains::new().sealed(Lane::Urgent, vec![Record::Checkpoint(bytes)]);
        assert_eq!(fork(&hub.take(Lane::Urgent, &sealed)), Some(ForkKind::ForgedCheckpoint), "{what}");
    }
    // The same bytes are good where they belong, and another site's hub takes nobody of this one.
    let sealed = Chains::new().sealed(Lane::Urgent, vec![Record::Checkpoint(genuine)]);
    assert!(proved(&ours.hub("haus-a").take(Lane::Urgent, &sealed)).is_some());
    let elsewhere = ours.hub("haus-b").take(Lane::Urgent, &sealed);
    assert_eq!(fork(&elsewhere), Some(ForkKind::ForgedCheckpoint));
}

#[test]
fn what_the_hub_does_not_remember_proves_nothing_and_accuses_nobody() {
    let pki = Pki::new();
    let (files, mut chains) = (pki.key_of("edge-1"), Chains::new());
    // The hub has lost what came before, as after a restore.
    let mut hub = pki.hub("haus-a");
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
fn a_hole_before_a_checkpoint_is_not_proved_away() {
    let pki = Pki::new();
    let (files, mut hub, mut chains) = (pki.key_of("edge-1"), pki.hub("haus-a"), Chains::new());
    let held = chains.something(Lane::Urgent);
    drop(chains.something(Lane::Urgent));
    let signed = chains.checkpoint(&files);
    assert_eq!(hub.take(Lane::Urgent, &held), []);
    let bodies = hub.take(Lane::Urgent, &signed);
    let [Body::Missing(missing)] = &bodies[..] else { panic!("only the hole is found: {bodies:?}") };
    assert_eq!((missing.first, missing.next), (Seq(2), Seq(4)));
    assert!(missing.before.is_some() && missing.after.is_some(), "it is known when they were made");
    assert_eq!(hub.tally.checkpoints_not_compared, 1);
    // What is chained to it behind the hole is proved by the next one.
    assert_eq!(proved(&hub.take(Lane::Urgent, &chains.checkpoint(&files))).unwrap().next[0], Seq(5));
}

#[test]
fn an_authority_that_the_hub_does_not_know_is_no_fork_and_counts_once_it_is_known() {
    let (before, anew) = (Pki::new(), Pki::new());
    let (files, mut hub, mut chains) = (anew.key_of("edge-1"), before.hub("haus-a"), Chains::new());
    let first = hub.take(Lane::Urgent, &chains.checkpoint(&files));
    assert_eq!(not_counted(&first), Some(NotCounted::UnknownSignatory));
    for _ in 0..10 {
        assert_eq!(hub.take(Lane::Urgent, &chains.checkpoint(&files)), [], "it is told once");
        assert_eq!((hub.tally.checkpoints_unknown_signatory, hub.tally.checkpoints_wrong), (1, 0));
    }
    // As when the gate's files are read again.
    hub.trust.send_replace(anew.issuers());
    assert!(proved(&hub.take(Lane::Urgent, &chains.checkpoint(&files))).is_some());
    hub.trust.send_replace(before.issuers());
    let again = hub.take(Lane::Urgent, &chains.checkpoint(&files));
    assert_eq!(not_counted(&again), Some(NotCounted::UnknownSignatory), "it is told again");
}

#[test]
fn a_revoked_key_proves_nothing_more_and_a_new_one_does() {
    let pki = Pki::new();
    let (files, mut hub, mut chains) = (pki.key_of("edge-1"), pki.hub("haus-a"), Chains::new());
    assert!(proved(&hub.take(Lane::Urgent, &chains.checkpoint(&files))).is_some());
    let late = chains.checkpoint(&files);
    pki.revoke("edge-1");
    hub.trust.send_replace(pki.issuers());
    assert_eq!(not_counted(&hub.take(Lane::Urgent, &late)), Some(NotCounted::Revoked));
    assert_eq!(hub.tally.checkpoints_not_counted, 1);
    for end in ["key", "pem"] {
        std::fs::remove_file(pki.folder.path().join(format!("edge-1.{end}"))).unwrap();
    }
    let files = pki.key_of("edge-1");
    assert!(proved(&hub.take(Lane::Urgent, &chains.checkpoint(&files))).is_some());
}

#[test]
fn a_certificate_has_to_be_good_when_it_signs_and_not_when_it_is_judged() {
    const DAY_MS: i64 = 86_400_000;
    let pki = Pki::new();
    let files = pki.key_of("edge-1");
    let now_ms = pki.now_s * 1_000;
    for (what, signed_ms, clock, expected) in [
        ("it waited on the edge", now_ms + DAY_MS, ClockState::Free, None),
        ("it had run out", now_ms + 40 * DAY_MS, ClockState::Free, Some(NotCounted::Expired)),
        ("the edge does not know when", 0, ClockState::Unset, Some(NotCounted::Expired)),
    ] {
        let mut hub = pki.hub("haus-a");
        hub.now_ms = now_ms + 50 * DAY_MS;
        let mut chains = Chains::new();
        let heads = Heads { wall_ms: signed_ms, clock, ..chains.heads() };
        let sealed = chains.sealed(Lane::Urgent, vec![Record::Checkpoint(signed(&files, &heads))]);
        let bodies = hub.take(Lane::Urgent, &sealed);
        assert_eq!(not_counted(&bodies), expected, "{what}");
        assert_eq!(proved(&bodies).is_some(), expected.is_none(), "{what}");
    }
}

#[test]
fn only_the_urgent_lane_carries_checkpoints() {
    let pki = Pki::new();
    let (files, mut hub, mut chains) = (pki.key_of("edge-1"), pki.hub("haus-a"), Chains::new());
    let genuine = signed(&files, &chains.heads());
    for bytes in [genuine, Box::from(&b"forged"[..])] {
        let routine = chains.sealed(Lane::Routine, vec![Record::Checkpoint(bytes)]);
        assert_eq!(hub.take(Lane::Routine, &routine), []);
    }
}
