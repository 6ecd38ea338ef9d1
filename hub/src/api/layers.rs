//! What happens to every request, whatever it asks for: security headers, counting, and words for bare refusals.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY,
};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::{self, Kind, Problem};
use super::{Peer, Transport};

/// Nothing but our own files, no inline script or style, no frame around us.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // Not `no-referrer`: with it browsers post our own forms with `Origin: null`.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), usb=()"),
    ("x-robots-tag", "noindex"),
];

pub(super) async fn secure(peer: Peer, request: Request, next: Next) -> Response {
    let pinned = peer.transport == Transport::Https && !names_this_machine(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if pinned {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Browsers pin a name to HTTPS on all its ports; for `localhost` that would lock people out of the loopback listener.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    host.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case("localhost"))
}

pub(super) async fn count(request: Request, next: Next) -> Response {
    // Only routes of ours become labels: whoever invents paths must not invent time series.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("api_requests_total", "route" => route.clone(), "status" => status).increment(1);
    metrics::histogram!("api_request_seconds", "route" => route).record(began.elapsed());
    response
}

/// The router and its extractors refuse some requests in words of their own or in none; people and programs get the same
/// form for every refusal.
pub(super) async fn explain_refusals(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let response = next.run(request).await;
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => explain_method(&method, &response),
        StatusCode::BAD_REQUEST if !is_explained(&response) => {
            Problem::new(Kind::BadRequest, "the path cannot be decoded: write it in UTF-8, percent-encoded")
                .into_response()
        }
        _ => response,
    }
}

fn is_explained(response: &Response) -> bool {
    let content =
        response.headers().get(CONTENT_TYPE).and_then(|content| content.to_str().ok()).unwrap_or_default();
    content == problem::CONTENT || content.starts_with("text/html")
}

fn explain_method(method: &Method, response: &Response) -> Response {
    let allow = response.headers().get(ALLOW).cloned();
    let allowed: Vec<String> = allow
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|method| method.trim().to_owned()))
        .collect();
    let problem =
        Problem::new(Kind::MethodNotAllowed, format!("{method} is not known here")).allowing(allowed);
    let mut explained = problem.into_response();
    explained.headers_mut().extend(allow.map(|allow| (ALLOW, allow)));
    explained
}
