//! Reading the configuration again while the edge works: what is taken, what is refused, and what changed.

use std::path::{Path, PathBuf};

use wire::DeviceId;

use super::{AppError, Plan, now_s};
use crate::config::{Config, DeviceConfig};
use crate::status::{ReloadNote, Reloads};
use crate::surroundings::{self, Flaw};

/// Why the running configuration goes on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Plan(#[from] AppError),
    #[error("{}", surroundings::report(path, flaws))]
    Surroundings { path: PathBuf, flaws: Vec<Flaw> },
    /// What these say is true of a spool file as long as it lives; a process that takes another one leaves records behind.
    #[error("{key} is another one now; that needs a restart, so that nothing stays behind unnoticed")]
    NeedsRestart { key: &'static str },
}

/// Reads and judges the file, and all that it names, as a start does.
pub(super) fn prepare(path: &Path, running: &Plan) -> Result<Plan, Refused> {
    let plan = Plan::load(path)?;
    let (new, old) = (&plan.config, &running.config);
    if new.edge != old.edge {
        return Err(Refused::NeedsRestart { key: "edge.id" });
    }
    if new.spool.path != old.spool.path {
        return Err(Refused::NeedsRestart { key: "spool.path" });
    }
    let flaws = surroundings::flaws_while_running(&plan.config, now_s());
    if flaws.is_empty() { Ok(plan) } else { Err(Refused::Surroundings { path: path.to_owned(), flaws }) }
}

/// What is said when all is as it was.
pub(super) const NOTHING: &str = "nothing changed";

/// What a person wants to read about a new configuration.
pub(super) fn changes(old: &Plan, new: &Plan) -> String {
    let text = changes_of(&old.config, &new.config);
    match (old.certificates != new.certificates, text.as_str()) {
        (false, _) => text,
        (true, NOTHING) => "certificates changed".to_owned(),
        (true, _) => format!("{text}; certificates changed"),
    }
}

fn changes_of(old: &Config, new: &Config) -> String {
    let ids = |devices: &[DeviceConfig]| devices.iter().map(|device| device.id.clone()).collect::<Vec<_>>();
    let (before, after) = (ids(&old.devices), ids(&new.devices));
    let added = after.iter().filter(|id| !before.contains(id));
    let removed = before.iter().filter(|id| !after.contains(id));
    // By all that they say of themselves, so that a key that comes later cannot be forgotten here.
    let text = |device: &DeviceConfig| format!("{device:?}");
    let is_changed = |device: &&DeviceConfig| {
        old.devices.iter().any(|other| other.id == device.id && text(other) != text(device))
    };
    let changed = new.devices.iter().filter(is_changed).map(|device| &device.id);
    let lists = [("added", list(added)), ("removed", list(removed)), ("changed", list(changed))];
    let mut parts: Vec<String> = lists
        .into_iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(what, ids)| format!("{what} {ids}"))
        .collect();
    if rest(old) != rest(new) {
        parts.push("other settings changed".to_owned());
    }
    if old.log != new.log {
        parts.push("log.format takes effect with the next start".to_owned());
    }
    if parts.is_empty() { NOTHING.to_owned() } else { parts.join("; ") }
}

/// The configuration without its devices and their profiles.
fn rest(config: &Config) -> String {
    format!("{:?}", Config { devices: Vec::new(), profiles: Vec::new(), ..config.clone() })
}

fn list<'a>(ids: impl Iterator<Item = &'a DeviceId>) -> String {
    ids.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

pub(super) fn note(reloads: &mut Reloads, taken: bool, text: String) {
    *if taken { &mut reloads.taken } else { &mut reloads.refused } += 1;
    reloads.last = Some(ReloadNote { wall_ms: runtime::clock::wall_ms(), taken, text });
    let outcome = if taken { "taken" } else { "refused" };
    metrics::counter!("edge_reloads_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(rest: &str) -> Config {
        let text = format!(
            "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"hub:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n[spool]\npath = \"s\"\n{rest}"
        );
        runtime::config::parse(Path::new("edge.toml"), &text).unwrap()
    }

    fn device(id: &str, unit: u8) -> String {
        format!(
            "[[devices]]\nid = {id:?}\nprofile = \"door-controller\"\naddress = \"192.0.2.1:502\"\nunit = {unit}\n"
        )
    }

    #[test]
    fn changes_are_told_by_name() {
        let old = config(&(device("a", 1) + &device("b", 2)));
        assert_eq!(changes_of(&old, &old), "nothing changed");
        let new = config(&(device("b", 3) + &device("c", 1) + "[snapshot]\ninterval = \"30s\"\n"));
        assert_eq!(changes_of(&old, &new), "added c; removed a; changed b; other settings changed");
    }
}
