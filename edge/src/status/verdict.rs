//! What of a report is a fault, and what a person should look at. Pure. The limits here colour a page for the technician in
//! the room; what becomes an incident is decided by the hub's rules.

use std::time::Duration;

use super::board::DeviceFacts;
use super::report::{DeviceReport, Report};

/// Time enough for a technician to bring a card.
const DISK_FREE_PERCENT_MIN: u8 = 10;
/// Most machines without a fan slow down from here on.
const TEMPERATURE_C_MAX: f64 = 80.0;
/// Time enough to issue another one by post.
const CERTIFICATE_DAYS_MIN: i64 = 30;
/// A device that is out of reach is tried at least this often: the longest time-out and back-off, twice.
const SCAN_SLACK: Duration = Duration::from_secs(60);

/// What keeps the edge from its work.
pub(super) fn faults(
    report: &Report,
    watch_answers: bool,
    devices: &[DeviceFacts],
    stages_age: Duration,
) -> Vec<String> {
    let mut faults = Vec::new();
    if !watch_answers {
        faults.push("the watch does not answer: nothing is detected".to_owned());
    } else if is_field_still(&report.devices, devices, stages_age) {
        faults.push("no device is scanned any more: the field stands still".to_owned());
    }
    match &report.spool {
        None => faults.push("the spool does not answer: nothing is kept".to_owned()),
        Some(spool) if spool.storage == "memory" => {
            faults.push(
                "the spool works from memory: what the hub has not confirmed is lost with the process"
                    .to_owned(),
            );
        }
        Some(_) => {}
    }
    faults
}

/// Whether there are devices that ought to be scanned, and none is, not even in vain.
fn is_field_still(reports: &[DeviceReport], devices: &[DeviceFacts], stages_age: Duration) -> bool {
    let mut late = reports.iter().zip(devices).filter_map(|(report, facts)| {
        let limit = facts.scanned_within? + SCAN_SLACK;
        let silent = report.last_scan_ms_ago.map_or(stages_age, Duration::from_millis);
        Some(silent > limit)
    });
    // At least one is scanned by us, and all of those are late.
    late.next().is_some_and(|first| first && late.all(|late| late))
}

/// What a person should look at.
pub(super) fn warnings(report: &Report) -> Vec<String> {
    let mut warnings: Vec<String> = report.devices.iter().filter_map(device).collect();
    if report.uplink.connected && report.uplink.place > 0 {
        warnings
            .push(format!("the hub is reached at {}, which is not the preferred address", report.uplink.hub));
    }
    if !report.uplink.connected {
        warnings.push(format!("no connection to the hub {}: records wait in the spool", report.uplink.hubs));
    }
    warnings.extend(machine(report));
    for annunciator in report.annunciators.iter().filter(|annunciator| !annunciator.well) {
        let why = annunciator.failure.as_deref().unwrap_or("no answer");
        warnings.push(format!("annunciator {} does not work: {why}", annunciator.id));
    }
    if let Some(reload) = report.config.last_reload.as_ref().filter(|reload| !reload.taken) {
        warnings
            .push(format!("the last reload was refused, the older configuration works on: {}", reload.text));
    }
    warnings
}

fn device(device: &DeviceReport) -> Option<String> {
    if device.link == "online" {
        return None;
    }
    let why = device.failure.as_ref().map_or(String::new(), |failure| format!(": {failure}"));
    Some(match device.link.as_str() {
        "unknown" => format!("{} has not been heard yet{why}", device.id),
        link => format!("{} is {link}{why}", device.id),
    })
}

