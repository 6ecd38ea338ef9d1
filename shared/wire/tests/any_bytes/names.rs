//! Topics and ids: what is built is parsed to the same, and nothing else is accepted.

use proptest::prelude::*;
use strongroom_wire::{DeviceId, EdgeId, Lane, PartId, PersonId, PointId, PointName, Topic};

use crate::arbitrary::edge_id;

fn topic() -> impl Strategy<Value = Topic> {
    let channels: [fn(EdgeId) -> Topic; 4] = [
        |edge| Topic::Envelopes(edge, Lane::Urgent),
        |edge| Topic::Envelopes(edge, Lane::Routine),
        Topic::Heartbeat,
        Topic::Resume,
    ];
    (edge_id(), 0..channels.len()).prop_map(move |(edge, channel)| channels[channel](edge))
}

fn well_formed(text: &str, bytes_max: usize) -> bool {
    let bytes = text.as_bytes();
    (1..=bytes_max).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Texts around the borders of the alphabet and of the lengths.
fn doubtful_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[A-Za-z0-9._:/+#$-]{0,70}", "[a-zA-Z0-9][A-Za-z0-9._-]{28,68}"]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn topics_are_parsed_as_they_were_built(topic in topic()) {
        let text = topic.to_string();
        prop_assert_eq!(text.parse(), Ok(topic.clone()));
        let commands = Topic::commands_filter(topic.edge());
        let prefix = commands.strip_suffix('#').unwrap();
        prop_assert_eq!(text.starts_with(prefix), matches!(topic, Topic::Resume(_)));
    }

    /// One text, one topic: what is accepted is exactly what we would have built, so no two spellings reach one lane.
    #[test]
    fn no_topic_has_two_spellings(text in prop_oneof![doubtful_text(), "sr/v1/[a-z+#$/]{1,9}/(urgent|routine|heartbeat|cmd/resume|cmd|URGENT)/?"]) {
        if let Ok(topic) = text.parse::<Topic>() {
            prop_assert_eq!(topic.to_string(), text);
        }
    }

    #[test]
    fn ids_keep_to_their_alphabet_and_length(text in doubtful_text()) {
        prop_assert_eq!(EdgeId::parse(&text).is_ok(), well_formed(&text, EdgeId::BYTES_MAX));
        prop_assert_eq!(PartId::parse(&text).is_ok(), well_formed(&text, PartId::BYTES_MAX));
        prop_assert_eq!(PersonId::parse(&text).is_ok(), well_formed(&text, PersonId::BYTES_MAX));
        prop_assert_eq!(DeviceId::parse(&text).is_ok(), well_formed(&text, DeviceId::BYTES_MAX));
        prop_assert_eq!(PointName::parse(&text).is_ok(), well_formed(&text, PointName::BYTES_MAX));
        if let Ok(id) = EdgeId::parse(&text) {
            prop_assert_eq!(id.as_str(), text);
        }
    }

    #[test]
    fn point_ids_are_read_as_they_were_written(text in "[a-z:.]{0,12}") {
        if let Ok(id) = text.parse::<PointId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    /// Decoding goes through the same check: a wrong id cannot come in by the wire.
    #[test]
    fn a_wrong_id_is_refused_on_the_wire(text in doubtful_text()) {
        let bytes = minicbor::to_vec(&text).unwrap();
        prop_assert_eq!(minicbor::decode::<EdgeId>(&bytes).is_ok(), well_formed(&text, EdgeId::BYTES_MAX));
        prop_assert_eq!(minicbor::decode::<DeviceId>(&bytes).is_ok(), well_formed(&text, DeviceId::BYTES_MAX));
    }
}
