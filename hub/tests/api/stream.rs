//! The live stream loses nothing between two connections, says so when it would, and ends when the right to it ends.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::{Method, StatusCode};
use futures_util::StreamExt;
use strongroom_hub::incident::Severity;
use strongroom_hub::situation::LivenessView;
use strongroom_hub::store::feed::FEED_ROWS_MAX;

use crate::ask::Ask;
use crate::samples;
use crate::site::Site;

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

struct Stream {
    body: BodyDataStream,
    text: String,
}

#[derive(Debug, PartialEq)]
struct Sent {
    id: u64,
    name: String,
    data: serde_json::Value,
}

impl Stream {
    async fn open(ask: Ask) -> Self {
        let response = ask.open().await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let chunk =
                tokio::time::timeout(PATIENCE, self.body.next()).await.expect("the stream is silent")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// The next event with data; the first block of a stream only carries an id.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            let block = self.block().await?;
            let field =
                |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let Some(data) = field("data: ") {
                let id = field("id: ").unwrap().parse().unwrap();
                return Some(Sent {
                    id,
                    name: field("event: ").unwrap(),
                    data: serde_json::from_str(&data).unwrap(),
                });
            }
        }
    }
}

fn follow(site: &Site, path: &str) -> Ask {
    site.ask(Method::GET, path).token(&site.observer)
}

#[tokio::test]
async fn changes_arrive_as_they_happen() {
    let site = Site::new();
    site.incident(1, "doc", Severity::P2);
    let mut stream = Stream::open(follow(&site, "/api/v1/stream")).await;
    site.incident(2, "doc", Severity::P1);
    site.part(0, "doc", "Document room", LivenessView::Silent);
    let incident = stream.next().await.unwrap();
    assert_eq!((incident.id, incident.name.as_str()), (2, "incident"));
    assert_eq!(
        (&incident.data["severity"], &incident.data["state"]),
        (&"P1".into(), &"unacknowledged".into())
    );
    let edge = stream.next().await.unwrap();
    assert_eq!((edge.id, edge.name.as_str(), &edge.data["liveness"]), (3, "edge", &"silent".into()));
    let part = stream.next().await.unwrap();
    assert_eq!((part.id, part.name.as_str(), &part.data["part"]), (4, "part", &"doc".into()));
    assert_eq!(part.data["arming"]["state"], "set");
}

#[tokio::test]
async fn a_stream_goes_on_where_the_last_one_ended() {
    let site = Site::new();
    for number in 1..=5 {
        site.incident(number, "doc", Severity::P2);
    }
    let mut first = Stream::open(follow(&site, "/api/v1/stream?after=2")).await;
    assert_eq!(first.next().await.unwrap().id, 3);
    drop(first);
    let mut second = Stream::open(follow(&site, "/api/v1/stream?after=1").header("last-event-id", "3")).await;
    let ids = [second.next().await.unwrap().id, second.next().await.unwrap().id];
    assert_eq!(ids, [4, 5]);
    site.incident(6, "doc", Severity::P2);
    assert_eq!(second.next().await.unwrap().id, 6);
}

#[tokio::test]
async fn the_first_block_carries_the_place_and_the_pause_before_reconnecting() {
    let site = Site::new();
    site.incident(1, "doc", Severity::P2);
    let mut stream = Stream::open(follow(&site, "/api/v1/stream")).await;
    let hello = stream.block().await.unwrap();
    assert!(hello.contains("id: 1") && hello.contains("retry: 2000"), "{hello}");
}

#[tokio::test]
async fn what_is_no_longer_kept_is_told_by_a_reset() {
    let site = Site::new();
    let rows = FEED_ROWS_MAX + 10;
    let edges = (0..rows).map(|_| samples::edge("edge-doc", "doc", LivenessView::Live));
    site.edges(edges);
    let mut stream = Stream::open(follow(&site, "/api/v1/stream?after=3")).await;
    let reset = stream.next().await.unwrap();
    assert_eq!((reset.name.as_str(), reset.id), ("reset", rows));
    site.incident(1, "doc", Severity::P1);
    assert_eq!(stream.next().await.unwrap().id, rows + 1);
}

#[tokio::test]
async fn a_number_from_another_life_of_the_hub_is_told_by_a_reset() {
    let site = Site::new();
    site.incident(1, "doc", Severity::P1);
    let mut stream = Stream::open(follow(&site, "/api/v1/stream?after=4711")).await;
    let reset = stream.next().await.unwrap();
    assert_eq!((reset.name.as_str(), reset.id), ("reset", 1));
    site.incident(2, "doc", Severity::P1);
    assert_eq!(stream.next().await.unwrap().id, 2);
}

#[tokio::test]
async fn streams_end_with_the_hub() {
    let site = Site::new();
    let mut stream = Stream::open(follow(&site, "/api/v1/stream")).await;
    stream.block().await.unwrap();
    site.state.shutdown.begin();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let site = Site::new();
    let cookie = site.session(&site.observer).await;
    let ask = site.ask(Method::GET, "/api/v1/stream").header("cookie", &cookie);
    let mut stream = Stream::open(ask).await;
    stream.block().await.unwrap();
    let out =
        site.ask(Method::POST, "/signout").header("cookie", &cookie).header("origin", "https://hub.test");
    out.send().await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_quiet_stream_beats() {
    let site = Site::new();
    let mut stream = Stream::open(follow(&site, "/api/v1/stream")).await;
    stream.block().await.unwrap();
    assert_eq!(stream.block().await.unwrap(), ": still here");
}

#[tokio::test]
async fn there_are_only_so_many_streams() {
    let site = Site::new();
    let mut streams = Vec::new();
    for _ in 0..200 {
        streams.push(Stream::open(follow(&site, "/api/v1/stream")).await);
    }
    let refused = follow(&site, "/api/v1/stream").send().await;
    refused.problem(503, "busy");
    assert!(refused.headers.contains_key("retry-after"));
    streams.pop();
    Stream::open(follow(&site, "/api/v1/stream")).await;
}

#[tokio::test]
async fn a_wrong_place_is_named() {
    let site = Site::new();
    let wrong = follow(&site, "/api/v1/stream?after=soon").send().await.problem(400, "bad-parameter");
    assert_eq!(wrong["parameter"], "after");
    assert_eq!(wrong["detail"], "`after` is the number of an event of this stream");
    let wrong = follow(&site, "/api/v1/stream").header("last-event-id", "x").send().await;
    assert_eq!(wrong.problem(400, "bad-parameter")["parameter"], "Last-Event-ID");
}
