//! Signing in and out: a token is traded for a cookie that scripts cannot read.

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::page;
use crate::api::body::{FormBody, RequestBody};
use crate::api::problem::{Kind, Problem};
use crate::api::routes::see;
use crate::api::state::ApiState;
use crate::api::{Peer, cookie};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    site: &'a str,
    version: &'a str,
    title: &'a str,
    refused: Option<Refusal>,
}

enum Refusal {
    NotValid,
    Wait { seconds: u32 },
    Failed,
}

/// What the sign-in form posts.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignIn {
    #[schema(example = "srt_…")]
    token: String,
}

impl RequestBody for SignIn {
    const WANTED: &str = "a `token`";
}

pub(super) fn form(state: &ApiState) -> Result<Response, Problem> {
    answer(state, StatusCode::OK, None)
}

/// Trade a token for the page's session cookie
#[utoipa::path(post, path = "/signin", operation_id = "signIn", tag = "session", security(()),
    request_body(content = SignIn, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed in; the cookie is set. Go to `/`.",
            headers(("set-cookie" = String, description = "`strongroom_session`, HttpOnly, SameSite=Strict."))),
        (status = 401, description = "The token is not valid; the form again.", content_type = "text/html", body = String),
        (status = 403, response = crate::api::openapi::NotPermitted),
        (status = 429, description = "The token is not valid, and too many from this address were not; see `Retry-After`.",
            content_type = "text/html", body = String)))]
pub(crate) async fn sign_in(
    State(state): State<ApiState>,
    peer: Peer,
    FormBody(form): FormBody<SignIn>,
) -> Result<Response, Problem> {
    match state.doorkeeper.sign_in(form.token.trim(), peer.address) {
        Ok(session) => Ok(([(SET_COOKIE, cookie::set(&session, peer.transport))], see("/")).into_response()),
        Err(problem) => refused(&state, &problem),
    }
}

/// End the page's session
#[utoipa::path(post, path = "/signout", operation_id = "signOut", tag = "session", security(()),
    responses(
        (status = 303, description = "Signed out; the cookie is cleared. Go to `/`."),
        (status = 403, response = crate::api::openapi::NotPermitted)))]
pub(crate) async fn sign_out(State(state): State<ApiState>, peer: Peer, headers: HeaderMap) -> Response {
    state.doorkeeper.sign_out(&headers);
    ([(SET_COOKIE, cookie::clear(peer.transport))], see("/")).into_response()
}

fn refused(state: &ApiState, problem: &Problem) -> Result<Response, Problem> {
    let refusal = match (problem.kind, problem.retry_after_s()) {
        (Kind::TooManyAttempts, Some(seconds)) => Refusal::Wait { seconds },
        (Kind::NotSignedIn, _) => Refusal::NotValid,
        _ => Refusal::Failed,
    };
    let mut response = answer(state, problem.kind.status(), Some(refusal))?;
    response.headers_mut().extend(problem.retry_after_header());
    Ok(response)
}

fn answer(state: &ApiState, status: StatusCode, refused: Option<Refusal>) -> Result<Response, Problem> {
    page::html(status, &SignInPage { site: &state.site, version: state.version, title: "", refused })
}
