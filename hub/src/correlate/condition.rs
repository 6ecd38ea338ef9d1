//! What must be so at a moment: the arming state, a fact about the part, how points stand. What is not known satisfies no
//! condition; the arming state and a meeting alone have a graver value to fall back on.

use wire::Kind;

use super::criterion::Criterion;
use super::facts::Fact;
use super::part::Part;
use super::rule::Reach;

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The part's arming state, as rules see it, is one of these.
    Arming(Vec<u8>),
    Fact {
        fact: Fact,
        is: bool,
    },
    /// A point of this kind stands so.
    Holds {
        kind: Kind,
        criterion: Criterion,
        of: Reach,
    },
    /// There is a point of this kind at all.
    Has {
        kind: Kind,
        of: Reach,
    },
    /// One of these.
    Any(Vec<Condition>),
}

impl Condition {
    /// `device`: the one at which the trigger was; `None` if it was at none.
    pub fn holds(&self, part: &Part, device: Option<u32>) -> bool {
        match self {
            Condition::Arming(states) => states.contains(&part.arming()),
            Condition::Fact { fact, is } => fact.of(part) == Some(*is),
            Condition::Holds { kind, criterion, of } => {
                let so = |point| part.told(point).is_some_and(|told| criterion.judge(told) == Some(true));
                points(part, *kind, *of, device).any(so)
            }
            Condition::Has { kind, of } => points(part, *kind, *of, device).next().is_some(),
            Condition::Any(conditions) => conditions.iter().any(|condition| condition.holds(part, device)),
        }
    }

    /// The kinds of points that can change it.
    pub fn kinds(&self) -> Vec<Kind> {
        match self {
            Condition::Arming(_) => vec![Kind::PartArming],
            Condition::Fact { fact, .. } => fact.kinds().to_vec(),
            Condition::Holds { kind, .. } => vec![*kind],
            Condition::Has { .. } => Vec::new(),
            Condition::Any(conditions) => conditions.iter().flat_map(Condition::kinds).collect(),
        }
    }
}

fn points(part: &Part, kind: Kind, of: Reach, device: Option<u32>) -> impl Iterator<Item = u32> + '_ {
    let device = device.filter(|_| of == Reach::Device);
    let here = move |point: &u32| device.is_none_or(|device| part.device_of(*point) == device);
    part.points_of(kind).filter(here)
}
