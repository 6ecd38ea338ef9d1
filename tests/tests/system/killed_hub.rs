//! A hub that is killed at any moment has lost nothing that it confirmed, counts nothing twice, and tells of each incident
//! once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use strongroom_tests::edge_client::EdgeClient;
use strongroom_tests::site::Site;
use strongroom_tests::wait::until;
use tokio::sync::watch;
use wire::Lane;

const EDGES: usize = 10;
const KILLS: u64 = 12;
/// Each edge's cabinet is opened after so many of its envelopes: in the thick of it.
const OPENED_AFTER: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_confirmed_survives_and_counts_once() {
    let names: Vec<String> = (0..EDGES).map(|edge| format!("edge-{edge}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut site = Site::with_edges(&names).await;
    let (stop, stopped) = watch::channel(false);
    let confirmed = Arc::new(AtomicU64::new(0));
    let playing: Vec<_> = names
        .iter()
        .map(|name| tokio::spawn(play(site.edge_client(name), stopped.clone(), Arc::clone(&confirmed))))
        .collect();

    for kill in 1..=KILLS {
        // Somewhere in the stream of confirms, elsewhere each time.
        let moment = confirmed.load(Ordering::Relaxed) + random_below(600);
        until("the load to go on", async || match confirmed.load(Ordering::Relaxed) {
            enough if enough >= moment => Ok(()),
            fewer => Err(format!("{fewer} of {moment} envelopes are confirmed")),
        })
        .await;
        site.hub.kill();
        if kill.is_multiple_of(3) {
            // Killed once more while it still takes over what the last one left.
            site.hub.launch().await;
            site.hub.kill();
        }
        site.restart_hub().await;
    }
    stop.send_replace(true);

    let mut clients = Vec::new();
    for playing in playing {
        clients.push(playing.await.expect("an edge plays to the end"));
    }
    let api = site.api();
    api.judged().await;
    for client in &clients {
        let edge = client.author.edge().as_str();
        let records = api.records(edge).await;
        let twice: Vec<_> = records.iter().filter(|(_, times)| **times != 1).collect();
        assert!(twice.is_empty(), "{edge}: counted more than once: {twice:?}");
        let held: BTreeSet<_> = records.into_keys().collect();
        let written: BTreeSet<_> = client.events(false).into_iter().collect();
        let missing: Vec<_> = written.difference(&held).collect();
        assert!(
            missing.is_empty(),
            "{edge}: {} of {} events are missing: {missing:?}",
            missing.len(),
            written.len()
        );
        assert_eq!(held.len(), written.len(), "{edge}: the hub holds what was never written");
    }
    let opened = api.incidents_of("R-07", EDGES).await;
    for incident in &opened {
        assert_eq!(incident.occurrences, 1, "{incident:?}");
        assert_eq!(
            api.incident(&incident.id).await["events"].as_array().map(Vec::len),
            Some(1),
            "{incident:?}"
        );
    }
    let all = api.incidents().await;
    assert_eq!(all.len(), EDGES, "no gap, no fork, nothing else: {all:?}");
}

/// Writes and delivers until it is told to stop, and then delivers the rest.
async fn play(
    mut client: EdgeClient,
    stopped: watch::Receiver<bool>,
    confirmed: Arc<AtomicU64>,
) -> EdgeClient {
    for number in 0_u64.. {
        if *stopped.borrow() && number > OPENED_AFTER {
            break;
        }
        write(&mut client, number);
        if client.deliver().await.is_err() {
            connect_again(&mut client).await;
            continue;
        }
        confirmed.fetch_add(1, Ordering::Relaxed);
    }
    while client.deliver().await.is_err() {
        connect_again(&mut client).await;
    }
    client
}

fn write(client: &mut EdgeClient, number: u64) {
    let handle = if number.is_multiple_of(2) { "yes" } else { "no" };
    let mut urgent = vec![client.author.event("door-1:handle", handle)];
    if number == OPENED_AFTER {
        urgent.push(client.author.event("cabinet-1:bolt", "retracted"));
    }
    client.write(Lane::Urgent, urgent);
    if number.is_multiple_of(3) {
        let supply = client.author.event("door-1:supply", &format!("{}.5", number % 50));
        client.write(Lane::Routine, vec![supply.clone(), supply]);
    }
}

fn random_below(end: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % end
}

async fn connect_again(client: &mut EdgeClient) {
    // The hub may be away for as long as a restart takes.
    let mut tries = tokio::time::interval(std::time::Duration::from_millis(50));
    let resume = loop {
        tries.tick().await;
        if let Ok(resume) = client.connect().await {
            break resume;
        }
    };
    let lost = client.lost(&resume);
    assert!(lost.is_empty(), "{}: confirmed and lost: {lost:?}", client.author.edge());
}
