//! Checkpoints: both chains are signed with the edge's own key, in time, and whoever holds the envelopes can show it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use power_cut::{Disk, Fate};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PublicKeyData, SignatureAlgorithm};
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use runtime::tls::{ClientFiles, install_provider};
use strongroom_edge::clock::Clock;
use strongroom_edge::spool::{KeyFiles, Settings, Sign, SignError, open_on};
use wire::checkpoint::{Algorithm, Heads, KeyId};
use wire::table::{DeviceEntry, PointEntry};
use wire::{Checkpoint, DeviceId, Digest, Envelope, Lane, PointName, PointNo, PointTable, Record, Seq};

use crate::bench::{ROOMY, Running, edge, entry, numbers, settings, stamp, verify_chain};

const GRAVE: PointNo = PointNo(0);
const PLAIN: PointNo = PointNo(1);

fn table() -> PointTable {
    let device = DeviceEntry { device: DeviceId::parse("panel-1").unwrap(), profile: "panel".into() };
    let point = |(name, kind): (&str, &str)| PointEntry {
        device: 0,
        point: PointName::parse(name).unwrap(),
        kind: kind.into(),
    };
    let points = [("duress", "cabinet.duress"), ("contact", "door.contact")];
    PointTable::new(vec![device], points.map(point).into()).unwrap()
}

