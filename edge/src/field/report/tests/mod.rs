//! What becomes of reports, as traces: reports go in as JSON, samples come out as `time kind value (marks)`.

mod any_bytes;
mod document;
pub(crate) mod schema;
mod sequence;
mod time;

use serde_json::{Value as Json, json};
use wire::{BootId, ClockState, Kind, PointNo};

use super::*;

/// Every kind of a host agent, as its profile has them.
const KINDS: [Kind; 20] = [
    Kind::HostAgent,
    Kind::HostAgentTamper,
    Kind::HostPower,
    Kind::HostLogon,
    Kind::HostHardware,
    Kind::HostRadio,
    Kind::HostInterface,
    Kind::HostOutreachBlocked,
    Kind::HostOutreach,
    Kind::HostMedia,
    Kind::HostMediaCopy,
    Kind::HostImport,
    Kind::HostReverseFlow,
    Kind::HostPrint,
    Kind::HostBurn,
    Kind::HostAudioVideo,
    Kind::HostClock,
    Kind::HostScreenLocked,
    Kind::HostPatchAge,
    Kind::HostAntivirus,
];

const BOOT: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const EARLIER_BOOT: &str = "11111111-2222-3333-4444-555555555555";
/// The edge's and the host's wall clock agree, unless a test says otherwise.
const WALL_MS: i64 = 1_800_000_000_000;
/// The edge booted that long before the host.
const AHEAD_MS: u64 = 500_000;

fn reports() -> Reports {
    let points = Points::new(PointNo(100), KINDS);
    Reports::new(DeviceId::parse("desk-1").unwrap(), points)
}

/// The moment at which the host's monotonic clock shows `mono_ms`, as the edge has it.
fn at(mono_ms: u64) -> Stamp {
    let wall_ms = WALL_MS + mono_ms as i64;
    Stamp { boot: BootId([1; 16]), mono_ms: mono_ms + AHEAD_MS, wall_ms, clock: ClockState::Free }
}

/// A report that is sent in the moment in which it is made.
fn report(seq: u64, mono_ms: u64, events: Json) -> Json {
    let wall_ms = WALL_MS + mono_ms as i64;
    json!({
        "version": 1, "host": "desk-1", "boot": BOOT, "seq": seq,
        "at": { "mono_ms": mono_ms, "wall_ms": wall_ms },
        "sent": { "boot": BOOT, "mono_ms": mono_ms, "wall_ms": wall_ms },
        "agent": { "name": "test", "version": "1" },
        "events": events, "state": {},
    })
}

/// As `"1000 host.media insert usb"`, the time by the host's monotonic clock.
fn shown(taken: &Taken) -> Vec<String> {
    let mut lines = Vec::new();
    for (stamp, samples) in &taken.scans {
        for sample in samples {
            let kind = KINDS[usize::from(sample.point.0 - 100)];
            let value = sample.value.as_ref().unwrap();
            assert!(kind.value_type().accepts(value), "{kind} {value}");
            let ms = i128::from(stamp.mono_ms) - i128::from(AHEAD_MS);
            let mut line = format!("{ms} {kind} {}", kind.value_type().describe(value));
            if sample.quality != Quality::Good {
                line += &format!(" {}", sample.quality);
            }
            if !sample.marks.is_empty() {
                line += &format!(" ({})", sample.marks);
            }
            lines.push(line);
        }
    }
    lines
}

fn take(reports: &mut Reports, report: &Json, now: Stamp) -> Vec<String> {
    let taken = reports.take(TOPIC_SUFFIX, report.to_string().as_bytes(), now).unwrap();
    shown(&taken)
}

