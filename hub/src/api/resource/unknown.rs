//! What is answered where nothing is.

use axum::http::{Method, Uri};

use crate::api::problem::{Kind, Problem};

pub async fn no_such_route(method: Method, uri: Uri) -> Problem {
    // The path comes from the client: it is cut, and JSON escapes it.
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(Kind::NoSuchRoute, format!("there is no `{method} {path}`"))
        .then("GET /api/openapi.json describes all addresses")
}
