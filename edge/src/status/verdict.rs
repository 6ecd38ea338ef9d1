//! What of a report is a fault, and what a person should look at. Pure. The limits here colour a page for the technician in
//! the room; what becomes an incident is decided by the hub's rules.

use std::fmt;
use std::time::Duration;

use super::board::DeviceFacts;
use super::report::{DeviceReport, Report, SenderReport, SpoolReport, UplinkReport};
use crate::spool::{Loss, LossKind};
use crate::terminal::{days_left, span};

/// Time enough for a technician to bring a card.
const DISK_FREE_PERCENT_MIN: u8 = 10;
/// Most machines without a fan slow down from here on.
const TEMPERATURE_C_MAX: f64 = 80.0;
/// Time enough to issue another one by post.
const CERTIFICATE_DAYS_MIN: i64 = 30;
/// A device that is out of reach is tried at least this often: the longest time-out and back-off, twice.
const SCAN_SLACK: Duration = Duration::from_secs(60);

/// Time enough to look after the way to the hub.
const SPOOL_PERCENT_MAX: u64 = 80;
/// A screenful; the hub shows them all.
const MARKED_MAX: usize = 20;

/// What keeps the edge from its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    WatchSilent,
    FieldStill,
    SpoolSilent,
    SpoolInMemory,
}

impl Fault {
    /// Whether a stage does not turn any more, so that a new start may help. A spool that works from memory turns, and would
    /// lose with the process what it holds.
    pub(super) fn stands_still(self) -> bool {
        match self {
            Fault::WatchSilent | Fault::FieldStill | Fault::SpoolSilent => true,
            Fault::SpoolInMemory => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::WatchSilent => "the watch does not answer: nothing is detected",
            Fault::FieldStill => "no device is scanned any more: the field stands still",
            Fault::SpoolSilent => "the spool does not answer: nothing is kept",
            Fault::SpoolInMemory => {
                "the spool works from memory, because spool.path could not be opened or failed twice: what the hub has not \
                 confirmed is lost with the process. Free the disk, or give the edge's user the right to write there; the edge \
                 then goes back to it by itself, without a restart"
            }
        })
    }
}

