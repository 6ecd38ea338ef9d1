//! A window: opened, broken, sawn at, covered up.

use super::Story;

#[test]
fn a_broken_pane_is_seen_for_a_while_and_counted_for_good() {
    let mut window = Story::of("window", "");
    window.shows(&[("contact", "closed"), ("glass_break", "off"), ("glass_break_count", "0")]);
    assert_eq!(window.act("smash"), ["the pane is broken"]);
    window.shows(&[("glass_break", "on"), ("glass_break_count", "1"), ("contact", "closed")]);
    assert!(window.number("glass_level") > 500 && window.number("shock_mg") > 1_000);
    assert_eq!(window.wait(3.0), ["the glass detector is quiet again"]);
    window.shows(&[("glass_break", "off"), ("glass_break_count", "1")]);
    assert!(window.number("glass_level") < 50 && window.number("shock_mg") < 20);
}

#[test]
fn a_knock_breaks_nothing() {
    let mut window = Story::of("window", "");
    window.act("knock 240");
    window.shows(&[("shock_mg", "240 mg"), ("glass_break", "off"), ("glass_break_count", "0")]);
    assert!(window.wait(3.0).is_empty());
}

#[test]
fn contact_bar_curtain_and_shutter_follow_what_is_done() {
    let mut window = Story::of("window", "");
    assert_eq!(window.act("open"), ["opened"]);
    assert_eq!(window.act("open"), ["is open already"]);
    window.shows(&[("contact", "open")]);
    assert_eq!(window.act("close"), ["shut"]);
    window.act("saw on");
    window.shows(&[("bar_loop_ohm", "655350 Ω")]);
    window.act("saw off");
    assert!((950..=1_050).contains(&(window.number("bar_loop_ohm") * 10)));
    window.act("pass");
    window.shows(&[("curtain", "alarm")]);
    window.wait(3.0);
    window.shows(&[("curtain", "normal")]);
    window.act("mask on");
    window.act("pass");
    window.act("mask on");
    window.wait(3.0);
    window.shows(&[("curtain", "mask")]);
    window.act("shutter 40");
    window.act("cover on");
    window.shows(&[("shutter_percent", "40 %"), ("cover_tamper", "on")]);
}
