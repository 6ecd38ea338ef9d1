//! `/api/v1/parts`: the key parts and how they stand.

use axum::Json;
use axum::extract::{Path, State};
use runtime::clock;
use wire::PartId;

use crate::api::dto::page::Page;
use crate::api::dto::part::{Part, PartDetail};
use crate::api::open::OpenIncidents;
use crate::api::problem::Problem;
use crate::api::query::Query;
use crate::api::state::ApiState;
use crate::store::{Store, StoreError};

/// All parts, in the configured order; of former ones those that have open incidents
#[utoipa::path(get, path = "/api/v1/parts", operation_id = "listParts", tag = "parts",
    responses(
        (status = 200, description = "All parts; `next` is always `null`.", body = Page<Part>),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn list(State(state): State<ApiState>, query: Query) -> Result<Json<Page<Part>>, Problem> {
    query.finish()?;
    let parts = state.read_store(|store: &Store| {
        let (edges, open) = (store.edges()?, OpenIncidents::read(store)?);
        let parts = store.parts()?;
        let listed = parts.iter().filter(|part| open.lists(part, &edges));
        Ok::<_, StoreError>(listed.map(|part| Part::of(part, &edges, &open)).collect())
    });
    Ok(Json(Page::whole(parts.await?)))
}

/// One part with its devices and points
#[utoipa::path(get, path = "/api/v1/parts/{id}", operation_id = "getPart", tag = "parts",
    params(("id" = String, Path, description = "The part's id.", example = "doc-room")),
    responses(
        (status = 200, description = "The part, its devices, and every point with value, quality and age.", body = PartDetail),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = 404, response = crate::api::openapi::NotFound),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn one(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<PartDetail>, Problem> {
    query.finish()?;
    let part: PartId = id.parse().map_err(|_| Problem::no_part(&id))?;
    let found = state.read_store(move |store: &Store| {
        let (edges, open) = (store.edges()?, OpenIncidents::read(store)?);
        let now_ms = clock::wall_ms();
        Ok::<_, StoreError>(store.part(&part)?.map(|part| PartDetail::of(&part, &edges, &open, now_ms)))
    });
    found.await?.map(Json).ok_or_else(|| Problem::no_part(&id))
}
