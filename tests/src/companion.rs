//! A good edge beside whatever else happens: it sends and waits for its confirms all the time, and remembers the longest wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::edge_client::EdgeClient;
use crate::wait::until;

/// Between two events: an edge in trouble, and yet far from the load of a bench.
const PAUSE: Duration = Duration::from_millis(10);

pub struct Companion {
    stop: watch::Sender<bool>,
    confirmed: Arc<AtomicU64>,
    running: JoinHandle<(EdgeClient, Duration)>,
}

impl Companion {
    pub async fn start(mut client: EdgeClient) -> Companion {
        client.connect_and_deliver().await.expect("a good edge is taken");
        let (stop, stopped) = watch::channel(false);
        let confirmed = Arc::new(AtomicU64::new(0));
        let running = tokio::spawn(run(client, stopped, Arc::clone(&confirmed)));
        Companion { stop, confirmed, running }
    }

    /// Waits until so many more of its events are confirmed: it was served meanwhile.
    pub async fn served(&self, events: u64) {
        let wanted = self.confirmed.load(Ordering::Relaxed) + events;
        until("the good edge to be served", async || match self.confirmed.load(Ordering::Relaxed) {
            confirmed if confirmed >= wanted => Ok(()),
            confirmed => Err(format!("{confirmed} of {wanted} events are confirmed")),
        })
        .await;
    }

    /// The longest wait of all its events for a confirm.
    pub async fn finish(self) -> (EdgeClient, Duration) {
        self.stop.send_replace(true);
        self.running.await.expect("the good edge was served to the end")
    }
}

async fn run(
    mut client: EdgeClient,
    stopped: watch::Receiver<bool>,
    confirmed: Arc<AtomicU64>,
) -> (EdgeClient, Duration) {
    let mut longest = Duration::ZERO;
    for number in 0_u64.. {
        if *stopped.borrow() {
            break;
        }
        client.event("door-1:handle", if number.is_multiple_of(2) { "yes" } else { "no" });
        let begun = Instant::now();
        client.deliver().await.expect("a good edge keeps its connection");
        longest = longest.max(begun.elapsed());
        confirmed.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(PAUSE).await;
    }
    (client, longest)
}
