//! The live stream of the API (server-sent events), as a browser reads it.

use std::collections::VecDeque;

use reqwest::Method;
use serde_json::Value;

use crate::api::Api;
use crate::wait::soon;

#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    /// The number in the feed.
    pub id: u64,
    pub name: String,
    pub data: Value,
}

pub struct Stream {
    response: reqwest::Response,
    unread: String,
    ready: VecDeque<StreamEvent>,
    last_id: u64,
}

impl Stream {
    /// `after`: the last id that the client has seen; none: from now on.
    pub async fn open(api: &Api, after: Option<u64>) -> Self {
        let mut request = api.request(Method::GET, "/api/v1/stream");
        if let Some(after) = after {
            request = request.header("last-event-id", after.to_string());
        }
        let response = request.send().await.expect("the stream answers");
        assert_eq!(response.status().as_u16(), 200, "the stream opens");
        let mut stream = Self { response, unread: String::new(), ready: VecDeque::new(), last_id: 0 };
        // The first event carries only the id of where the stream stands.
        let hello = soon("the first event of the stream", stream.read()).await.expect("the stream begins");
        stream.last_id = hello.id;
        stream
    }

    pub fn last_id(&self) -> u64 {
        self.last_id
    }

    /// The next event; `None` when the hub has ended the stream.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        let event = soon("an event of the stream", self.read()).await?;
        self.last_id = event.id;
        Some(event)
    }

    /// Everything up to the first event that is wanted.
    pub async fn find(&mut self, what: &str, wanted: impl Fn(&StreamEvent) -> bool) -> StreamEvent {
        let look = async {
            loop {
                let event = self.read().await.unwrap_or_else(|| panic!("the stream ended before {what}"));
                self.last_id = event.id;
                if wanted(&event) {
                    return event;
                }
            }
        };
        soon(what, look).await
    }

    /// The first event that tells of an incident of this rule.
    pub async fn incident(&mut self, rule: &str) -> Value {
        let wanted = |event: &StreamEvent| event.name == "incident" && event.data["rule"] == rule;
        self.find(&format!("an incident of {rule} on the stream"), wanted).await.data
    }

    async fn read(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.unread.push_str(std::str::from_utf8(&chunk).expect("the stream is ASCII at its seams"));
            while let Some(end) = self.unread.find("\n\n") {
                let block: String = self.unread.drain(..end + 2).collect();
                self.ready.extend(parse(&block));
            }
        }
    }
}

/// `None` for a comment.
fn parse(block: &str) -> Option<StreamEvent> {
    let field = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| *found == name).map(|(_, value)| value.trim_start())
    };
    let id = field("id")?.parse().expect("ids are numbers");
    let data = field("data").map_or(Value::Null, |data| serde_json::from_str(data).expect("data is JSON"));
    Some(StreamEvent { id, name: field("event").unwrap_or_default().to_owned(), data })
}
