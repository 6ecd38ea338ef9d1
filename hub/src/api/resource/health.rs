//! `/healthz` and `/readyz`: for service managers and load balancers. Readiness says why not.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::problem::{Kind, Problem};
use crate::api::state::ApiState;
use crate::status::Status;

/// The hub does its work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ready")]
    pub status: &'static str,
    /// How far correlation is behind the journal, in milliseconds.
    pub lag_ms: u64,
    pub version: &'static str,
}

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", operation_id = "getLiveness", tag = "hub", security(()),
    responses(
        (status = 200, description = "It lives.", body = Health),
        (status = 503, response = crate::api::openapi::NotReady)))]
pub async fn live(State(state): State<ApiState>) -> Result<Json<Health>, Problem> {
    if !state.status.live() {
        return Err(Problem::new(Kind::NotReady, "a stage of the hub has stopped; its log says which"));
    }
    let lag_ms = state.read_status(Status::lag_ms).await?;
    Ok(Json(Health { status: "live", lag_ms, version: state.version }))
}

/// Whether the hub accepts events and judges them
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "hub", security(()),
    responses(
        (status = 200, description = "It is ready.", body = Health),
        (status = 503, response = crate::api::openapi::NotReady)))]
pub async fn ready(State(state): State<ApiState>) -> Result<Json<Health>, Problem> {
    let (ready, lag_ms) = state.read_status(|status| (status.ready(), status.lag_ms())).await?;
    match ready {
        Ok(()) => Ok(Json(Health { status: "ready", lag_ms, version: state.version })),
        Err(reasons) => Err(Problem::new(Kind::NotReady, reasons.join("; "))),
    }
}
