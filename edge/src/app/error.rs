//! Why an edge does not start, or stopped, and what the process says then.

use std::io;
use std::path::PathBuf;

use runtime::config::ConfigError;
use runtime::tasks::TaskFailure;

use crate::field::SiteError;
use crate::field::listener::ListenError;
use crate::spool::{InspectError, SpoolError};
use crate::status::ServerError;
use crate::surroundings::{self, Flaw};

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Config(ConfigError),
    #[error("{}", surroundings::report(path, flaws))]
    Surroundings { path: PathBuf, flaws: Vec<Flaw> },
    #[error("the devices do not make a site")]
    Site(#[source] SiteError),
    #[error("the clock of the machine cannot be read")]
    Clock(#[source] io::Error),
    #[error("the spool {} (spool.path) cannot be opened", path.display())]
    Spool { path: PathBuf, source: SpoolError },
    #[error(transparent)]
    Status(ServerError),
    #[error("{} names no status.address; write [status] address = \"127.0.0.1:9640\" and reload the edge", path.display())]
    NoStatus { path: PathBuf },
    #[error(transparent)]
    Inspect(InspectError),
    #[error("the signals of the process cannot be received")]
    Signals(#[source] io::Error),
    #[error("the runtime that the stages work in cannot be built")]
    Runtime(#[source] io::Error),
    #[error("the spool's thread could not be started")]
    Thread(#[source] io::Error),
    #[error("the system gives no random bytes for a token")]
    Token(#[source] getrandom::Error),
    #[error("devices cannot be listened for")]
    Listen(#[source] Box<ListenError>),
    #[error("the spool ended while the edge started")]
    SpoolGone,
    #[error("the edge stopped")]
    Stopped(#[source] TaskFailure),
}

impl AppError {
    /// What the process says to whoever started it; explained in `--help`.
    pub fn exit_code(&self) -> u8 {
        const FAILED: u8 = 1;
        const CONFIG: u8 = 2;
        const STORAGE: u8 = 74;
        match self {
            AppError::Config(_)
            | AppError::Surroundings { .. }
            | AppError::Site(_)
            | AppError::NoStatus { .. } => CONFIG,
            AppError::Listen(error) if matches!(**error, ListenError::Tls { .. }) => CONFIG,
            AppError::Spool { source, .. } => match source {
                SpoolError::ForeignEdge { .. } | SpoolError::TableTooLarge { .. } => CONFIG,
                SpoolError::Storage(_) => STORAGE,
                SpoolError::InUse { .. } | SpoolError::Random(_) => FAILED,
            },
            AppError::Stopped(TaskFailure::Failed { source, .. }) if source.is::<SpoolError>() => STORAGE,
            _ => FAILED,
        }
    }
}
