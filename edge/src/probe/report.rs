//! What a look at a device brought, for people. Pure.

use std::fmt::Write;
use std::time::Duration;

use runtime::causes::behind;

use super::{Answer, Target, Verdict};
use crate::config::Access;
use crate::field::modbus::decode::bare;
use crate::field::modbus::header::Mismatch;
use crate::field::modbus::look::{Look, LookFailure, Pace, Values};
use crate::field::modbus::plan::Request;
use crate::field::{Device, ScanFailure};
use crate::terminal::aligned;

pub(super) fn answer(target: &Target, look: &Look) -> Answer {
    let device = &target.device;
    let mut text = head(target, look);
    let verdict = match &look.outcome {
        Ok(values) => {
            text += &table(device, values);
            Verdict::Readable
        }
        Err(failed) => {
            text += &failure(device, failed);
            Verdict::Unreadable
        }
    };
    Answer { text, verdict }
}

fn head(target: &Target, look: &Look) -> String {
    let device = &target.device;
    let mut lines = vec![
        ("device", device.id.to_string()),
        ("profile", format!("{}, {} points", device.profile.name, device.profile.points.len())),
        ("where", place(target)),
    ];
    match &look.identity {
        Some(Ok(identity)) => lines.push(("identity", identity.to_string())),
        Some(Err(failure)) => lines.push(("identity", format!("not given: {failure}"))),
        None => {}
    }
    if let Ok(values) = &look.outcome {
        let header = match values.header {
            None => "none in this profile, so another device in its place is not found out".to_owned(),
            Some(header) => {
                let self_test = if header.self_test_failed { "FAILED" } else { "passed" };
                format!("matches; heartbeat {}, self-test {self_test}", header.heartbeat)
            }
        };
        lines.push(("header", header));
    }
    if let (Some(least), Some(most)) = (look.round_trips.iter().min(), look.round_trips.iter().max()) {
        let (asked, reads) = (device.plan.requests().len(), look.round_trips.len());
        lines.push((
            "answers",
            format!("{reads} of {asked} reads, each in {} to {} ms", ms(*least), ms(*most)),
        ));
    }
    if let Some(Pace { good, failed, took }) = look.pace {
        let rate = good as f64 / took.as_secs_f64();
        lines.push((
            "pace",
            format!("{rate:.0} polls/s, one after the other; {failed} of {} failed", good + failed),
        ));
    }
    lines.iter().fold(String::new(), |mut text, (name, line)| {
        writeln!(text, "{name:<9} {line}").expect("writing to memory cannot fail");
        text
    })
}

fn place(Target { device, buses, .. }: &Target) -> String {
    match &device.access {
        Access::ModbusTcp { address, unit } => format!("{address}, unit {unit}"),
        Access::Listener { name } => format!("listener {name}"),
        Access::ModbusRtu { bus, unit } => {
            let bus = buses.iter().find(|known| known.id == *bus);
            let line = bus.map(|bus| format!("{} at {} baud", bus.path.display(), bus.mode.baud));
            format!("{}, unit {unit}", line.unwrap_or_default())
        }
    }
}

fn ms(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1_000.0)
}

fn table(device: &Device, values: &Values) -> String {
    let mut rows = vec![["POINT", "KIND", "RAW", "VALUE", "UNIT", "QUALITY"].map(str::to_owned)];
    let points = device.profile.points.iter().zip(device.plan.points()).zip(&values.samples);
    for ((spec, places), sample) in points {
        let raw = bare(spec, &values.replies, places.value);
        let kind = spec.kind.value_type();
        let value = sample.value.as_ref().map_or_else(|| "-".to_owned(), |value| kind.describe(value));
        rows.push([
            spec.name.to_string(),
            spec.kind.name().to_owned(),
            raw.unwrap_or_else(|| "-".to_owned()),
            value,
            kind.unit().to_owned(),
            sample.quality.to_string(),
        ]);
    }
    format!("\n{}", aligned(&rows))
}

fn failure(device: &Device, LookFailure { request, failure }: &LookFailure) -> String {
    let place = request.map(|request| format!(" while reading {}", shown(request))).unwrap_or_default();
    let cause = behind(failure);
    format!("\nFAILED{place}: {failure}{cause}\n{}\n", remedy(device, failure))
}

fn shown(Request { table, start, count }: Request) -> String {
    let last = u32::from(start) + u32::from(count) - 1;
    format!("{table} {start} to {last}")
}

/// What to do about it.
fn remedy(device: &Device, failure: &ScanFailure) -> &'static str {
    let serial = matches!(device.access, Access::ModbusRtu { .. });
    match failure {
        ScanFailure::Connect(_) | ScanFailure::ConnectTimeout { .. } => {
            "Nobody listens there: is the device switched on and on this network, and are address and port right?"
        }
        ScanFailure::Port(_) => {
            "Is the adapter plugged in, the path right, the user in the group that owns it (dialout), and no edge running \
             that serves this bus?"
        }
        ScanFailure::Timeout { .. } if serial => {
            "Nobody answers: is the unit right, are baud rate and parity those of the device, are A and B not swapped, and \
             is the line terminated? A slow device needs a longer time-out."
        }
        ScanFailure::Timeout { .. } => {
            "Somebody listens there and says nothing: is the unit right? Most devices keep silent if asked as another one. A \
             slow device needs a longer time-out."
        }
        ScanFailure::Protocol { .. } if serial => {
            "Something answers, but not cleanly: are baud rate, parity and stop bits those of the device, does no other \
             device have this unit, and does no other master ask on this line?"
        }
        ScanFailure::Protocol { .. } | ScanFailure::Closed(_) => {
            "What listens there does not speak Modbus as it should: is it the right port, and does the device accept one more \
             connection?"
        }
        ScanFailure::Foreign(Mismatch::Unit { .. }) => {
            "It is the right model and believes to be another unit: set the unit at the device, or ask for the one it has."
        }
        ScanFailure::Foreign(_) => {
            "Another model answers than the profile is made for: is it the right device, and the right profile?"
        }
        ScanFailure::Exception(0x01..=0x03) => {
            "The device does not have what the profile asks for: hold this read against the manual of the device, and \
             correct table, registers or blocks of the profile, or choose another one."
        }
        ScanFailure::Exception(0x0A | 0x0B) => {
            "The gateway answers and does not reach the device: is the unit right, and the device connected to it?"
        }
        ScanFailure::Exception(0x05 | 0x06) => "The device is busy; ask again in a moment.",
        ScanFailure::Exception(_) => "The device itself says that it is defective.",
        ScanFailure::Gone | ScanFailure::Disconnected | ScanFailure::Returned => "The device has hung up.",
        ScanFailure::Still { .. } | ScanFailure::Frozen { .. } => {
            "The program of the device stands still: switch it off and on."
        }
    }
}
