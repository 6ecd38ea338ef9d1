//! Reports that come twice, late, not at all, or from a sender that has forgotten its numbers.

use super::*;

const BOOTED: &str = "host.power yes";

fn boot_event() -> Json {
    json!([{ "kind": "logon", "user": "u", "method": "m" }])
}

/// `(all, what happened)`
fn logons(lines: &[String]) -> Vec<&str> {
    lines.iter().filter(|line| line.contains("logon")).map(String::as_str).collect()
}

#[test]
fn a_report_that_comes_twice_counts_once_also_after_a_restart() {
    let mut reports = reports();
    let first = report(1, 1_000, boot_event());
    let taken = reports.take(TOPIC_SUFFIX, first.to_string().as_bytes(), at(1_000)).unwrap();
    assert!(shown(&taken).iter().any(|line| line.ends_with(BOOTED)));
    let bookmark = taken.bookmark.unwrap();
    assert_eq!(&*bookmark.name, "desk-1");
    assert_eq!(
        reports.take(TOPIC_SUFFIX, first.to_string().as_bytes(), at(1_500)).unwrap(),
        Taken::default()
    );

    let mut restarted = super::reports();
    restarted.restore(&bookmark.bytes).unwrap();
    assert_eq!(
        restarted.take(TOPIC_SUFFIX, first.to_string().as_bytes(), at(2_000)).unwrap(),
        Taken::default()
    );
    assert_eq!(logons(&take(&mut restarted, &report(2, 2_000, boot_event()), at(2_000))).len(), 1);
    assert!(restarted.restore(b"garbage").is_err());
}

#[test]
fn a_jump_of_the_number_marks_what_follows() {
    let mut reports = reports();
    assert!(
        take(&mut reports, &report(41, 1_000, json!([])), at(1_000))
            .iter()
            .all(|line| !line.contains("missed"))
    );
    let lines = take(&mut reports, &report(44, 2_000, boot_event()), at(2_000));
    assert_eq!(lines[0], "2000 host.agent online (missed)", "an event even if nothing else has changed");
    assert!(lines.iter().all(|line| line.ends_with("(missed)")));
    let lines = take(&mut reports, &report(45, 3_000, json!([])), at(3_000));
    assert!(lines.iter().all(|line| !line.contains("missed")), "{lines:?}");
}

#[test]
fn an_event_that_cannot_be_read_marks_the_others() {
    let mut reports = reports();
    let events = json!([{ "kind": "from_the_future" }, 7, { "kind": "reverse_flow", "bytes": -1 }, { "kind": "logon", "user": "u", "method": "m" }]);
    let lines = take(&mut reports, &report(1, 1_000, events), at(1_000));
    assert_eq!(logons(&lines), ["1000 host.logon logon user=u method=m (missed)"]);
}

#[test]
fn reports_of_an_earlier_boot_come_late_and_count_in_their_order() {
    let mut reports = reports();
    take(&mut reports, &report(1, 9_000, json!([])), at(9_000));
    let kept = |seq: u64, wall_ms: i64| {
        let mut kept = report(seq, 50_000 + seq, boot_event());
        kept["boot"] = EARLIER_BOOT.into();
        kept["at"]["wall_ms"] = wall_ms.into();
        kept["sent"] = json!({ "boot": BOOT, "mono_ms": 10_000, "wall_ms": WALL_MS + 10_000 });
        kept
    };
    let lines = take(&mut reports, &kept(1, WALL_MS - 60_000), at(10_000));
    assert_eq!(
        lines,
        ["-60000 host.logon logon user=u method=m (late)"],
        "nothing of its state, which is over"
    );
    let lines = take(&mut reports, &kept(3, WALL_MS - 30_000), at(10_000));
    assert_eq!(lines[1], "-30000 host.logon logon user=u method=m (missed, late)");
    assert!(take(&mut reports, &kept(2, WALL_MS - 40_000), at(10_000)).is_empty(), "behind what is known");
    // The present boot goes on as if nothing had been in between.
    assert!(!take(&mut reports, &report(2, 11_000, json!([])), at(11_000))[0].contains("missed"));
}

#[test]
fn numbers_that_begin_anew_are_no_duplicates() {
    let mut reports = reports();
    take(&mut reports, &report(500, 1_000, json!([])), at(1_000));
    let lines = take(&mut reports, &report(1, 2_000, boot_event()), at(2_000));
    assert_eq!(logons(&lines), ["2000 host.logon logon user=u method=m (rolled_back)"]);
    assert!(take(&mut reports, &report(1, 2_000, boot_event()), at(2_100)).is_empty());
    assert_eq!(logons(&take(&mut reports, &report(2, 3_000, boot_event()), at(3_000))).len(), 1);
}