/// Only what happened, not how things stand.
fn happened(event: Json) -> Vec<String> {
    let mut reports = reports();
    let taken =
        reports.take(TOPIC_SUFFIX, report(1, 0, json!([event])).to_string().as_bytes(), at(0)).unwrap();
    let happened = |sample: &Sample| sample.novelty == crate::field::sample::Novelty::Happened;
    let scans = taken
        .scans
        .into_iter()
        .map(|(stamp, samples)| (stamp, samples.into_iter().filter(happened).collect()));
    let lines = shown(&Taken { scans: scans.collect(), bookmark: None });
    lines.into_iter().map(|line| line.trim_start_matches("0 host.").to_owned()).collect()
}

#[test]
fn every_event_becomes_what_rules_and_people_read() {
    let media = json!({ "bus": "usb", "vendor": "0951", "product": "1666", "serial": "60A44C", "registered": true, "level": "secret" });
    let with = |kind: &str, more: Json| {
        let mut event = more;
        event["kind"] = kind.into();
        happened(event)
    };
    assert_eq!(
        with("media_insert", media.clone()),
        ["media insert usb 0951:1666 serial=60A44C registered level=secret"]
    );
    assert_eq!(
        with("media_blocked", json!({ "bus": "usb", "registered": false })),
        ["media blocked usb unregistered"]
    );
    assert_eq!(
        with(
            "media_copy",
            json!({ "direction": "write", "media": media, "bytes": 10, "files": 2, "hashes": ["aabbccddeeff00112233"] })
        ),
        [
            "media_copy write",
            "media write usb 0951:1666 serial=60A44C registered level=secret files=2 bytes=10 sha256=aabbccddeeff0011"
        ]
    );
    let outreach = json!({ "interface": "eth0", "peer": "203.0.113.7:443", "protocol": "tcp" });
    assert_eq!(
        with("outreach_blocked", outreach.clone()),
        ["outreach_blocked to 203.0.113.7:443 protocol=tcp interface=eth0"]
    );
    assert_eq!(with("outreach", outreach), ["outreach to 203.0.113.7:443 protocol=tcp interface=eth0"]);
    let interface = json!({ "name": "eth1", "type": "ethernet", "address": "02:00:00:00:00:01", "up": true });
    assert_eq!(
        with("interface_new", interface.clone()),
        ["interface new eth1 type=ethernet address=02:00:00:00:00:01"]
    );
    assert_eq!(
        with("interface_up", interface),
        ["interface up eth1 type=ethernet address=02:00:00:00:00:01"]
    );
    assert_eq!(
        with("route_new", json!({ "interface": "eth1", "gateway": "192.0.2.1" })),
        ["interface route eth1 via=192.0.2.1"]
    );
    assert_eq!(with("radio_found", json!({ "radio": "wlan", "name": "wlan0" })), ["radio found wlan wlan0"]);
    assert_eq!(
        with("audio_video_found", json!({ "device": "camera", "name": "video0" })),
        ["audio_video found camera video0"]
    );
    assert_eq!(
        with("import", json!({ "session": "s1", "bytes": 9, "confirmed": true })),
        ["import import session=s1 bytes=9 confirmed"]
    );
    assert_eq!(with("reverse_flow", json!({ "bytes": 9 })), ["reverse_flow 9"]);
    let job = json!({ "job": "j-1", "copies": 3, "level": "top_secret" });
    assert_eq!(with("print", job.clone()), ["print print job=j-1 copies=3 level=top_secret"]);
    assert_eq!(with("burn", job), ["burn burn job=j-1 copies=3 level=top_secret"]);
    let logon = json!({ "user": "u17", "method": "console", "place": "tty1" });
    assert_eq!(with("logon", logon.clone()), ["logon logon user=u17 method=console place=tty1"]);
    assert_eq!(with("logon_failed", logon), ["logon failed user=u17 method=console place=tty1"]);
    assert_eq!(
        with("hardware_change", json!({ "change": "removed", "component": "disk", "id": "S3" })),
        ["hardware removed disk id=S3"]
    );
    assert_eq!(with("agent_stop", json!({})), ["agent lost"]);
    assert_eq!(with("agent_uninstall", json!({})), ["agent_tamper uninstall", "agent lost"]);
    assert_eq!(
        with("policy_tamper", json!({ "what": "media rules" })),
        ["agent_tamper policy what=media?rules"]
    );
    assert_eq!(with("clock_change", json!({ "seconds": -90 })), ["clock 90"]);
    assert_eq!(with("shutdown", json!({})), ["power no", "agent lost"]);
    assert_eq!(with("screen_locked", json!({})), ["screen_locked yes"]);
    assert_eq!(with("buffer_dropped", json!({ "reports": 3, "events": 0 })), ["agent online (missed)"]);
}

