//! The site and scenario files: the examples are sound, and every fault is named with its line and key.
#![allow(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

use std::path::Path;

use strongroom_simulator::config::Plan;
use strongroom_simulator::device::CLASSES;

fn faults(site: &str, scenario: Option<&str>) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let site_path = dir.path().join("site.toml");
    let scenario_path = dir.path().join("scenario.toml");
    std::fs::write(&site_path, site).unwrap();
    if let Some(scenario) = scenario {
        std::fs::write(&scenario_path, scenario).unwrap();
    }
    let loaded = Plan::load(&site_path, scenario.map(|_| scenario_path.as_path()));
    let text = loaded.err().map(|faults| faults.to_string()).unwrap_or_default();
    text.lines().map(|line| line.replace(&format!("{}/", dir.path().display()), "")).collect()
}

const SITE: &str = "\
[device.panel-1]
class = \"panel\"
listen = \"127.0.0.1:0\"
[device.door-1]
class = \"door\"
listen = \"127.0.0.1:0\"
";

#[test]
fn the_examples_have_no_fault() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let plan = Plan::load(&examples.join("site.toml"), None).unwrap_or_else(|faults| panic!("{faults}"));
    for class in CLASSES {
        let shown = plan.site.devices.values().any(|device| device.settings.class.name == class.name);
        assert!(shown, "the example shows no {}", class.name);
    }
    assert!(plan.scenario.is_some_and(|scenario| scenario.steps.len() > 10));
}

#[test]
fn every_fault_of_a_site_is_told_at_once() {
    let site = "\
seed = 1
contrl = \"a.sock\"
[device.door-1]
class = \"door\"
listen = \"127.0.0.1\"
unlock_time = \"1500ms\"
[device.door-2]
class = \"dor\"
listen = \"127.0.0.1:5021\"
held_limit = \"3s\"
[device.Door]
class = \"panel\"
listen = \"127.0.0.1:6021\"
unit = 248
entry_zones = [16]
[device.jammer]
class = \"jammer\"
listen = \"127.0.0.1:6021\"
bands = [1, 10]
foreign_unit = \"loud\"
";
    let told = faults(site, None);
    let expect = [
        "site.toml:2:1: contrl: there is no such key; did you mean `control`?",
        "site.toml:5:10: device.door-1.listen: `127.0.0.1` is not an address with a port",
        "site.toml:6:",
        "site.toml:8:9: device.door-2.class: no class `dor`; there are: panel, cabinet, door, window, jammer, emanation, ups, environment",
        "site.toml:11:",
        "site.toml:14:8: device.Door.unit: 248 is out of range; write a value from 1 to 247",
        "site.toml:15:",
        "site.toml:18:",
        "site.toml:19:",
        "site.toml:20:16: device.jammer.foreign_unit: `loud` is neither `silence` nor `gateway-exception`",
    ];
    assert_eq!(told.len(), expect.len(), "{told:#?}");
    for (line, start) in told.iter().zip(expect) {
        assert!(line.starts_with(start), "{line} should begin with {start}");
    }
    assert!(
        told[2].contains("device.door-1.unlock_time: the device's register counts whole seconds"),
        "{}",
        told[2]
    );
    assert!(told[4].contains("device.Door: a device's name has"), "{}", told[4]);
    assert!(told[6].contains("there is no zone 16"), "{}", told[6]);
    assert!(told[7].contains("`Door` listens on 127.0.0.1:6021 already"), "{}", told[7]);
    assert!(told[8].contains("there is no band 10"), "{}", told[8]);
}

#[test]
fn a_site_without_devices_is_a_fault() {
    assert!(faults("seed = 1\n", None)[0].contains("there are no devices"));
}

#[test]
fn every_step_that_would_fail_is_told_with_its_line() {
    let scenario = "\
[[step]]
at = \"1s\"
device = \"door-3\"
do = \"force\"
[[step]]
at = \"2s\"
device = \"door-1\"
do = \"explode\"
[[step]]
at = \"3s\"
set = { \"panel-1.zone_state[16]\" = \"alarm\", \"panel-1.mains_v\" = 230.55, \"door-1.contakt\" = true }
[[step]]
at = \"4s\"
set = { \"panel-1.zone_state[3]\" = \"alarm\", \"panel-1.mains_v\" = 0, \"door-1.fire_release\" = true }
[[step]]
at = \"5s\"
device = \"door-1\"
do = \"deny everybody\"
";
    let told = faults(SITE, Some(scenario));
    let expect = [
        "scenario.toml:1:1: step[0].do: no device `door-3`; there are: door-1, panel-1",
        "scenario.toml:5:1: step[1].do: door-1: a door cannot `explode`; it can: grant,",
        "scenario.toml:9:1: step[2].set.\"panel-1.zone_state[16]\": panel-1: `zone_state[16]` is outside: the last one is zone_state[15]",
        "scenario.toml:9:1: step[2].set.\"panel-1.mains_v\": panel-1.mains_v: `230.55` is finer than one step",
        "scenario.toml:9:1: step[2].set.\"door-1.contakt\": door-1: no signal `contakt`; did you mean `contact`? there are:",
        "scenario.toml:15:1: step[4].do: door-1: `deny`: say one of these after it: unknown, time,",
    ];
    assert_eq!(told.len(), expect.len(), "{told:#?}");
    for (line, start) in told.iter().zip(expect) {
        assert!(line.starts_with(start), "{line} should begin with {start}");
    }
}

#[test]
fn a_step_does_one_thing() {
    for (step, fault) in [
        ("at = \"1s\"\n", "a step has either"),
        ("at = \"1s\"\ndevice = \"door-1\"\n", "a step has either"),
        ("at = \"1s\"\ndo = \"open\"\nset = { \"door-1.rex\" = true }\n", "a step has either"),
        ("note = \"x\"\n", "this key is missing"),
        ("at = 3\nnote = \"x\"\n", "a duration needs a unit"),
        ("at = \"1s\"\nnote = \"x\"\nrepeat = \"1ms\"\n", "out of range"),
    ] {
        let told = faults(SITE, Some(&format!("[[step]]\n{step}")));
        assert!(told.len() == 1 && told[0].contains(fault), "{step}: {told:?}");
    }
    assert!(
        faults(SITE, Some("repeat = \"1s\"\n[[step]]\nat = \"1s\"\nnote = \"x\"\n"))[0]
            .contains("starts again")
    );
}

#[test]
fn a_faulty_site_does_not_hide_the_faults_of_a_scenario() {
    let told = faults("seed = \"x\"\n", Some("[[step]]\nat = \"soon\"\nnote = \"x\"\n"));
    assert!(told.iter().any(|line| line.starts_with("site.toml:1")), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("scenario.toml:2")), "{told:?}");
}
