//! Windows over links of every kind.

use super::*;

/// A window that knows its link: one envelope came through at this speed.
fn known(bytes: usize, trip_ms: u64) -> Window {
    let mut window = Window::default();
    let mark = window.sent(Lane::Urgent, bytes, 0);
    window.confirmed(Lane::Urgent, bytes, mark, trip_ms);
    window
}

fn fill(window: &mut Window, lane: Lane, bytes: usize) -> usize {
    let mut count = 0;
    while window.admits(lane, bytes) {
        window.sent(lane, bytes, 0);
        count += 1;
    }
    count
}

#[test]
fn routine_leaves_half_of_the_window_to_urgent() {
    let mut window = known(4_000, 1);
    assert_eq!(fill(&mut window, Lane::Routine, 100), 4);
    assert_eq!(fill(&mut window, Lane::Urgent, 100), 4);
    assert!(!window.admits(Lane::Urgent, 1));
}

#[test]
fn as_long_as_nothing_is_known_of_the_link_one_routine_envelope_goes_out() {
    assert_eq!(fill(&mut Window::default(), Lane::Routine, 4_000), 1);
}

#[test]
fn what_routine_has_under_way_on_a_slow_link_drains_within_a_second() {
    // 64 kbit/s: one envelope takes half a second, a heartbeat 70 ms.
    let mut window = known(4_000, 550);
    let heartbeat = window.heartbeat(600);
    window.heartbeat_confirmed(heartbeat, 670);
    assert_eq!(fill(&mut window, Lane::Routine, 4_000), 1);
    // The same speed over a satellite: the way itself holds more.
    let mut far = known(4_000, 1_100);
    far.heartbeat_confirmed(far.heartbeat(1_200), 1_820);
    assert_eq!(fill(&mut far, Lane::Routine, 4_000), 2);
}

#[test]
fn even_the_smallest_window_has_a_place_for_urgent() {
    let mut window = known(4_000, 1);
    for now_ms in [10_000, 20_000, 30_000, 40_000] {
        let mark = window.sent(Lane::Routine, 100, now_ms);
        window.confirmed(Lane::Routine, 100, mark, now_ms + QUICK_MS + 2);
    }
    assert_eq!(window.size(), SIZE_MIN);
    assert_eq!(fill(&mut window, Lane::Routine, 100), 1);
    assert!(window.admits(Lane::Urgent, 4_000));
}

#[test]
fn quick_confirms_open_the_window_up_to_its_limit() {
    let mut window = Window::default();
    for _ in 0..20_000 {
        let mark = window.sent(Lane::Urgent, 100, 0);
        window.confirmed(Lane::Urgent, 100, mark, QUICK_MS);
    }
    assert_eq!(window.size(), SIZE_MAX);
    assert_eq!(fill(&mut window, Lane::Urgent, 100), SIZE_MAX);
}

#[test]
fn a_link_that_is_slow_for_its_distance_alone_keeps_its_window() {
    let mut window = Window::default();
    for now_ms in (0..60_000).step_by(1_000) {
        let mark = window.sent(Lane::Urgent, 100, now_ms);
        window.confirmed(Lane::Urgent, 100, mark, now_ms + 900);
    }
    assert!(window.size() > SIZE_FIRST, "{}", window.size());
}

#[test]
fn what_was_under_way_together_halves_it_once() {
    let mut window = known(4_000, 1);
    let marks: Vec<_> = (0..8).map(|_| window.sent(Lane::Urgent, 100, 10)).collect();
    for mark in marks {
        window.confirmed(Lane::Urgent, 100, mark, 2_000);
    }
    assert_eq!(window.size(), SIZE_FIRST / 2);
    let mark = window.sent(Lane::Urgent, 100, 2_000);
    window.confirmed(Lane::Urgent, 100, mark, 4_000);
    assert_eq!(window.size(), SIZE_FIRST / 4);
}

#[test]
fn bytes_are_limited_too() {
    let mut window = Window { size: SIZE_MAX, ..Window::default() };
    assert_eq!(fill(&mut window, Lane::Urgent, 4_000), BYTES_MAX / 4_000);
}
