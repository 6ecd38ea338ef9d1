//! A slow link in front of a hub: so many bytes a second each way, little buffered on the way, and now and then a stall.
//! What does not fit is held back by TCP, as on a radio or satellite link.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

/// What the way itself buffers: a few packets, as a modem does.
const BUFFER_BYTES: u32 = 4_096;
/// One packet; its time on the line is waited for before the next one.
const PIECE_BYTES: usize = 512;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrow {
    pub(crate) bytes_per_s: u64,
    /// Nothing moves for so long, once in each second.
    pub(crate) stalls: Option<(Duration, Duration)>,
}

pub(crate) struct Line {
    pub(crate) port: u16,
    accepting: JoinHandle<()>,
}

impl Line {
    pub(crate) fn open(narrow: Narrow, hub_port: u16) -> Line {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(BUFFER_BYTES).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(16).unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((edge, _)) = listener.accept().await {
                let Ok(hub) = TcpStream::connect(("127.0.0.1", hub_port)).await else { continue };
                connections.spawn(carry_both(narrow, edge, hub));
            }
        });
        Line { port, accepting }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry_both(narrow: Narrow, edge: TcpStream, hub: TcpStream) {
    drop((edge.set_nodelay(true), hub.set_nodelay(true)));
    let ((from_edge, to_edge), (from_hub, to_hub)) = (edge.into_split(), hub.into_split());
    tokio::select! {
        () = carry(narrow, from_edge, to_hub) => {}
        () = carry(narrow, from_hub, to_edge) => {}
    }
}

async fn carry(narrow: Narrow, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut piece = [0; PIECE_BYTES];
    let mut free = Instant::now();
    let mut next_stall = Instant::now() + Duration::from_secs(1);
    let mut stalls = 0;
    loop {
        let Ok(bytes @ 1..) = from.read(&mut piece).await else { return };
        if let Some((shortest, longest)) = narrow.stalls
            && Instant::now() >= next_stall
        {
            // Evenly over the range, in an order that jumps about.
            stalls = (stalls + 3) % 5;
            sleep(shortest + (longest - shortest) * stalls / 4).await;
            next_stall = Instant::now() + Duration::from_secs(1);
        }
        free =
            free.max(Instant::now()) + Duration::from_micros(bytes as u64 * 1_000_000 / narrow.bytes_per_s);
        sleep_until(free).await;
        if to.write_all(&piece[..bytes]).await.is_err() {
            return;
        }
    }
}
