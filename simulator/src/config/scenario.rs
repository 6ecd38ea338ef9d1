//! The scenario file: what happens on the site, and when, counted from the start.

use std::time::Duration;

use runtime::config::{FromSection, FromValue, Item, Section};

/// Far more than a person writes; keeps a wrong file from filling the memory.
const STEPS_MAX: usize = 10_000;
/// Faster repetition than the site's own clock ticks would only bunch up.
const REPEAT_MIN: Duration = Duration::from_millis(100);
const REPEAT_MAX: Duration = Duration::from_secs(7 * 86_400);

pub struct Scenario {
    pub steps: Vec<Step>,
}

pub struct Step {
    /// Where it stands in the file.
    pub line: usize,
    pub at: Duration,
    /// It happens again and again at this distance.
    pub repeat: Option<Duration>,
    pub note: Option<String>,
    pub deed: Deed,
}

pub enum Deed {
    /// Only the note is printed.
    Nothing,
    Do {
        device: String,
        action: String,
    },
    /// Pairs of `DEVICE.SIGNAL` and a value.
    Set(Vec<(String, String)>),
}

impl FromSection for Scenario {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let repeat_all = section.optional_within("repeat", REPEAT_MIN..=REPEAT_MAX);
        let mut steps: Vec<Step> = section.tables("step");
        if !section.has("step") {
            section.fault("", "there are no steps; write [[step]] above each of them");
        }
        if steps.len() > STEPS_MAX {
            section.fault("step", format!("more than {STEPS_MAX} steps"));
        }
        for step in &mut steps {
            step.repeat = step.repeat.or(repeat_all);
        }
        if let Some(late) = repeat_all.and_then(|all| steps.iter().position(|step| step.at >= all)) {
            section.fault("repeat", format!("step {} comes only when everything starts again", late + 1));
        }
        Some(Self { steps })
    }
}

impl FromSection for Step {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let at = section.required("at");
        let repeat = section.optional_within("repeat", REPEAT_MIN..=REPEAT_MAX);
        let note = section.optional("note");
        let device = section.optional("device");
        let action = section.optional("do");
        let settings: Vec<(String, String)> =
            section.values_map::<Value>("set").into_iter().map(|(key, Value(value))| (key, value)).collect();
        let line = section.line();
        let deed = match (device, action, settings) {
            (Some(device), Some(action), settings) if settings.is_empty() => Deed::Do { device, action },
            (None, None, settings) if !settings.is_empty() => Deed::Set(settings),
            (None, None, _) if note.is_some() => Deed::Nothing,
            _ => {
                section.fault("", "a step has either `device` and `do`, or `set`, or only a `note`");
                return None;
            }
        };
        Some(Self { line, at: at?, repeat, note, deed })
    }
}

/// A value for a signal. Numbers and switches may be written without quotes.
struct Value(String);

impl FromValue for Value {
    fn wanted() -> String {
        "a value, such as \"open\", true or 230.5".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        let text = item.text().map(str::to_owned);
        let text = text.or_else(|| item.integer().map(|number| number.to_string()));
        let text = text.or_else(|| item.float().map(|number| number.to_string()));
        let text = text.or_else(|| item.boolean().map(|on| on.to_string()));
        text.map(Self).or_else(|| item.wrong_type(&Self::wanted()))
    }
}
