//! Where reports are placed in the edge's time.

use super::*;

fn logon(reports: &mut Reports, seq: u64, at_ms: u64, sent_ms: u64, now: Stamp) -> String {
    let mut kept = report(seq, at_ms, json!([{ "kind": "logon", "user": "u", "method": "m" }]));
    kept["sent"]["mono_ms"] = sent_ms.into();
    kept["sent"]["wall_ms"] = (WALL_MS + sent_ms as i64).into();
    let lines = take(reports, &kept, now);
    lines
        .into_iter()
        .find(|line| line.contains("logon"))
        .unwrap()
        .replace("host.logon logon user=u method=m", "*")
}

#[test]
fn the_fastest_transfer_says_how_far_the_clocks_are_apart() {
    let mut reports = reports();
    assert_eq!(
        logon(&mut reports, 1, 1_000, 1_000, at(1_400)),
        "1400 *",
        "the first one can only be believed"
    );
    assert_eq!(logon(&mut reports, 2, 2_000, 2_000, at(2_010)), "2010 *");
    assert_eq!(logon(&mut reports, 3, 3_000, 3_000, at(5_000)), "3010 *", "a slow transfer costs no truth");
    assert_eq!(logon(&mut reports, 4, 4_000, 90_000, at(90_010)), "4010 * (late)", "kept by the agent");
}

#[test]
fn nothing_is_later_than_now_and_nothing_believes_a_wall_clock() {
    let mut reports = reports();
    assert_eq!(logon(&mut reports, 1, 9_000, 1_000, at(1_000)), "1000 * uncertain", "made after it was sent");
    let mut odd = report(2, 10_000, json!([{ "kind": "boot" }]));
    odd["at"]["wall_ms"] = (WALL_MS + 86_400_000).into();
    odd["sent"]["wall_ms"] = (WALL_MS - 86_400_000).into();
    let lines = take(&mut reports, &odd, at(10_000));
    assert_eq!(lines[0], "10000 host.power yes");
    assert!(lines.contains(&"10000 host.clock 86410".to_owned()), "{lines:?}");
}

#[test]
fn an_earlier_boot_is_placed_by_wall_clock_distances_only_if_they_are_plausible() {
    let kept = |at_wall_ms: i64, sent_mono_ms: u64, sent_wall_ms: i64| {
        let mut kept = report(1, 777, json!([{ "kind": "shutdown" }]));
        kept["boot"] = EARLIER_BOOT.into();
        kept["at"]["wall_ms"] = at_wall_ms.into();
        kept["sent"] = json!({ "boot": BOOT, "mono_ms": sent_mono_ms, "wall_ms": sent_wall_ms });
        take(&mut reports(), &kept, at(20_000)).remove(0)
    };
    // Both of the host's times are a year off, in the same way.
    let year_ms = 31_536_000_000;
    assert_eq!(kept(WALL_MS - year_ms, 20_000, WALL_MS - year_ms + 100_000), "-80000 host.power no (late)");
    let uncertain = "20000 host.power no uncertain (late)";
    assert_eq!(kept(WALL_MS + 5, 20_000, WALL_MS), uncertain, "sent before it was made");
    assert_eq!(kept(WALL_MS, 20_000, WALL_MS + 19_999), uncertain, "younger than the boot that came after");
    assert_eq!(kept(WALL_MS - year_ms, 20_000, WALL_MS), uncertain, "further back than an envelope reaches");
    let start = format!("-{AHEAD_MS} host.power no uncertain (late)");
    assert_eq!(kept(WALL_MS - 700_000, 20_000, WALL_MS), start, "before the edge's own boot");
}

#[test]
fn a_clock_that_was_never_set_judges_no_other() {
    let mut reports = reports();
    let now = Stamp { clock: ClockState::Unset, wall_ms: 0, ..at(0) };
    let lines = take(&mut reports, &report(1, 0, json!([])), now);
    assert!(lines.iter().all(|line| !line.contains("clock")), "{lines:?}");
}
