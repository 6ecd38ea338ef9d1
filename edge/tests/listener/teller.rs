//! The messages of one device laid over a profile, without any socket.

use std::path::Path;
use std::sync::Arc;

use strongroom_edge::field::message::{Mapper, OwnTopics, Rejected, SparkplugNode, Taken};
use strongroom_edge::field::profile;
use strongroom_edge::field::{Novelty, Sample, ScanFailure};
use wire::time::ClockState;
use wire::{BootId, DeviceId, Marks, PointNo, Quality, Stamp, Value};

pub(crate) struct Teller {
    pub(crate) mapper: Mapper,
}

/// Half an hour after ten o'clock of some day, by a clock that is right.
pub(crate) fn now() -> Stamp {
    let wall_ms = 1_700_000_000_000;
    Stamp { boot: BootId([1; 16]), mono_ms: 1_000_000, wall_ms, clock: ClockState::Synchronised }
}

impl Teller {
    /// Its device is `window-7`, its points begin at 100.
    pub(crate) fn new(profile: &str) -> Self {
        Self::in_topics(profile, OwnTopics::of_device("window-7"))
    }

    /// The device `d` of the node `n` in the group `g`.
    pub(crate) fn sparkplug(profile: &str) -> Self {
        let node = SparkplugNode { group: "g".into(), node: "n".into(), device: Some("d".into()) };
        Self::in_topics(profile, OwnTopics::Sparkplug(node))
    }

    fn in_topics(profile: &str, topics: OwnTopics) -> Self {
        let profile = profile::parse(Path::new("test.toml"), profile).unwrap();
        let id = DeviceId::parse("window-7").unwrap();
        Self { mapper: Mapper::new(id, Arc::new(profile), topics, PointNo(100)) }
    }

    pub(crate) fn take(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Result<Taken, Rejected> {
        self.mapper.take(topic, payload.as_ref(), now())
    }

    /// The label of the refusal.
    pub(crate) fn refused(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> &'static str {
        self.take(topic, payload).expect_err("the message is refused").name()
    }

    /// The samples that the only scan carries, in short.
    pub(crate) fn told(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Vec<Short> {
        let (stamp, samples) = self.scanned(topic, payload).unwrap_or((now(), Vec::new()));
        assert_eq!(stamp, now());
        samples.iter().filter(|sample| sample.novelty != Novelty::Kept).map(short).collect()
    }

    /// The points that the only scan keeps, without carrying them.
    pub(crate) fn kept(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Vec<u16> {
        let samples = self.scanned(topic, payload).map_or(Vec::new(), |(_, samples)| samples);
        let kept = samples.iter().filter(|sample| sample.novelty == Novelty::Kept);
        kept.map(|sample| sample.point.0).collect()
    }

    /// The only scan.
    pub(crate) fn scanned(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Option<(Stamp, Vec<Sample>)> {
        let mut scans = self.take(topic, payload).unwrap().scans;
        assert!(scans.len() <= 1, "one scan was expected: {scans:?}");
        scans.pop().map(|(stamp, outcome)| (stamp, outcome.expect("a good scan")))
    }

    /// The failure of the only scan.
    pub(crate) fn failed(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> ScanFailure {
        let mut taken = self.take(topic, payload).unwrap();
        taken.scans.pop().expect("one scan").1.expect_err("a failed scan")
    }
}

/// Point, value, quality, marks.
pub(crate) type Short = (u16, Option<Value>, Quality, Marks);

fn short(sample: &Sample) -> Short {
    (sample.point.0, sample.value.clone(), sample.quality, sample.marks)
}
