//! What a person does to an incident, for the API and the pages alike: permission, note, journal, answer.

use super::caller::Caller;
use super::problem::Problem;
use super::state::ApiState;
use crate::incident::{Cause, Incident, IncidentId};
use crate::journal::{Action, Command};

pub async fn acknowledge(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    note: Option<String>,
) -> Result<Incident, Problem> {
    caller.may_acknowledge()?;
    submit(state, caller, Action::Acknowledge { incident: incident_id(id)?, note: checked(note)? }).await
}

pub async fn close(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    cause: Cause,
    note: Option<String>,
) -> Result<Incident, Problem> {
    caller.may_close()?;
    submit(state, caller, Action::Close { incident: incident_id(id)?, cause, note: checked(note)? }).await
}

async fn submit(state: &ApiState, caller: &Caller, action: Action) -> Result<Incident, Problem> {
    let command = Command { person: caller.person.clone(), action };
    Ok(state.commands.submit(command).await?)
}

fn incident_id(id: &str) -> Result<IncidentId, Problem> {
    id.parse().map_err(|_| Problem::no_incident(id))
}

/// An empty note is none; a browser sends one for a field that nobody filled.
fn checked(note: Option<String>) -> Result<Option<String>, Problem> {
    let Some(note) = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty()) else {
        return Ok(None);
    };
    if note.len() > Incident::NOTE_BYTES_MAX {
        let detail = format!(
            "a note of {} bytes is too long: at most {} are kept",
            note.len(),
            Incident::NOTE_BYTES_MAX
        );
        return Err(Problem::field("note", detail));
    }
    Ok(Some(note))
}
