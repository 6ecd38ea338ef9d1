//! A hub whose state has judged more than its journal holds is not ready: one of the two was restored without the other.

use std::path::Path;
use std::sync::Arc;

use runtime::tls::{self, CrlState, ServerFiles};
use strongroom_hub::correlator::Progress;
use strongroom_hub::journal::{Position, Writer};
use strongroom_hub::pki::files::{self, Readers};
use strongroom_hub::pki::{Authority, Subject};
use strongroom_hub::status::{Start, Status};
use tokio::sync::watch;

use crate::disks::Disks;
use crate::traces::{append_three, small};

#[test]
fn a_state_ahead_of_the_journal_is_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (mut writer, reader) = Writer::open(Disks::spared(), small()).unwrap();
    append_three(&mut writer, 0).unwrap();
    let (progress, progress_seen) = watch::channel(Progress::default());
    let (_crl_sender, crl) = watch::channel(revocation_list(folder.path()));
    let status = Status::new(Start::new(0, 0), reader, progress_seen, crl);

    let judged = |position: &str| Progress { position: position.parse().unwrap(), next_due_ms: None };
    progress.send_replace(judged("0-3"));
    assert_eq!(status.ready(), Ok(()));
    for ahead in ["0-4", "0-9000000000000000000", "1-0"] {
        progress.send_replace(judged(ahead));
        let reasons = status.ready().unwrap_err();
        assert!(reasons.len() == 1 && reasons[0].contains("ahead of the journal"), "{reasons:?}");
    }
    progress.send_replace(Progress { position: Position::FIRST, next_due_ms: None });
    let reasons = status.ready().unwrap_err();
    assert!(reasons.len() == 1 && reasons[0].contains("behind the journal"), "{reasons:?}");
}

fn revocation_list(folder: &Path) -> Arc<CrlState> {
    tls::install_provider();
    let now_s = runtime::clock::wall_ms() / 1_000;
    let authority = Authority::init(folder, &"test".parse().unwrap(), 1, 30, now_s).unwrap();
    let subject = Subject::Server {
        name: "hub".parse().unwrap(),
        dns: Vec::new(),
        ips: vec!["127.0.0.1".parse().unwrap()],
    };
    let issued = authority.issue(&subject, 30, None, now_s).unwrap();
    let (certificate, key) = (folder.join("server-hub.pem"), folder.join("server-hub.key"));
    files::create(&key, issued.key_pem.unwrap().reveal().as_bytes(), Readers::OwnerOnly).unwrap();
    std::fs::write(&certificate, issued.certificate_pem).unwrap();
    let files = ServerFiles { ca: folder.join("ca.pem"), crl: folder.join("crl.pem"), certificate, key };
    tls::mutual_server(&files).unwrap().crl
}
