//! What a profile may say of a number to be watched, and where its faults are shown.

use std::path::Path;

use proptest::prelude::*;
use runtime::config::ConfigError;

use super::*;
use crate::field::profile::{self, Profile};

/// A profile with one point; its own keys begin in line 3.
fn read(keys: &str) -> Result<Profile, ConfigError> {
    let text = format!("name = \"model\"\n[[points]]\n{keys}\nname = \"a\"\nregister = 8\n");
    profile::parse(Path::new("model.toml"), &text)
}

fn faults(keys: &str) -> Vec<String> {
    match read(keys) {
        Err(ConfigError::Faulty { faults, .. }) => {
            faults.iter().map(|fault| format!("{} {}", fault.line, fault.key)).collect()
        }
        other => panic!("faults were expected: {other:?}"),
    }
}

const NUMBER: &str = "kind = \"environment.temperature\"\n";

fn of_number(keys: &str) -> Vec<String> {
    faults(&format!("{NUMBER}{keys}"))
}

#[test]
fn a_number_is_watched_as_its_profile_says() {
    let keys = "kind = \"environment.temperature\"\n\
                limits = { low_low = -5, low = 2.5, high = 30, high_high = 40, hysteresis = 0.5 }\n\
                rate_max = 0.2\nstuck_after = \"10m\"\nrises = true";
    let watch = read(keys).unwrap().points[0].watch;
    let limits = Limits {
        low_low: Some(-5.0),
        low: Some(2.5),
        high: Some(30.0),
        high_high: Some(40.0),
        hysteresis: 0.5,
    };
    assert_eq!(watch.limits, Some(limits));
    assert_eq!(watch.rate, Some(Rate { max: 0.2, window: Duration::from_secs(10) }));
    assert_eq!(watch.stuck_after, Some(Duration::from_secs(600)));
    assert!(watch.rises);
    assert_eq!(read(NUMBER).unwrap().points[0].watch, Watch::default());
}

#[test]
fn limits_that_contradict_each_other_are_found() {
    assert_eq!(of_number("limits = { high = 5, high_high = 5 }"), ["4 points[0].limits.high_high"]);
    assert_eq!(of_number("limits = { low = 9, high = 5 }"), ["4 points[0].limits.high"]);
    assert_eq!(of_number("limits = { low_low = 9, high_high = 5 }"), ["4 points[0].limits.high_high"]);
    let wide = "limits = { low = 5, high = 9, hysteresis = 4.5 }";
    assert_eq!(of_number(wide), ["4 points[0].limits.hysteresis"]);
    assert_eq!(of_number("limits = { high = 5, hysteresis = -1 }"), ["4 points[0].limits.hysteresis"]);
    assert_eq!(of_number("limits = { hysteresis = 1 }"), ["4 points[0].limits"]);
    assert_eq!(of_number("limits = { hi = 1, high = 2 }"), ["4 points[0].limits.hi"]);
    assert_eq!(of_number("limits = { high = nan }"), ["4 points[0].limits.high"]);
}

#[test]
fn times_that_are_too_short_for_the_polls_are_found() {
    assert_eq!(of_number("stuck_after = \"2900ms\""), ["4 points[0].stuck_after"]);
    assert!(read(&format!("{NUMBER}stuck_after = \"3s\"")).is_ok());
    assert_eq!(of_number("rate_max = 1\nrate_window = \"1900ms\""), ["5 points[0].rate_window"]);
    assert_eq!(of_number("rate_window = \"5s\""), ["4 points[0].rate_window"]);
    assert_eq!(of_number("rate_max = 0"), ["4 points[0].rate_max"]);
}

#[test]
fn what_is_no_number_is_not_watched() {
    let keys = "kind = \"door.contact\"\nlimits = { high = 1 }\nrate_max = 1\nrate_window = \"5s\"\n\
                stuck_after = \"5s\"\nrises = true";
    let expected = ["4 points[0].limits", "5 points[0].rate_max", "6 points[0].rate_window"];
    let expected = expected.into_iter().chain(["7 points[0].stuck_after", "8 points[0].rises"]);
    assert_eq!(faults(keys), expected.collect::<Vec<_>>());
}

#[test]
fn a_counter_wraps_where_its_type_ends() {
    let wraps_at = |keys: &str| read(&format!("{NUMBER}{keys}")).unwrap().points[0].wraps_at();
    assert_eq!(wraps_at("type = \"u16\""), Some(65_536.0));
    assert_eq!(wraps_at("type = \"u32\"\nscale = 0.5"), Some(2_147_483_648.0));
    assert_eq!(wraps_at("type = \"f32\""), None);
}

proptest! {
    #[test]
    fn whatever_limits_are_taken_rise_and_leave_room_between_them(
        limits in proptest::array::uniform4(proptest::option::of(-100.0..100.0_f64)),
        hysteresis in 0.0..50.0_f64,
    ) {
        let keys = ["low_low", "low", "high", "high_high"];
        let written: Vec<String> = keys.iter().zip(limits)
            .filter_map(|(key, limit)| Some(format!("{key} = {:?}", limit?))).collect();
        let text = format!("{NUMBER}limits = {{ {}, hysteresis = {hysteresis:?} }}", written.join(", "));
        let text = text.replace("{ , ", "{ ");
        if let Ok(profile) = read(&text) {
            let limits = profile.points[0].watch.limits.unwrap();
            let given: Vec<f64> =
                [limits.low_low, limits.low, limits.high, limits.high_high].into_iter().flatten().collect();
            prop_assert!(!given.is_empty() && given.is_sorted());
            if let Some((upper, lower)) = limits.high.or(limits.high_high).zip(limits.low.or(limits.low_low)) {
                prop_assert!(limits.hysteresis <= upper - lower);
            }
        }
    }
}
