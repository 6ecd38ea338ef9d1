//! Whatever comes: no panic, bounded texts, times that have passed, values that fit their kinds.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

fn sound() -> Json {
    let mut report = report(3, 70_000, serde_json::from_str(super::document::EVENTS).unwrap());
    report["state"] = serde_json::from_str(super::document::STATE).unwrap();
    report
}

fn judge(taken: &Taken, now: Stamp) {
    for (stamp, samples) in &taken.scans {
        assert!(stamp.mono_ms <= now.mono_ms && stamp.wall_ms <= now.wall_ms && stamp.boot == now.boot);
        for sample in samples {
            let kind = KINDS[usize::from(sample.point.0 - 100)];
            let value = sample.value.as_ref().unwrap();
            assert!(kind.value_type().accepts(value), "{kind} {value}");
            assert!(value.to_string().len() <= wire::Value::TEXT_BYTES_MAX);
        }
    }
    if let Some(bookmark) = &taken.bookmark {
        reports().restore(&bookmark.bytes).unwrap();
    }
}

/// Any JSON, of any depth that matters.
fn json_value() -> impl Strategy<Value = Json> {
    let number = prop_oneof![
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from)
    ];
    let words =
        select(vec!["kind", "boot", BOOT, EARLIER_BOOT, "usb", "secret", "write", "media_insert", "logon"]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        number,
        words.prop_map(Json::from),
        ".{0,300}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            vec(("[a-z_]{1,9}", inner), 0..4).prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

/// All places in a JSON value, as pointers.
fn places(value: &Json, at: String, found: &mut Vec<String>) {
    match value {
        Json::Object(fields) => {
            fields.iter().for_each(|(key, value)| places(value, format!("{at}/{key}"), found))
        }
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(no, value)| places(value, format!("{at}/{no}"), found))
        }
        _ => {}
    }
    found.push(at);
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(payload in vec(any::<u8>(), 0..300), now_ms in 0..1_u64 << 40) {
        prop_assert!(reports().take(TOPIC_SUFFIX, &payload, at(now_ms)).is_err());
    }

    #[test]
    fn sound_reports_with_a_few_wrong_bytes_break_nothing(
        wrong in vec((any::<Index>(), any::<u8>()), 1..6), now_ms in 0..1_u64 << 40,
    ) {
        let mut payload = sound().to_string().into_bytes();
        for (place, byte) in wrong {
            let place = place.index(payload.len());
            payload[place] = byte;
        }
        if let Ok(taken) = reports().take(TOPIC_SUFFIX, &payload, at(now_ms)) {
            judge(&taken, at(now_ms));
        }
    }

    #[test]
    fn sound_reports_with_other_values_break_nothing(
        changes in vec(vec((any::<Index>(), json_value()), 0..4), 1..6), now_ms in 0..1_u64 << 40,
    ) {
        let mut reports = reports();
        for changes in changes {
            let mut report = sound();
            for (place, value) in changes {
                let mut found = Vec::new();
                places(&report, String::new(), &mut found);
                *report.pointer_mut(&found[place.index(found.len())]).unwrap() = value;
            }
            if let Ok(taken) = reports.take(TOPIC_SUFFIX, report.to_string().as_bytes(), at(now_ms)) {
                judge(&taken, at(now_ms));
            }
        }
    }

    #[test]
    fn any_bookmark_is_restored_or_refused(bytes in vec(any::<u8>(), 0..80)) {
        let mut reports = reports();
        let _ = reports.restore(&bytes);
        let taken = reports.take(TOPIC_SUFFIX, sound().to_string().as_bytes(), at(70_000)).unwrap();
        judge(&taken, at(70_000));
    }
}
