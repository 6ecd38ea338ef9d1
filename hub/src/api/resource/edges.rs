//! `/api/v1/edges`: the gateways, and what of theirs was refused.

use axum::Json;
use axum::extract::{Path, State};
use wire::EdgeId;

use crate::api::dto::edge::Edge;
use crate::api::dto::heartbeat::Heartbeat;
use crate::api::dto::page::Page;
use crate::api::dto::quarantine::Quarantined;
use crate::api::problem::Problem;
use crate::api::query::Query;
use crate::api::state::ApiState;
use crate::store::StoreError;

/// All edges and the hub's judgement of their sign of life
#[utoipa::path(get, path = "/api/v1/edges", operation_id = "listEdges", tag = "edges",
    responses(
        (status = 200, description = "All edges; `next` is always `null`.", body = Page<Edge>),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn list(State(state): State<ApiState>, query: Query) -> Result<Json<Page<Edge>>, Problem> {
    query.finish()?;
    let edges = state.read_store(crate::store::Store::edges).await?;
    Ok(Json(Page::whole(edges.iter().map(Edge::of).collect())))
}

/// The latest heartbeat of an edge: how it is itself, and its link
#[utoipa::path(get, path = "/api/v1/edges/{id}/heartbeat", operation_id = "getHeartbeat", tag = "edges",
    params(("id" = String, Path, description = "The edge's id.", example = "edge-doc")),
    responses(
        (status = 200, description = "The latest heartbeat since the hub began.", body = Heartbeat),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = 404, response = crate::api::openapi::NotFound),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn heartbeat(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Heartbeat>, Problem> {
    query.finish()?;
    let edge: EdgeId = id.parse().map_err(|_| Problem::no_edge(&id))?;
    if let Some(beat) = state.beats.of(&edge) {
        return Ok(Json(Heartbeat::from(&*beat)));
    }
    match state.read_store(move |store| store.edge(&edge)).await? {
        Some(_) => Err(Problem::no_heartbeat(&id)),
        None => Err(Problem::no_edge(&id)),
    }
}

/// What of an edge was refused and kept, newest first
#[utoipa::path(get, path = "/api/v1/edges/{id}/quarantine", operation_id = "listQuarantine", tag = "edges",
    params(
        ("id" = String, Path, description = "The edge's id.", example = "edge-doc"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items, 1 to 1,000; 100 by default.")),
    responses(
        (status = 200, description = "The latest refusals; `next` is always `null`.", body = Page<Quarantined>),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = 404, response = crate::api::openapi::NotFound),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn quarantine(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<Page<Quarantined>>, Problem> {
    let limit = query.limit()?;
    query.finish()?;
    let edge: EdgeId = id.parse().map_err(|_| Problem::no_edge(&id))?;
    let rows = state.read_store(move |store| {
        let known = store.edges()?.iter().any(|state| state.edge == edge);
        let rows = store.quarantined(&edge, limit)?;
        Ok::<_, StoreError>((known || !rows.is_empty()).then_some(rows))
    });
    let rows = rows.await?.ok_or_else(|| Problem::no_edge(&id))?;
    Ok(Json(Page::whole(rows.into_iter().map(Quarantined::from).collect())))
}
