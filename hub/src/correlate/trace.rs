//! What has happened lately, as far as a rule may still ask for it. Asked by the times of the events themselves, so that it
//! does not matter in which order two edges are heard.

use wire::Value;

use super::rule::{Distinct, Past};
use crate::situation::memory::{Happened, Trace};

/// Events of one kind that are remembered for one rule. Who needs more within its window asks for it by its count.
const EVENTS_MIN: usize = 8;

impl Trace {
    /// Remembers an event; the oldest leaves when there are too many.
    pub fn add(&mut self, happened: Happened, at_least: u16) {
        let max = EVENTS_MIN.max(usize::from(at_least) * 2);
        // Late events come late: the list stays in the order of what happened.
        let place = self.0.partition_point(|known| known.event_ms <= happened.event_ms);
        self.0.insert(place, happened);
        if self.0.len() > max {
            self.0.remove(0);
        }
    }

    /// Whether enough has happened from `from_ms` to `to_ms`.
    pub fn has(&self, from_ms: i64, to_ms: i64, at_least: u16, distinct: Option<Distinct>) -> bool {
        let within = self.0.iter().filter(|happened| (from_ms..=to_ms).contains(&happened.event_ms));
        let counted = match distinct {
            None => within.count(),
            Some(_) => {
                let mut tokens: Vec<u64> = within.map(|happened| happened.token).collect();
                tokens.sort_unstable();
                tokens.dedup();
                tokens.len()
            }
        };
        counted >= usize::from(at_least)
    }

    /// Whether enough of what `past` asks for happened around this onset.
    pub fn satisfies(&self, past: &Past, onset_ms: i64) -> bool {
        let from_ms = onset_ms.saturating_sub(past.before_ms);
        self.has(from_ms, onset_ms.saturating_add(past.after_ms), past.at_least, past.distinct)
    }
}

/// What makes two events differ, for those that must.
pub(super) fn token(distinct: Option<Distinct>, point: u32, device: u32, value: &Value) -> u64 {
    match distinct {
        None => 0,
        Some(Distinct::Point) => u64::from(point),
        Some(Distinct::Device) => u64::from(device),
        Some(Distinct::Value) => fingerprint(value),
    }
}

/// FNV-1a: small, and the same on every machine and in every version, because it is stored.
fn fingerprint(value: &Value) -> u64 {
    let bytes: &[u8] = match value {
        Value::Flag(flag) => &[u8::from(*flag)],
        Value::Integer(integer) => &integer.to_be_bytes(),
        Value::Number(number) => &number.to_bits().to_be_bytes(),
        Value::Text(text) => text.as_bytes(),
    };
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(events: &[(i64, u64)]) -> Trace {
        let mut trace = Trace::default();
        for (event_ms, token) in events {
            trace.add(Happened { event_ms: *event_ms, token: *token }, 2);
        }
        trace
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let (one, other) = (trace(&[(10, 1), (20, 2), (30, 1)]), trace(&[(30, 1), (10, 1), (20, 2)]));
        assert_eq!(one, other);
        assert!(one.has(10, 20, 2, None));
        assert!(one.has(10, 20, 2, Some(Distinct::Value)));
        assert!(!one.has(11, 20, 2, None));
        assert!(!trace(&[(10, 1), (30, 1)]).has(0, 40, 2, Some(Distinct::Value)), "one badge, shown twice");
    }

    #[test]
    fn the_latest_are_kept() {
        let events: Vec<(i64, u64)> = (0..100).map(|at| (at, 0)).collect();
        let trace = trace(&events);
        assert_eq!(trace.0.len(), EVENTS_MIN);
        assert!(trace.has(99, 99, 1, None));
        assert!(!trace.has(0, 50, 1, None));
    }
}
