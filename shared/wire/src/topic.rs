//! MQTT topics. This type builds and parses them; no other file formats one.

use std::fmt;
use std::str::FromStr;

use crate::id::{EdgeId, IdError};
use crate::lane::Lane;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `sr/v1/<edge>/urgent` and `sr/v1/<edge>/routine`: sealed envelopes, edge to hub.
    Envelopes(EdgeId, Lane),
    /// `sr/v1/<edge>/heartbeat`, edge to hub.
    Heartbeat(EdgeId),
    /// `sr/v1/<edge>/cmd/resume`, hub to edge.
    Resume(EdgeId),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    #[error("a topic begins with `sr/v1/<edge>/`")]
    Prefix,
    #[error("the topic's edge id is wrong")]
    Edge(#[source] IdError),
    #[error("a topic ends with `urgent`, `routine`, `heartbeat` or `cmd/resume`")]
    Channel,
}

impl Topic {
    pub fn edge(&self) -> &EdgeId {
        match self {
            Topic::Envelopes(edge, _) | Topic::Heartbeat(edge) | Topic::Resume(edge) => edge,
        }
    }

    /// The one filter that an edge subscribes to: everything the hub tells it.
    pub fn commands_filter(edge: &EdgeId) -> String {
        format!("sr/v1/{edge}/cmd/#")
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topic::Envelopes(edge, lane) => write!(f, "sr/v1/{edge}/{lane}"),
            Topic::Heartbeat(edge) => write!(f, "sr/v1/{edge}/heartbeat"),
            Topic::Resume(edge) => write!(f, "sr/v1/{edge}/cmd/resume"),
        }
    }
}

impl FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let rest = text.strip_prefix("sr/v1/").ok_or(TopicError::Prefix)?;
        let (edge, channel) = rest.split_once('/').ok_or(TopicError::Prefix)?;
        let edge = EdgeId::parse(edge).map_err(TopicError::Edge)?;
        match channel {
            "urgent" => Ok(Topic::Envelopes(edge, Lane::Urgent)),
            "routine" => Ok(Topic::Envelopes(edge, Lane::Routine)),
            "heartbeat" => Ok(Topic::Heartbeat(edge)),
            "cmd/resume" => Ok(Topic::Resume(edge)),
            _ => Err(TopicError::Channel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_parsed() {
        let edge = EdgeId::parse("doc-1").unwrap();
        let topics = [
            Topic::Envelopes(edge.clone(), Lane::Urgent),
            Topic::Envelopes(edge.clone(), Lane::Routine),
            Topic::Heartbeat(edge.clone()),
            Topic::Resume(edge),
        ];
        for topic in topics {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
    }

    #[test]
    fn foreign_topics_are_refused() {
        assert_eq!("sr/v2/a/urgent".parse::<Topic>(), Err(TopicError::Prefix));
        assert_eq!("sr/v1/a".parse::<Topic>(), Err(TopicError::Prefix));
        assert_eq!("sr/v1/a/urgent/x".parse::<Topic>(), Err(TopicError::Channel));
        assert!(matches!("sr/v1/+/urgent".parse::<Topic>(), Err(TopicError::Edge(_))));
    }
}
