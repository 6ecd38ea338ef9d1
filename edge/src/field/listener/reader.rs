//! Who reads the messages of a device: by its profile, or as the reports of a host agent.

use std::sync::Arc;

use wire::Stamp;

use crate::config::SenderConfig;
use crate::field::message::{Mapper, OwnTopics, Rejected, Taken};
use crate::field::profile::Protocol;
use crate::field::report::{Points, Reports};
use crate::field::site::Device;

pub(super) enum Reader {
    Profile(Box<Mapper>),
    Report { reports: Box<Reports>, topics: OwnTopics },
}

impl Reader {
    pub(super) fn new(device: &Device, sender: &SenderConfig) -> Self {
        let (id, topics) = (device.id.clone(), sender.topics.clone());
        if device.profile.protocol == Protocol::Report {
            let points = Points::new(device.first, device.profile.points.iter().map(|point| point.kind));
            return Self::Report { reports: Box::new(Reports::new(id, points)), topics };
        }
        let profile = Arc::clone(&device.profile);
        Self::Profile(Box::new(Mapper::new(id, profile, topics, device.first)))
    }

    /// Goes on behind what was durable before the start. False: the bytes are no bookmark of ours.
    pub(super) fn restore(&mut self, bookmark: &[u8]) -> bool {
        match self {
            Self::Profile(mapper) => mapper.restore(bookmark),
            Self::Report { reports, .. } => reports.restore(bookmark).is_ok(),
        }
    }

    pub(super) fn take(&mut self, topic: &str, payload: &[u8], now: Stamp) -> Result<Taken, Rejected> {
        let (reports, topics) = match self {
            Self::Profile(mapper) => return mapper.take(topic, payload, now),
            Self::Report { reports, topics } => (reports, topics),
        };
        let taken =
            reports.take(topics.name(topic).unwrap_or(topic), payload, now).map_err(Rejected::Report)?;
        let mut scans: Vec<_> =
            taken.scans.into_iter().map(|(stamp, samples)| (stamp, Ok(samples))).collect();
        if scans.is_empty() {
            // A report that came again may have overtaken the first one on its way to the disk: it waits behind it.
            scans.push((now, Ok(Vec::new())));
        }
        Ok(Taken { scans, bookmark: taken.bookmark })
    }

    /// The connection is over.
    pub(super) fn disconnected(&mut self) {
        match self {
            Self::Profile(mapper) => mapper.disconnected(),
            Self::Report { .. } => {}
        }
    }
}
