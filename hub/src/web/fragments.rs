//! Single cards and lists, for the live module: the same templates as the whole page.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use wire::PartId;

use super::view::{HubView, IncidentList, PartCard, Reporting};
use super::{overview, page};
use crate::api::caller::Caller;
use crate::api::open::OpenIncidents;
use crate::api::problem::{Kind, Problem};
use crate::api::state::ApiState;
use crate::store::{Store, StoreError};

#[derive(Template)]
#[template(path = "hub.html")]
struct HubFragment {
    hub: HubView,
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct IncidentsFragment {
    incidents: IncidentList,
}

#[derive(Template)]
#[template(path = "part.html")]
struct PartFragment {
    part: PartCard,
}

pub(super) async fn hub(State(state): State<ApiState>) -> Result<Response, Problem> {
    let reporting = state.read_store(|store: &Store| {
        let (parts, edges) = (store.parts()?, store.edges()?);
        Ok::<_, StoreError>(Reporting::of(&parts, &edges))
    });
    let hub = overview::hub_of(&state, reporting.await?).await?;
    page::html(StatusCode::OK, &HubFragment { hub })
}

pub(super) async fn incidents(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    let role = caller.role;
    let incidents = state.read_store(move |store: &Store| {
        Ok::<_, StoreError>(IncidentList::of(&OpenIncidents::read(store)?, &store.parts()?, role))
    });
    page::html(StatusCode::OK, &IncidentsFragment { incidents: incidents.await? })
}

pub(super) async fn part(State(state): State<ApiState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let unknown = || Problem::new(Kind::NotFound, format!("there is no part `{id}`"));
    let part: PartId = id.parse().map_err(|_| unknown())?;
    let card = state.read_store(move |store: &Store| {
        let (edges, open) = (store.edges()?, OpenIncidents::read(store)?);
        Ok::<_, StoreError>(store.part(&part)?.map(|part| PartCard::of(&part, &edges, &open)))
    });
    page::html(StatusCode::OK, &PartFragment { part: card.await?.ok_or_else(unknown)? })
}
