//! Whether other networks can be reached: connects over TCP to addresses that must not answer. Sends nothing.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::field::report::format::{Event, Outreach, Text};

/// Which addresses answered at the last probe.
#[derive(Debug, Default)]
pub(super) struct Reached(Vec<SocketAddr>);

/// Asks all addresses at once; those that take a connection.
pub(super) async fn probe(addresses: Vec<SocketAddr>, patience: Duration) -> Vec<SocketAddr> {
    let mut probes = JoinSet::new();
    for address in addresses {
        probes.spawn(async move {
            let connected = timeout(patience, TcpStream::connect(address)).await;
            matches!(connected, Ok(Ok(_))).then_some(address)
        });
    }
    let mut reached: Vec<SocketAddr> = probes.join_all().await.into_iter().flatten().collect();
    reached.sort_unstable();
    reached
}

impl Reached {
    /// An event for each address that answers and did not before.
    pub(super) fn probed(&mut self, reached: Vec<SocketAddr>) -> Vec<Event> {
        let new = reached.iter().filter(|address| !self.0.contains(address));
        let events = new.map(|address| {
            let (peer, protocol) = (Text::cut(&address.to_string()), Text::cut("tcp"));
            Event::Outreach(Outreach { interface: None, peer, protocol })
        });
        let events = events.collect();
        self.0 = reached;
        events
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_address_that_answers_is_told_once_and_again_when_it_returns() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let found = probe(vec![open, closed], Duration::from_secs(10)).await;
        assert_eq!(found, [open]);
        let mut reached = Reached::default();
        assert_eq!(reached.probed(found.clone()).len(), 1);
        assert!(reached.probed(found.clone()).is_empty());
        assert!(reached.probed(Vec::new()).is_empty());
        assert_eq!(reached.probed(found).len(), 1);
    }
}
