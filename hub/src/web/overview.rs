//! The first page: the state of the hub, the open incidents, and a card for every part. For those who are not signed in,
//! the sign-in form stands at the same address.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use runtime::clock;

use super::view::{HubView, IncidentList, Moment, PartCard, Reporting};
use super::{page, sign_in};
use crate::api::Peer;
use crate::api::caller::Caller;
use crate::api::open::OpenIncidents;
use crate::api::problem::{Kind, Problem};
use crate::api::state::ApiState;
use crate::store::{Store, StoreError};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview<'a> {
    site: &'a str,
    version: &'a str,
    title: String,
    caller: &'a Caller,
    notice: Option<&'a Problem>,
    hub: HubView,
    incidents: IncidentList,
    parts: Vec<PartCard>,
    /// The number of the last change that the page shows; the live stream goes on from here.
    feed: u64,
    now: Moment,
}

struct Seen {
    feed: u64,
    incidents: IncidentList,
    parts: Vec<PartCard>,
    reporting: Reporting,
}

pub(super) async fn home(
    State(state): State<ApiState>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match state.doorkeeper.identify(&headers, peer.address) {
        Ok(caller) => show(&state, &caller, StatusCode::OK, None).await,
        Err(problem) if problem.kind == Kind::NotSignedIn => sign_in::form(&state),
        Err(problem) => Err(problem),
    }
}

/// The page, with a notice on top if something that was asked for did not happen.
pub(super) async fn show(
    state: &ApiState,
    caller: &Caller,
    status: StatusCode,
    notice: Option<&Problem>,
) -> Result<Response, Problem> {
    let (role, now_ms) = (caller.role, clock::wall_ms());
    // The number first: what changes while we read is then sent again, and nothing is missed.
    let feed = *state.store.feed_head().borrow();
    let seen = state.read_store(move |store: &Store| {
        let (edges, open) = (store.edges()?, OpenIncidents::read(store)?);
        let parts = store.parts()?;
        Ok::<_, StoreError>(Seen {
            feed,
            incidents: IncidentList::of(&open, &parts, role),
            parts: parts
                .iter()
                .filter(|part| open.lists(part, &edges))
                .map(|part| PartCard::of(part, &edges, &open))
                .collect(),
            reporting: Reporting::of(&parts, &edges),
        })
    });
    let Seen { feed, incidents, parts, reporting } = seen.await?;
    let hub = hub_of(state, reporting).await?;
    let page = Overview {
        site: &state.site,
        version: state.version,
        title: incidents.title_mark(),
        caller,
        notice,
        hub,
        incidents,
        parts,
        feed,
        now: Moment(now_ms),
    };
    page::html(status, &page)
}

pub(super) async fn hub_of(state: &ApiState, reporting: Reporting) -> Result<HubView, Problem> {
    let (ready, lag_ms) = state.read_status(|status| (status.ready(), status.lag_ms())).await?;
    Ok(HubView::of(ready, lag_ms, state.status.start(), reporting))
}
