//! The supervision API: what people and programs may ask the hub over HTTP, and the server that carries it.
//!
//! ```text
//! socket ─ server ─ layers (security headers · host and origin · metrics) ─ doorkeeper ─ resource ─ dto ─▶ JSON
//!                                                                              │            └ store, history, commands
//!                                                                              └ problem: every refusal (RFC 9457)
//! ```
//!
//! Handlers never see a socket and the server never sees a resource. `crate::web` adds the pages to the same router.

pub mod body;
pub mod caller;
pub mod cookie;
pub mod doorkeeper;
pub mod dto;
pub mod handling;
mod known;
pub mod layers;
pub mod open;
pub mod openapi;
pub mod origin;
pub mod peer;
pub mod problem;
pub mod query;
pub mod reading;
mod refusal;
pub mod resource;
pub mod routes;
pub mod server;
pub mod shown;
pub mod state;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};

pub use doorkeeper::Doorkeeper;
pub use peer::{Peer, Transport};
pub use problem::Problem;
pub use server::Server;
pub use state::ApiState;

use routes::{Listed, Routes};

/// A note and a cause fit many times over; nothing that people send here is larger.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Everything that is served, on every listener alike.
pub fn router(state: ApiState) -> Router {
    let routed = all_routes(&state)
        .into_router()
        .fallback(resource::unknown::no_such_route)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(origin::check))
        .layer(from_fn(layers::count))
        .with_state(state);
    // Around the router and not inside it: only out here does a refused method say which ones are allowed.
    Router::new()
        .fallback_service(routed)
        .layer(from_fn(layers::explain_refusals))
        .layer(from_fn(layers::secure))
}

/// Every route with its method, for the test that the description of the API is complete.
pub fn listed_routes(state: &ApiState) -> Vec<Listed> {
    all_routes(state).listed()
}

fn all_routes(state: &ApiState) -> Routes {
    let signed_in = Routes::new().merge(resource::signed_in()).merge(crate::web::signed_in());
    signed_in
        .guarded(from_fn_with_state(state.clone(), caller::require))
        .merge(resource::open_to_all())
        .merge(crate::web::open_to_all())
}
