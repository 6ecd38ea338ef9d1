//! Where in the messages of a device that speaks by itself a value stands.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use runtime::config::{Parsed, Section};

use super::Profile;
use super::pointer::Pointer;
use super::protocol::Protocol;
use super::repeat::PLACEHOLDER;
use crate::field::report;

/// One place in the messages of one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A place in a JSON text. Without a topic, in those that come on the device's own prefix.
    Json { topic: Option<TopicSuffix>, pointer: Pointer },
    /// A whole payload.
    Plain { topic: TopicSuffix },
    /// A Sparkplug metric, by its name.
    Metric { name: Box<str> },
    /// Somewhere in a host agent's report: its format says where each kind stands.
    Report,
}

impl Field {
    /// `None`: a fault is recorded, or the protocol has no messages.
    pub(super) fn read(section: &mut Section<'_>, protocol: Protocol) -> Option<Field> {
        match protocol {
            Protocol::Modbus => None,
            Protocol::Json => {
                let topic = section.optional("topic").map(|Parsed(topic)| topic);
                let pointer = section.required("pointer").map(|Parsed(pointer)| pointer);
                Some(Field::Json { topic, pointer: pointer? })
            }
            Protocol::Plain => {
                section.required("topic").map(|Parsed(topic): Parsed<TopicSuffix>| Field::Plain { topic })
            }
            Protocol::Sparkplug => {
                section.required("metric").map(|Parsed(MetricName(name))| Field::Metric { name })
            }
            Protocol::Report => Some(Field::Report),
        }
    }

    /// The text in which a repeated point holds its number.
    fn texts(&self) -> Vec<&str> {
        match self {
            Field::Json { topic, pointer } => {
                topic.iter().map(TopicSuffix::as_str).chain([pointer.as_str()]).collect()
            }
            Field::Plain { topic } => vec![topic.as_str()],
            Field::Metric { name } => vec![name],
            Field::Report => Vec::new(),
        }
    }

    pub(super) fn has_placeholder(&self) -> bool {
        self.texts().into_iter().any(|text| text.contains(PLACEHOLDER))
    }

    /// With the number of a repeated point in the place of the placeholder.
    pub(super) fn numbered(&self, number: u32) -> Field {
        let numbered = |text: &str| -> Box<str> { text.replace(PLACEHOLDER, &number.to_string()).into() };
        match self {
            Field::Json { topic, pointer } => Field::Json {
                topic: topic.as_ref().map(|topic| TopicSuffix(numbered(topic.as_str()))),
                pointer: pointer.map_text(numbered),
            },
            Field::Plain { topic } => Field::Plain { topic: TopicSuffix(numbered(topic.as_str())) },
            Field::Metric { name } => Field::Metric { name: numbered(name) },
            Field::Report => Field::Report,
        }
    }
}

impl Profile {
    /// The topics of which its points speak.
    pub fn topics(&self) -> BTreeSet<&str> {
        let topics = self.points.iter().filter_map(|point| match point.source.field()? {
            Field::Json { topic, .. } => topic.as_ref().map(TopicSuffix::as_str),
            Field::Plain { topic } => Some(topic.as_str()),
            Field::Report => Some(report::TOPIC_SUFFIX),
            Field::Metric { .. } => None,
        });
        topics.collect()
    }

    /// Whether a text on whatever topic may hold something.
    pub fn has_points_on_any_topic(&self) -> bool {
        let any = |field: &Field| matches!(field, Field::Json { topic: None, .. });
        self.points.iter().filter_map(|point| point.source.field()).any(any)
    }
}

/// The levels of a topic below the device's own prefix: "status", "sensor/door".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicSuffix(Box<str>);

/// Topics are sent with every message; nobody writes longer ones.
const TOPIC_BYTES_MAX: usize = 128;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    #[error("a topic of {bytes} bytes is too long; at most {TOPIC_BYTES_MAX} are allowed")]
    TooLong { bytes: usize },
    #[error(
        "`{text}` has an empty level; write the levels below the device's own prefix, such as \"status\" or \"sensor/door\""
    )]
    EmptyLevel { text: String },
    #[error("`{character}` cannot stand in the topic of a point; write each topic out")]
    Character { character: char },
}

impl FromStr for TopicSuffix {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        if text.len() > TOPIC_BYTES_MAX {
            return Err(TopicError::TooLong { bytes: text.len() });
        }
        if text.split('/').any(str::is_empty) {
            return Err(TopicError::EmptyLevel { text: text.to_owned() });
        }
        let wild = |c: char| matches!(c, '+' | '#' | '$') || c.is_control();
        match text.chars().find(|c| wild(*c)) {
            Some(character) => Err(TopicError::Character { character }),
            None => Ok(Self(text.into())),
        }
    }
}

impl TopicSuffix {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Metric names may hold almost anything; they are compared as they are.
struct MetricName(Box<str>);

const METRIC_BYTES_MAX: usize = 256;

#[derive(Debug, thiserror::Error)]
#[error(
    "a metric's name has 1 to {METRIC_BYTES_MAX} bytes and no control characters, such as \"Inputs/Door\""
)]
struct NoMetricName;

impl FromStr for MetricName {
    type Err = NoMetricName;

    fn from_str(text: &str) -> Result<Self, NoMetricName> {
        let fits = !text.is_empty() && text.len() <= METRIC_BYTES_MAX && !text.contains(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(NoMetricName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_suffix_is_a_path_without_wildcards() {
        assert_eq!("sensor/door".parse::<TopicSuffix>().unwrap().as_str(), "sensor/door");
        let refused = |text: &str| text.parse::<TopicSuffix>().unwrap_err();
        for text in ["", "/a", "a/", "a//b"] {
            assert!(matches!(refused(text), TopicError::EmptyLevel { .. }), "{text}");
        }
        for (text, wild) in [("a/+", '+'), ("#", '#'), ("$SYS/x", '$'), ("a\0", '\0')] {
            assert_eq!(refused(text), TopicError::Character { character: wild });
        }
        assert_eq!(refused(&"a".repeat(129)), TopicError::TooLong { bytes: 129 });
    }
}
