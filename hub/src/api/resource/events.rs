//! `/api/v1/events`: what the journal holds, as names and words.

use axum::Json;
use axum::extract::State;
use wire::Lane;

use crate::api::dto::event::Event;
use crate::api::dto::page::Page;
use crate::api::known;
use crate::api::problem::Problem;
use crate::api::query::Query;
use crate::api::state::ApiState;
use crate::history::EventFilter;
use crate::store::Store;

/// Events of all parts, newest first
#[utoipa::path(get, path = "/api/v1/events", operation_id = "listEvents", tag = "events",
    params(
        ("part" = Option<String>, Query, description = "Of this part only."),
        ("edge" = Option<String>, Query, description = "Of this edge only."),
        ("device" = Option<String>, Query, description = "Of devices with this id only."),
        ("kind" = Option<String>, Query, description = "Of this kind only: one of `/api/v1/kinds`, or one that a newer edge knows.", example = "door.contact"),
        ("lane" = Option<crate::api::dto::event::Lane>, Query, description = "Of this lane only."),
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
pub async fn list(State(state): State<ApiState>, mut query: Query) -> Result<Json<Page<Event>>, Problem> {
    let span = query.span()?;
    let filter = EventFilter {
        part: query.parsed("part")?,
        edge: query.parsed("edge")?,
        device: query.parsed("device")?,
        kind: query.text("kind"),
        lane: query.one_of("lane", &Lane::ALL, Lane::name)?,
        from_ms: span.from_ms,
        to_ms: span.to_ms,
        ..EventFilter::default()
    };
    let before = query.cursor()?;
    let limit = query.limit()?;
    query.finish()?;
    let named = filter.clone();
    state.read_store(move |store| check(store, &named)).await?;
    let page = state.read_history(move |history| history.events(&filter, before, limit)).await?;
    Ok(Json(Page::of(page, Event::from)))
}

fn check(store: &Store, filter: &EventFilter) -> Result<(), Problem> {
    filter.part.as_ref().map_or(Ok(()), |part| known::part(store, part))?;
    filter.edge.as_ref().map_or(Ok(()), |edge| known::edge(store, edge))?;
    filter.kind.as_ref().map_or(Ok(()), |kind| known::kind(store, kind))
}
