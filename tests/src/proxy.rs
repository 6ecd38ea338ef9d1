//! A TCP proxy between edge and hub that misbehaves on demand: it delays, holds back, swallows and cuts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToHub,
    ToEdge,
}

/// What happens to the bytes of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    Pass,
    /// Each piece waits so long; their order holds.
    Delay(Duration),
    /// Nothing moves: the sender is held back by TCP.
    Stall,
    /// The sender believes that it was sent.
    Swallow,
}

pub struct Proxy {
    address: SocketAddr,
    conducts: [watch::Sender<Conduct>; 2],
    /// Connections of an earlier number end.
    cut: watch::Sender<u64>,
    accepting: JoinHandle<()>,
}

struct Wires {
    hub: SocketAddr,
    conducts: [watch::Receiver<Conduct>; 2],
    cut: watch::Receiver<u64>,
}

impl Proxy {
    pub async fn start(hub: SocketAddr) -> Proxy {
        let listener = TcpListener::bind((hub.ip(), 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let conducts = [watch::Sender::new(Conduct::Pass), watch::Sender::new(Conduct::Pass)];
        let cut = watch::Sender::new(0);
        let wires =
            Wires { hub, conducts: conducts.each_ref().map(watch::Sender::subscribe), cut: cut.subscribe() };
        let accepting = tokio::spawn(accept(listener, Arc::new(wires)));
        Proxy { address, conducts, cut, accepting }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, direction: Direction, conduct: Conduct) {
        self.conducts[direction as usize].send_replace(conduct);
    }

    /// Ends every connection of this moment.
    pub fn cut(&self) {
        self.cut.send_modify(|number| *number += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, wires: Arc<Wires>) {
    let mut connections = JoinSet::new();
    while let Ok((edge, _)) = listener.accept().await {
        connections.spawn(connection(edge, Arc::clone(&wires)));
    }
}

async fn connection(edge: TcpStream, wires: Arc<Wires>) {
    let mut cut = wires.cut.clone();
    cut.mark_unchanged();
    // A hub that is down looks the same through a proxy: the connection ends.
    let Ok(hub) = TcpStream::connect(wires.hub).await else { return };
    drop((edge.set_nodelay(true), hub.set_nodelay(true)));
    let ((from_edge, to_edge), (from_hub, to_hub)) = (edge.into_split(), hub.into_split());
    let [up, down] = wires.conducts.clone();
    tokio::select! {
        () = carry(from_edge, to_hub, up) => {}
        () = carry(from_hub, to_edge, down) => {}
        _ = cut.changed() => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut conduct: watch::Receiver<Conduct>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        // Not even reading while stalled, so that the sender feels it.
        if conduct.wait_for(|conduct| *conduct != Conduct::Stall).await.is_err() {
            return;
        }
        let Ok(bytes @ 1..) = from.read(&mut buffer).await else { return };
        let now = *conduct.borrow_and_update();
        match now {
            Conduct::Swallow => continue,
            Conduct::Delay(delay) => sleep(delay).await,
            Conduct::Stall => {
                // It came while the proxy was told to stall.
                if conduct.wait_for(|conduct| *conduct != Conduct::Stall).await.is_err() {
                    return;
                }
            }
            Conduct::Pass => {}
        }
        if to.write_all(&buffer[..bytes]).await.is_err() {
            return;
        }
    }
}
