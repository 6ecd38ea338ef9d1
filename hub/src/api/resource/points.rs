//! `/api/v1/points/{id}/history`: what a point reported.

use axum::Json;
use axum::extract::{Path, State};
use wire::PointId;

use crate::api::dto::event::Event;
use crate::api::dto::page::Page;
use crate::api::known;
use crate::api::problem::Problem;
use crate::api::query::Query;
use crate::api::state::ApiState;

/// What a point reported, newest first
#[utoipa::path(get, path = "/api/v1/points/{id}/history", operation_id = "getPointHistory", tag = "events",
    params(
        ("id" = String, Path, description = "`edge:device:point`.", example = "edge-doc:door-1:contact"),
        ("from" = Option<String>, Query, description = "Earliest time, included: RFC 3339 or unix milliseconds; before `to`.", example = "2026-11-22T10:00:00Z"),
        ("to" = Option<String>, Query, description = "Latest time, excluded: RFC 3339 or unix milliseconds; after `from`.", example = "2026-11-22T11:00:00Z"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page, 1 to 1,000; 100 by default.")),
    responses(
        (status = 200, description = "A page of events.", body = Page<Event>),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = 404, response = crate::api::openapi::NotFound),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn history(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<Page<Event>>, Problem> {
    let point: PointId =
        id.parse().map_err(|error: wire::IdError| Problem::parameter("id", error.to_string()))?;
    let span = query.span()?;
    let before = query.cursor()?;
    let limit = query.limit()?;
    query.finish()?;
    let (from_ms, to_ms) = (span.from_ms.unwrap_or(i64::MIN), span.to_ms.unwrap_or(i64::MAX));
    let named = point.clone();
    state.read_store(move |store| known::point(store, &named)).await?;
    let page =
        state.read_history(move |history| history.point(&point, from_ms, to_ms, before, limit)).await?;
    Ok(Json(Page::of(page, Event::from)))
}
