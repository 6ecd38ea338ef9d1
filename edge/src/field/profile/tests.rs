//! The built-in profiles are sound, and a faulty one is refused with every fault at its line.

mod any_text;
mod faults;
mod maps;
mod reading;

use std::path::Path;

use runtime::config::ConfigError;
use wire::Kind;

use super::*;

fn faults(text: &str) -> Vec<(usize, String, String)> {
    match parse(Path::new("model.toml"), text) {
        Err(ConfigError::Faulty { faults, .. }) => {
            faults.into_iter().map(|fault| (fault.line, fault.key, fault.message)).collect()
        }
        other => panic!("faults were expected: {other:?}"),
    }
}

/// The faults of a point, by key; its own first line is 1.
fn point_faults(keys: &str) -> Vec<(usize, String)> {
    let text = format!("{keys}\n");
    let text = format!("name = \"model\"\n[[points]]\n{text}");
    faults(&text).into_iter().map(|(line, key, _)| (line - 2, key.replace("points[0].", ""))).collect()
}

fn found(line: usize, key: &str) -> (usize, String) {
    (line, key.to_owned())
}

#[test]
fn the_built_in_profiles_are_faultless_and_named_as_their_files() {
    for built_in in BUILT_IN {
        let profile = built_in.profile().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(&*profile.name, built_in.name);
        assert!(!profile.description.is_empty() && !profile.points.is_empty());
        assert_eq!(profile.header.is_some(), profile.protocol.is_polled());
    }
}

