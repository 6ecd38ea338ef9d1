//! What a person may do. Callers ask for a permission, never for a role, so a new role is added in this file alone.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// From least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees everything, changes nothing.
    Observer,
    /// Sees everything, acknowledges and closes incidents.
    Supervisor,
}

/// A word that is no role.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a role; use observer or supervisor")]
pub struct RoleError {
    given: String,
}

impl Role {
    /// May see parts, points, events and incidents.
    pub fn may_read(self) -> bool {
        match self {
            Self::Observer | Self::Supervisor => true,
        }
    }

    /// May say "I have seen this incident".
    pub fn may_acknowledge(self) -> bool {
        match self {
            Self::Supervisor => true,
            Self::Observer => false,
        }
    }

    /// May close an incident.
    pub fn may_close(self) -> bool {
        match self {
            Self::Supervisor => true,
            Self::Observer => false,
        }
    }

    /// The word in files, arguments and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Supervisor => "supervisor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        match text {
            "observer" => Ok(Self::Observer),
            "supervisor" => Ok(Self::Supervisor),
            _ => Err(RoleError { given: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observer_changes_nothing() {
        assert!(Role::Observer.may_read() && Role::Supervisor.may_read());
        assert!(!Role::Observer.may_acknowledge() && !Role::Observer.may_close());
        assert!(Role::Supervisor.may_acknowledge() && Role::Supervisor.may_close());
        assert_eq!("supervisor".parse(), Ok(Role::Supervisor));
        assert!("Supervisor".parse::<Role>().is_err());
    }
}
