//! Whether the certificate that we show carries the name that we use. The hub goes by the certificate alone, so a
//! difference means that nothing will ever be accepted. Neither is one whose time is over.

use std::fmt;

use runtime::tls::{ClientFiles, TlsError, own_certificate};
use wire::EdgeId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// `spiffe://<site>/edge/<id>` with our id.
    Ours,
    /// The certificate names something else, or nothing that an edge could be.
    Foreign { names: Vec<String> },
    /// It is ours, and its time is over.
    Expired,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Ours => f.write_str("the certificate names this edge"),
            Finding::Foreign { names } if names.is_empty() => {
                f.write_str("the certificate names no edge; issue one for edge.id")
            }
            Finding::Foreign { names } => write!(
                f,
                "the certificate names {}, not this edge; correct edge.id, or issue another certificate",
                names.join(", ")
            ),
            Finding::Expired => f.write_str("the certificate has expired; issue another one"),
        }
    }
}

/// Reads the files as a connection would, at `now_s` seconds of the epoch.
pub fn examine(files: &ClientFiles, edge: &EdgeId, now_s: i64) -> Result<Finding, TlsError> {
    let facts = own_certificate(files)?;
    Ok(match judge(facts.uri_names, edge) {
        Finding::Ours if facts.not_after_s < now_s => Finding::Expired,
        finding => finding,
    })
}

fn judge(names: Vec<String>, edge: &EdgeId) -> Finding {
    match names.as_slice() {
        [name] if edge_of(name) == Some(edge.as_str()) => Finding::Ours,
        _ => Finding::Foreign { names },
    }
}

fn edge_of(name: &str) -> Option<&str> {
    let (site, path) = name.strip_prefix("spiffe://")?.split_once('/')?;
    path.strip_prefix("edge/").filter(|edge| !site.is_empty() && !edge.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_name_and_only_ours_will_do() {
        let edge = EdgeId::parse("doc-1").unwrap();
        let judge = |names: &[&str]| judge(names.iter().map(|name| (*name).to_owned()).collect(), &edge);
        assert_eq!(judge(&["spiffe://site/edge/doc-1"]), Finding::Ours);
        let foreign: [&[&str]; 6] = [
            &[],
            &["spiffe://site/edge/doc-2"],
            &["spiffe://site/agent/doc-1"],
            &["spiffe:///edge/doc-1"],
            &["https://site/edge/doc-1"],
            &["spiffe://site/edge/doc-1", "spiffe://site/edge/doc-1"],
        ];
        assert!(foreign.iter().all(|names| judge(names) != Finding::Ours));
    }
}
