//! Hundreds of connections that say nothing, or only half of a handshake, hold nobody up.

use std::time::{Duration, Instant};

use strongroom_tests::site::Site;
use strongroom_tests::wait::until;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const SILENT: usize = 500;
const HALF: usize = 200;
/// A TLS record of 512 bytes is announced, and its first bytes come.
const HALF_A_HELLO: &[u8] = &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_edge_connects_and_is_confirmed_within_a_second() {
    let site = Site::with_edges(&["edge-1"]).await;
    let gate = site.hub.ports().gate;
    let mut sockets = Vec::new();
    for number in 0..SILENT + HALF {
        let mut socket = TcpStream::connect(gate).await.unwrap();
        if number >= SILENT {
            socket.write_all(HALF_A_HELLO).await.unwrap();
        }
        sockets.push(socket);
    }
    let mut client = site.edge_client("edge-1");
    for _ in 0..5 {
        client.event("door-1:handle", "yes");
        let begun = Instant::now();
        client.connect_and_deliver().await.unwrap();
        let waited = begun.elapsed();
        assert!(waited < Duration::from_secs(1), "the good edge waited {waited:?}");
    }
    // The gate gives each of them up, and says so.
    let api = site.api();
    until("the silent connections to be given up", async || match api.refused("handshake_timeout").await {
        all if all == (SILENT + HALF) as f64 => Ok(()),
        some => Err(format!("{some} were")),
    })
    .await;
    assert!(client.heartbeat().await.is_ok(), "the good edge is still connected");
}