#[test]
fn how_things_stand_is_told_as_far_as_it_was_observed() {
    let mut reports = reports();
    let mut first = report(1, 1_000, json!([]));
    first["state"] = json!({ "screen_locked": false, "patch_age_days": 12, "antivirus": "outdated" });
    first["sent"]["wall_ms"] = (WALL_MS + 1_000 - 7_000).into();
    assert_eq!(
        take(&mut reports, &first, at(1_000)),
        [
            "1000 host.agent online",
            "1000 host.power yes",
            "1000 host.screen_locked no",
            "1000 host.patch_age 12",
            "1000 host.antivirus outdated",
            "1000 host.clock 7",
        ]
    );
    let quiet = take(&mut reports, &report(2, 2_000, json!([])), at(2_000));
    assert_eq!(quiet, ["2000 host.agent online", "2000 host.power yes", "2000 host.clock 0"]);
}

#[test]
fn what_was_there_before_anybody_looked_is_told_once() {
    let mut reports = reports();
    let state = json!({
        "radios": [{ "radio": "wlan", "name": "wlan0" }], "media": [{ "bus": "usb", "serial": "A" }],
        "sessions": [{ "user": "u17", "method": "console" }],
        "routes": [{ "interface": "eth0", "gateway": "192.0.2.1" }],
    });
    let told = |reports: &mut Reports, seq: u64, events: Json, state: &Json| {
        let mut report = report(seq, seq * 1_000, events);
        report["state"] = state.clone();
        let lines = take(reports, &report, at(seq * 1_000));
        let lines = lines.into_iter().filter(|line| line.contains("present") || line.contains("insert"));
        lines.map(|line| line.split_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&mut reports, 1, json!([]), &state),
        [
            "host.interface present-route eth0 via=192.0.2.1",
            "host.radio present wlan wlan0",
            "host.media present usb serial=A",
            "host.logon present user=u17 method=console",
        ]
    );
    assert!(told(&mut reports, 2, json!([]), &state).is_empty());
    let mut two = state.clone();
    two["media"] = json!([{ "bus": "usb", "serial": "A" }, { "bus": "usb", "serial": "B" }]);
    let insert = json!([{ "kind": "media_insert", "bus": "usb", "serial": "B" }]);
    assert_eq!(
        told(&mut reports, 3, insert, &two),
        ["host.media insert usb serial=B"],
        "told by its event alone"
    );
    let mut none = state.clone();
    none["media"] = json!([]);
    assert!(told(&mut reports, 4, json!([]), &none).is_empty());
    assert_eq!(told(&mut reports, 5, json!([]), &two).len(), 2, "what came back unseen is told again");
}