fn machine(report: &Report) -> Vec<String> {
    let health = &report.health;
    let mut warnings = Vec::new();
    if let Some(percent) = health.disk_free_percent.filter(|percent| *percent < DISK_FREE_PERCENT_MIN) {
        warnings.push(format!("only {percent} % of the spool's disk is free"));
    }
    if let Some(celsius) = health.temperature_c.filter(|celsius| *celsius > TEMPERATURE_C_MAX) {
        warnings.push(format!("the machine is hot: {celsius} °C"));
    }
    if report.clock == "unset" {
        warnings.push("the clock of the machine was never set".to_owned());
    }
    match report.clock_health.as_str() {
        "off" | "far_off" => warnings.push("the clock of the machine and that of the hub differ".to_owned()),
        "stepped" => warnings.push("the clock of the machine was set while it ran".to_owned()),
        _ => {}
    }
    let days = health
        .certificate_not_after_s
        .map(|end_s| (end_s - report.wall_ms.div_euclid(1_000)).div_euclid(86_400));
    match days {
        Some(days) if days < 0 => {
            warnings.push("the certificate has expired: the hub refuses this edge".to_owned())
        }
        Some(days) if days < CERTIFICATE_DAYS_MIN => {
            warnings.push(format!("the certificate ends in {days} days; issue another one"));
        }
        _ => {}
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::report::{AnnunciatorReport, HealthReport, ReloadReport, SpoolReport, UplinkReport};

    fn sound() -> Report {
        Report {
            clock: "free".to_owned(),
            devices: vec![online("door-1"), online("door-2")],
            spool: Some(SpoolReport { storage: "durable".to_owned(), ..SpoolReport::default() }),
            uplink: UplinkReport { connected: true, ..UplinkReport::default() },
            ..Report::default()
        }
    }

    fn online(id: &str) -> DeviceReport {
        DeviceReport {
            id: id.into(),
            link: "online".into(),
            last_scan_ms_ago: Some(10),
            ..DeviceReport::default()
        }
    }

    fn facts(polled: bool) -> DeviceFacts {
        let scanned_within = polled.then_some(Duration::from_secs(1));
        DeviceFacts { profile: "p".into(), address: "a".into(), scanned_within }
    }

    fn judged(report: &Report, stages_age_s: u64) -> Vec<String> {
        faults(report, true, &[facts(true), facts(true)], Duration::from_secs(stages_age_s))
    }

    #[test]
    fn a_sound_edge_has_nothing_to_say() {
        assert!(judged(&sound(), 1_000).is_empty() && warnings(&sound()).is_empty());
    }

    #[test]
    fn stages_that_do_not_answer_are_faults() {
        assert_eq!(faults(&sound(), false, &[], Duration::ZERO).len(), 1);
        assert_eq!(judged(&Report { spool: None, ..sound() }, 0).len(), 1);
        let spool = SpoolReport { storage: "memory".to_owned(), ..SpoolReport::default() };
        assert!(judged(&Report { spool: Some(spool), ..sound() }, 0)[0].contains("memory"));
    }

    #[test]
    fn a_field_stands_still_once_nobody_is_scanned_that_ought_to_be() {
        let mut report = sound();
        report.devices[0].last_scan_ms_ago = Some(61_001);
        assert!(judged(&report, 1_000).is_empty(), "the other one is scanned");
        report.devices[1].last_scan_ms_ago = None;
        assert!(judged(&report, 61).is_empty(), "it may still come");
        assert_eq!(judged(&report, 62).len(), 1);
        let senders = [facts(false), facts(false)];
        assert!(faults(&report, true, &senders, Duration::from_secs(1_000)).is_empty());
    }

    #[test]
    fn whatever_a_person_should_look_at_is_said_in_a_line() {
        let mut report = sound();
        report.devices[0] =
            DeviceReport { link: "lost".into(), failure: Some("cannot connect".into()), ..online("door-1") };
        report.uplink.connected = false;
        report.clock = "unset".to_owned();
        report.health = HealthReport {
            disk_free_percent: Some(9),
            temperature_c: Some(80.5),
            certificate_not_after_s: Some(86_400 * 3),
            ..HealthReport::default()
        };
        report.annunciators.push(AnnunciatorReport { id: "horn".into(), ..AnnunciatorReport::default() });
        report.config.last_reload =
            Some(ReloadReport { text: "no such profile".into(), ..ReloadReport::default() });
        let warnings = warnings(&report);
        assert_eq!(warnings.len(), 8, "{warnings:#?}");
        assert_eq!(warnings[0], "door-1 is lost: cannot connect");
        assert!(warnings.iter().any(|line| line.contains("3 days")));
    }
}
