//! One node of Sparkplug over its life: its births say which metrics there are, its numbers whether something is missing,
//! its deaths what is worthless. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wire::Marks;

use super::payload::{Held, Metric, Payload};
use crate::field::message::topics::{Parts, Verb};

/// The metric by which a death is matched with its birth.
const BD_SEQ: &str = "bdSeq";

/// What all births of one node may make us remember.
const ALIASES_MAX: usize = 4_096;
const NAME_BYTES_MAX: usize = 256;
const DEVICES_MAX: usize = 256;

/// A well-formed message that makes no sense where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    #[error("the message has no sequence number from 0 to 255")]
    Seq,
    #[error("the node has not told its birth")]
    Unborn,
    #[error("the message names no bdSeq from 0 to 255")]
    NoBdSeq,
    #[error("the death belongs to an older life of the node")]
    OldDeath,
    #[error("a metric has an alias that no birth has named")]
    UnknownAlias,
    #[error("the births name too many metrics, or too long ones")]
    TooManyNames,
}

impl Unsound {
    pub fn name(self) -> &'static str {
        match self {
            Self::Seq => "sparkplug_seq",
            Self::Unborn => "sparkplug_unborn",
            Self::NoBdSeq => "sparkplug_bd_seq",
            Self::OldDeath => "sparkplug_old_death",
            Self::UnknownAlias => "sparkplug_alias",
            Self::TooManyNames => "sparkplug_names",
        }
    }
}

/// What a node says with one message.
#[derive(Debug, PartialEq)]
pub(in crate::field::message) enum News<'a> {
    Told {
        metrics: Vec<Told<'a>>,
        marks: Marks,
        /// A message was lost since the last birth: what stands may have changed unseen.
        doubtful: bool,
    },
    /// What this device told is worthless: these metrics.
    DeviceDied {
        names: BTreeSet<Box<str>>,
    },
    NodeDied,
}

/// One metric, by its full name.
#[derive(Debug, PartialEq)]
pub(in crate::field::message) struct Told<'a> {
    pub(in crate::field::message) name: String,
    pub(in crate::field::message) datatype: Option<u32>,
    pub(in crate::field::message) held: Option<Held<'a>>,
    pub(in crate::field::message) is_historical: bool,
}

/// Whose metrics go by their bare names; all others are called `<device>/<metric>`.
#[derive(Debug)]
pub(in crate::field::message) struct Node {
    device: Option<Box<str>>,
    life: Option<Life>,
}

/// From a birth to a death.
#[derive(Debug)]
struct Life {
    bd_seq: u8,
    next_seq: u8,
    doubtful: bool,
    /// Aliases are unique within a node; each stands for a full name.
    aliases: BTreeMap<u64, Box<str>>,
    /// What the births have named, by its full name.
    born: BTreeMap<Box<str>, Born>,
    /// Devices that are born and not dead. What one says before its birth is not believed.
    devices: BTreeSet<Box<str>>,
}

/// A metric as its birth describes it.
#[derive(Debug)]
struct Born {
    datatype: Option<u32>,
    /// `None`: it is the node's own.
    device: Option<Box<str>>,
}

const BYTE: Range<u64> = 0..256;

impl Node {
    pub(in crate::field::message) fn new(device: Option<Box<str>>) -> Self {
        Self { device, life: None }
    }

