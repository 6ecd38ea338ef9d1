//! What is new about an incident since it was heard of last, in words. Pure.

use std::collections::BTreeMap;

use super::Tone;
use crate::demo::hub::dto::{Condition, Incident};

/// One line about an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub tone: Tone,
    /// Severity and what became of it, such as `P1 OPENED`.
    pub who: String,
    pub text: String,
}

/// The incidents as they were heard of last.
#[derive(Debug, Default)]
pub struct Incidents(BTreeMap<String, Incident>);

impl Incidents {
    /// The lines that this brings; none when nothing that people see has changed.
    pub fn heard(&mut self, incident: Incident) -> Vec<News> {
        let before = self.0.get(&incident.id);
        let news = match before {
            None => vec![news(Tone::Alarm, &incident, "OPENED", incident.text.clone())],
            Some(before) => changes(before, &incident),
        };
        self.0.insert(incident.id.clone(), incident);
        news
    }
}

fn changes(before: &Incident, now: &Incident) -> Vec<News> {
    let mut lines = Vec::new();
    let mut line = |tone, what: &str, text: String| lines.push(news(tone, now, what, text));
    if before.severity != now.severity {
        line(Tone::Alarm, "GRAVER", format!("{} It was {} before.", now.text, before.severity));
    }
    match (before.condition, now.condition) {
        (Condition::Active, Condition::Cleared) if now.latched => {
            line(Tone::Relief, "cleared", format!("{} (stays until it is closed by hand)", now.subject));
        }
        (Condition::Active, Condition::Cleared) => line(Tone::Relief, "cleared", now.subject.clone()),
        (Condition::Cleared, Condition::Active) => line(Tone::Alarm, "AGAIN", now.text.clone()),
        _ => {}
    }
    if let (None, Some(by)) = (&before.acknowledged, &now.acknowledged) {
        line(Tone::Relief, "seen", format!("{} by {}", now.subject, by.person));
    }
    if let (None, Some(closed)) = (&before.closed, &now.closed) {
        let by = closed.person.as_ref().map_or_else(String::new, |person| format!(" by {person}"));
        line(Tone::Relief, "closed", format!("{}{by}", now.subject));
    }
    lines
}

fn news(tone: Tone, incident: &Incident, what: &str, text: String) -> News {
    News { tone, who: format!("{} {what}", incident.severity), text: format!("{} {text}", incident.rule) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::hub::dto::tests::incident;
    use crate::demo::hub::dto::{By, Closed};

    fn door() -> Incident {
        incident("R-02", "P3", "printing-room", "edge-print:door-2")
    }

    #[test]
    fn the_life_of_an_incident_is_told_once_each() {
        let mut incidents = Incidents::default();
        let mut said = |incident: &Incident| -> Vec<String> {
            incidents.heard(incident.clone()).into_iter().map(|news| news.who).collect()
        };
        let mut door = door();
        assert_eq!(said(&door), ["P3 OPENED"]);
        assert_eq!(said(&door), Vec::<String>::new());
        door.severity = "P2".into();
        assert_eq!(said(&door), ["P2 GRAVER"]);
        door.condition = Condition::Cleared;
        assert_eq!(said(&door), ["P2 cleared"]);
        door.condition = Condition::Active;
        door.acknowledged = Some(By { person: "officer-1".into() });
        assert_eq!(said(&door), ["P2 AGAIN", "P2 seen"]);
        (door.condition, door.closed) = (Condition::Cleared, Some(Closed { person: None }));
        assert_eq!(said(&door), ["P2 cleared", "P2 closed"]);
        assert_eq!(said(&door), Vec::<String>::new());
    }

    #[test]
    fn lines_name_rule_and_matter() {
        let mut incidents = Incidents::default();
        let opened = incidents.heard(door()).remove(0);
        assert_eq!(opened.text, "R-02 edge-print:door-2 did it.");
        let cleared = Incident { condition: Condition::Cleared, latched: false, ..door() };
        assert_eq!(incidents.heard(cleared).remove(0).text, "R-02 edge-print:door-2");
    }
}
