//! The list of open incidents.

use super::moment::Moment;
use crate::api::caller::Role;
use crate::api::dto::incident::{Action, allowed};
use crate::api::open::OpenIncidents;
use crate::incident::{ArrivalMark, Incident, Severity, State};
use crate::store::PartRow;

/// Cards on the page; whoever has more open incidents than this needs the filters of the API.
const CARDS_MAX: usize = 100;

pub(in crate::web) struct IncidentList {
    pub(in crate::web) cards: Vec<IncidentCard>,
    pub(in crate::web) total: u64,
    /// Open incidents per severity, the gravest first; only those that there are.
    pub(in crate::web) counts: Vec<(Severity, u64)>,
    pub(in crate::web) unseen: usize,
}

pub(in crate::web) struct IncidentCard {
    pub(in crate::web) id: String,
    pub(in crate::web) rule: String,
    pub(in crate::web) title: String,
    pub(in crate::web) text: String,
    pub(in crate::web) part_id: String,
    pub(in crate::web) part: String,
    pub(in crate::web) severity: Severity,
    pub(in crate::web) state: State,
    pub(in crate::web) began: Moment,
    pub(in crate::web) occurrences: u64,
    pub(in crate::web) late: bool,
    pub(in crate::web) provisional: bool,
    pub(in crate::web) seen_by: Option<SeenBy>,
    pub(in crate::web) can_acknowledge: bool,
    pub(in crate::web) can_close: bool,
}

pub(in crate::web) struct SeenBy {
    pub(in crate::web) person: String,
    pub(in crate::web) at: Moment,
    pub(in crate::web) note: Option<String>,
}

impl IncidentList {
    pub(in crate::web) fn of(open: &OpenIncidents, parts: &[PartRow], role: Role) -> Self {
        let listed = open.list.iter();
        Self {
            cards: listed
                .clone()
                .take(CARDS_MAX)
                .map(|incident| IncidentCard::of(incident, parts, role))
                .collect(),
            total: open.total(),
            counts: open.by_severity().filter(|(_, count)| *count > 0).collect(),
            unseen: listed.filter(|incident| incident.acknowledged.is_none()).count(),
        }
    }

    pub(in crate::web) fn not_shown(&self) -> u64 {
        self.total.saturating_sub(self.cards.len() as u64)
    }

    /// In front of the page's title, so that a tab in the background tells it, too.
    pub(in crate::web) fn title_mark(&self) -> String {
        match self.counts.first() {
            Some((gravest, _)) => format!("({}) {gravest} · ", self.total),
            None => String::new(),
        }
    }
}

impl IncidentCard {
    fn of(incident: &Incident, parts: &[PartRow], role: Role) -> Self {
        let state = incident.state();
        let part = parts.iter().find(|part| part.part == incident.part);
        Self {
            id: incident.id.to_string(),
            rule: incident.rule.clone(),
            title: incident.title.clone(),
            text: incident.text.clone(),
            part_id: incident.part.to_string(),
            part: part.map_or_else(|| incident.part.to_string(), |part| part.name.clone()),
            severity: incident.severity,
            state,
            began: Moment(incident.began_ms),
            occurrences: incident.occurrences,
            late: incident.arrival == ArrivalMark::Late,
            provisional: incident.provisional,
            seen_by: incident.acknowledged.as_ref().map(|signature| SeenBy {
                person: signature.person.to_string(),
                at: Moment(signature.at_ms),
                note: signature.note.clone(),
            }),
            can_acknowledge: role.may_acknowledge && allowed(state).contains(&Action::Acknowledge),
            can_close: role.may_close && allowed(state).contains(&Action::Close),
        }
    }
}
