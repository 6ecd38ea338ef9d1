//! The named tasks of a process. The first one that fails, panics or ends although nobody asked it to
//! begins the shutdown of all; then everyone has a grace period to reach a safe point, and those who
//! miss it are named.

use std::any::Any;
use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};
use tracing::{debug, error};

use crate::shutdown::Shutdown;

/// Why a group did not end as it should. The inner message stays in `source`.
#[derive(Debug, thiserror::Error)]
pub enum TaskFailure {
    #[error("task `{task}` failed")]
    Failed { task: &'static str, source: Box<dyn Error + Send + Sync> },
    #[error("task `{task}` panicked: {message}")]
    Panicked { task: &'static str, message: String },
    /// A stage that stops quietly is as bad as one that fails: nobody does its work any more.
    #[error("task `{task}` ended although no shutdown had begun")]
    EndedEarly { task: &'static str },
    #[error("not finished within the grace period: {}", tasks.join(", "))]
    Late { tasks: Vec<&'static str> },
}

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Owns the tasks; dropping it aborts those that are async. A thread cannot be aborted: when one is
/// late, the process has to exit to get rid of it.
pub struct TaskGroup {
    shutdown: Shutdown,
    tasks: JoinSet<Outcome>,
    names: HashMap<Id, &'static str>,
}

impl TaskGroup {
    pub fn new(shutdown: Shutdown) -> Self {
        Self { shutdown, tasks: JoinSet::new(), names: HashMap::new() }
    }

    /// Must be called inside a tokio runtime, like `tokio::spawn`.
    pub fn spawn<F, E>(&mut self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Error + Send + Sync + 'static,
    {
        let handle = self.tasks.spawn(async move { task.await.map_err(Into::into) });
        self.names.insert(handle.id(), name);
    }

    /// A std thread, for stages that block on the disk. The same rules hold for it.
    pub fn spawn_thread<F, E>(&mut self, name: &'static str, work: F) -> io::Result<()>
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
        E: Error + Send + Sync + 'static,
    {
        let (ended, end) = oneshot::channel();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            // A state that a panic left behind is never looked at again: the whole process stops.
            let outcome = catch_unwind(AssertUnwindSafe(work));
            // Nobody listens any more once the group gave up on a late thread.
            let _ = ended.send(outcome);
        })?;
        let handle = self.tasks.spawn(async move {
            match end.await.expect("the thread sends its outcome, panic or not") {
                Ok(outcome) => outcome.map_err(Into::into),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        });
        self.names.insert(handle.id(), name);
        Ok(())
    }

    /// Runs until the shutdown begins or a task ends, then drains for at most `grace`. The first
    /// failure is returned; whatever comes after it is logged. After a failure the process should exit,
    /// because a late thread may still be running.
    pub async fn run(mut self, grace: Duration) -> Result<(), TaskFailure> {
        let cause = self.first_failure().await;
        self.shutdown.begin();
        let mut failures: Vec<TaskFailure> = cause.into_iter().collect();
        self.drain(Instant::now() + grace, &mut failures).await;
        let mut failures = failures.into_iter();
        let first = failures.next();
        for later in failures {
            // As an error it is logged with all its causes.
            error!(failure = &later as &dyn Error, "further failure during the shutdown");
        }
        first.map_or(Ok(()), Err)
    }

    /// Resolves without a failure when the shutdown began from outside.
    async fn first_failure(&mut self) -> Option<TaskFailure> {
        let joined = tokio::select! {
            () = self.shutdown.wait() => return None,
            Some(joined) = self.tasks.join_next_with_id() => joined,
        };
        let (task, failure) = self.judge(joined);
        // A task that began the shutdown itself may well be the first to end.
        let early = || (!self.shutdown.begun()).then_some(TaskFailure::EndedEarly { task });
        failure.or_else(early)
    }

    async fn drain(&mut self, deadline: Instant, failures: &mut Vec<TaskFailure>) {
        while let Ok(Some(joined)) = timeout_at(deadline, self.tasks.join_next_with_id()).await {
            let (task, failure) = self.judge(joined);
            debug!(task, "task ended");
            failures.extend(failure);
        }
        if !self.names.is_empty() {
            let mut tasks: Vec<_> = self.names.values().copied().collect();
            tasks.sort_unstable();
            failures.push(TaskFailure::Late { tasks });
        }
    }

    fn judge(&mut self, joined: Result<(Id, Outcome), JoinError>) -> (&'static str, Option<TaskFailure>) {
        let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let task = self.names.remove(&id).expect("every task of the group has a name");
        let failure = match joined {
            Ok((_, Ok(()))) => None,
            Ok((_, Err(source))) => Some(TaskFailure::Failed { task, source }),
            Err(error) => Some(TaskFailure::Panicked { task, message: panic_message(error) }),
        };
        (task, failure)
    }
}

fn panic_message(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => payload_text(payload.as_ref()),
        Err(error) => error.to_string(),
    }
}

fn payload_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests;
