//! One look at a device, for people who want to know what it says now: everything that a poll reads, what that took, and
//! what the device says it is.

use std::time::{Duration, Instant};

use wire::PointNo;

use super::decode::{SelfTest, decode};
use super::failure::ScanFailure;
use super::header::{self, Header, Mismatch};
use super::identity::Identity;
use super::inquiry::identity;
use super::line::Line;
use super::plan::Request;
use super::reply::Reply;
use super::shared_line::SharedLine;
use super::way::{RtuWay, TcpWay, Way};
use super::wish::Wishes;
use crate::config::{Access, BusConfig};
use crate::field::sample::Sample;
use crate::field::site::Device;

/// What came of it.
#[derive(Debug)]
pub struct Look {
    /// How long each answer took, as far as there were any. The first one over TCP includes the connection.
    pub round_trips: Vec<Duration>,
    pub outcome: Result<Values, LookFailure>,
    /// `None`: nothing answered that could have been asked.
    pub identity: Option<Result<Identity, ScanFailure>>,
    /// `None`: it was not wanted, or there was nothing to be measured.
    pub pace: Option<Pace>,
}

/// How fast a device can be polled if each poll follows the one before at once.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub good: u64,
    pub failed: u64,
    pub took: Duration,
}

#[derive(Debug)]
pub struct Values {
    /// `None`: the profile has none.
    pub header: Option<Header>,
    /// In the order of the profile's points.
    pub samples: Vec<Sample>,
    pub replies: Vec<Reply>,
}

/// Which read went wrong, and how.
#[derive(Debug)]
pub struct LookFailure {
    pub request: Option<Request>,
    pub failure: ScanFailure,
}

impl LookFailure {
    /// Whether the header was not even read.
    fn is_missing(&self) -> bool {
        matches!(self.failure, ScanFailure::Foreign(Mismatch::Missing))
    }
}

/// Looks at a device of a site; one on a bus at that of these which it names. If its pace is wanted, it is polled for so
/// long.
pub async fn look(device: &Device, buses: &[BusConfig], pace: Option<Duration>) -> Look {
    match &device.access {
        Access::ModbusTcp { address, unit } => {
            let mut way = TcpWay::new(address.clone(), *unit, device.timeout);
            let look = look_along(&mut way, device, *unit).await;
            paced(look, &mut way, device, *unit, pace).await
        }
        Access::Listener { .. } => {
            let detail = "it speaks by itself and cannot be asked".to_owned();
            let failed = LookFailure { request: None, failure: ScanFailure::Protocol { detail } };
            Look { round_trips: Vec::new(), outcome: Err(failed), identity: None, pace: None }
        }
        Access::ModbusRtu { bus, unit } => {
            let config = buses.iter().find(|known| known.id == *bus);
            match Line::open(config.expect("a device names a bus of its site")) {
                Ok(line) => {
                    let mut nobody = Wishes::new(None);
                    let mut line = SharedLine::new(line, &mut nobody);
                    let mut way = RtuWay { line: &mut line, unit: *unit, limit: device.timeout };
                    let look = look_along(&mut way, device, *unit).await;
                    paced(look, &mut way, device, *unit, pace).await
                }
                Err(error) => {
                    let failed = LookFailure { request: None, failure: ScanFailure::Port(error) };
                    Look { round_trips: Vec::new(), outcome: Err(failed), identity: None, pace: None }
                }
            }
        }
    }
}

async fn look_along(way: &mut impl Way, device: &Device, unit: u8) -> Look {
    let mut round_trips = Vec::new();
    match poll(way, device, unit, &mut round_trips).await {
        Ok(values) => {
            let identity = Some(identity(way).await);
            Look { round_trips, outcome: Ok(values), identity, pace: None }
        }
        Err(failure) => {
            let identity = identity_after(&failure, way).await;
            Look { round_trips, outcome: Err(failure), identity, pace: None }
        }
    }
}

async fn paced(look: Look, way: &mut impl Way, device: &Device, unit: u8, span: Option<Duration>) -> Look {
    let Some(span) = span.filter(|_| look.outcome.is_ok()) else {
        return look;
    };
    let (mut good, mut failed) = (0, 0);
    let began = Instant::now();
    while began.elapsed() < span {
        match poll(way, device, unit, &mut Vec::new()).await {
            Ok(_) => good += 1,
            Err(_) => failed += 1,
        }
    }
    Look { pace: Some(Pace { good, failed, took: began.elapsed() }), ..look }
}

async fn poll(
    way: &mut impl Way,
    device: &Device,
    unit: u8,
    round_trips: &mut Vec<Duration>,
) -> Result<Values, LookFailure> {
    let mut replies = Vec::with_capacity(device.plan.requests().len());
    for request in device.plan.requests() {
        let asked = Instant::now();
        match way.read(*request).await {
            Ok(reply) => replies.push(reply),
            Err(failure) => {
                // A foreign device lacks what the profile asks for: that it is another one explains the rest.
                let foreign = header(device, unit, &replies).err().filter(|found| !found.is_missing());
                return Err(foreign.unwrap_or(LookFailure { request: Some(*request), failure }));
            }
        }
        round_trips.push(asked.elapsed());
    }
    values(device, unit, replies)
}

/// Only whoever answers can say what it is; the others would only take as long again.
async fn identity_after(failed: &LookFailure, way: &mut impl Way) -> Option<Result<Identity, ScanFailure>> {
    let answers = match failed.failure {
        ScanFailure::Exception(code) => !GATEWAY.contains(&code),
        ScanFailure::Foreign(_) => true,
        _ => false,
    };
    if answers { Some(identity(way).await) } else { None }
}

/// Exceptions by which a gateway says that there is nobody behind it.
const GATEWAY: [u8; 2] = [0x0A, 0x0B];

/// `None`: the profile has none.
fn header(device: &Device, unit: u8, replies: &[Reply]) -> Result<Option<Header>, LookFailure> {
    let Device { profile, plan, .. } = device;
    let Some((spec, place)) = profile.header.as_ref().zip(plan.header()) else { return Ok(None) };
    let header = header::check(spec, unit, replies, place).map_err(|mismatch| LookFailure {
        request: plan.requests().get(place.request).copied(),
        failure: ScanFailure::Foreign(mismatch),
    });
    header.map(Some)
}

fn values(device: &Device, unit: u8, replies: Vec<Reply>) -> Result<Values, LookFailure> {
    let Device { profile, plan, .. } = device;
    let header = header(device, unit, &replies)?;
    let self_test = if header.is_some_and(|header| header.self_test_failed) {
        SelfTest::Failed
    } else {
        SelfTest::Passed
    };
    let samples = decode(profile, plan, &replies, self_test, PointNo(0));
    Ok(Values { header, samples, replies })
}
