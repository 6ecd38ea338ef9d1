//! `/healthz` and `/readyz`: for service managers and load balancers. Readiness says why not.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::dto::Time;
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
    /// When this process of the hub began.
    pub started: Time,
    /// The last that an earlier one recorded: the hub was away between the two, for at most that long. `null`: there was none.
    #[schema(required = true)]
    pub recorded_until: Option<Time>,
}

impl Health {
    fn of(state: &ApiState, status: &'static str, lag_ms: u64) -> Json<Self> {
        let start = state.status.start();
        let (started, recorded_until) = (Time(start.started_ms), start.last_entry_ms.map(Time));
        Json(Self { status, lag_ms, version: state.version, started, recorded_until })
    }
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
    Ok(Health::of(&state, "live", lag_ms))
}

/// Whether the hub accepts events and judges them
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "hub", security(()),
    responses(
        (status = 200, description = "It is ready.", body = Health),
        (status = 503, response = crate::api::openapi::NotReady)))]
pub async fn ready(State(state): State<ApiState>) -> Result<Json<Health>, Problem> {
    let (ready, lag_ms) = state.read_status(|status| (status.ready(), status.lag_ms())).await?;
    match ready {
        Ok(()) => Ok(Health::of(&state, "ready", lag_ms)),
        Err(reasons) => Err(Problem::new(Kind::NotReady, reasons.join("; "))),
    }
}
