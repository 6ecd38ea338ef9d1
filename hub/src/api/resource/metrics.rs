//! `/metrics`: what the process counts, as Prometheus text. From this machine, or with a token.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::api::Peer;
use crate::api::problem::Problem;
use crate::api::state::ApiState;

/// Metrics of the process
#[utoipa::path(get, path = "/metrics", operation_id = "getMetrics", tag = "hub", security((), ("token" = [])),
    responses(
        (status = 200, description = "Prometheus text format. Without a token only from the hub's own machine.",
            body = String, content_type = "text/plain; version=0.0.4"),
        (status = 401, response = crate::api::openapi::NotSignedIn)))]
pub async fn scrape(
    State(state): State<ApiState>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !peer.is_local() {
        state.doorkeeper.identify(&headers, peer.address)?;
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render()).into_response())
}
