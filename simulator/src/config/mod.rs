//! The two files of a simulation, the site and the scenario, and their check against each other.

pub mod rehearsal;
pub mod scenario;
pub mod site_file;

use std::path::{Path, PathBuf};

use runtime::causes::in_full;
use runtime::config::{ConfigError, load};

pub use self::scenario::Scenario;
pub use self::site_file::SiteFile;

/// Everything that was asked for, read and checked.
pub struct Plan {
    pub site: SiteFile,
    pub scenario: Option<Scenario>,
}

/// Why there is no plan: one error per file, each with all faults of its file.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.0.iter().map(|fault| in_full(fault).to_string()).collect::<Vec<_>>().join("\n"))]
pub struct PlanErrors(Vec<ConfigError>);

impl Plan {
    /// Reads the site and its scenario; `scenario` replaces the one that the site names.
    /// A faulty site does not hide the faults of a scenario that is given apart.
    pub fn load(site: &Path, scenario: Option<&Path>) -> Result<Self, PlanErrors> {
        let site = load::<SiteFile>(site);
        let named = site.as_ref().ok().and_then(|site| site.scenario.clone());
        let Some(path) = scenario.map(PathBuf::from).or(named) else {
            let site = site.map_err(|error| PlanErrors(vec![error]))?;
            return Ok(Self { site, scenario: None });
        };
        match (site, load::<Scenario>(&path)) {
            (Ok(site), Ok(scenario)) => match rehearsal::faults(&site, &scenario) {
                faults if faults.is_empty() => Ok(Self { site, scenario: Some(scenario) }),
                faults => Err(PlanErrors(vec![ConfigError::Faulty { path, faults }])),
            },
            (site, scenario) => Err(PlanErrors(site.err().into_iter().chain(scenario.err()).collect())),
        }
    }
}
