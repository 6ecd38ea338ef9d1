//! How a template becomes an answer.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::api::Problem;

pub(super) fn html(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|_| Problem::broken("every template renders"))?;
    Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}
