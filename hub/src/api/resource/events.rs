//! `/api/v1/events`: what the journal holds, as names and words.

use axum::Json;
use axum::extract::State;
use wire::Lane;

use crate::api::dto::event::Event;
use crate::api::dto::page::Page;
use crate::api::problem::Problem;
use crate::api::query::Query;
use crate::api::state::ApiState;
use crate::history::EventFilter;

/// Events of all parts, newest first
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(
        ("part" = Option<String>, Query, description = "Of this part only."),
        ("edge" = Option<String>, Query, description = "Of this edge only."),
        ("device" = Option<String>, Query, description = "Of devices with this id only."),
        ("kind" = Option<String>, Query, description = "Of this kind only; see `/api/v1/kinds`.", example = "door.contact"),
        ("lane" = Option<crate::api::dto::event::Lane>, Query, description = "Of this lane only."),
        ("from" = Option<String>, Query, description = "Earliest time, included: RFC 3339 or unix milliseconds."),
        ("to" = Option<String>, Query, description = "Latest time, excluded: RFC 3339 or unix milliseconds."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "Items of a page, 1 to 1,000; 100 by default.")),
    responses(
        (status = 200, description = "A page of events.", body = Page<Event>),
        (status = 400, response = crate::api::openapi::BadParameter),
        (status = 401, response = crate::api::openapi::NotSignedIn),
        (status = "5XX", response = crate::api::openapi::HubFailed)))]
pub async fn list(State(state): State<ApiState>, mut query: Query) -> Result<Json<Page<Event>>, Problem> {
    let span = query.span()?;
    let filter = EventFilter {
        part: query.parsed("part")?,
        edge: query.parsed("edge")?,
        device: query.parsed("device")?,
        // Not checked against the catalogue: a newer edge may know kinds that this hub does not.
        kind: query.text("kind"),
        lane: query.one_of("lane", &Lane::ALL, Lane::name)?,
        from_ms: span.from_ms,
        to_ms: span.to_ms,
        ..EventFilter::default()
    };
    let before = query.cursor()?;
    let limit = query.limit()?;
    query.finish()?;
    let page = state.read_history(move |history| history.events(&filter, before, limit)).await?;
    Ok(Json(Page::of(page, Event::from)))
}
