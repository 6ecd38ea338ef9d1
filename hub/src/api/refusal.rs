//! How the errors of the stages behind the API become problems. What a store says goes to the log, not to the client.

use tracing::error;

use super::problem::{Kind, Problem};
use crate::command::CommandError;
use crate::history::HistoryError;
use crate::incident::lifecycle::Refused;
use crate::store::StoreError;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        error!(error = &error as &dyn std::error::Error, "the API could not read the store");
        Problem::new(Kind::Failed, "the hub could not read its store; its log says why")
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        error!(error = &error as &dyn std::error::Error, "the API could not read the journal");
        Problem::new(Kind::Failed, "the hub could not read its journal; its log says why")
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NotFound(id) => Problem::no_incident(&id.to_string()),
            CommandError::Refused(refused) => refused.into(),
            CommandError::Unavailable => Problem::new(
                Kind::Uncertain,
                "the hub gave no answer in time; what you asked for may still have happened",
            )
            .then("read the incident before you try again")
            .retry_after(5),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let allowed: &[&str] = match refused {
            Refused::NotAcknowledged => &["acknowledge"],
            Refused::Closed | Refused::StillActive | Refused::AlreadyAcknowledged { .. } => &[],
        };
        Problem::new(Kind::NotInThisState, refused.to_string()).allowing(allowed)
    }
}

impl Problem {
    pub(super) fn no_incident(id: &str) -> Self {
        Problem::new(Kind::NotFound, format!("there is no incident `{id}`"))
            .then("GET /api/v1/incidents lists them")
    }

    pub(super) fn no_part(id: &str) -> Self {
        Problem::new(Kind::NotFound, format!("there is no part `{id}`")).then("GET /api/v1/parts lists them")
    }

    pub(super) fn no_point(id: &wire::PointId) -> Self {
        Problem::new(Kind::NotFound, format!("there is no point `{id}`"))
            .then("GET /api/v1/parts/{id} lists the points of a part")
    }

    pub(super) fn no_edge(id: &str) -> Self {
        Problem::new(Kind::NotFound, format!("there is no edge `{id}`")).then("GET /api/v1/edges lists them")
    }

    /// The edge is known, and has not been heard.
    pub(super) fn no_heartbeat(id: &str) -> Self {
        let detail = format!("edge `{id}` has sent no heartbeat since this hub began");
        Problem::new(Kind::NotFound, detail).then("GET /api/v1/edges says whether it is live, and since when")
    }
}
