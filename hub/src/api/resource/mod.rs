//! The resources of the API, one file each: it reads the request, asks the stage behind, and converts the answer.

pub mod edges;
pub mod events;
pub mod health;
pub mod incidents;
pub mod kinds;
pub mod metrics;
pub mod parts;
pub mod points;
pub mod stream;
pub mod unknown;

use super::openapi;
use super::routes::Routes;

/// What needs a sign-in.
pub(super) fn signed_in() -> Routes {
    Routes::new()
        .get("/api/v1/parts", parts::list)
        .get("/api/v1/parts/{id}", parts::one)
        .get("/api/v1/points/{id}/history", points::history)
        .get("/api/v1/events", events::list)
        .get("/api/v1/incidents", incidents::list)
        .get("/api/v1/incidents/{id}", incidents::one)
        .post("/api/v1/incidents/{id}/acknowledge", incidents::acknowledge)
        .post("/api/v1/incidents/{id}/close", incidents::close)
        .get("/api/v1/edges", edges::list)
        .get("/api/v1/edges/{id}/heartbeat", edges::heartbeat)
        .get("/api/v1/edges/{id}/quarantine", edges::quarantine)
        .get("/api/v1/kinds", kinds::list)
        .get("/api/v1/stream", stream::follow)
}

/// What anybody may ask. `/metrics` judges its callers itself.
pub(super) fn open_to_all() -> Routes {
    Routes::new()
        .get("/healthz", health::live)
        .get("/readyz", health::ready)
        .get("/metrics", metrics::scrape)
        .get("/api/openapi.json", openapi::document)
}
