//! Why a demo could not be shown.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinError;

use super::files::WriteError;
use super::hub::api::ApiError;
use super::prepare::credentials::CredentialsError;
use super::prepare::folder::FolderError;
use super::prepare::ports::PortsError;
use super::prepare::programs::ProgramsError;
use super::story::play::PlayError;

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("cannot start the tasks of the demo")]
    Begin(#[source] io::Error),
    #[error(transparent)]
    Programs(#[from] ProgramsError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Ports(#[from] PortsError),
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("{child} {how} while it was starting; the end of its log {}:\n{last_words}", log.display())]
    ChildEnded { child: &'static str, how: String, log: PathBuf, last_words: String },
    #[error("{what} took more than {} s; {missing}", limit.as_secs())]
    TooLong { what: &'static str, limit: Duration, missing: String },
    #[error("stopped before everything was up")]
    Interrupted,
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    Play(#[from] PlayError),
    #[error("the demo itself broke off")]
    Broken(#[source] JoinError),
}
