//! What people ask for. A command goes through the journal like everything that can change an incident; its answer comes
//! when correlation has judged it and the judgement is durable.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::incident::lifecycle::Refused;
use crate::incident::{Answer, Incident, IncidentId};
use crate::journal::{Action, Command, Position};
use crate::store::Store;

/// How long a person waits for an answer. Correlation answers within milliseconds unless the hub is in trouble.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Commands that may wait for ingest; people are few.
const WAITING_MAX: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("there is no incident {0}")]
    NotFound(IncidentId),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(
        "the hub gave no answer; the command may still take effect: look at the incident before you repeat it"
    )]
    Unavailable,
}

/// A command on its way to ingest.
#[derive(Debug)]
pub struct Request {
    pub command: Command,
    pub answer: oneshot::Sender<Answer>,
}

#[derive(Clone)]
pub struct Commands {
    requests: mpsc::Sender<Request>,
    store: Store,
}

pub fn commands(store: Store) -> (Commands, mpsc::Receiver<Request>) {
    let (requests, receiver) = mpsc::channel(WAITING_MAX);
    (Commands { requests, store }, receiver)
}

impl Commands {
    pub async fn submit(&self, command: Command) -> Result<Incident, CommandError> {
        let id = match &command.action {
            Action::Acknowledge { incident, .. } | Action::Close { incident, .. } => *incident,
        };
        if self.read(id).await?.is_none() {
            return Err(CommandError::NotFound(id));
        }
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { command, answer }).await.map_err(|_| CommandError::Unavailable)?;
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, answered)
            .await
            .map_err(|_| CommandError::Unavailable)?
            .map_err(|_| CommandError::Unavailable)?;
        match answer {
            Answer::Done(incident) => Ok(*incident),
            Answer::Refused(refused) => Err(refused.into()),
            // It was there a moment ago: it has been closed.
            Answer::NotOpen => Err(Refused::Closed.into()),
        }
    }

    async fn read(&self, id: IncidentId) -> Result<Option<Incident>, CommandError> {
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || store.incident(&id)).await;
        match read {
            Ok(Ok(incident)) => Ok(incident),
            Ok(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store could not be read");
                Err(CommandError::Unavailable)
            }
            Err(_) => Err(CommandError::Unavailable),
        }
    }
}

/// Who waits for the answer to the command at which position. Ingest enters, correlation answers.
#[derive(Clone, Default)]
pub struct Waiting(Arc<Mutex<HashMap<Position, oneshot::Sender<Answer>>>>);

impl Waiting {
    pub fn enter(&self, position: Position, answer: oneshot::Sender<Answer>) {
        self.0.lock().expect("nothing panics with the lock").insert(position, answer);
    }

    pub fn answer(&self, position: Position, answer: Answer) {
        let waiting = self.0.lock().expect("nothing panics with the lock").remove(&position);
        if let Some(waiting) = waiting {
            // Whoever asked may have gone; the command holds all the same.
            let _gone = waiting.send(answer);
        }
    }
}