    pub(in crate::field::message) fn take<'a>(
        &mut self,
        parts: Parts<'_>,
        payload: Payload<'a>,
    ) -> Result<News<'a>, Unsound> {
        match (parts.verb, parts.device) {
            (Verb::Birth, None) => self.born(payload),
            (Verb::Death, None) => self.died(&payload),
            (verb, device) => {
                let prefix = self.prefix(device);
                let life = self.life.as_mut().ok_or(Unsound::Unborn)?;
                let marks = life.counted(payload.seq)?;
                match (verb, device) {
                    (Verb::Death, Some(device)) => {
                        life.devices.remove(device);
                        return Ok(News::DeviceDied { names: life.forget(device) });
                    }
                    (Verb::Birth, Some(device)) => {
                        // A device whose birth is refused is not born.
                        life.devices.remove(device);
                        life.forget(device);
                        if life.devices.len() >= DEVICES_MAX {
                            return Err(Unsound::TooManyNames);
                        }
                        life.learn(&prefix, Some(device), &payload.metrics)?;
                        life.devices.insert(device.into());
                    }
                    (_, Some(device)) if !life.devices.contains(device) => return Err(Unsound::Unborn),
                    _ => {}
                }
                // What cannot be read is missed as much as what did not come.
                let told = life.told(&prefix, payload.metrics);
                life.doubtful |= told.is_err();
                Ok(News::Told { metrics: told?, marks, doubtful: life.doubtful })
            }
        }
    }

    /// Whether the present life has named a metric, so that what was told of it stands until it is told anew.
    pub(in crate::field::message) fn vouches_for(&self, name: &str) -> bool {
        self.life.as_ref().is_some_and(|life| life.born.contains_key(name))
    }

    /// Its connection is over: what comes with the next one begins with a birth.
    pub(in crate::field::message) fn disconnected(&mut self) {
        self.life = None;
    }

    fn born<'a>(&mut self, payload: Payload<'a>) -> Result<News<'a>, Unsound> {
        // Also if the new one is refused, the older life is over: by its aliases what follows would be taken for something
        // else.
        self.life = None;
        let seq = byte(payload.seq).ok_or(Unsound::Seq)?;
        let bd_seq = bd_seq(&payload).ok_or(Unsound::NoBdSeq)?;
        let mut life = Life {
            bd_seq,
            next_seq: seq.wrapping_add(1),
            doubtful: false,
            aliases: BTreeMap::new(),
            born: BTreeMap::new(),
            devices: BTreeSet::new(),
        };
        let prefix = self.prefix(None);
        life.learn(&prefix, None, &payload.metrics)?;
        let metrics = life.told(&prefix, payload.metrics)?;
        self.life = Some(life);
        Ok(News::Told { metrics, marks: Marks::NONE, doubtful: false })
    }

    /// A death comes as a will, and a will may come late: that of an older life does not end the present one.
    fn died(&mut self, payload: &Payload<'_>) -> Result<News<'static>, Unsound> {
        let bd_seq = bd_seq(payload).ok_or(Unsound::NoBdSeq)?;
        if self.life.as_ref().is_some_and(|life| life.bd_seq != bd_seq) {
            return Err(Unsound::OldDeath);
        }
        self.life = None;
        Ok(News::NodeDied)
    }

    /// The node's own metrics go by their bare names too.
    fn prefix(&self, device: Option<&str>) -> String {
        match device {
            Some(device) if self.device.as_deref() != Some(device) => format!("{device}/"),
            _ => String::new(),
        }
    }
}

impl Life {
    fn counted(&mut self, seq: Option<u64>) -> Result<Marks, Unsound> {
        let seq = byte(seq).ok_or(Unsound::Seq)?;
        let expected = std::mem::replace(&mut self.next_seq, seq.wrapping_add(1));
        if seq == expected {
            return Ok(Marks::NONE);
        }
        self.doubtful = true;
        Ok(Marks::MISSED)
    }

    /// Takes back what the births of a device have named.
    fn forget(&mut self, device: &str) -> BTreeSet<Box<str>> {
        let names = self
            .born
            .extract_if(.., |_, born| born.device.as_deref() == Some(device))
            .map(|(name, _)| name)
            .collect();
        self.aliases.retain(|_, name| self.born.contains_key(name));
        names
    }

    fn learn(&mut self, prefix: &str, device: Option<&str>, metrics: &[Metric<'_>]) -> Result<(), Unsound> {
        for metric in metrics {
            let Some(name) = metric.name else { continue };
            let name: Box<str> = format!("{prefix}{name}").into();
            if name.len() > NAME_BYTES_MAX
                || self.born.len() >= ALIASES_MAX
                || self.aliases.len() >= ALIASES_MAX
            {
                return Err(Unsound::TooManyNames);
            }
            if let Some(alias) = metric.alias {
                self.aliases.insert(alias, name.clone());
            }
            self.born.insert(name, Born { datatype: metric.datatype, device: device.map(Into::into) });
        }
        Ok(())
    }

    fn told<'a>(&self, prefix: &str, metrics: Vec<Metric<'a>>) -> Result<Vec<Told<'a>>, Unsound> {
        let told = |metric: Metric<'a>| {
            let name = match (metric.name, metric.alias) {
                (Some(name), _) => format!("{prefix}{name}"),
                (None, Some(alias)) => self.aliases.get(&alias).ok_or(Unsound::UnknownAlias)?.to_string(),
                (None, None) => return Err(Unsound::UnknownAlias),
            };
            let known = self.born.get(&*name).and_then(|born| born.datatype);
            Ok(Told {
                name,
                datatype: metric.datatype.or(known),
                held: metric.value.filter(|_| !metric.is_null),
                is_historical: metric.is_historical,
            })
        };
        metrics.into_iter().map(told).collect()
    }
}

fn byte(number: Option<u64>) -> Option<u8> {
    number.filter(|number| BYTE.contains(number)).map(|number| number as u8)
}

fn bd_seq(payload: &Payload<'_>) -> Option<u8> {
    let metric = payload.metrics.iter().find(|metric| metric.name == Some(BD_SEQ))?;
    match metric.value? {
        Held::Int(number) => byte(Some(number.into())),
        Held::Long(number) => byte(Some(number)),
        _ => None,
    }
}
