//! Waiting for a condition. The only place where the bench lets time pass.

use std::time::{Duration, Instant};

use tokio::time::sleep;

/// No condition of a test takes longer, however loaded the machine is.
pub const PATIENCE: Duration = Duration::from_secs(30);

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until it sees what it wants. `look` answers with what it saw instead, which the failure tells.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    within(PATIENCE, what, look).await
}

pub async fn within<T>(patience: Duration, what: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let seen = patiently(patience, look).await;
    seen.unwrap_or_else(|instead| panic!("waited {} s for {what}; last seen: {instead}", patience.as_secs()))
}

/// The same for those who go on without it; what was seen last is the error.
pub async fn patiently<T>(
    patience: Duration,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, String> {
    let begun = Instant::now();
    loop {
        match look().await {
            Err(_) if begun.elapsed() <= patience => sleep(LOOK_EVERY).await,
            seen => return seen,
        }
    }
}

/// One thing that must come by itself, such as a packet.
pub async fn soon<T>(what: &str, coming: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, coming).await {
        Ok(came) => came,
        Err(_) => panic!("waited {} s for {what}; it never came", PATIENCE.as_secs()),
    }
}
