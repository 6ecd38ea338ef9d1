//! A report as people read it on a terminal. Pure.

use std::collections::BTreeMap;

use super::report::{LaneReport, ListenerReport, Report};
use super::verdict::{against_hub, now_s};
use crate::terminal::{aligned, days_left, size, span};

/// The first line says whether all is well; what to look at follows at once.
pub fn text(report: &Report) -> String {
    let mut text = if report.well {
        format!("{}: all is well\n", report.edge)
    } else {
        format!("{}: NOT WELL\n", report.edge)
    };
    for fault in &report.faults {
        text.push_str(&format!("  fault: {fault}\n"));
    }
    for warning in &report.warnings {
        text.push_str(&format!("  look at: {warning}\n"));
    }
    text.push('\n');
    text.push_str(&devices(report));
    text.push('\n');
    if !report.listeners.is_empty() {
        text.push_str(&senders(&report.listeners));
        text.push('\n');
    }
    text.push_str(&aligned(&facts(report)));
    text
}

/// The report for programs.
pub fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report has only text for keys") + "\n"
}

fn devices(report: &Report) -> String {
    let mut rows =
        vec![["DEVICE", "LINK", "LAST VALUE", "SCANS", "FAILED", "PROFILE", "ADDRESS"].map(str::to_owned)];
    for device in &report.devices {
        rows.push([
            device.id.clone(),
            device.link.clone(),
            device.last_good_ms_ago.map_or("never".to_owned(), |ms| format!("{} ago", span(ms))),
            device.scans_good.to_string(),
            device.scans_failed.to_string(),
            device.profile.clone(),
            device.address.clone(),
        ]);
    }
    aligned(&rows)
}

/// The devices that speak by themselves, whether or not what they say can be read.
fn senders(listeners: &[ListenerReport]) -> String {
    let mut rows =
        vec![["SENDER", "LISTENER", "CONNECTED", "LAST MESSAGE", "MESSAGES", "SLOWED"].map(str::to_owned)];
    for listener in listeners {
        for sender in &listener.senders {
            rows.push([
                sender.id.clone(),
                listener.name.clone(),
                if sender.connected { "yes" } else { "no" }.to_owned(),
                sender.last_message_ms_ago.map_or("never".to_owned(), |ms| format!("{} ago", span(ms))),
                sender.messages.to_string(),
                sender.throttled.to_string(),
            ]);
        }
    }
    aligned(&rows)
}

fn listener(listener: &ListenerReport) -> String {
    let counts = |what: &str, counts: &BTreeMap<String, u64>| match counts.is_empty() {
        true => String::new(),
        false => {
            let counts: Vec<String> =
                counts.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
            format!("; {what}: {}", counts.join(", "))
        }
    };
    format!(
        "{}, {} of {} devices connected, {} messages{}{}",
        listener.address,
        listener.sessions,
        listener.senders.len(),
        listener.messages,
        counts("refused", &listener.refused),
        counts("not readable", &listener.rejected),
    )
}

