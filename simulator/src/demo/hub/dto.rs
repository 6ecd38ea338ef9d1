//! The parts of the API's answers that the demo reads.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct Incident {
    pub id: String,
    pub rule: String,
    pub text: String,
    pub part: String,
    pub subject: String,
    pub severity: String,
    pub condition: Condition,
    pub latched: bool,
    pub acknowledged: Option<By>,
    pub closed: Option<Closed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Active,
    Cleared,
}

#[derive(Clone, Debug, Deserialize)]
pub struct By {
    pub person: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Closed {
    /// Missing when it ended by itself.
    pub person: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Edge {
    pub id: String,
    pub liveness: Liveness,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    Unknown,
    Live,
    Silent,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Part {
    pub arming: State,
    pub edges: Vec<Edge>,
    pub devices: Vec<Device>,
}

/// A state in words, and how far it can be believed. Also of a device's link.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct State {
    pub state: Option<String>,
    pub quality: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Device {
    pub id: String,
    pub link: Option<State>,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn incident(rule: &str, severity: &str, part: &str, subject: &str) -> Incident {
        Incident {
            id: format!("{rule}-{subject}"),
            rule: rule.into(),
            text: format!("{subject} did it."),
            part: part.into(),
            subject: subject.into(),
            severity: severity.into(),
            condition: Condition::Active,
            latched: true,
            acknowledged: None,
            closed: None,
        }
    }

    #[test]
    fn an_answer_with_more_than_is_asked_for_is_read() {
        let page: Page<Incident> = serde_json::from_str(
            r#"{"items":[{"id":"00","rule":"R-01","title":"Door forced","text":"Door.","part":"p","subject":"e:door-1",
            "severity":"P2","state":"latched","condition":"cleared","latched":true,"began":"2026-11-22T10:00:00.000Z",
            "opened":"2026-11-22T10:00:00.000Z","occurrences":1,"acknowledged":{"person":"officer-1",
            "time":"2026-11-22T10:00:00.000Z","note":null},"closed":null,"arrival":"live","clauses":[],
            "allowed":["close"]}],"next":"7"}"#,
        )
        .unwrap();
        assert_eq!(page.items[0].condition, Condition::Cleared);
        assert_eq!(page.items[0].acknowledged.as_ref().unwrap().person, "officer-1");
        assert_eq!(page.next.as_deref(), Some("7"));
    }
}