/// The edge's files, as the uplink has them.
fn files(folder: &Path, key: &KeyPair) -> KeyFiles {
    let certificate = CertificateParams::new(vec!["edge-1".to_owned()]).unwrap().self_signed(key).unwrap();
    let path = |name: &str| folder.join(name);
    fs::write(path("edge.pem"), certificate.pem()).unwrap();
    fs::write(path("edge.key"), key.serialize_pem()).unwrap();
    fs::set_permissions(path("edge.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = authority.self_signed(&KeyPair::generate().unwrap()).unwrap();
    fs::write(path("ca.pem"), authority.pem()).unwrap();
    KeyFiles(ClientFiles { ca: path("ca.pem"), certificate: path("edge.pem"), key: path("edge.key") })
}

/// A key that cannot be used; it counts how often that was tried.
#[derive(Clone, Debug, Default)]
struct NoKey(Arc<AtomicU64>);

impl Sign for NoKey {
    fn sign(&self, _: &Heads) -> Result<Box<[u8]>, SignError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(SignError::NoCertificate)
    }
}

struct Site {
    spool: Running,
    now_ms: Arc<AtomicU64>,
}

impl Site {
    fn start(disk: &Disk, signer: impl Sign + 'static) -> Self {
        install_provider();
        let now_ms = Arc::new(AtomicU64::new(1_000));
        let clock: Clock = {
            let now_ms = Arc::clone(&now_ms);
            Arc::new(move || stamp(now_ms.load(Ordering::SeqCst)))
        };
        let settings = Settings {
            signer: Some(Arc::new(signer)),
            routine_interval: Duration::from_secs(1),
            ..settings(ROOMY)
        };
        Self { spool: Running::start(open_on(disk.clone(), settings, &table(), clock).unwrap()), now_ms }
    }

    async fn event(&self, point: PointNo, number: i64) {
        let mut entry = entry(Lane::Urgent, number);
        entry.point = point;
        self.spool.append([entry]).await;
    }

    fn wait(&self, ms: u64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// What stands in the urgent lane, in short: `e` for an event, `c` for a checkpoint.
    async fn story(&self) -> String {
        let letter = |record: &Record| match record {
            Record::Event(_) => Some('e'),
            Record::Checkpoint(_) => Some('c'),
            _ => None,
        };
        self.spool.records(Lane::Urgent).await.iter().filter_map(letter).collect()
    }
}

fn spared() -> Disk {
    Disk::new(Vec::new(), Fate::Spared)
}

/// Every checkpoint is genuine, and its heads are those of the chains.
async fn verify(spool: &Running, key: &KeyPair, algorithm: &'static dyn VerificationAlgorithm) -> usize {
    let lanes = [spool.all(Lane::Urgent).await, spool.all(Lane::Routine).await];
    let mut checked = 0;
    for stored in &lanes[0] {
        for record in Envelope::decode(&stored.bytes).unwrap().records {
            let Record::Checkpoint(bytes) = record else { continue };
            let checkpoint = Checkpoint::decode(&bytes).unwrap();
            let public = UnparsedPublicKey::new(algorithm, key.der_bytes());
            public
                .verify(&checkpoint.signed_bytes(), checkpoint.signature())
                .expect("the signature is genuine");
            assert_eq!(checkpoint.signatory().key, KeyId::of(&key.subject_public_key_info()));
            let heads = checkpoint.heads();
            assert_eq!((&heads.edge, heads.epoch), (&edge(), spool.epoch()));
            assert_eq!(heads.lanes[0].next, stored.first, "it covers all that stands before it");
            for (lane, held) in lanes.iter().zip(heads.lanes) {
                let before = lane.iter().find(|envelope| envelope.next == held.next);
                let head = before.map(|envelope| Digest::of(&envelope.bytes));
                assert!(head == Some(held.head) || held.next == Seq::FIRST);
            }
            checked += 1;
        }
    }
    checked
}

#[tokio::test]
async fn both_kinds_of_keys_sign_what_others_can_verify() {
    let cases: [(&SignatureAlgorithm, Algorithm, &dyn VerificationAlgorithm); 2] = [
        (&rcgen::PKCS_ECDSA_P256_SHA256, Algorithm::Es256, &ECDSA_P256_SHA256_FIXED),
        (&rcgen::PKCS_ED25519, Algorithm::Ed25519, &ED25519),
    ];
    for (kind, named, algorithm) in cases {
        let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate_for(kind).unwrap());
        let (disk, signer) = (spared(), files(folder.path(), &key));
        let site = Site::start(&disk, signer.clone());
        for number in 0..40 {
            site.event(GRAVE, number).await;
            site.spool.append([entry(Lane::Routine, number)]).await;
            site.wait(700);
        }
        assert!(verify(&site.spool, &key, algorithm).await > 10, "{named:?}");
        site.spool.stop().unwrap();
        // The last act before the end is a checkpoint over everything.
        let site = Site::start(&disk, signer);
        assert!(site.story().await.ends_with('c'));
        verify_chain(Lane::Urgent, site.spool.epoch(), &site.spool.all(Lane::Urgent).await);
        assert_eq!(numbers(&site.spool.records(Lane::Routine).await).len(), 40);
        site.spool.stop().unwrap();
    }
}

#[tokio::test]
async fn a_checkpoint_comes_with_a_grave_event_and_once_a_minute_otherwise() {
    let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
    let site = Site::start(&spared(), files(folder.path(), &key));
    assert_eq!(site.story().await, "c", "the beginning of an epoch is signed");
    site.wait(2_000);
    site.event(PLAIN, 1).await;
    assert_eq!(site.story().await, "ce");
    site.event(GRAVE, 2).await;
    assert_eq!(site.story().await, "ceec", "in the same commit");
    site.event(GRAVE, 3).await;
    assert_eq!(site.story().await, "ceece", "not twice in a second");
    site.wait(1_000);
    site.event(PLAIN, 4).await;
    assert_eq!(site.story().await, "ceeceec", "but then for what was grave");
    site.event(PLAIN, 5).await;
    site.wait(59_000);
    site.event(PLAIN, 6).await;
    assert_eq!(site.story().await, "ceeceecee");
    site.wait(1_000);
    site.event(PLAIN, 7).await;
    assert_eq!(site.story().await, "ceeceeceeec");
    site.spool.stop().unwrap();
}

#[tokio::test]
async fn many_envelopes_do_not_wait_for_the_minute() {
    let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
    let site = Site::start(&spared(), files(folder.path(), &key));
    site.wait(1_500);
    for number in 0..255 {
        site.event(PLAIN, number).await;
    }
    assert_eq!(site.story().await.matches('c').count(), 1);
    site.event(PLAIN, 255).await;
    assert!(site.story().await.ends_with("ec"));
    site.spool.stop().unwrap();
}

#[tokio::test]
async fn without_a_usable_key_everything_else_goes_on() {
    let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
    let signer = files(folder.path(), &key);
    fs::remove_file(folder.path().join("edge.key")).unwrap();
    let site = Site::start(&spared(), signer);
    site.event(GRAVE, 1).await;
    site.event(GRAVE, 2).await;
    assert_eq!(site.story().await, "ee");
    // The key is back, renewed as it may be.
    files(folder.path(), &KeyPair::generate().unwrap());
    site.wait(60_000);
    site.event(PLAIN, 3).await;
    assert_eq!(site.story().await, "eeec");
    site.spool.stop().unwrap();
}

#[tokio::test]
async fn a_checkpoint_that_cannot_be_signed_costs_no_commit() {
    let (disk, signer) = (spared(), NoKey::default());
    let site = Site::start(&disk, signer.clone());
    site.event(PLAIN, 1).await;
    assert_eq!(site.story().await, "e");
    let (syncs, tried) = (disk.syncs(), signer.0.load(Ordering::SeqCst));
    for _ in 0..10 {
        site.wait(60_000);
        // Any question lets the spool look at what is due.
        site.story().await;
    }
    assert_eq!(signer.0.load(Ordering::SeqCst) - tried, 10, "the key may come back at any time");
    assert_eq!(disk.syncs(), syncs, "nothing was written, for there was nothing to write");
    site.spool.stop().unwrap();
}

#[tokio::test]
async fn a_checkpoint_alone_is_written_once() {
    let (folder, key) = (tempfile::tempdir().unwrap(), KeyPair::generate().unwrap());
    let site = Site::start(&spared(), files(folder.path(), &key));
    site.wait(2_000);
    site.event(PLAIN, 1).await;
    for _ in 0..3 {
        site.wait(60_000);
        assert_eq!(site.story().await, "cec");
    }
    assert_eq!(verify(&site.spool, &key, &ECDSA_P256_SHA256_FIXED).await, 2);
    site.spool.stop().unwrap();
}
