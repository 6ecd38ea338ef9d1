//! Whoever loses the live stream gets what was missed when coming back, each change once and in order, and also when the
//! hub was killed in between.

use strongroom_tests::edge_client::EdgeClient;
use strongroom_tests::site::Site;
use strongroom_tests::stream::{Stream, StreamEvent};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_goes_on_where_it_was_left() {
    let mut site = Site::with_edges(&["edge-1"]).await;
    let mut client = site.edge_client("edge-1");
    client.event("cabinet-1:bolt", "extended");
    client.connect_and_deliver().await.unwrap();
    let mut whole = site.stream().await;
    let mut broken = site.stream().await;
    let (begin, mut of_whole, mut of_broken) = (whole.last_id(), Vec::new(), Vec::new());

    open_and_shut(&mut client).await;
    of_whole.extend(until_cleared(&mut whole, 1).await);
    of_broken.push(broken.next().await.unwrap());
    let last_id = broken.last_id();
    drop(broken);

    open_and_shut(&mut client).await;
    of_whole.extend(until_cleared(&mut whole, 2).await);
    let mut again = Stream::open(&site.api(), Some(last_id)).await;
    of_broken.extend(until_cleared(&mut again, 2).await);
    assert_eq!(of_broken, of_whole);
    let numbers: Vec<u64> = of_whole.iter().map(|event| event.id).collect();
    let expected: Vec<u64> = (begin + 1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected, "the feed is numbered without gaps");

    // The numbers outlive the hub.
    let last_id = again.last_id();
    site.kill_and_restart_hub().await;
    client.connect().await.unwrap();
    open_and_shut(&mut client).await;
    let mut after = Stream::open(&site.api(), Some(last_id)).await;
    let missed = until_cleared(&mut after, 3).await;
    assert_eq!(missed[0].id, last_id + 1);
    let mut from_the_start = Stream::open(&site.api(), Some(begin)).await;
    let everything = until_cleared(&mut from_the_start, 3).await;
    assert_eq!(everything, [of_whole, missed].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_the_hub_does_not_know_resets_the_stream() {
    let site = Site::with_edges(&["edge-1"]).await;
    let mut stream = Stream::open(&site.api(), Some(1_000_000)).await;
    let event = stream.next().await.unwrap();
    assert_eq!(event.name, "reset");
    let mut client = site.edge_client("edge-1");
    client.event("cabinet-1:bolt", "retracted");
    client.connect_and_deliver().await.unwrap();
    assert_eq!(stream.incident("R-07").await["subject"], "edge-1:cabinet-1", "it goes on from now");
    let wrong =
        site.api().request(reqwest::Method::GET, "/api/v1/stream").header("last-event-id", "yesterday");
    assert_eq!(wrong.send().await.unwrap().status().as_u16(), 400);
}

async fn open_and_shut(client: &mut EdgeClient) {
    client.event("cabinet-1:bolt", "retracted");
    client.event("cabinet-1:bolt", "extended");
    client.deliver().await.unwrap();
}

/// Everything up to the moment when the cabinet is shut for the n-th time.
async fn until_cleared(stream: &mut Stream, occurrences: u64) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    loop {
        let event = stream.next().await.expect("the stream goes on");
        let cleared = event.data["condition"] == "cleared" && event.data["occurrences"] == occurrences;
        events.push(event);
        if cleared {
            return events;
        }
    }
}