pub(super) fn faults(
    report: &Report,
    watch_answers: bool,
    devices: &[DeviceFacts],
    stages_age: Duration,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !watch_answers {
        faults.push(Fault::WatchSilent);
    } else if is_field_still(&report.devices, devices, stages_age) {
        faults.push(Fault::FieldStill);
    }
    match &report.spool {
        None => faults.push(Fault::SpoolSilent),
        Some(spool) if spool.storage == "memory" => faults.push(Fault::SpoolInMemory),
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
    warnings.extend(marked(&report.devices));
    let senders = report.listeners.iter().flat_map(|listener| &listener.senders);
    warnings.extend(senders.filter_map(unreadable));
    if report.uplink.connected && report.uplink.place > 0 {
        warnings
            .push(format!("the hub is reached at {}, which is not the preferred address", report.uplink.hub));
    }
    if !report.uplink.connected {
        warnings.push(no_hub(&report.uplink));
    }
    warnings.extend(
        report.spool.as_ref().and_then(|spool| spool.loss.as_ref()).map(|lost| loss(lost, report.wall_ms)),
    );
    warnings.extend(report.spool.iter().flat_map(|spool| room(spool, report)));
    warnings.extend(machine(report));
    for annunciator in report.annunciators.iter().filter(|annunciator| !annunciator.well) {
        let why = annunciator.failure.as_deref().unwrap_or("no answer");
        warnings.push(format!("annunciator {} does not work: {why}", annunciator.id));
    }
    if let Some(reload) = report.config.last_reload.as_ref().filter(|reload| !reload.taken) {
        warnings.push(format!(
            "the last reload was refused, the older configuration works on (`strongroom-edge check --config {}` says when it \
             is sound): {}",
            report.config.file, reload.text
        ));
    }
    warnings
}

fn loss(loss: &Loss, now_ms: i64) -> String {
    let what = match loss.kind {
        LossKind::Damaged => "the spool was damaged",
        LossKind::Missing => "the spool's file was gone",
        LossKind::RolledBack => "an old image of the spool came back",
    };
    let ago = span(now_ms.saturating_sub(loss.wall_ms).max(0).unsigned_abs());
    let lost = format!("{what} {ago} ago: records that the hub had not confirmed by then are lost");
    match &loss.file {
        Some(file) => {
            format!("{lost}; the damaged file is {}, take it away once it is dealt with", file.display())
        }
        None => format!("{lost}; this is said for seven days"),
    }
}

fn no_hub(uplink: &UplinkReport) -> String {
    let since = uplink.down_ms.map_or(String::new(), |ms| format!(" for {}", span(ms)));
    let head = format!("no connection to the hub {}{since}, records wait in the spool", uplink.hubs);
    uplink.failures.iter().fold(head, |text, (hub, why)| format!("{text}; {hub}: {why}"))
}

fn device(device: &DeviceReport) -> Option<String> {
    if device.link == "online" {
        return None;
    }
    let link = device.link.as_str();
    let why = device.failure.as_ref().map_or(String::new(), |failure| {
        // What the link says already is not said twice.
        format!(": {}", failure.strip_prefix(&format!("the device is {link}: ")).unwrap_or(failure))
    });
    Some(match link {
        "unknown" => format!("{} has not been heard yet{why}", device.id),
        link => format!("{} is {link}{why}", device.id),
    })
}

/// Points beyond a limit, too fast or stuck, up to a screenful.
fn marked(devices: &[DeviceReport]) -> Vec<String> {
    let all = devices.iter().flat_map(|device| device.marked.iter().map(move |point| (&device.id, point)));
    let mut lines: Vec<String> = all.map(|(device, point)| format!("{device}: {point}")).collect();
    if let Some(more) = lines.len().checked_sub(MARKED_MAX).filter(|more| *more > 0) {
        lines.truncate(MARKED_MAX);
        lines.push(format!("{more} more points are marked"));
    }
    lines
}

fn unreadable(sender: &SenderReport) -> Option<String> {
    let SenderReport { id, rejected, rejecting, .. } = sender;
    let why = rejecting.as_ref()?;
    Some(format!(
        "{id}: its last message could not be read: {why} ({rejected} in all); the log has it in full"
    ))
}

/// What the spool gave up, and what it is about to.
fn room(spool: &SpoolReport, report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, lane) in [("urgent", &spool.urgent), ("routine", &spool.routine)] {
        if lane.given_up > 0 {
            let ago = |ms: i64| span(report.wall_ms.saturating_sub(ms).max(0).unsigned_abs());
            lines.push(format!(
                "{} {name} records that the hub lacks were given up: they were {} to {} old; the hub is told which",
                lane.given_up,
                ago(lane.given_up_until_ms),
                ago(lane.given_up_from_ms)
            ));
        }
        // Routine may not take the quarter that is the urgent lane's own.
        let max = if name == "routine" { spool.bytes_max - spool.bytes_max / 4 } else { spool.bytes_max };
        let percent = lane.unconfirmed_bytes.saturating_mul(100) / max.max(1);
        if percent >= SPOOL_PERCENT_MAX {
            let left = max.saturating_sub(lane.unconfirmed_bytes);
            let left_ms =
                u128::from(lane.oldest_ms) * u128::from(left) / u128::from(lane.unconfirmed_bytes.max(1));
            let left = span(u64::try_from(left_ms).unwrap_or(u64::MAX));
            lines.push(format!(
                "{name} records that the hub lacks fill {percent} % of their room: in about {left} the oldest are given up"
            ));
        }
    }
    lines
}

/// The present time, by the hub's clock if it has said it.
pub(super) fn now_s(report: &Report) -> i64 {
    report.wall_ms.saturating_sub(report.clock_ahead_ms.unwrap_or(0)).div_euclid(1_000)
}