#[test]
fn the_built_in_profiles_have_every_row_that_has_a_kind() {
    let kinds = |name: &str, prefixes: &[&str]| {
        let profile = BuiltIn::named(name).unwrap().profile().unwrap();
        let missing = |kind: &&Kind| {
            let wanted = prefixes.iter().any(|prefix| kind.name().starts_with(prefix));
            wanted && profile.point_of_kind(**kind).is_none()
        };
        Kind::ALL.iter().filter(missing).map(|kind| kind.name()).collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    // It names its arming; only a panel that does not shows the delays and the maintenance as points of their own.
    let of_others = ["panel.exit", "panel.entry", "panel.maintenance"];
    assert_eq!(kinds("alarm-panel", &["panel.", "zone.", "sector."]), of_others);
    assert_eq!(kinds("cabinet-lock", &["cabinet."]), none);
    assert_eq!(kinds("door-controller", &["door.", "reader."]), none);
    assert_eq!(kinds("phone-jammer", &["jammer."]), none);
    assert_eq!(kinds("window", &["window."]), none);
    assert_eq!(kinds("emanation-protection", &["emanation.", "filter.", "shield."]), none);
    assert_eq!(kinds("ups", &["power."]), none);
    assert_eq!(kinds("environment", &["environment.", "rack."]), none);
}

#[test]
fn what_excuses_an_opening_is_sent_before_it() {
    let order = |name: &str, earlier: Kind, later: Kind| {
        let profile = BuiltIn::named(name).unwrap().profile().unwrap();
        let last = profile.points.iter().rposition(|point| point.kind == earlier).unwrap();
        assert!(last < profile.point_of_kind(later).unwrap(), "{earlier} before {later}");
    };
    for excuse in [Kind::DoorAccess, Kind::DoorRex, Kind::DoorFireRelease, Kind::DoorMode] {
        order("door-controller", excuse, Kind::DoorContact);
        order("door-controller", excuse, Kind::DoorState);
    }
    order("cabinet-lock", Kind::CabinetUser, Kind::CabinetBolt);
    order("alarm-panel", Kind::PanelLastUser, Kind::PanelArmState);
}

#[test]
fn repeated_entries_become_numbered_points() {
    let text = "name = \"model\"\n[[points]]\nname = \"zone-{n}\"\nkind = \"zone.state\"\nregister = 32\n\
                repeat = { count = 3, step = 8, first = 0 }\n";
    let profile = parse(Path::new("model.toml"), text).unwrap();
    let points: Vec<(&str, u16)> = profile
        .points
        .iter()
        .map(|point| (point.name.as_str(), point.source.register().unwrap().address))
        .collect();
    assert_eq!(points, [("zone-0", 32), ("zone-1", 40), ("zone-2", 48)]);
}

fn bands(wanted: &[(&str, u16)]) -> Result<(usize, u16), SizeError> {
    let wanted: Vec<(String, u16)> =
        wanted.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    let profile = BuiltIn::named("phone-jammer").unwrap().profile().unwrap().fitted(&wanted)?;
    let bands = profile.points.iter().filter(|point| point.kind == Kind::JammerBandRf).count();
    Ok((bands, profile.blocks.iter().map(|block| block.count).sum()))
}

#[test]
fn a_device_has_as_many_points_as_its_size() {
    assert_eq!(bands(&[]), Ok((6, 16 + 48)));
    assert_eq!(bands(&[("bands", 9)]), Ok((9, 16 + 72)));
    assert_eq!(bands(&[("bands", 0)]), Ok((0, 16)));
    assert_eq!(
        bands(&[("bands", 10)]).unwrap_err().to_string(),
        "10 is too many for `bands`; write a number up to 9"
    );
    assert!(bands(&[("zones", 1)]).unwrap_err().to_string().ends_with("write one of: bands"));
}

#[test]
fn sizes_that_do_not_exist_are_found() {
    let text = "name = \"model\"\n[[blocks]]\nstart = 0\ncount = 9\ntimes = \"bands\"\n\
                [[points]]\nname = \"a-{n}\"\nkind = \"door.lock\"\nregister = 8\n\
                repeat = { count = \"bands\", step = 1 }\n";
    let places: Vec<(usize, String)> = faults(text).into_iter().map(|(line, key, _)| (line, key)).collect();
    assert_eq!(places, [found(5, "blocks[0].times"), found(10, "points[0].repeat.count")]);
}

#[test]
fn every_faulty_key_of_a_point_is_found() {
    assert_eq!(point_faults("name = \"a b\"\nkind = \"door.contact\"\nregister = 8"), [found(1, "name")]);
    assert_eq!(
        point_faults("name = \"a\"\nkind = \"door.contakt\"\nregister = 65536\ntable = \"inputs\"\nbit = 16"),
        [found(2, "kind"), found(3, "register"), found(4, "table"), found(5, "bit")]
    );
    assert_eq!(point_faults("name = \"a\"\nkind = \"door.rex\"\nregister = 8"), [found(2, "kind")]);
    assert_eq!(point_faults("name = \"a\"\nkind = \"host.logon\"\nregister = 8"), [found(2, "kind")]);
    assert_eq!(
        point_faults("name = \"a\"\nkind = \"door.supply\"\nregister = 8\nbit = 1"),
        [found(2, "kind")]
    );
    assert_eq!(
        point_faults(
            "name = \"a\"\nkind = \"door.contact\"\nregister = 8\nscale = 2\ndeadband = 1\ninverted = true"
        ),
        [found(4, "scale"), found(5, "deadband"), found(6, "inverted")]
    );
    assert_eq!(
        point_faults("name = \"a\"\nkind = \"door.supply\"\nregister = 8\ndebounce = \"1s\"\nscale = 0"),
        [found(4, "debounce"), found(5, "scale")]
    );
    assert_eq!(
        point_faults(
            "name = \"a\"\nkind = \"door.contact\"\nregister = 8\nstates = { x = \"open\", 1 = \"ajar\" }"
        ),
        [found(4, "states.x"), found(4, "states.1")]
    );
    assert_eq!(
        point_faults("name = \"a\"\nkind = \"door.supply\"\nregister = 65535\ntype = \"u32\""),
        [found(3, "register")]
    );
    assert_eq!(
        point_faults("name = \"a\"\nkind = \"door.rex\"\ntable = \"coil\"\nregister = 1\nbit = 3"),
        [found(3, "table")]
    );
    assert_eq!(
        point_faults(
            "name = \"a\"\nkind = \"door.access\"\nregister = 1\nsequence = { register = 900, type = \"u32\" }"
        ),
        [found(4, "sequence")]
    );
    assert_eq!(
        point_faults("name = \"z\"\nkind = \"zone.state\"\nregister = 1\nrepeat = { count = 2, step = 1 }"),
        [found(1, "name")]
    );
}

#[test]
fn points_see_their_neighbours_and_their_blocks() {
    let text = "name = \"model\"\n[[blocks]]\nstart = 0\ncount = 9\n[[points]]\nname = \"a\"\nkind = \"door.lock\"\n\
                register = 8\n[[points]]\nname = \"a\"\nkind = \"door.supply\"\nregister = 8\ntype = \"u32\"\n\
                [[points]]\nname = \"link\"\nkind = \"door.lock\"\nregister = 1\n";
    let places: Vec<(usize, String)> = faults(text).into_iter().map(|(line, key, _)| (line, key)).collect();
    let expected = [(10, "points[1].name"), (12, "points[1].register"), (15, "points[2].name")];
    assert_eq!(places, expected.map(|(line, key)| found(line, key)));
}

#[test]
fn a_header_lies_in_a_block_of_registers() {
    let text = "name = \"model\"\n[header]\nstart = 10\nmagic = 1\ntype = 2\nmap_version = 3\n\
                [[blocks]]\nstart = 0\ncount = 12\n";
    let found = faults(text);
    assert_eq!((found[0].0, found[0].1.as_str()), (2, "header"));
    let bits = "name = \"model\"\n[header]\ntable = \"coil\"\nmagic = 1\ntype = 2\nmap_version = 3\n";
    assert_eq!(faults(bits)[0].0, 3);
}

#[test]
fn the_worked_example_of_the_document_is_a_sound_profile() {
    let document = include_str!("../../../../docs/device-profiles.md");
    let examples = document.split("```toml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let profiles: Vec<&str> = examples.filter(|example| example.starts_with("name =")).collect();
    assert_eq!(profiles.len(), 1);
    let profile =
        parse(Path::new("powerline-3000.toml"), profiles[0]).unwrap_or_else(|error| panic!("{error}"));
    let value = |name: &str, words: &[u16]| {
        let point = profile.points.iter().find(|point| point.name.as_str() == name).unwrap();
        let raw = point.source.register().unwrap().raw(words).unwrap();
        point.value(raw).map(|(value, _)| value.to_string())
    };
    assert_eq!(value("supply", &[4]).as_deref(), Some("1"));
    assert_eq!(value("battery", &[0xFFFF]), None);
    assert_eq!(value("runtime", &[40, 0]).as_deref(), Some("2400"));
    assert_eq!(value("battery-temperature", &[2_981]).as_deref(), Some("24.95"));
}

#[test]
fn the_document_names_every_built_in_profile() {
    let document = include_str!("../../../../docs/device-profiles.md");
    for built_in in BUILT_IN {
        assert!(document.contains(&format!("`{}`", built_in.name)), "{}", built_in.name);
    }
}
