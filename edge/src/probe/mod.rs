//! `strongroom-edge probe`: asks one device once, as the edge would, and shows what it says. For whoever stands before a
//! device that was just wired, with a profile that was just written.
//!
//! ```text
//! arguments ─ target ─ look ═ device
//!                        └─ report
//! ```

mod arguments;
mod report;

use runtime::config::ConfigError;

pub use arguments::{Arguments, Target};

use crate::app::AppError;
use crate::field::modbus::look::look;
use crate::field::profile::SizeError;

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error(transparent)]
    Plan(AppError),
    #[error("there is no device `{wanted}` in this configuration; write one of {known}")]
    NoDevice { wanted: String, known: String },
    #[error(transparent)]
    Profile(ConfigError),
    #[error("there is no built-in profile `{name}`; write {known}, or a path that ends in .toml")]
    NoProfile { name: String, known: String },
    #[error("the profile does not fit")]
    Size(#[source] SizeError),
    #[error("devices of the profile {profile} speak by themselves; only devices that answer can be probed")]
    NotAsked { profile: Box<str> },
    #[error("the program cannot wait for devices")]
    Runtime(#[source] std::io::Error),
}

impl ProbeError {
    /// As `check` has it: the command line or the configuration is wrong.
    pub fn exit_code(&self) -> u8 {
        match self {
            ProbeError::Plan(error) => error.exit_code(),
            ProbeError::Runtime(_) => 1,
            _ => 2,
        }
    }
}

/// What is to be printed.
#[derive(Debug)]
pub struct Answer {
    pub text: String,
    pub verdict: Verdict,
}

/// Whether the device can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Readable,
    Unreadable,
}

/// Asks the device that the arguments name.
pub fn run(arguments: &Arguments) -> Result<Answer, ProbeError> {
    let target = arguments.target()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(ProbeError::Runtime)?.block_on(ask(&target)))
}

pub async fn ask(target: &Target) -> Answer {
    let look = look(&target.device, &target.buses, target.pace).await;
    report::answer(target, &look)
}

#[cfg(test)]
mod tests;
