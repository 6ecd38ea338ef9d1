//! The hub's API as its clients use it: HTTPS with the site's authority and a bearer token.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::wait::until;

#[derive(Clone)]
pub struct Api {
    client: Client,
    base: String,
    token: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    /// `null` if it is no JSON; see `text`.
    pub body: Value,
    pub text: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Incident {
    pub id: String,
    pub rule: String,
    pub part: String,
    pub subject: String,
    pub text: String,
    pub severity: String,
    pub state: String,
    pub condition: String,
    pub occurrences: u64,
    pub arrival: String,
    pub allowed: Vec<String>,
}

/// A record as the journal holds it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Event {
    pub edge: String,
    pub lane: String,
    pub epoch: String,
    pub seq: u64,
    pub point: String,
    pub kind: String,
    pub text: Option<String>,
    pub quality: String,
    pub snapshot: bool,
}

/// Which record: there must never be two of one.
pub type RecordKey = (String, String, u64);

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl Api {
    pub fn new(ca: &Path, token: &str) -> Self {
        let tls = runtime::tls::roots_client(ca).expect("the authority's certificate can be read");
        // A pooled connection to a hub that was killed would fail a request that the new one could answer.
        let client = Client::builder().use_preconfigured_tls((*tls).clone()).pool_max_idle_per_host(0);
        let client = client.build().expect("a client can be built");
        Self { client, base: String::new(), token: token.to_owned() }
    }

    #[must_use]
    pub fn with_base(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request with the token, for those who want the answer itself.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    pub async fn try_get(&self, path: &str) -> anyhow::Result<Answer> {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.unwrap_or_else(|error| panic!("GET {path}: {error:#}"))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).json(body);
        answer(request).await.unwrap_or_else(|error| panic!("POST {path}: {error:#}"))
    }

    /// Without a token, with exactly these headers: for what strangers try.
    pub async fn bare(&self, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let named = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).expect("tests name valid values");
            (HeaderName::from_static(name), value)
        });
        let request =
            self.client.request(method, format!("{}{path}", self.base)).headers(HeaderMap::from_iter(named));
        answer(request).await.unwrap_or_else(|error| panic!("{path}: {error:#}"))
    }

    pub async fn acknowledge(&self, incident: &str) -> Answer {
        self.post(&format!("/api/v1/incidents/{incident}/acknowledge"), &json!({})).await
    }

    pub async fn close(&self, incident: &str, cause: &str) -> Answer {
        self.post(&format!("/api/v1/incidents/{incident}/close"), &json!({ "cause": cause })).await
    }

    pub async fn incidents(&self) -> Vec<Incident> {
        self.all("/api/v1/incidents?").await
    }

    /// The incidents of one rule, waited for until there are `count`.
    pub async fn incidents_of(&self, rule: &str, count: usize) -> Vec<Incident> {
        until(&format!("{count} incident(s) of {rule}"), async || {
            let all = self.incidents().await;
            let of_rule: Vec<Incident> =
                all.iter().filter(|incident| incident.rule == rule).cloned().collect();
            if of_rule.len() == count { Ok(of_rule) } else { Err(format!("{all:?}")) }
        })
        .await
    }

    pub async fn incident(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/incidents/{id}")).await.body
    }

    /// Waits until the incident is in this state.
    pub async fn incident_in_state(&self, id: &str, state: &str) -> Value {
        until(&format!("incident {id} to be {state}"), async || {
            let incident = self.incident(id).await;
            if incident["state"] == state { Ok(incident) } else { Err(incident.to_string()) }
        })
        .await
    }

    /// Every event of an edge, newest first.
    pub async fn events(&self, edge: &str) -> Vec<Event> {
        self.all(&format!("/api/v1/events?edge={edge}&limit=1000&")).await
    }

    /// How often each record of an edge's events is held.
    pub async fn records(&self, edge: &str) -> BTreeMap<RecordKey, usize> {
        let mut records = BTreeMap::new();
        for event in self.events(edge).await {
            *records.entry((event.epoch, event.lane, event.seq)).or_default() += 1;
        }
        records
    }

    pub async fn edge(&self, edge: &str) -> Value {
        let edges: Vec<Value> = self.all("/api/v1/edges?").await;
        edges.into_iter().find(|found| found["id"] == edge).unwrap_or_default()
    }

    pub async fn quarantine(&self, edge: &str) -> Vec<Value> {
        self.all(&format!("/api/v1/edges/{edge}/quarantine?")).await
    }

    /// A point of a part, `edge:device:point`; `null` if there is none.
    pub async fn point(&self, part: &str, point: &str) -> Value {
        let part = self.get(&format!("/api/v1/parts/{part}")).await.body;
        let devices = part["devices"].as_array().into_iter().flatten();
        let mut points = devices.flat_map(|device| device["points"].as_array().into_iter().flatten());
        points.find(|found| found["id"] == point).cloned().unwrap_or_default()
    }

    /// A counter or gauge, by its name and labels as the metrics print them; 0 if it was never touched.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await.text;
        let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
        lines
            .find(|(found, _)| *found == name)
            .map_or(0.0, |(_, value)| value.parse().expect("metrics are numbers"))
    }

    pub async fn refused(&self, reason: &str) -> f64 {
        self.metric(&format!("gate_refused_total{{reason=\"{reason}\"}}")).await
    }

    /// Waits until the hub has judged everything that it has journaled.
    pub async fn judged(&self) {
        until("correlation to have read the whole journal", async || {
            let health = self.get("/healthz").await;
            if health.body["lag_ms"] == 0 { Ok(()) } else { Err(health.text) }
        })
        .await;
    }

    /// Every page of a list. `path` ends so that a parameter can follow.
    async fn all<T: DeserializeOwned>(&self, path: &str) -> Vec<T> {
        let (mut items, mut cursor) = (Vec::new(), None);
        loop {
            let wanted = cursor.map_or(path.to_owned(), |cursor: String| format!("{path}cursor={cursor}"));
            let answer = self.get(&wanted).await;
            assert_eq!(answer.status, 200, "{wanted}: {}", answer.text);
            let page: Page<T> = serde_json::from_value(answer.body).expect("a page of a list");
            items.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return items;
            }
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<Answer> {
    let response = request.timeout(crate::wait::PATIENCE).send().await.context("no answer")?;
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let text = response.text().await.context("the answer broke off")?;
    let body = match serde_json::from_str(&text) {
        Ok(body) => body,
        Err(error) if content_type.contains("json") => bail!("broken JSON ({error}): {text}"),
        Err(_) => Value::Null,
    };
    Ok(Answer { status, content_type, body, text })
}
