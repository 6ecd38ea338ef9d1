//! `/api/v1/stream`: changes as they happen, as server-sent events. Nothing is queued for a client: each follows the numbered
//! feed at its own pace, so a slow one lags, and one that takes nothing for too long is cut by the server's write limit.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use crate::api::caller::{Caller, Credential};
use crate::api::dto::edge::Edge;
use crate::api::dto::incident::Incident;
use crate::api::dto::part::Arming;
use crate::api::problem::{Kind, Problem};
use crate::api::query::Query;
use crate::api::state::ApiState;
use crate::store::{FeedItem, FeedKind};

/// Proxies and clients give up on silence; this is well below what any of them grants.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// How soon a stream ends after the right to it has ended.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// What the browser waits before it connects again.
const RECONNECT_AFTER: Duration = Duration::from_secs(2);
/// Items read from the store at a time, per client.
const BATCH: usize = 64;

/// The data of a `part` event: something of this part changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartChange {
    #[schema(example = "doc-room")]
    pub part: String,
    /// The arming state as the hub judged it then; whether its edge is live says the part itself.
    pub arming: Arming,
}

/// Follow changes (server-sent events)
///
/// `id` is the number of the change in the feed, which has no gaps. Event names and their data: `incident` (an Incident as
/// it then was), `edge` (an Edge), `part` (a PartChange: read the part again). `reset` (no data of use): what you missed is
/// no longer kept, load everything again; the stream then goes on from now. A comment comes every 15 s.
#[utoipa::path(get, path = "/api/v1/stream", operation_id = "followChanges", tag = "stream",
    params(
        ("after" = Option<u64>, Query, description = "Begin after this number; without it, from now."),
        ("Last-Event-ID" = Option<u64>, Header, description = "The same, as browsers send it; wins over `after`.")),
    responses(
        (status = 200, description = "The stream. At most 200 are served at a time.", body = String, content_type = "text/event-stream"),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn follow(
    State(state): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, Problem> {
    let after = query.text("after").map(|text| number("after", Some(&text))).transpose()?;
    query.finish()?;
    let last = headers.get("last-event-id");
    let last = last.map(|header| number("Last-Event-ID", header.to_str().ok())).transpose()?;
    let after = last.or(after);
    let Ok(place) = state.limits.streams.clone().try_acquire_owned() else {
        metrics::counter!("api_streams_refused_total").increment(1);
        return Err(Problem::new(Kind::Busy, "too many live streams at a time").retry_after(10));
    };
    let head = state.store.feed_head();
    let follower = Follower::begin(state, caller.credential, place, head, after);
    let keep_alive = KeepAlive::new().interval(HEARTBEAT_EVERY).text("still here");
    Ok(Sse::new(events(follower)).keep_alive(keep_alive).into_response())
}

fn number(name: &str, text: Option<&str>) -> Result<u64, Problem> {
    let wrong = || Problem::parameter(name, format!("`{name}` is the number of an event of this stream"));
    text.and_then(|text| text.parse().ok()).ok_or_else(wrong)
}

struct Follower {
    state: ApiState,
    credential: Credential,
    head: watch::Receiver<u64>,
    /// The last number that the client has.
    after: u64,
    ready: std::collections::VecDeque<Event>,
    check_at: Instant,
    _place: OwnedSemaphorePermit,
    _shown: Shown,
}

impl Follower {
    fn begin(
        state: ApiState,
        credential: Credential,
        place: OwnedSemaphorePermit,
        mut head: watch::Receiver<u64>,
        after: Option<u64>,
    ) -> Self {
        let now = *head.borrow_and_update();
        let after = after.unwrap_or(now);
        // The first event only carries an id, so that a client knows where it is before anything happens.
        let hello = Event::default().id(after.to_string()).retry(RECONNECT_AFTER);
        let check_at = Instant::now() + CHECK_EVERY;
        Self {
            state,
            credential,
            head,
            after,
            ready: [hello].into(),
            check_at,
            _place: place,
            _shown: Shown::new(),
        }
    }

    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.state.shutdown.begun() || !self.may_stay() {
                return None;
            }
            if self.read().await.is_err() {
                // The problem is in the log; the client comes again and is told.
                return None;
            }
            if self.ready.is_empty() {
                self.wait().await?;
            }
        }
    }

    /// A revoked token or an ended session ends its streams, too.
    fn may_stay(&mut self) -> bool {
        if Instant::now() < self.check_at {
            return true;
        }
        self.check_at = Instant::now() + CHECK_EVERY;
        self.state.doorkeeper.still_good(&self.credential)
    }

    async fn read(&mut self) -> Result<(), Problem> {
        let after = self.after;
        let feed = self.state.read_store(move |store| store.feed(after, BATCH)).await?;
        let unknown = after > feed.newest;
        let no_longer_kept = after.saturating_add(1) < feed.oldest;
        if unknown || no_longer_kept {
            metrics::counter!("api_stream_resets_total").increment(1);
            self.after = feed.newest;
            self.ready.push_back(reset(feed.newest));
            return Ok(());
        }
        for item in feed.items {
            self.after = item.number;
            self.ready.push_back(event(&item)?);
        }
        Ok(())
    }

    /// Until the feed grows, the next check is due, or the hub stops.
    async fn wait(&mut self) -> Option<()> {
        tokio::select! {
            () = self.state.shutdown.wait() => None,
            changed = timeout_at(self.check_at, self.head.changed()) => match changed {
                Ok(Err(_)) => None,
                Ok(Ok(())) | Err(_) => Some(()),
            },
        }
    }
}

/// Keeps the gauge of open streams true however a stream ends.
struct Shown;

impl Shown {
    fn new() -> Self {
        metrics::gauge!("api_streams").increment(1.0);
        Shown
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        metrics::gauge!("api_streams").decrement(1.0);
    }
}

fn events(follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    futures_util::stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    })
}

fn reset(newest: u64) -> Event {
    Event::default().event("reset").id(newest.to_string()).data(r#"{"next":"load everything again"}"#)
}

fn event(item: &FeedItem) -> Result<Event, Problem> {
    let (name, data) = match &item.what {
        FeedKind::Incident(incident) => ("incident", serde_json::to_string(&Incident::of(incident))),
        FeedKind::Edge(edge) => ("edge", serde_json::to_string(&Edge::of(edge))),
        FeedKind::Part { part, arming } => {
            let change = PartChange { part: part.to_string(), arming: Arming::judged(*arming) };
            ("part", serde_json::to_string(&change))
        }
    };
    let data = data.map_err(|_| Problem::broken("every event of the stream serialises"))?;
    Ok(Event::default().event(name).id(item.number.to_string()).data(data))
}
