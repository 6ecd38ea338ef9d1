//! A router that remembers what it routes, so that a test can hold the description of the API against it.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use axum::routing;
use tower::{Layer, Service};

use super::state::ApiState;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    pub path: &'static str,
    pub method: &'static str,
}

#[derive(Default)]
pub struct Routes {
    router: Router<ApiState>,
    listed: Vec<Listed>,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn get<H: Handler<T, ApiState>, T: 'static>(mut self, path: &'static str, handler: H) -> Self {
        self.router = self.router.route(path, routing::get(handler));
        self.listed.push(Listed { path, method: "get" });
        self
    }

    #[must_use]
    pub fn post<H: Handler<T, ApiState>, T: 'static>(mut self, path: &'static str, handler: H) -> Self {
        self.router = self.router.route(path, routing::post(handler));
        self.listed.push(Listed { path, method: "post" });
        self
    }

    #[must_use]
    pub fn merge(mut self, other: Routes) -> Self {
        self.router = self.router.merge(other.router);
        self.listed.extend(other.listed);
        self
    }

    /// Puts a layer before every route so far.
    #[must_use]
    pub fn guarded<L>(mut self, guard: L) -> Self
    where
        L: Layer<routing::Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Error: Into<Infallible>, Response: IntoResponse, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.router = self.router.route_layer(guard);
        self
    }

    pub fn listed(self) -> Vec<Listed> {
        self.listed
    }

    pub fn into_router(self) -> Router<ApiState> {
        self.router
    }
}

/// The answer to a successful change from a form: see the page again (303), so that a reload does not repeat it.
pub fn see(path: &str) -> Response {
    axum::response::Redirect::to(path).into_response()
}
