//! The topics in which one device may speak. The only place that knows how they are written.

use std::fmt;

/// Each device has its own topics below this, unless its entry names others.
const PREFIX: &str = "sr/field/";
const SPARKPLUG: &str = "spBv1.0";

/// Topics are sent with every message; nobody writes longer ones.
const TOPIC_BYTES_MAX: usize = 256;
/// More than a device whose topics cannot be changed ever had.
pub const TOPICS_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnTopics {
    /// `sr/field/<device>/` and all below it.
    Below(Box<str>),
    /// Exactly these, for a device whose topics cannot be changed.
    Listed(Box<[Box<str>]>),
    Sparkplug(SparkplugNode),
}

/// An edge node of Sparkplug, and which of its devices is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SparkplugNode {
    pub group: Box<str>,
    pub node: Box<str>,
    /// The device whose metrics go by their bare names. Those of other devices are called `<device>/<metric>`.
    pub device: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicsError {
    #[error("`{topic}` is no topic; write its levels out, without `+`, `#` and control characters")]
    Topic { topic: String },
    #[error("the topic has {bytes} bytes; at most {TOPIC_BYTES_MAX} are allowed")]
    TooLong { bytes: usize },
    #[error("topics below `{0}` are given out by other means; remove it")]
    Reserved(&'static str),
    #[error(
        "`{part}` is no part of a Sparkplug topic; write it without `/`, `+`, `#` and control characters"
    )]
    Part { part: String },
}

impl OwnTopics {
    /// What a device has that says nothing else.
    pub fn of_device(id: impl fmt::Display) -> Self {
        Self::Below(format!("{PREFIX}{id}/").into())
    }

    /// Whether the device may publish there.
    pub fn own(&self, topic: &str) -> bool {
        match self {
            Self::Below(prefix) => topic.strip_prefix(&**prefix).is_some_and(|rest| !rest.is_empty()),
            Self::Listed(topics) => topics.iter().any(|own| **own == *topic),
            Self::Sparkplug(SparkplugNode { group, node, .. }) => {
                Parts::of(topic).is_some_and(|parts| parts.group == &**group && parts.node == &**node)
            }
        }
    }

    /// Whether a filter asks for the commands of this very node of Sparkplug, and nothing else.
    pub fn own_commands(&self, filter: &str) -> bool {
        let Self::Sparkplug(SparkplugNode { group, node, .. }) = self else { return false };
        ["NCMD", "DCMD"].iter().any(|verb| {
            let own = format!("{SPARKPLUG}/{group}/{verb}/{node}");
            filter.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Whether a topic of this device is the one that a profile calls `suffix`.
    pub(super) fn is(&self, topic: &str, suffix: &str) -> bool {
        match self {
            Self::Below(prefix) => topic.strip_prefix(&**prefix) == Some(suffix),
            Self::Listed(_) => {
                topic.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('/'))
            }
            Self::Sparkplug(_) => false,
        }
    }

    /// The levels behind the device's own prefix; of a listed topic, all of it.
    pub fn suffix<'a>(&self, topic: &'a str) -> &'a str {
        match self {
            Self::Below(prefix) => topic.strip_prefix(&**prefix).unwrap_or(topic),
            Self::Listed(_) | Self::Sparkplug(_) => topic,
        }
    }

    /// As an entry of the configuration lists it.
    pub fn check_listed(topic: &str) -> Result<(), TopicsError> {
        if topic.len() > TOPIC_BYTES_MAX {
            return Err(TopicsError::TooLong { bytes: topic.len() });
        }
        if topic.is_empty() || topic.contains(is_wild) {
            return Err(TopicsError::Topic { topic: topic.to_owned() });
        }
        for reserved in ["sr", SPARKPLUG, "$SYS", "$share"] {
            if topic.split('/').next() == Some(reserved) {
                return Err(TopicsError::Reserved(reserved));
            }
        }
        Ok(())
    }

    /// The same for the names of a group, a node or a device of Sparkplug.
    pub fn check_part(part: &str) -> Result<(), TopicsError> {
        if part.is_empty() || part.len() > TOPIC_BYTES_MAX || part.contains(|c| c == '/' || is_wild(c)) {
            return Err(TopicsError::Part { part: part.to_owned() });
        }
        Ok(())
    }
}

fn is_wild(c: char) -> bool {
    matches!(c, '+' | '#') || c.is_control()
}

/// A topic of Sparkplug B, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) group: &'a str,
    pub(super) verb: Verb,
    pub(super) node: &'a str,
    /// Only in topics of devices.
    pub(super) device: Option<&'a str>,
}

/// What a node may say. Commands go the other way, and nobody here gives any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Birth,
    Data,
    Death,
}

impl<'a> Parts<'a> {
    pub(super) fn of(topic: &'a str) -> Option<Self> {
        let mut levels = topic.split('/');
        if levels.next()? != SPARKPLUG {
            return None;
        }
        let (group, verb, node) = (levels.next()?, levels.next()?, levels.next()?);
        let device = levels.next();
        if levels.next().is_some() || group.is_empty() || node.is_empty() || device == Some("") {
            return None;
        }
        let verb = match (verb, device) {
            ("NBIRTH", None) | ("DBIRTH", Some(_)) => Verb::Birth,
            ("NDATA", None) | ("DDATA", Some(_)) => Verb::Data,
            ("NDEATH", None) | ("DDEATH", Some(_)) => Verb::Death,
            _ => return None,
        };
        Some(Self { group, verb, node, device })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_owns_what_is_below_its_prefix_and_nothing_beside_it() {
        let own = OwnTopics::of_device("window-7");
        assert!(own.own("sr/field/window-7/state") && own.own("sr/field/window-7/a/b"));
        for foreign in ["sr/field/window-7", "sr/field/window-7/", "sr/field/window-70/state", "state"] {
            assert!(!own.own(foreign), "{foreign}");
        }
        assert!(own.is("sr/field/window-7/a/b", "a/b") && !own.is("sr/field/window-7/a/b", "b"));
    }

    #[test]
    fn listed_topics_are_matched_whole_by_the_gate_and_by_their_end_by_a_profile() {
        let own = OwnTopics::Listed(["factory/window-7/state".into()].into());
        assert!(own.own("factory/window-7/state") && !own.own("factory/window-7"));
        assert!(
            own.is("factory/window-7/state", "state") && own.is("factory/window-7/state", "window-7/state")
        );
        assert!(!own.is("factory/window-7/state", "tate"));
        for bad in ["", "a/+", "#", "sr/field/x/y", "spBv1.0/g/NDATA/n", "$SYS/x", "a\nb", &"a".repeat(257)] {
            assert!(OwnTopics::check_listed(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_node_of_sparkplug_owns_its_own_messages_and_gives_no_commands() {
        let node = SparkplugNode { group: "g".into(), node: "n".into(), device: None };
        let own = OwnTopics::Sparkplug(node);
        assert!(own.own("spBv1.0/g/NBIRTH/n") && own.own("spBv1.0/g/DDATA/n/d"));
        for foreign in [
            "spBv1.0/g/NBIRTH/m",
            "spBv1.0/h/NBIRTH/n",
            "spBv1.0/g/NCMD/n",
            "spBv1.0/g/DCMD/n/d",
            "spBv1.0/g/NBIRTH/n/d",
            "spBv1.0/g/DBIRTH/n",
            "spBv1.0/g/DDATA/n/d/e",
            "spBv1.0/STATE/n",
            "spAv1.0/g/NBIRTH/n",
        ] {
            assert!(!own.own(foreign), "{foreign}");
        }
    }
}
