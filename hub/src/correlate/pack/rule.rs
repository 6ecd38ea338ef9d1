//! One `[[rules]]` of a pack.

use std::time::Duration;

use runtime::config::{FromSection, Parsed, Section};

use super::check;
use super::sign::{self, Told};
use crate::correlate::condition::Condition;
use crate::correlate::rule::{
    Count, Distinct, Excuse, KeyBy, PLACEHOLDERS, Past, Pattern, Points, Reach, Rule, SeverityWhen, Sign,
    Stage, Trigger,
};
use crate::incident::Severity;

/// A window in which a rule remembers: longer ones are a matter of a day's work, not of minutes.
const WINDOW_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a rule that need not hold may wait for an excuse. People wait for the alarm meanwhile.
const WAIT_MAX: Duration = Duration::from_secs(10 * 60);

impl FromSection for Rule {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let id = section.required::<String>("id");
        let title = section.required("title");
        let text = section.required::<String>("text");
        let clauses: Vec<String> = section.required("clauses").unwrap_or_default();
        let severity = section.required::<Parsed<Severity>>("severity");
        let severity_when = section.tables("severity_when");
        let latch = section.required("latch");
        if section.has("clauses") && clauses.is_empty() {
            section
                .fault("clauses", "a rule serves at least one clause of the seed or of a standard: name it");
        }
        if let Some(unknown) = text.as_deref().and_then(unknown_placeholder) {
            section.fault("text", format!("`{{{unknown}}}` is not known; use {}", PLACEHOLDERS.join(", ")));
        }
        let pattern = pattern(section);
        let rule = Rule {
            id: id?,
            title: title?,
            text: text?,
            clauses,
            pattern: pattern?,
            severity: severity?.0,
            severity_when,
            latch: latch?,
        };
        check::rule(&rule, section);
        Some(rule)
    }
}

fn unknown_placeholder(text: &str) -> Option<&str> {
    let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name));
    names.into_iter().find(|name| !PLACEHOLDERS.contains(name))
}

fn pattern(section: &mut Section<'_>) -> Option<Pattern> {
    match section.required::<String>("pattern")?.as_str() {
        "points" => points(section).map(|points| Pattern::Points(Box::new(points))),
        "edge_silent" => Some(Pattern::EdgeSilent),
        "missing" => {
            let settle: Duration = section.required_within("settle", Duration::ZERO..=WINDOW_MAX)?;
            Some(Pattern::Missing { settle_ms: settle.as_millis() as i64 })
        }
        "fork" => Some(Pattern::Fork),
        "waiting" => section.required("needs").map(|needs| Pattern::Waiting { needs }),
        other => {
            section.ignore_unread();
            let known = "points, edge_silent, missing, fork and waiting";
            section.fault("pattern", format!("`{other}` is not a pattern; there are {known}"));
            None
        }
    }
}

fn points(section: &mut Section<'_>) -> Option<Points> {
    let key = choice(section, "key", &KeyBy::ALL);
    if !section.has("key") {
        section.fault(
            "",
            "this key is missing: key = \"device\", \"point\" or \"part\" says what an incident is about",
        );
    }
    if !section.has("trigger") {
        section.fault("", "a rule on points has at least one trigger");
    }
    let wait: Duration = section.within("wait", Duration::ZERO, Duration::ZERO..=WAIT_MAX);
    let points = Points {
        trigger: section.tables("trigger"),
        count: section.optional_table("count"),
        with: section.tables("with"),
        given: section.tables("given"),
        during: section.tables("while"),
        unless: section.tables("unless"),
        sustained: section.tables("sustained"),
        wait_ms: wait.as_millis() as i64,
        clear: section.tables_by("clear", |section| sign::sign(section, "event", Told::Past)),
        key: key?,
    };
    check::points(&points, section);
    Some(points)
}

impl FromSection for Trigger {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let sign = sign::sign(section, "kind", Told::Trigger);
        let kind = sign.as_ref().map(|sign| sign.kind);
        let from = if section.has("from") { sign::values(section, "from", kind) } else { Some(Vec::new()) };
        Some(Self { sign: sign?, from: from? })
    }
}

impl FromSection for Count {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let at_least = section.required_within("at_least", 2..=Count::AT_LEAST_MAX);
        let within: Option<Duration> =
            section.required_within("within", Duration::from_millis(1)..=WINDOW_MAX);
        let distinct = choice(section, "distinct", &Distinct::ALL);
        Some(Self { at_least: at_least?, within_ms: within?.as_millis() as i64, distinct })
    }
}

/// What a rule's `with` and `unless` have in common.
fn past(section: &mut Section<'_>) -> Option<Past> {
    let signs = past_signs(section);
    let within: Option<Duration> = section.required_within("within", Duration::ZERO..=WINDOW_MAX);
    let at_least = section.within("at_least", 1, 1..=Count::AT_LEAST_MAX);
    let distinct = choice(section, "distinct", &Distinct::ALL);
    let of = choice(section, "of", &Reach::ALL).unwrap_or(Reach::Device);
    Some(Past { signs: signs?, before_ms: within?.as_millis() as i64, after_ms: 0, at_least, distinct, of })
}

/// One `event`, or `any_of` several.
fn past_signs(section: &mut Section<'_>) -> Option<Vec<Sign>> {
    if !section.has("any_of") {
        return sign::sign(section, "event", Told::Past).map(|sign| vec![sign]);
    }
    if section.has("event") {
        section.fault("event", "name either one `event` or `any_of` several");
    }
    let signs = section.tables_by("any_of", |section| sign::sign(section, "event", Told::Past));
    (!signs.is_empty()).then_some(signs)
}

impl FromSection for Past {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let order = choice(section, "order", &[(false, "before"), (true, "either")]);
        let past = past(section)?;
        let after_ms = if order == Some(true) { past.before_ms } else { 0 };
        Some(Past { after_ms, ..past })
    }
}

impl FromSection for Excuse {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        match (section.has("event") || section.has("any_of"), section.has("holds")) {
            (true, true) => {
                section.ignore_unread();
                section.fault("", "an excuse names either `event` (with `within`) or what holds, not both");
                None
            }
            (true, false) => past(section).map(Excuse::Event),
            _ => Condition::from_section(section).map(Excuse::Holds),
        }
    }
}

impl FromSection for Stage {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let after: Option<Duration> = section.required_within("after", Duration::from_millis(1)..=WINDOW_MAX);
        let severity = section.required::<Parsed<Severity>>("severity");
        Some(Self { after_ms: after?.as_millis() as i64, severity: severity?.0 })
    }
}

impl FromSection for SeverityWhen {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let when: Vec<Condition> = section.tables("when");
        if when.is_empty() && !section.has("when") {
            section.fault(
                "",
                "this key is missing: when = [{ arming = [\"set\"] }] says in which circumstances",
            );
        }
        let severity = section.required::<Parsed<Severity>>("severity");
        Some(Self { when, severity: severity?.0 })
    }
}

/// One of a few words.
pub(super) fn choice<T: Copy>(
    section: &mut Section<'_>,
    key: &'static str,
    known: &[(T, &str)],
) -> Option<T> {
    let word: String = section.optional(key)?;
    let found = known.iter().find(|(_, name)| *name == word).map(|(value, _)| *value);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(_, name)| *name).collect();
        section.fault(key, format!("`{word}` is not known here; write {}", names.join(" or ")));
    }
    found
}
