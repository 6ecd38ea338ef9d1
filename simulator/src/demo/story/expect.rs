//! The incidents that the story must end in, and the comparison with those that stand in the hub. Pure.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::demo::hub::dto::Incident;

/// What an incident is told apart by here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matter {
    pub rule: String,
    pub severity: String,
    pub part: String,
    pub subject: String,
}

/// Rule, severity, part and subject of each.
const EXPECTED: [[&str; 4]; 6] = [
    ["R-01", "P2", "printing-room", "edge-print:door-2"],
    ["R-02", "P3", "printing-room", "edge-print:door-2"],
    ["R-07", "P1", "document-room", "edge-doc:cabinet-1"],
    ["R-12", "P1", "machine-room", "edge-machine:jammer-1"],
    ["R-14", "P1", "machine-room", "edge-machine:jammer-1"],
    ["R-16", "P2", "machine-room", "edge-machine:jammer-1"],
];

pub fn expected() -> Vec<Matter> {
    let matter = |[rule, severity, part, subject]: [&str; 4]| Matter {
        rule: rule.into(),
        severity: severity.into(),
        part: part.into(),
        subject: subject.into(),
    };
    EXPECTED.into_iter().map(matter).collect()
}

impl From<&Incident> for Matter {
    fn from(incident: &Incident) -> Self {
        Self {
            rule: incident.rule.clone(),
            severity: incident.severity.clone(),
            part: incident.part.clone(),
            subject: incident.subject.clone(),
        }
    }
}

/// How often each matter was expected, and how often it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison(BTreeMap<Matter, (usize, usize)>);

impl Comparison {
    pub fn new(expected: &[Matter], found: &[Incident]) -> Self {
        let mut rows: BTreeMap<Matter, (usize, usize)> = BTreeMap::new();
        for matter in expected {
            rows.entry(matter.clone()).or_default().0 += 1;
        }
        for incident in found {
            rows.entry(incident.into()).or_default().1 += 1;
        }
        Self(rows)
    }

    pub fn agrees(&self) -> bool {
        self.0.values().all(|(expected, found)| expected == found)
    }

    /// What is missing may still come; what is too much does not go away.
    pub fn may_still_agree(&self) -> bool {
        self.0.values().all(|(expected, found)| expected >= found)
    }

    pub fn table(&self) -> String {
        let mut text = String::new();
        let mut line = |cells: [&str; 6], verdict: &str| {
            let [rule, severity, part, subject, expected, found] = cells;
            let row = format!(
                "  {rule:<5} {severity:<9} {part:<14} {subject:<22} {expected:>8} {found:>6}  {verdict}"
            );
            writeln!(text, "{}", row.trim_end()).expect("writing to a string cannot fail");
        };
        line(["rule", "severity", "part", "subject", "expected", "found"], "");
        for (Matter { rule, severity, part, subject }, (expected, found)) in &self.0 {
            let verdict = match expected.cmp(found) {
                std::cmp::Ordering::Equal => "",
                std::cmp::Ordering::Greater => "MISSING",
                std::cmp::Ordering::Less => "TOO MUCH",
            };
            line([rule, severity, part, subject, &expected.to_string(), &found.to_string()], verdict);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::hub::dto::tests::incident;

    fn found() -> Vec<Incident> {
        EXPECTED
            .iter()
            .map(|[rule, severity, part, subject]| incident(rule, severity, part, subject))
            .collect()
    }

    #[test]
    fn exactly_the_expected_incidents_agree() {
        let comparison = Comparison::new(&expected(), &found());
        assert!(comparison.agrees() && comparison.may_still_agree());
        assert!(!comparison.table().contains("MISSING"));
    }

    #[test]
    fn a_missing_one_may_still_come() {
        let comparison = Comparison::new(&expected(), &found()[1..]);
        assert!(!comparison.agrees() && comparison.may_still_agree());
        let row = comparison.table().lines().find(|line| line.ends_with("MISSING")).unwrap().to_owned();
        assert!(row.contains("R-01"), "{row}");
    }

    #[test]
    fn one_too_many_never_agrees() {
        let mut twice = found();
        twice.push(found().remove(2));
        let comparison = Comparison::new(&expected(), &twice);
        assert!(!comparison.agrees() && !comparison.may_still_agree());

        let mut foreign = found();
        foreign.push(incident("R-18", "P2", "machine-room", "edge-machine"));
        let comparison = Comparison::new(&expected(), &foreign);
        assert!(!comparison.may_still_agree());
        assert!(comparison.table().lines().last().unwrap().ends_with("TOO MUCH"));
    }

    #[test]
    fn another_severity_is_another_matter() {
        let mut graver = found();
        graver[1].severity = "P2".into();
        let comparison = Comparison::new(&expected(), &graver);
        assert!(!comparison.agrees());
        let table = comparison.table();
        assert!(table.contains("MISSING") && table.contains("TOO MUCH"), "{table}");
    }
}