#[test]
fn what_nobody_lists_is_told_by_its_number() {
    let mut reports = reports();
    let mut seq = 0;
    let mut crowds = |state: Json| {
        seq += 1;
        let mut report = report(seq, seq * 1_000, json!([]));
        report["state"] = state;
        let lines = take(&mut reports, &report, at(seq * 1_000));
        let lines = lines.into_iter().filter(|line| line.contains("unlisted"));
        lines.map(|line| line.split_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let unlisted = json!({ "media": [], "unlisted": { "media": 12, "routes": 3 } });
    let told = ["host.interface unlisted-routes count=3", "host.media unlisted count=12"];
    assert_eq!(crowds(unlisted.clone()), told);
    assert!(crowds(unlisted).is_empty(), "told once");
    assert_eq!(crowds(json!({ "media": [], "unlisted": { "media": 13 } })), ["host.media unlisted count=13"]);
    // Nor does an agent that lists more than it may hide anything behind the limit.
    let media: Vec<Json> = (0..70).map(|n| json!({ "bus": "usb", "serial": n.to_string() })).collect();
    assert_eq!(crowds(json!({ "media": media })), ["host.media unlisted count=6"]);
    // Interfaces crowd out no route.
    let interfaces: Vec<Json> = (0..64).map(|n| json!({ "name": format!("d{n}") })).collect();
    let mut report = report(5, 9_000, json!([]));
    report["state"] = json!({ "interfaces": interfaces, "routes": [{ "interface": "wlan0" }] });
    assert!(
        take(&mut reports, &report, at(9_000))
            .contains(&"9000 host.interface present-route wlan0".to_owned())
    );
}

#[test]
fn a_host_that_calls_itself_otherwise_is_told() {
    let mut reports = reports();
    take(&mut reports, &report(1, 1_000, json!([])), at(1_000));
    let mut other = report(2, 2_000, json!([]));
    other["host"] = "desk-9".into();
    let lines = take(&mut reports, &other, at(2_000));
    assert_eq!(lines[0], "2000 host.hardware changed host was=desk-1 is=desk-9");
    other["seq"] = 3.into();
    assert!(!take(&mut reports, &other, at(2_001))[0].contains("hardware"));
}

#[test]
fn what_the_profile_does_not_have_is_left_out() {
    let mut reports = Reports::new(DeviceId::parse("desk-1").unwrap(), Points::new(PointNo(100), [KINDS[0]]));
    let report = report(1, 0, json!([{ "kind": "boot" }]));
    assert_eq!(take(&mut reports, &report, at(0)), ["0 host.agent online"]);
}

#[test]
fn refusals_have_reasons_and_change_nothing() {
    let mut reports = reports();
    let mut refused = |suffix: &str, payload: &[u8]| reports.take(suffix, payload, at(0)).unwrap_err().name();
    let sound = report(1, 0, json!([]));
    let bytes = |change: &dyn Fn(&mut Json)| {
        let mut report = sound.clone();
        change(&mut report);
        report.to_string().into_bytes()
    };
    assert_eq!(refused("state", &bytes(&|_| ())), "topic");
    assert_eq!(refused("report", &bytes(&|r| r["agent"]["name"] = "x".repeat(257).into())), "syntax");
    assert_eq!(refused("report", &[b' '; REPORT_BYTES_MAX + 1]), "too_large");
    assert_eq!(refused("report", &bytes(&|r| r["version"] = 2.into())), "version");
    assert_eq!(refused("report", br#"{"version":7,"all":"new"}"#), "version");
    assert_eq!(
        refused("report", &bytes(&|r| r["events"] = vec![0; EVENTS_MAX + 1].into())),
        "too_many_events"
    );
    assert_eq!(refused("report", &bytes(&|r| r["seq"] = u64::MAX.into())), "out_of_reach");
    assert_eq!(refused("report", &bytes(&|r| r["at"]["wall_ms"] = i64::MIN.into())), "out_of_reach");
    for garbage in ["", "{}", "[]", "null", "\u{0}", "{\"version\":1}", "{\"version\":NaN}", "1e400"] {
        assert_eq!(refused("report", garbage.as_bytes()), "syntax", "{garbage}");
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(refused("report", deep.as_bytes()), "syntax");
    let text = sound.to_string();
    for end in 0..text.len() {
        assert_eq!(refused("report", &text.as_bytes()[..end]), "syntax");
    }
    assert_eq!(reports.silent_from_ms(), None, "nothing was taken");
    assert!(!take(&mut reports, &sound, at(0)).is_empty());
    assert_eq!(reports.silent_from_ms(), Some(AHEAD_MS + SILENT_AFTER_MS));
}
