//! Reads of the disk, off the threads that serve sockets and never too many at a time.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::problem::{Kind, Problem};
use super::state::ApiState;
use crate::history::History;
use crate::status::Status;
use crate::store::Store;

/// Who waits longer for a place does better to come again.
const PLACE_WAIT_MAX: Duration = Duration::from_secs(5);

impl ApiState {
    pub(crate) async fn read_store<T, E>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem>,
    {
        let store = self.store.clone();
        self.blocking(move || read(&store).map_err(Into::into)).await
    }

    pub(crate) async fn read_history<T, E>(
        &self,
        read: impl FnOnce(&History) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem>,
    {
        let history = self.history.clone();
        self.blocking(move || read(&history).map_err(Into::into)).await
    }

    /// Readiness looks at the journal.
    pub(crate) async fn read_status<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Status) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let status = self.status.clone();
        self.blocking(move || Ok(read(&status))).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = timeout(PLACE_WAIT_MAX, self.limits.reads.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            metrics::counter!("api_reads_refused_total").increment(1);
            return Err(Problem::new(Kind::Busy, "too many reads at a time").retry_after(2));
        };
        let done = spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.unwrap_or_else(|_| Err(Problem::broken("a read of the disk panicked")))
    }
}
