//! No value is shown as good once what carries it has been silent for too long, whatever else its device says: messages
//! go in, and what the hub was told last is held against when each source was last heard.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::PointNo;

use super::*;
use crate::field::message::Mapper;

/// Four points on two topics, each renewed in its own way.
const PROFILE: &str = "name = \"small-door\"\nprotocol = \"json\"\nreport_interval = \"2s\"\n\
    [[points]]\nname = \"contact\"\nkind = \"door.contact\"\ntopic = \"a\"\npointer = \"/contact\"\n\
    [[points]]\nname = \"tamper\"\nkind = \"door.tamper\"\ntopic = \"a\"\npointer = \"/tamper\"\nkept_by = \"topic\"\n\
    [[points]]\nname = \"supply\"\nkind = \"door.supply\"\ntopic = \"b\"\npointer = \"/supply\"\nreport_interval = \"10s\"\n\
    [[points]]\nname = \"lock\"\nkind = \"door.lock\"\ntopic = \"b\"\npointer = \"/lock\"\nkept_by = \"device\"\n";

const FIELDS: [&str; 4] = ["\"contact\":1", "\"tamper\":false", "\"supply\":27", "\"lock\":0"];
/// Of each point: the topic that carries it, and after how long in silence it is stale.
const TOPICS: [&str; 4] = ["a", "a", "b", "b"];
const LIMITS_MS: [u64; 4] = [6_000, 6_000, 30_000, 6_000];
/// A device that says nothing at all is lost after that.
const LOST_AFTER_MS: u64 = 10_000;

struct Told {
    detector: Detector,
    mapper: Mapper,
    first: u16,
    shown: BTreeMap<PointNo, Reading>,
    /// When each point was last renewed.
    heard_ms: [Option<u64>; 4],
}

impl Told {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("door.toml"), PROFILE).unwrap();
        let text = format!(
            "[edge]\nid = \"edge-1\"\n\
            [uplink]\nhubs = [\"127.0.0.1:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n[spool]\npath = \"s\"\n\
            [[listeners]]\nname = \"field\"\naddress = \"127.0.0.1:2\"\ncertificate = \"b\"\nkey = \"c\"\n\
            [[devices]]\nid = \"door-1\"\nprofile = \"door.toml\"\nlistener = \"field\"\ntoken_sha256 = \"{}\"\n",
            "0".repeat(64)
        );
        let config: Config = runtime::config::parse(&folder.path().join("edge.toml"), &text).unwrap();
        let site = Site::build(&config).unwrap();
        let device = &site.devices[0];
        let topics = device.sender.as_ref().unwrap().topics.clone();
        let mapper = Mapper::new(device.id.clone(), device.profile.clone(), topics, device.first);
        let mut told = Self {
            detector: Detector::new(&site),
            mapper,
            first: device.first.0,
            shown: BTreeMap::new(),
            heard_ms: [None; 4],
        };
        told.pass(0);
        told
    }

    /// Time passes until `ms`, and every tick comes when it is due.
    fn pass(&mut self, ms: u64) {
        while let Some(due_ms) = self.detector.next_tick_ms().filter(|due_ms| *due_ms <= ms) {
            let found = self.detector.tick(at(due_ms));
            self.show(found);
        }
        let found = self.detector.tick(at(ms));
        self.show(found);
    }

    /// A message with these of the fields.
    fn message(&mut self, topic: &str, fields: &[bool; 4], ms: u64) {
        let held = FIELDS.iter().zip(fields).filter(|(_, held)| **held).map(|(field, _)| *field);
        let payload = format!("{{{}}}", held.collect::<Vec<_>>().join(","));
        let before_ms = self.heard_ms;
        for place in 0..4 {
            let carried = fields[place] && TOPICS[place] == topic;
            let stands = before_ms[place].is_some_and(|before_ms| ms - before_ms <= LIMITS_MS[place]);
            let kept = stands && (place == 3 || place == 1 && TOPICS[place] == topic);
            if carried || kept {
                self.heard_ms[place] = Some(ms);
            }
        }
        let taken =
            self.mapper.take(&format!("sr/field/door-1/{topic}"), payload.as_bytes(), at(ms)).unwrap();
        for (stamp, outcome) in taken.scans {
            let found = self.detector.scan(&Scan { device: 0, stamp, outcome, receipt: None }, at(ms));
            self.show(found);
        }
    }

    fn show(&mut self, found: Found) {
        self.shown.extend(found.detected.into_iter().map(|found| (found.point, found.reading)));
    }

    /// How a point is shown; `None`: nothing was ever said of it.
    fn quality(&self, place: u16) -> Option<Quality> {
        self.shown.get(&PointNo(self.first + place)).map(|reading| reading.quality)
    }
}

fn happenings() -> impl Strategy<Value = Vec<(u64, &'static str, [bool; 4])>> {
    let topic = proptest::sample::select(vec!["a", "b", "alive"]);
    proptest::collection::vec((1..5_000_u64, topic, any::<[bool; 4]>()), 1..80)
}

proptest! {
    #[test]
    fn what_is_shown_as_good_was_heard_within_its_limit_and_what_was_heard_is_shown(happenings in happenings()) {
        let (mut told, mut ms) = (Told::new(), 0);
        for (later, topic, fields) in happenings {
            // Also between the messages, and not only when one comes.
            for ms in [ms + later / 2, ms + later] {
                told.pass(ms);
                for place in 0..4_u16 {
                    let heard_ms = told.heard_ms[usize::from(place)];
                    let fresh = heard_ms.is_some_and(|heard_ms| ms - heard_ms <= LIMITS_MS[usize::from(place)]);
                    let usable = told.quality(place).is_some_and(Quality::is_usable);
                    prop_assert_eq!(usable, fresh, "point {} at {}: {:?}", place, ms, told.quality(place));
                }
            }
            ms += later;
            told.message(topic, &fields, ms);
        }
    }
}

#[test]
fn one_topic_does_not_keep_the_values_of_another_fresh() {
    let mut told = Told::new();
    let (all, contact) = ([true; 4], [true, false, false, false]);
    told.message("a", &all, 1_000);
    told.message("b", &all, 1_000);
    for ms in (2_000..=40_000).step_by(1_000) {
        told.message("a", &contact, ms);
        told.pass(ms + 500);
    }
    let qualities: Vec<_> = (0..4).map(|place| told.quality(place).unwrap()).collect();
    assert_eq!(qualities, [Quality::Good, Quality::Good, Quality::Stale, Quality::Good]);
    let tamper = &told.shown[&PointNo(told.first + 1)];
    assert_eq!(tamper.stamp.mono_ms, 1_000, "what is kept does not carry a time at which it was not read");
    told.pass(40_000 + LOST_AFTER_MS);
    assert!((0..4).all(|place| told.quality(place) == Some(Quality::CommFailure)));
}

#[test]
fn a_topic_on_which_nothing_ever_comes_is_told_as_stale() {
    let mut told = Told::new();
    for ms in (500..=7_000).step_by(500) {
        told.message("a", &[true; 4], ms);
        told.pass(ms);
    }
    assert_eq!(told.quality(3), Some(Quality::Stale), "nothing keeps what was never said");
    assert_eq!(told.quality(2), None, "it has time");
    for ms in (7_500..=30_500).step_by(500) {
        told.message("a", &[true; 4], ms);
        told.pass(ms);
    }
    let supply = &told.shown[&PointNo(told.first + 2)];
    assert_eq!((supply.value.clone(), supply.quality), (None, Quality::Stale));
}