/// How far the clock stands from the hub's.
pub(super) fn against_hub(ahead_ms: i64) -> String {
    let side = if ahead_ms < 0 { "behind" } else { "ahead of" };
    format!("{} {side} the hub's", span(ahead_ms.unsigned_abs()))
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
        "off" | "far_off" => warnings.push(match report.clock_ahead_ms {
            Some(ahead_ms) => {
                format!("the clock of this machine is wrong: {}; set it", against_hub(ahead_ms))
            }
            None => "the clock of the machine and that of the hub differ".to_owned(),
        }),
        "stepped" => warnings.push("the clock of the machine was set while it ran".to_owned()),
        _ => {}
    }
    let days = health.certificate_not_after_s.map(|end_s| days_left(end_s, now_s(report)));
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
    use crate::status::report::{AnnunciatorReport, HealthReport, LaneReport, ListenerReport, ReloadReport};

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

    fn judged(report: &Report, stages_age_s: u64) -> Vec<Fault> {
        faults(report, true, &[facts(true), facts(true)], Duration::from_secs(stages_age_s))
    }

    #[test]
    fn a_sound_edge_has_nothing_to_say() {
        assert!(judged(&sound(), 1_000).is_empty() && warnings(&sound()).is_empty());
    }

    #[test]
    fn stages_that_do_not_answer_are_faults() {
        assert_eq!(faults(&sound(), false, &[], Duration::ZERO), [Fault::WatchSilent]);
        assert_eq!(judged(&Report { spool: None, ..sound() }, 0), [Fault::SpoolSilent]);
        let spool = SpoolReport { storage: "memory".to_owned(), ..SpoolReport::default() };
        assert_eq!(judged(&Report { spool: Some(spool), ..sound() }, 0), [Fault::SpoolInMemory]);
    }

    #[test]
    fn a_field_stands_still_once_nobody_is_scanned_that_ought_to_be() {
        let mut report = sound();
        report.devices[0].last_scan_ms_ago = Some(61_001);
        assert!(judged(&report, 1_000).is_empty(), "the other one is scanned");
        report.devices[1].last_scan_ms_ago = None;
        assert!(judged(&report, 61).is_empty(), "it may still come");
        assert_eq!(judged(&report, 62), [Fault::FieldStill]);
        let senders = [facts(false), facts(false)];
        assert!(faults(&report, true, &senders, Duration::from_secs(1_000)).is_empty());
    }

    #[test]
    fn only_a_stage_that_stands_still_calls_for_a_new_start() {
        let stand_still = [Fault::WatchSilent, Fault::FieldStill, Fault::SpoolSilent];
        assert!(stand_still.into_iter().all(Fault::stands_still) && !Fault::SpoolInMemory.stands_still());
    }

    #[test]
    fn a_loss_is_something_to_look_at() {
        let said = |kind, file| {
            let loss = Some(Loss { kind, wall_ms: 5_000, file });
            let spool = SpoolReport { loss, ..sound().spool.unwrap() };
            warnings(&Report { spool: Some(spool), wall_ms: 185_000, ..sound() }).remove(0)
        };
        let damaged = said(LossKind::Damaged, Some("/var/s.damaged-1".into()));
        assert!(damaged.starts_with("the spool was damaged 3 min ago"), "{damaged}");
        assert!(damaged.contains("are lost; the damaged file is /var/s.damaged-1"), "{damaged}");
        assert!(said(LossKind::Missing, None).contains("file was gone"));
    }

    #[test]
    fn every_address_that_leads_to_no_hub_says_why() {
        let mut report = sound();
        let failures = [("a:1", "revoked; issue a new one"), ("b:2", "no TCP connection")];
        let failures = failures.map(|(hub, why)| (hub.to_owned(), why.to_owned())).into();
        let hubs = "a:1, b:2".to_owned();
        report.uplink = UplinkReport { hubs, failures, down_ms: Some(185_000), ..UplinkReport::default() };
        assert_eq!(
            warnings(&report),
            [
                "no connection to the hub a:1, b:2 for 3 min, records wait in the spool; a:1: revoked; issue a new one; \
              b:2: no TCP connection"
            ]
        );
    }

    #[test]
    fn what_is_marked_unreadable_full_or_given_up_is_said_with_its_place() {
        let mut report = sound();
        report.wall_ms = 7_200_000;
        report.devices[0] = DeviceReport {
            link: "frozen".into(),
            failure: Some("the device is frozen: its heartbeat has stood still for 9 ms".into()),
            ..online("panel-1")
        };
        report.devices[1].marked = vec!["temperature is 60 °C: high_high".into(); MARKED_MAX + 2];
        let senders = vec![
            SenderReport {
                id: "tag-1".into(),
                rejected: 3,
                rejecting: Some("json".into()),
                ..SenderReport::default()
            },
            SenderReport { id: "tag-2".into(), rejected: 3, ..SenderReport::default() },
        ];
        report.listeners = vec![ListenerReport { senders, ..ListenerReport::default() }];
        let urgent = LaneReport {
            given_up: 2_208,
            given_up_from_ms: 0,
            given_up_until_ms: 3_600_000,
            ..LaneReport::default()
        };
        let routine = LaneReport { unconfirmed_bytes: 60, oldest_ms: 600_000, ..LaneReport::default() };
        let storage = "durable".to_owned();
        report.spool =
            Some(SpoolReport { storage, urgent, routine, bytes_max: 100, ..SpoolReport::default() });
        let warnings = warnings(&report);
        assert_eq!(warnings[0], "panel-1 is frozen: its heartbeat has stood still for 9 ms");
        assert_eq!(warnings[1], "door-2: temperature is 60 °C: high_high");
        assert_eq!(warnings[1 + MARKED_MAX], "2 more points are marked");
        assert_eq!(
            warnings[2 + MARKED_MAX..],
            [
                "tag-1: its last message could not be read: json (3 in all); the log has it in full",
                "2208 urgent records that the hub lacks were given up: they were 60 min to 2 h old; the hub is told which",
                "routine records that the hub lacks fill 80 % of their room: in about 2 min the oldest are given up",
            ]
        );
    }

    #[test]
    fn a_wrong_clock_ends_no_certificate() {
        const DAY_MS: i64 = 86_400_000;
        let mut report = sound();
        report.wall_ms = 1_000 * DAY_MS;
        report.health.certificate_not_after_s = Some(700 * 86_400);
        assert_eq!(warnings(&report), ["the certificate has expired: the hub refuses this edge"]);
        report.clock_health = "far_off".to_owned();
        report.clock_ahead_ms = Some(600 * DAY_MS);
        assert_eq!(
            warnings(&report),
            ["the clock of this machine is wrong: 600 d ahead of the hub's; set it"]
        );
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
