//! A client that asks and never reads the answers is cut before its answers fill the memory.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::mqttbytes::v4::{Connect, Packet};
use runtime::tls::mutual_client;
use strongroom_tests::companion::Companion;
use strongroom_tests::site::Site;
use strongroom_tests::wait::soon;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

const PING: [u8; 2] = [0xc0, 0];
/// Questions at a time: few enough that a gate that writes keeps up with them.
const PINGS: usize = 16 * 1024;
const READ: usize = 50;
/// More answers than all buffers of the kernel on the way take.
const UNREAD_MAX: usize = 1_000;
const MEMORY_MAX: u64 = 32 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_reads_do_not_pile_up() {
    let site = Site::with_edges(&["edge-1", "edge-good"]).await;
    let good = Companion::start(site.edge_client("edge-good")).await;
    let memory_before = site.hub.process().resident_bytes().expect("a running process has memory");

    // TLS in two halves, so that it can be written to without being read.
    let tls = mutual_client(&site.authority.issue_edge("edge-1")).unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let socket = socket.connect(site.hub.ports().gate).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let stream = tokio_rustls::TlsConnector::from(Arc::clone(&tls)).connect(name, socket).await.unwrap();
    let (mut reads, mut writes) = tokio::io::split(stream);
    let mut hello = bytes::BytesMut::new();
    Packet::Connect(Connect::new("edge-1")).write(&mut hello, 1024).unwrap();
    writes.write_all(&hello).await.unwrap();
    writes.flush().await.unwrap();
    let mut connack = [0; 4];
    reads.read_exact(&mut connack).await.unwrap();

    let pings = PING.repeat(PINGS);
    let mut answers = vec![0; pings.len()];
    // As long as it reads, it may ask as much as it likes.
    for _ in 0..READ {
        writes.write_all(&pings).await.unwrap();
        writes.flush().await.unwrap();
        soon("the answers", reads.read_exact(&mut answers)).await.unwrap();
    }
    let mut unread = 0;
    while writes.write_all(&pings).await.is_ok() && writes.flush().await.is_ok() {
        unread += 1;
        assert!(unread < UNREAD_MAX, "{unread} times {PINGS} questions were taken and no answer was read");
        // Meanwhile the gate has had the time to write what can be written.
        good.served(1).await;
    }
    assert_eq!(site.api().refused("slow_reader").await, 1.0, "{}", site.api().get("/metrics").await.text);

    good.served(10).await;
    let (_, longest) = good.finish().await;
    assert!(longest < Duration::from_secs(1), "the good edge waited {longest:?}");
    let grown = site.hub.process().resident_bytes().unwrap().saturating_sub(memory_before);
    assert!(grown < MEMORY_MAX, "the hub grew by {grown} bytes");
}
