//! Reads whole texts through the public interface, the way a process does.

mod every_fault_at_once;
mod exact_values;
mod files;
mod nested_sections;

use std::path::Path;

use super::{ConfigError, Fault, FromSection, Section, parse};

/// `line:column key: message`, short enough to compare in a test.
fn faults<T: FromSection>(text: &str) -> Vec<String> {
    match parse::<T>(Path::new("/etc/strongroom/edge.toml"), text) {
        Ok(_) => Vec::new(),
        Err(ConfigError::Faulty { faults, .. }) => faults.iter().map(short).collect(),
        Err(error) => panic!("a text cannot fail to be read: {error}"),
    }
}

fn short(fault: &Fault) -> String {
    format!("{}:{} {}: {}", fault.line, fault.column, fault.key, fault.message)
}

fn taken<T: FromSection>(text: &str) -> T {
    parse(Path::new("/etc/strongroom/edge.toml"), text).unwrap_or_else(|error| panic!("{error}"))
}
