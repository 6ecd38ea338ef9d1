//! Whatever bytes come, on whatever topic: an answer or a refusal, never a panic, and no value that is not finite.

use proptest::collection::vec;
use proptest::prelude::*;
use wire::Value;

use crate::rig::{JSON_PROFILE, PLAIN_PROFILE, SPARKPLUG_PROFILE};
use crate::sparkplug_bytes::{Metric, bd_seq, payload};
use crate::teller::Teller;

const TOPICS: [&str; 9] = [
    "sr/field/window-7/state",
    "spBv1.0/g/NBIRTH/n",
    "spBv1.0/g/NDATA/n",
    "spBv1.0/g/NDEATH/n",
    "spBv1.0/g/DBIRTH/n/d",
    "spBv1.0/g/DDATA/n/d",
    "spBv1.0/g/DDEATH/n/d",
    "spBv1.0/g/DDATA/n/other",
    "",
];

/// Taken or refused, and every value is sound.
fn takes(teller: &mut Teller, topic: &str, payload: &[u8]) {
    let Ok(taken) = teller.take(topic, payload) else { return };
    for sample in taken.scans.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()).flatten() {
        match &sample.value {
            Some(Value::Number(number)) => assert!(number.is_finite()),
            Some(Value::Text(text)) => assert!(text.len() <= Value::TEXT_BYTES_MAX),
            _ => {}
        }
    }
}

fn metric() -> impl Strategy<Value = Metric> {
    (any::<Option<u8>>(), 0_u32..20, any::<u64>(), any::<f64>(), 0..6_u8).prop_map(
        |(alias, datatype, number, double, shape)| {
            let metric = alias.map_or_else(
                || Metric::new().name(["Supply", "Inputs/Contact", "bdSeq"][number as usize % 3]),
                |alias| Metric::new().alias(alias.into()),
            );
            let metric = metric.datatype(datatype);
            match shape {
                0 => metric.int(number as u32),
                1 => metric.long(number),
                2 => metric.double(double),
                3 => metric.text("12"),
                4 => metric.null(),
                _ => metric.historical(),
            }
        },
    )
}

proptest! {
    #[test]
    fn any_bytes(messages in vec((0..TOPICS.len(), vec(any::<u8>(), 0..200)), 1..8)) {
        for profile in [JSON_PROFILE, PLAIN_PROFILE] {
            let mut teller = Teller::new(profile);
            messages.iter().for_each(|(topic, bytes)| takes(&mut teller, TOPICS[*topic], bytes));
        }
        let mut teller = Teller::sparkplug(SPARKPLUG_PROFILE);
        messages.iter().for_each(|(topic, bytes)| takes(&mut teller, TOPICS[*topic], bytes));
        teller.mapper.restore(&messages[0].1);
    }

    #[test]
    fn any_text_like_json(text in "[\\[\\]{}:,\"a-z0-9.eE+\\-\\\\ ]{0,120}", seq in any::<i64>()) {
        let mut teller = Teller::new(JSON_PROFILE);
        takes(&mut teller, TOPICS[0], text.as_bytes());
        let inside = format!(r#"{{"boot":1,"seq":{seq},"contact":{text}}}"#);
        takes(&mut teller, TOPICS[0], inside.as_bytes());
    }

    #[test]
    fn any_number_in_json(number in any::<f64>(), whole in any::<i64>()) {
        let mut teller = Teller::new(JSON_PROFILE);
        for (seq, number) in (1..).zip([format!("{number:e}"), whole.to_string(), format!("{whole}0000")]) {
            let text = format!(r#"{{"boot":1,"seq":{seq},"contact":{number},"power":{{"supply":{number}}}}}"#);
            takes(&mut teller, TOPICS[0], text.as_bytes());
        }
    }

    #[test]
    fn any_life_of_a_node(
        messages in vec((1..TOPICS.len() - 1, any::<Option<u8>>(), any::<u8>(), vec(metric(), 0..4)), 1..20),
        flip in any::<Option<(prop::sample::Index, u8)>>(),
    ) {
        let mut teller = Teller::sparkplug(SPARKPLUG_PROFILE);
        for (topic, seq, number, mut metrics) in messages {
            metrics.push(bd_seq(number.into()));
            let mut bytes = payload(seq.map(u64::from), &metrics);
            if let Some((place, byte)) = flip {
                let place = place.index(bytes.len());
                bytes[place] ^= byte;
            }
            takes(&mut teller, TOPICS[topic], &bytes);
        }
    }
}
