//! `/api/v1/kinds`: the catalogue of what points can mean.

use axum::Json;

use crate::api::dto::kind::Kind;
use crate::api::dto::page::Page;
use crate::api::problem::Problem;
use crate::api::query::Query;

/// The catalogue of point kinds
#[utoipa::path(get, path = "/api/v1/kinds", operation_id = "listKinds", tag = "kinds",
    responses(
        (status = 200, description = "All kinds that this hub knows; `next` is always `null`.", body = Page<Kind>),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn)))]
pub async fn list(query: Query) -> Result<Json<Page<Kind>>, Problem> {
    query.finish()?;
    Ok(Json(Page::whole(wire::Kind::ALL.iter().copied().map(Kind::from).collect())))
}
