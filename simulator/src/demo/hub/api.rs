//! The client of the hub's API over its loopback listener. The only file of the demo that knows reqwest.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

use super::dto::{Incident, Page, Part};

/// The hub is on the same machine; one that takes longer is being started again.
const CONNECT_MAX: Duration = Duration::from_secs(2);
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The hub says something on its stream every 15 s.
const STREAM_SILENCE_MAX: Duration = Duration::from_secs(40);
/// Of an error's text, for a person.
const BODY_CHARACTERS_MAX: usize = 300;

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
    #[error("the hub does not answer to {what}")]
    Ask { what: String, source: reqwest::Error },
    #[error("the hub refuses {what}: {status} {body}")]
    Refused { what: String, status: StatusCode, body: String },
    #[error("the hub's answer to {what} is not understood")]
    Answer { what: String, source: reqwest::Error },
}

#[derive(Clone)]
pub struct Api {
    client: Client,
    base: String,
    token: String,
}

/// The hub's stream of changes, as bytes.
pub struct Stream(Response);

impl Api {
    /// `base` is such as `http://127.0.0.1:8080`.
    pub fn new(base: &str, token: &str) -> Result<Self, ApiError> {
        // A proxy of the surroundings has no business between two processes of this machine.
        let client = Client::builder().no_proxy().connect_timeout(CONNECT_MAX).build();
        let client = client.map_err(ApiError::Client)?;
        Ok(Self { client, base: base.to_owned(), token: token.to_owned() })
    }

    /// Whether the hub accepts events and judges them.
    pub async fn ready(&self) -> Result<(), ApiError> {
        self.get("/readyz", |request| request.timeout(ANSWER_MAX)).await.map(drop)
    }

    pub async fn part(&self, part: &str) -> Result<Part, ApiError> {
        self.read(&format!("/api/v1/parts/{part}"), &[]).await
    }

    /// All incidents, open and closed.
    pub async fn incidents(&self) -> Result<Vec<Incident>, ApiError> {
        let mut incidents = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let query: Vec<(&str, &str)> = cursor.iter().map(|cursor| ("cursor", cursor.as_str())).collect();
            let page: Page<Incident> = self.read("/api/v1/incidents", &query).await?;
            incidents.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(incidents),
            }
        }
    }

    /// What changes after the event with this id, or from now on.
    pub async fn stream(&self, after: Option<&str>) -> Result<Stream, ApiError> {
        let path = "/api/v1/stream";
        let response = self.get(path, |request| match after {
            Some(id) => request.header("Last-Event-ID", id),
            None => request,
        });
        match tokio::time::timeout(ANSWER_MAX, response).await {
            Ok(response) => response.map(Stream),
            Err(_) => Err(ApiError::Refused {
                what: path.into(),
                status: StatusCode::GATEWAY_TIMEOUT,
                body: "no answer in time".into(),
            }),
        }
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, ApiError> {
        let response = self.get(path, |request| request.query(query).timeout(ANSWER_MAX)).await?;
        response.json().await.map_err(|source| ApiError::Answer { what: path.into(), source })
    }

    async fn get(
        &self,
        path: &str,
        complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, ApiError> {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let sent = complete(request).send().await;
        let response = sent.map_err(|source| ApiError::Ask { what: path.into(), source })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.text().await.unwrap_or_default().chars().take(BODY_CHARACTERS_MAX).collect();
        Err(ApiError::Refused { what: path.into(), status, body })
    }
}

impl Stream {
    /// The next bytes; `None` at the end, or when the hub has been silent for too long.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        let chunk = tokio::time::timeout(STREAM_SILENCE_MAX, self.0.chunk()).await;
        chunk.ok()?.ok()?.map(|bytes| bytes.to_vec())
    }
}
