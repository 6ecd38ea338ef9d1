//! Bodies of requests, read whole within a limit of size and time, and refused in words.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Form, FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::BODY_BYTES_MAX;
use super::problem::{Kind, Problem};

/// 64 KiB over a very slow line; a body that takes longer holds a place that others need.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// What a request may bring, said in its refusal: a newcomer learns it from the first mistake.
pub trait RequestBody: DeserializeOwned {
    const WANTED: &str;
}

/// A JSON body. An empty one counts as `{}`: a change without a note needs no body.
pub struct JsonBody<T>(pub T);

/// A form that a browser posts.
pub struct FormBody<T>(pub T);

impl<T: RequestBody, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let declared = content_type(request.headers());
        let bytes = whole(request, state).await?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        if !bytes.is_empty() && declared.as_deref() != Some("application/json") {
            return Err(unsupported("application/json"));
        }
        let parsed = serde_json::from_slice(text);
        parsed.map(Self).map_err(|error| {
            Problem::new(Kind::BadBody, format!("the JSON cannot be used: {error}; send {}", T::WANTED))
        })
    }
}

impl<T: RequestBody, S: Send + Sync> FromRequest<S> for FormBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        const FORM: &str = "application/x-www-form-urlencoded";
        if content_type(request.headers()).as_deref() != Some(FORM) {
            return Err(unsupported(FORM));
        }
        let (head, body) = request.into_parts();
        let bytes = whole(Request::from_parts(head.clone(), body), state).await?;
        let form = Form::<T>::from_request(Request::from_parts(head, Body::from(bytes)), state).await;
        form.map(|Form(form)| Self(form)).map_err(|error| {
            Problem::new(Kind::BadBody, format!("the form cannot be used: {error}; send {}", T::WANTED))
        })
    }
}

async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    match timeout(BODY_WAIT_MAX, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::new(Kind::BodyTooLarge, format!("at most {BODY_BYTES_MAX} bytes are read")))
        }
        Ok(Err(_)) => Err(Problem::new(Kind::BadRequest, "the body of the request broke off")),
        Err(_) => Err(Problem::new(
            Kind::BodyTooSlow,
            format!("a body must arrive within {} s", BODY_WAIT_MAX.as_secs()),
        )),
    }
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|essence| essence.trim().to_ascii_lowercase())
}

fn unsupported(wanted: &'static str) -> Problem {
    Problem::new(Kind::UnsupportedBody, format!("send the body as {wanted}")).allowing([wanted])
}