fn facts(report: &Report) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    let uplink = &report.uplink;
    let trip = uplink
        .confirm_p95_ms
        .filter(|_| uplink.connected)
        .map_or(String::new(), |ms| format!(", confirms within {ms} ms"));
    let connected = if uplink.connected { "connected" } else { "NOT connected" };
    let share = format!("{}.{} % of the day", uplink.connected_permille / 10, uplink.connected_permille % 10);
    row(
        "hub",
        format!(
            "{} {connected}{trip}; {share}, {} connections broke or failed",
            uplink.hub, uplink.reconnects
        ),
    );
    for from in &report.listeners {
        row(&format!("listener {}", from.name), listener(from));
    }
    match &report.spool {
        None => row("spool", "does not answer".to_owned()),
        Some(spool) => {
            let room = format!("{} of {} used", size(spool.bytes), size(spool.bytes_max));
            row("spool", format!("{}, {room}, epoch {}", spool.storage, spool.epoch));
            row("urgent", lane(&spool.urgent));
            row("routine", lane(&spool.routine));
        }
    }
    let health = &report.health;
    if let Some((percent, bytes)) = health.disk_free_percent.zip(health.disk_free_bytes) {
        row("disk", format!("{percent} % free ({})", size(bytes)));
    }
    let temperature = health.temperature_c.map_or("no sensor".to_owned(), |celsius| format!("{celsius} °C"));
    row("temperature", temperature);
    if let Some(bytes) = health.memory_bytes {
        let files = health.open_files.map_or(String::new(), |files| format!(", {files} files open"));
        row("memory", format!("{}{files}", size(bytes)));
    }
    if let Some(end_s) = health.certificate_not_after_s {
        let days = days_left(end_s, now_s(report));
        let ends = if days < 0 { "has expired".to_owned() } else { format!("ends in {days} days") };
        row("certificate", ends);
    }
    let ahead =
        report.clock_ahead_ms.map_or(String::new(), |ahead_ms| format!(", {}", against_hub(ahead_ms)));
    row("clock", format!("{}, against the hub's: {}{ahead}", report.clock, report.clock_health));
    for annunciator in &report.annunciators {
        let coils = annunciator.coils.iter().map(|coil| {
            let doubt = if coil.wanted == coil.confirmed { "" } else { " (not confirmed)" };
            format!("{} {}{doubt}", coil.name, coil.wanted)
        });
        row(&annunciator.id, coils.collect::<Vec<_>>().join(", "));
    }
    let config = &report.config;
    row("config", format!("{} ({})", config.file, config.hash));
    if let Some(reload) = &config.last_reload {
        let outcome = if reload.taken { "taken" } else { "refused" };
        let ago = span(report.wall_ms.saturating_sub(reload.wall_ms).max(0).unsigned_abs());
        let more = match reload.text.lines().count().saturating_sub(1) {
            0 => String::new(),
            more => format!(" (and {more} more lines above)"),
        };
        let first = reload.text.lines().next().unwrap_or_default();
        row("last reload", format!("{outcome} {ago} ago: {first}{more}"));
    }
    row("software", format!("{}, up {}", report.software, span(report.uptime_s.saturating_mul(1_000))));
    rows
}

fn lane(lane: &LaneReport) -> String {
    if lane.unconfirmed == 0 {
        return format!("nothing waits; next number {}", lane.next);
    }
    format!(
        "{} records wait, the oldest for {}; next number {}",
        lane.unconfirmed,
        span(lane.oldest_ms),
        lane.next
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::report::{AnnunciatorReport, CoilReport, DeviceReport, SenderReport, SpoolReport};

    #[test]
    fn the_first_line_says_whether_all_is_well() {
        let well = Report { well: true, edge: "doc-1".into(), ..Report::default() };
        assert!(text(&well).starts_with("doc-1: all is well\n"));
        let ill = Report { well: false, warnings: vec!["door-1 is lost".into()], ..well };
        assert!(text(&ill).starts_with("doc-1: NOT WELL\n  look at: door-1 is lost\n"), "{}", text(&ill));
    }

    #[test]
    fn everything_of_the_room_is_in_the_table() {
        let coil = |name: &str, confirmed: &str| CoilReport {
            name: name.into(),
            wanted: "on".into(),
            confirmed: confirmed.into(),
        };
        let report = Report {
            devices: vec![DeviceReport {
                id: "door-1".into(),
                last_good_ms_ago: Some(1_500),
                ..DeviceReport::default()
            }],
            spool: Some(SpoolReport {
                urgent: LaneReport { next: 5, unconfirmed: 2, oldest_ms: 121_000, ..LaneReport::default() },
                ..SpoolReport::default()
            }),
            annunciators: vec![AnnunciatorReport {
                id: "horn".into(),
                coils: vec![coil("siren", "on"), coil("lamp", "unknown")],
                ..AnnunciatorReport::default()
            }],
            listeners: vec![ListenerReport {
                name: "field".into(),
                address: "192.0.2.1:8883".into(),
                refused: BTreeMap::from([("login_wrong".to_owned(), 3)]),
                senders: vec![SenderReport { id: "window-7".into(), ..SenderReport::default() }],
                ..ListenerReport::default()
            }],
            ..Report::default()
        };
        let text = text(&report);
        for part in [
            "192.0.2.1:8883, 0 of 1 devices connected, 0 messages; refused: login_wrong 3\n",
            "window-7  field     no         never",
            "1 s ago",
            "2 records wait, the oldest for 2 min",
            "siren on, lamp on (not confirmed)",
            "no sensor",
        ] {
            assert!(text.contains(part), "`{part}` is not in\n{text}");
        }
    }
}
