//! The files that the authority writes are the files that the gate and the edges read: real TLS over real sockets, with
//! the configuration of the product on both sides.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use runtime::tls::{self, CertificateFacts, ClientFiles, ServerFiles, ServerTls};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConnection, StreamOwned};
use strongroom_hub::pki::files::{self, Readers};
use strongroom_hub::pki::{Authority, Holder, Reason, Serial, Subject, Target};
use tempfile::TempDir;

struct Site {
    folder: TempDir,
    authority: Authority,
    now_s: i64,
}

impl Site {
    fn new() -> Self {
        tls::install_provider();
        let folder = tempfile::tempdir().unwrap();
        let now_s = runtime::clock::wall_ms() / 1_000;
        let authority = Authority::init(folder.path(), &"haus-a".parse().unwrap(), 10, 30, now_s).unwrap();
        let site = Self { folder, authority, now_s };
        site.issue(&Subject::Server {
            name: "hub".parse().unwrap(),
            dns: vec![],
            ips: vec!["127.0.0.1".parse().unwrap()],
        });
        site
    }

    fn issue(&self, subject: &Subject) -> (Serial, String) {
        let issued = self.authority.issue(subject, 30, None, self.now_s).unwrap();
        let stem = subject.holder().file_stem();
        let key = issued.key_pem.unwrap();
        files::create(&self.path(&format!("{stem}.key")), key.reveal().as_bytes(), Readers::OwnerOnly)
            .unwrap();
        std::fs::write(self.path(&format!("{stem}.pem")), issued.certificate_pem).unwrap();
        (issued.entry.serial, issued.entry.sha256)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn gate(&self) -> ServerTls {
        tls::mutual_server(&ServerFiles {
            ca: self.path("ca.pem"),
            crl: self.path("crl.pem"),
            certificate: self.path("server-hub.pem"),
            key: self.path("server-hub.key"),
        })
        .unwrap()
    }

    /// What the gate learns of the client, or why one of the two sides refused.
    fn connect(&self, gate: &ServerTls, stem: &str) -> Result<CertificateFacts, String> {
        let own = ClientFiles {
            ca: self.path("ca.pem"),
            certificate: self.path(&format!("{stem}.pem")),
            key: self.path(&format!("{stem}.key")),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = Arc::clone(&gate.config);
        let serving = thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
            stream.write_all(b"!").map_err(|error| error.to_string())?;
            let chain = stream.conn.peer_certificates().unwrap();
            Ok(tls::certificate_facts(&chain[0]).unwrap())
        });
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(tls::mutual_client(&own).unwrap(), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
        let heard = stream.read_exact(&mut [0]).map_err(|error| error.to_string());
        let served = serving.join().unwrap();
        served.and_then(|facts| heard.map(|()| facts))
    }
}

fn edge(name: &str) -> Subject {
    Subject::Edge(name.parse().unwrap())
}

#[test]
fn an_edge_comes_in_and_is_known_by_its_uri_serial_and_hash() {
    let site = Site::new();
    let (serial, sha256) = site.issue(&edge("archive-1"));
    let facts = site.connect(&site.gate(), "edge-archive-1").unwrap();
    assert_eq!(facts.uri_names, ["spiffe://haus-a/edge/archive-1"]);
    let identity: gate::Identity = facts.uri_names[0].parse().unwrap();
    assert_eq!((identity.class.as_str(), identity.id.as_str()), ("edge", "archive-1"));
    assert_eq!(facts.serial, serial.as_bytes());
    assert_eq!(files::hex::encode(&facts.sha256), sha256);
    assert_eq!(facts.not_after_s, site.now_s + 30 * 86_400);
}

#[test]
fn a_revoked_edge_stays_out_once_the_new_list_is_read() {
    let site = Site::new();
    let (serial, _) = site.issue(&edge("a"));
    site.issue(&edge("b"));
    let before = site.gate();
    assert!(!before.crl.revokes(serial.as_bytes()));
    site.connect(&before, "edge-a").unwrap();

    let target = Target::Holder(Holder::Edge("a".parse().unwrap()));
    site.authority.revoke(&target, Reason::KeyCompromise, site.now_s).unwrap();
    let after = site.gate();
    assert!(after.crl.revokes(serial.as_bytes()));
    assert_eq!(after.crl.next_update_s(), Some(site.now_s + 30 * 86_400));
    let refused = site.connect(&after, "edge-a").unwrap_err();
    assert!(refused.to_lowercase().contains("revoked"), "{refused}");
    site.connect(&after, "edge-b").unwrap();
}

#[test]
fn a_servers_certificate_opens_nothing_as_a_client() {
    let site = Site::new();
    let refused = site.connect(&site.gate(), "server-hub").unwrap_err();
    assert!(refused.contains("invalid peer certificate"), "{refused}");
}

#[test]
fn a_peer_with_another_authority_stays_out() {
    let (site, other) = (Site::new(), Site::new());
    other.issue(&edge("a"));
    for name in ["edge-a.pem", "edge-a.key"] {
        std::fs::copy(other.path(name), site.path(name)).unwrap();
    }
    let refused = site.connect(&site.gate(), "edge-a").unwrap_err();
    assert!(refused.contains("UnknownIssuer"), "{refused}");
}
