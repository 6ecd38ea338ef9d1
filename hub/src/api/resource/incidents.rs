//! `/api/v1/incidents`: what people have to handle, and how they do.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::body::{JsonBody, RequestBody};
use crate::api::caller::Caller;
use crate::api::dto::incident::{self as dto, Incident};
use crate::api::dto::incident_detail::IncidentDetail;
use crate::api::dto::page::Page;
use crate::api::handling;
use crate::api::known;
use crate::api::problem::Problem;
use crate::api::query::Query;
use crate::api::state::ApiState;
use crate::incident::{Severity, State as Stands};
use crate::store::{IncidentFilter, Store, StoreError};

/// Incidents, newest first
#[utoipa::path(get, path = "/api/v1/incidents", operation_id = "listIncidents", tag = "incidents",
    params(
        ("part" = Option<String>, Query, description = "Of this part only."),
        ("rule" = Option<String>, Query, description = "Of this rule only.", example = "R-01"),
        ("severity" = Option<dto::Severity>, Query, description = "Of this severity only."),
        ("state" = Option<dto::State>, Query, description = "In this state only."),
        ("open" = Option<bool>, Query, description = "`true`: not closed yet; `false`: closed."),
        ("from" = Option<String>, Query, description = "Opened at or after: RFC 3339 or unix milliseconds; before `to`.", example = "2026-11-22T10:00:00Z"),
        ("to" = Option<String>, Query, description = "Opened before: RFC 3339 or unix milliseconds; after `from`.", example = "2026-11-22T11:00:00Z"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page, 1 to 1,000; 100 by default.")),
    responses(
        (status = 200, description = "A page of incidents.", body = Page<Incident>),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = 404, response = crate::api::openapi::NotFound),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn list(State(state): State<ApiState>, mut query: Query) -> Result<Json<Page<Incident>>, Problem> {
    let span = query.span()?;
    let filter = IncidentFilter {
        part: query.parsed("part")?,
        rule: query.text("rule"),
        severity: query.one_of("severity", &Severity::ALL, Severity::name)?,
        state: query.one_of("state", &Stands::ALL, Stands::name)?,
        open: query.flag("open")?,
        from_ms: span.from_ms,
        to_ms: span.to_ms,
    };
    let before = query.cursor()?;
    let limit = query.limit()?;
    query.finish()?;
    let page = state.read_store(move |store: &Store| {
        filter.part.as_ref().map_or(Ok(()), |part| known::part(store, part))?;
        Ok::<_, Problem>(store.incidents(&filter, before, limit)?)
    });
    let page = page.await?;
    Ok(Json(Page::of(page, |incident| Incident::of(&incident))))
}

/// One incident with its events and timeline
#[utoipa::path(get, path = "/api/v1/incidents/{id}", operation_id = "getIncident", tag = "incidents",
    params(("id" = String, Path, description = "The incident's id, 32 hexadecimal digits.")),
    responses(
        (status = 200, description = "The incident, the events that belong to it, and what happened to it.", body = IncidentDetail),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = 404, response = crate::api::openapi::NotFound),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn one(
    State(state): State<ApiState>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<IncidentDetail>, Problem> {
    query.finish()?;
    let incident = id.parse().map_err(|_| Problem::no_incident(&id))?;
    let found = state.read_store(move |store| {
        let Some(incident) = store.incident(&incident)? else { return Ok::<_, StoreError>(None) };
        let part = store.part(&incident.part)?;
        Ok(Some(IncidentDetail::of(&incident, part.as_ref())))
    });
    found.await?.map(Json).ok_or_else(|| Problem::no_incident(&id))
}

/// What a person adds to an acknowledgement.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// At most 2,000 bytes.
    pub note: Option<String>,
}

/// What a person found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    pub cause: dto::Cause,
    /// At most 2,000 bytes.
    pub note: Option<String>,
}

impl RequestBody for Acknowledge {
    const WANTED: &str = r#"{"note": "…"}, or nothing"#;
}

impl RequestBody for Close {
    const WANTED: &str = r#"{"cause": "…"} and, if you like, a "note"; the cause is attack, user_error, equipment, environment, test or unknown"#;
}

/// Say that you have seen an incident
#[utoipa::path(post, path = "/api/v1/incidents/{id}/acknowledge", operation_id = "acknowledgeIncident", tag = "incidents",
    params(("id" = String, Path, description = "The incident's id, 32 hexadecimal digits.")),
    request_body(content = Option<Acknowledge>, description = "May be left out."),
    responses(
        (status = 200, description = "Done and durable: the incident as it is now.", body = Incident),
        (status = 400, response = crate::api::openapi::BadBody),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = 403, response = crate::api::openapi::NotPermitted),
        (status = 404, response = crate::api::openapi::NotFound),
        (status = 409, response = crate::api::openapi::NotInThisState),
        (status = 413, response = crate::api::openapi::BodyTooLarge),
        (status = 415, response = crate::api::openapi::UnsupportedBody),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn acknowledge(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Acknowledge>,
) -> Result<Json<Incident>, Problem> {
    let incident = handling::acknowledge(&state, &caller, &id, body.note).await?;
    Ok(Json(Incident::of(&incident)))
}

/// Close an incident whose condition has gone
#[utoipa::path(post, path = "/api/v1/incidents/{id}/close", operation_id = "closeIncident", tag = "incidents",
    params(("id" = String, Path, description = "The incident's id, 32 hexadecimal digits.")),
    request_body(content = Close),
    responses(
        (status = 200, description = "Done and durable: the incident as it is now.", body = Incident),
        (status = 400, response = crate::api::openapi::BadBody),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = 403, response = crate::api::openapi::NotPermitted),
        (status = 404, response = crate::api::openapi::NotFound),
        (status = 409, response = crate::api::openapi::NotInThisState),
        (status = 413, response = crate::api::openapi::BodyTooLarge),
        (status = 415, response = crate::api::openapi::UnsupportedBody),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn close(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Close>,
) -> Result<Json<Incident>, Problem> {
    let incident = handling::close(&state, &caller, &id, body.cause.into(), body.note).await?;
    Ok(Json(Incident::of(&incident)))
}
