//! The topics in which one device may speak. The only place that knows how they are written.

use std::collections::BTreeMap;
use std::fmt;

use crate::field::profile::Profile;

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
    Listed(Box<[Listed]>),
    Sparkplug(SparkplugNode),
}

/// A topic, and what the profile of its device calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    topic: Box<str>,
    name: Box<str>,
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
    #[error("the profile has no point for this topic; its points stand on topics that end with: {names}")]
    Nameless { names: String },
    #[error(
        "this topic and `{other}` both end with `{name}`, which the profile takes for one; remove one of them, or write \
         more levels of each into a profile of your own"
    )]
    SameName { name: String, other: String },
}

impl OwnTopics {
    /// What a device has that says nothing else.
    pub fn of_device(id: impl fmt::Display) -> Self {
        Self::Below(Self::below(id, "").into())
    }

    /// One topic of such a device.
    pub fn below(id: impl fmt::Display, suffix: &str) -> String {
        format!("{PREFIX}{id}/{suffix}")
    }

    /// The topics that an entry lists. Each is that of the profile with which it ends, the longest one, so that it is known
    /// before the first message which is meant. Otherwise the places of those that are not, and why.
    pub fn listed(topics: &[String], profile: &Profile) -> Result<Self, Vec<(usize, TopicsError)>> {
        let (names, mut owners) = (profile.topics(), BTreeMap::new());
        let (mut listed, mut faults) = (Vec::new(), Vec::new());
        for (place, topic) in topics.iter().enumerate() {
            let ends = |name: &&&str| {
                topic.strip_suffix(**name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
            };
            let name = match names.iter().filter(ends).max_by_key(|name| name.len()) {
                Some(name) => *name,
                None if profile.has_points_on_any_topic() => topic,
                None => {
                    let names = names.iter().copied().collect::<Vec<_>>().join(", ");
                    faults.push((place, TopicsError::Nameless { names }));
                    continue;
                }
            };
            if let Some(other) = owners.insert(name, topic) {
                let (name, other) = (name.to_owned(), other.clone());
                faults.push((place, TopicsError::SameName { name, other }));
            }
            listed.push(Listed { topic: topic.as_str().into(), name: name.into() });
        }
        if faults.is_empty() { Ok(Self::Listed(listed.into())) } else { Err(faults) }
    }

    /// Whether the device may publish there.
    pub fn own(&self, topic: &str) -> bool {
        match self {
            Self::Below(prefix) => topic.strip_prefix(&**prefix).is_some_and(|rest| !rest.is_empty()),
            Self::Listed(topics) => topics.iter().any(|own| *own.topic == *topic),
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

    /// What the profile calls a topic of this device: the levels behind its own prefix, or those by which it was listed.
    /// `None`: the profile does not know it.
    pub fn name<'a>(&'a self, topic: &'a str) -> Option<&'a str> {
        match self {
            Self::Below(prefix) => topic.strip_prefix(&**prefix),
            Self::Listed(topics) => topics.iter().find(|own| *own.topic == *topic).map(|own| &*own.name),
            Self::Sparkplug(_) => None,
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
    use std::path::Path;

    use super::*;
    use crate::field::profile;

    #[test]
    fn a_device_owns_what_is_below_its_prefix_and_nothing_beside_it() {
        let own = OwnTopics::of_device("window-7");
        assert!(own.own("sr/field/window-7/state") && own.own("sr/field/window-7/a/b"));
        for foreign in ["sr/field/window-7", "sr/field/window-7/", "sr/field/window-70/state", "state"] {
            assert!(!own.own(foreign), "{foreign}");
        }
        assert_eq!(own.name("sr/field/window-7/a/b"), Some("a/b"));
        assert_eq!(own.name("evil/sr/field/window-7/a/b"), None);
    }

    #[test]
    fn listed_topics_are_matched_whole_and_each_is_one_of_the_profile() {
        let profile = plain(&["state", "door/state", "tamper"]);
        let own = listed(&["x/y/state", "x/door/state"], &profile).unwrap();
        assert!(own.own("x/y/state"));
        for foreign in ["x/y", "evil/x/y/state", "x/y/state/evil", "state", "y/state"] {
            assert!(!own.own(foreign) && own.name(foreign).is_none(), "{foreign}");
        }
        assert_eq!((own.name("x/y/state"), own.name("x/door/state")), (Some("state"), Some("door/state")));
        assert_eq!(listed(&["tamper"], &profile).unwrap().name("tamper"), Some("tamper"));
        let same = listed(&["x/y/state", "x/tamper", "evil/x/y/state", "x/tate"], &profile).unwrap_err();
        let [(2, TopicsError::SameName { name, other }), (3, TopicsError::Nameless { names })] = &*same
        else {
            panic!("{same:?}");
        };
        assert_eq!(
            (name.as_str(), other.as_str(), names.as_str()),
            ("state", "x/y/state", "door/state, state, tamper")
        );
    }

    #[test]
    fn a_json_point_without_a_topic_is_read_on_all_that_are_listed() {
        let text = "name = \"x\"\nprotocol = \"json\"\n[[points]]\nname = \"a\"\nkind = \"door.tamper\"\npointer = \"/a\"\n";
        let profile = profile::parse(Path::new("test.toml"), text).unwrap();
        let own = listed(&["one", "two"], &profile).unwrap();
        assert_eq!((own.name("one"), own.name("three")), (Some("one"), None));
    }

    fn listed(topics: &[&str], profile: &Profile) -> Result<OwnTopics, Vec<(usize, TopicsError)>> {
        let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        OwnTopics::listed(&topics, profile)
    }

    fn plain(topics: &[&str]) -> Profile {
        let points = (0..).zip(topics).map(|(number, topic): (u8, _)| {
            format!("[[points]]\nname = \"p{number}\"\nkind = \"door.tamper\"\ntopic = \"{topic}\"\n")
        });
        let text = format!("name = \"x\"\nprotocol = \"plain\"\n{}", points.collect::<String>());
        profile::parse(Path::new("test.toml"), &text).unwrap()
    }

    #[test]
    fn what_is_no_topic_or_belongs_to_others_cannot_be_listed() {
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
