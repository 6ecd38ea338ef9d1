//! The forms of the incident list, for browsers without JavaScript: they post, and see the page again.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::overview;
use crate::api::body::{FormBody, RequestBody};
use crate::api::caller::Caller;
use crate::api::dto::incident::Cause;
use crate::api::handling;
use crate::api::problem::Problem;
use crate::api::routes::see;
use crate::api::state::ApiState;
use crate::incident::Incident;

#[derive(Deserialize)]
pub(super) struct AcknowledgeForm {
    note: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CloseForm {
    cause: Cause,
    note: Option<String>,
}

impl RequestBody for AcknowledgeForm {
    const WANTED: &str = "a `note`, or nothing";
}

impl RequestBody for CloseForm {
    const WANTED: &str =
        "a `cause` (attack, user_error, equipment, environment, test or unknown) and, if you like, a `note`";
}

pub(super) async fn acknowledge(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    FormBody(form): FormBody<AcknowledgeForm>,
) -> Result<Response, Problem> {
    let outcome = handling::acknowledge(&state, &caller, &id, form.note).await;
    seen_again(&state, &caller, outcome).await
}

pub(super) async fn close(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    FormBody(form): FormBody<CloseForm>,
) -> Result<Response, Problem> {
    let outcome = handling::close(&state, &caller, &id, form.cause.into(), form.note).await;
    seen_again(&state, &caller, outcome).await
}

async fn seen_again(
    state: &ApiState,
    caller: &Caller,
    outcome: Result<Incident, Problem>,
) -> Result<Response, Problem> {
    match outcome {
        Ok(_) => Ok(see("/")),
        Err(problem) => overview::show(state, caller, problem.kind.status(), Some(&problem)).await,
    }
}
