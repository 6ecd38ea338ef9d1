//! One thing that is wrong with a file, and all of them together.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Line and column count from 1; the column counts characters. The key is the full path, such as
/// `devices[2].poll_interval`, and empty where a fault belongs to no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: usize,
    pub column: usize,
    pub key: String,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.key.is_empty() {
            write!(f, ", key {}", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Also a file that is too large or not UTF-8.
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// Every fault on a line of its own, `path:line:column: key: message`.
    #[error("{}", Listed { path, faults })]
    Faulty { path: PathBuf, faults: Vec<Fault> },
}

struct Listed<'a> {
    path: &'a PathBuf,
    faults: &'a [Fault],
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            let separator = if fault.key.is_empty() { "" } else { ": " };
            let Fault { line, column, key, message } = fault;
            write!(f, "{line_break}{}:{line}:{column}: {key}{separator}{message}", self.path.display())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(line: usize, key: &str) -> Fault {
        Fault { line, column: 5, key: key.to_owned(), message: "is wrong".to_owned() }
    }

    #[test]
    fn a_fault_names_its_line_and_key() {
        assert_eq!(fault(12, "edge.id").to_string(), "line 12, key edge.id: is wrong");
        assert_eq!(fault(3, "").to_string(), "line 3: is wrong");
    }

    #[test]
    fn all_faults_are_listed_one_per_line() {
        let faults = vec![fault(2, "a"), fault(7, "")];
        let error = ConfigError::Faulty { path: PathBuf::from("edge.toml"), faults };
        assert_eq!(error.to_string(), "edge.toml:2:5: a: is wrong\nedge.toml:7:5: is wrong");
    }
}
