//! The port of one device: open while its link is up, closed with all its connections while it is cut, and open again at
//! the same address afterwards.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use runtime::backoff::Backoff;
use runtime::shutdown::Shutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{info, warn};

use super::modbus;
use crate::device::conduct::Link;
use crate::site::Site;

/// Another process may sit on the port for a moment; a person who waits for `restore` should not wait long.
const REBIND_FIRST: Duration = Duration::from_millis(100);
const REBIND_MAX: Duration = Duration::from_secs(2);

pub struct DevicePort {
    device: Arc<str>,
    address: SocketAddr,
    connections_max: usize,
    listener: Option<TcpListener>,
    link: watch::Receiver<Link>,
    site: Arc<Site>,
}

impl DevicePort {
    /// Takes the listener that is open already, so that the address is known before anything is served.
    pub fn new(
        device: &str,
        listener: TcpListener,
        connections_max: usize,
        link: watch::Receiver<Link>,
        site: Arc<Site>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        Ok(Self { device: device.into(), address, connections_max, listener: Some(listener), link, site })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        let mut link = self.link.clone();
        let mut backoff = Backoff::new(REBIND_FIRST, REBIND_MAX);
        while !shutdown.begun() {
            let listener = tokio::select! {
                listener = self.open(&mut backoff) => listener,
                () = shutdown.wait() => break,
            };
            backoff.reset();
            tokio::select! {
                served = modbus::serve(listener, Arc::clone(&self.site), Arc::clone(&self.device), self.connections_max) => {
                    if let Err(error) = served {
                        warn!(device = %self.device, %error, "the port failed, it is opened again");
                    }
                }
                () = becomes(&mut link, Link::Cut) => info!(device = %self.device, "port closed, connections cut"),
                () = shutdown.wait() => {}
            }
        }
        Ok(())
    }

    /// The open port, as soon as the link is up and the address is free.
    async fn open(&mut self, backoff: &mut Backoff) -> TcpListener {
        loop {
            becomes(&mut self.link, Link::Up).await;
            if let Some(listener) = self.listener.take() {
                return listener;
            }
            match TcpListener::bind(self.address).await {
                Ok(listener) => return listener,
                Err(error) => {
                    warn!(device = %self.device, address = %self.address, %error, "the port cannot be opened yet");
                    sleep(backoff.next_delay()).await;
                }
            }
        }
    }
}

/// Resolves at once when it is so already. The site outlives its ports; without it nothing changes any more.
async fn becomes(link: &mut watch::Receiver<Link>, wanted: Link) {
    if link.wait_for(|link| *link == wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}
