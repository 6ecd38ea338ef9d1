//! The server over real sockets and real TLS: who is slow, silent or wrong holds nobody else up.

use std::sync::Arc;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use runtime::tls;
use rustls::pki_types::ServerName;
use strongroom_hub::api::server::ServerError;
use strongroom_hub::api::{self, Server};
use strongroom_hub::incident::Severity;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::site::Site;

struct Served {
    site: Site,
    address: std::net::SocketAddr,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), ServerError>>,
}

async fn https() -> Served {
    let site = Site::new();
    let config = tls::https_server(&site.path("server-hub.pem"), &site.path("server-hub.key")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (shutdown, router) = (site.state.shutdown.clone(), api::router(site.state.clone()));
    let server = Server::https(listener, watch::channel(config).1, router, shutdown.clone()).unwrap();
    serve(site, server, shutdown)
}

async fn loopback() -> Served {
    let site = Site::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (shutdown, router) = (site.state.shutdown.clone(), api::router(site.state.clone()));
    let server = Server::loopback(listener, router, shutdown.clone()).unwrap();
    serve(site, server, shutdown)
}

fn serve(site: Site, server: Server, shutdown: Shutdown) -> Served {
    let address = server.address();
    Served { site, address, shutdown, running: tokio::spawn(server.run()) }
}

impl Served {
    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn tls(&self) -> TlsStream<TcpStream> {
        let config = tls::roots_client(&self.site.path("ca.pem")).unwrap();
        let name = ServerName::from(self.address.ip());
        TlsConnector::from(Arc::clone(&config)).connect(name, self.tcp().await).await.unwrap()
    }

    fn get(&self, path: &str, more: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{more}\r\n", self.address)
    }

    fn authorised(&self, path: &str) -> String {
        self.get(path, &format!("Authorization: Bearer {}\r\n", self.site.observer))
    }
}

async fn until(stream: &mut (impl AsyncRead + Unpin), wanted: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    while !text.contains(wanted) {
        let read = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut buffer)).await;
        let read = read.unwrap_or_else(|_| panic!("waited for `{wanted}`, got `{text}`")).unwrap_or(0);
        assert!(read > 0, "the connection ended before `{wanted}`: `{text}`");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    text
}

async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str, wanted: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    until(stream, wanted).await
}

#[tokio::test]
async fn a_request_and_a_stream_travel_over_tls() {
    let served = https().await;
    let mut stream = served.tls().await;
    let answer = ask(&mut stream, &served.authorised("/api/v1/kinds"), "door.contact").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(stream.get_ref().1.alpn_protocol(), None);

    let mut follower = served.tls().await;
    ask(&mut follower, &served.authorised("/api/v1/stream"), "retry: 2000").await;
    served.site.incident(1, "doc", Severity::P1);
    until(&mut follower, "event: incident").await;
}

#[tokio::test]
async fn silent_and_half_done_peers_hold_nobody_up() {
    let served = https().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(served.tcp().await);
    }
    let mut half = served.tcp().await;
    half.write_all(&[0x16, 0x03, 0x01, 0x02]).await.unwrap();
    let mut good = served.tls().await;
    let answer = ask(&mut good, &served.get("/healthz", ""), "live").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The handshake limit cuts them, one after the other.
    let mut byte = [0];
    for mut peer in silent {
        let read = tokio::time::timeout(Duration::from_secs(30), peer.read(&mut byte)).await;
        assert_eq!(read.expect("a silent peer keeps its place").unwrap_or(0), 0);
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_and_a_huge_one_is_refused() {
    let served = loopback().await;
    let mut slow = served.tcp().await;
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    let mut huge = served.tcp().await;
    let header = format!("X-Filler: {}\r\n", "x".repeat(20_000));
    let answer = ask(&mut huge, &served.get("/", &header), "\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(30), slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "a head that never ends keeps its place");
}

#[tokio::test]
async fn the_plain_listener_serves_its_own_name_only() {
    let served = loopback().await;
    let mut own = served.tcp().await;
    assert!(ask(&mut own, &served.get("/", ""), "</html>").await.contains("action=\"/signin\""));
    let mut foreign = served.tcp().await;
    let request = "GET / HTTP/1.1\r\nHost: attacker.test\r\n\r\n";
    let answer = ask(&mut foreign, request, "wrong-host").await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[tokio::test]
async fn plain_http_is_not_served_on_an_address_that_others_reach() {
    let site = Site::new();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = Server::loopback(listener, api::router(site.state.clone()), Shutdown::new());
    assert!(matches!(refused, Err(ServerError::NotLoopback(_))));
}

#[tokio::test]
async fn a_shutdown_ends_streams_and_idle_connections_and_then_the_server() {
    let served = https().await;
    let mut idle = served.tls().await;
    ask(&mut idle, &served.get("/healthz", ""), "live").await;
    let mut follower = served.tls().await;
    ask(&mut follower, &served.authorised("/api/v1/stream"), "retry: 2000").await;
    served.shutdown.begin();
    let ended = tokio::time::timeout(Duration::from_secs(30), served.running).await;
    ended.expect("the server does not end").unwrap().unwrap();
    let mut rest = Vec::new();
    let _cut = idle.read_to_end(&mut rest).await;
    let _cut = follower.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(served.address).await.is_err());
}
