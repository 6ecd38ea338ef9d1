//! Parts, edges, incidents and events as the tests need them: plain data, no store.

use strongroom_hub::incident::{
    ArrivalMark, Condition, Evidence, EvidenceOf, Incident, IncidentId, Origin, Severity, Step, StepKind,
};
use strongroom_hub::journal::{Append, Body, Entry, NotCounted, Position};
use strongroom_hub::situation::edge::BootClock;
use strongroom_hub::situation::memory::RuleMemory;
use strongroom_hub::situation::{
    Arming, DeviceRow, EdgeState, Layout, LivenessView, Lost, PartState, PointRow, PointState, SavedPart,
    UnprovedSince,
};
use wire::envelope::EnvelopeBuilder;
use wire::heartbeat::{Health, LaneDepth, Storage};
use wire::{
    BootId, ClockState, DeviceEntry, Digest, EdgeId, Epoch, GapReason, Header, Heartbeat, Kind, Lane, Marks,
    Observation, PointEntry, PointId, PointNo, PointTable, Quality, Record, Seq, Value,
};

/// 2026-11-22T10:00:00Z.
pub(crate) const BEGIN_MS: i64 = 1_795_341_600_000;

/// Device, point, kind, and the reading if there ever was one.
type Row = (&'static str, &'static str, Kind, Option<(Value, Quality)>);

fn rows() -> Vec<Row> {
    let state = |kind: Kind, name| Some((Value::Integer(kind.state(name).unwrap()), Quality::Good));
    vec![
        ("door-1", "contact", Kind::DoorContact, state(Kind::DoorContact, "open")),
        ("door-1", "link", Kind::DeviceLink, state(Kind::DeviceLink, "online")),
        ("door-1", "tamper", Kind::DoorTamper, None),
        ("door-1", "supply", Kind::DoorSupply, Some((Value::Number(12.5), Quality::CommFailure))),
        ("panel-1", "arming", Kind::PartArming, state(Kind::PartArming, "set")),
    ]
}

pub(crate) fn part(order: u32, id: &str, name: &str) -> SavedPart {
    let mut layout = Layout::default();
    let mut state =
        PartState { points: Vec::new(), arming: Some(Arming { state: 3, quality: Quality::Good }) };
    for (device, point, kind, reading) in rows() {
        let device = device.parse().unwrap();
        let place = layout.devices.iter().position(|row: &DeviceRow| row.device == device);
        let place = place.unwrap_or_else(|| {
            let edge = format!("edge-{id}").parse().unwrap();
            layout.devices.push(DeviceRow { edge, device, profile: "a-profile".to_owned() });
            layout.devices.len() - 1
        });
        layout.points.push(PointRow {
            device: place.try_into().unwrap(),
            point: point.parse().unwrap(),
            kind: kind.name().to_owned(),
            retired: false,
        });
        state.points.push(reading.map(|(value, quality)| PointState {
            value: Some(value),
            quality,
            event_ms: BEGIN_MS + 1_000,
            position: Position::FIRST,
            marks: Marks::NONE,
            ahead: None,
        }));
    }
    SavedPart {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        order,
        layout: Some(layout),
        state,
        memory: RuleMemory::default(),
        arming_changed: false,
    }
}

/// The boot of each edge began at `BEGIN_MS`.
pub(crate) fn edge(edge: &str, part: &str, liveness: LivenessView) -> EdgeState {
    EdgeState {
        attachment: strongroom_hub::situation::Attachment::Detached,
        edge: edge.parse().unwrap(),
        part: part.parse().unwrap(),
        liveness,
        since_ms: BEGIN_MS,
        boots: vec![BootClock { boot: BootId([1; 16]), offset_ms: BEGIN_MS }],
        registered: true,
        proved: None,
        unproved: None,
        lost: Vec::new(),
    }
}

/// An edge that dropped records, lost one that nobody explains, and signs with a certificate that the hub does not know.
pub(crate) fn edge_with_gaps(id: &str, part: &str) -> EdgeState {
    let lost = |lane, first, next, reason, from_ms| Lost {
        epoch: Epoch([2; 16]),
        lane,
        first: Seq(first),
        next: Some(Seq(next)),
        reason,
        from_ms,
        until_ms: BEGIN_MS + 40 * 60_000,
        with_epoch: None,
    };
    EdgeState {
        unproved: Some(UnprovedSince { since_ms: BEGIN_MS, why: NotCounted::UnknownSignatory }),
        lost: vec![
            lost(Lane::Routine, 6, 1_210, Some(GapReason::SpoolFull), Some(BEGIN_MS)),
            lost(Lane::Urgent, 3, 4, None, None),
        ],
        ..edge(id, part, LivenessView::Live)
    }
}

pub(crate) fn heartbeat(edge: &str) -> Heartbeat {
    let lane = |unconfirmed, oldest_ms| LaneDepth { next: Seq(9), unconfirmed, oldest_ms };
    Heartbeat {
        edge: edge.parse().unwrap(),
        boot: BootId([1; 16]),
        mono_ms: 5,
        wall_ms: BEGIN_MS - 1_500,
        clock: ClockState::Free,
        epoch: Epoch([2; 16]),
        lanes: [lane(0, 0), lane(7, 900)],
        storage: Storage::Durable,
        software: "strongroom-edge test".into(),
        config_hash: 255,
        health: Some(Health { temperature_tenths: Some(415), hub: Some(1), ..Health::default() }),
    }
}

pub(crate) fn tables(part: &str) -> (EdgeId, PointTable) {
    let mut devices: Vec<DeviceEntry> = Vec::new();
    let mut points = Vec::new();
    for (device, point, kind, _) in rows() {
        let device = device.parse().unwrap();
        if devices.iter().all(|entry| entry.device != device) {
            devices.push(DeviceEntry { device, profile: "a-profile".into() });
        }
        let device = u16::try_from(devices.len() - 1).unwrap();
        points.push(PointEntry { device, point: point.parse().unwrap(), kind: kind.name().into() });
    }
    (format!("edge-{part}").parse().unwrap(), PointTable::new(devices, points).unwrap())
}

pub(crate) fn point(part: &str) -> PointId {
    format!("edge-{part}:door-1:contact").parse().unwrap()
}

/// An entry of the journal with one change of the door's contact, `after_ms` after the boot of the edge.
pub(crate) fn contact_event(part: &str, after_ms: u64, state: &str) -> Append {
    marked_contact_event(part, after_ms, state, Marks::NONE)
}

pub(crate) fn marked_contact_event(part: &str, after_ms: u64, state: &str, marks: Marks) -> Append {
    let (edge, table) = tables(part);
    let header = Header {
        edge,
        lane: Lane::Urgent,
        epoch: Epoch([7; 16]),
        first: Seq(after_ms),
        previous: Digest::of(b"the one before"),
        boot: BootId([1; 16]),
        mono_ms: after_ms,
        wall_ms: 0,
        clock: ClockState::Unset,
        table: table.version(),
        watermark: Seq::FIRST,
    };
    let value = Some(Value::Integer(Kind::DoorContact.state(state).unwrap()));
    let mut envelope = EnvelopeBuilder::new(header);
    let observation = Observation { point: PointNo(0), value, quality: Quality::Good, offset_ms: 0, marks };
    envelope.push(Record::Event(observation)).unwrap();
    let mut append = Append::default();
    let hub_ms = BEGIN_MS + i64::try_from(after_ms).unwrap() + 5;
    append.push(Entry { hub_ms, body: Body::Envelope(envelope.seal().unwrap().bytes.into()) });
    append
}

pub(crate) fn incident(number: u8, part: &str, severity: Severity) -> Incident {
    let at_ms = BEGIN_MS + i64::from(number) * 1_000;
    let position: Position = format!("0-{number}").parse().unwrap();
    let (edge, epoch) = (format!("edge-{part}").parse().unwrap(), Epoch([7; 16]));
    Incident {
        id: IncidentId([number; 16]),
        rule: "R-01".to_owned(),
        title: "Door forced".to_owned(),
        text: "door-1 opened and nobody was let in".to_owned(),
        part: part.parse().unwrap(),
        subject: "door-1".to_owned(),
        severity,
        condition: Condition::Active,
        acknowledged: None,
        latched: true,
        closed: None,
        began_ms: at_ms,
        opened_ms: at_ms + 20,
        opened_at: position,
        occurrences: 1,
        evidence: vec![Evidence {
            origin: Origin::Record { edge, epoch, lane: Lane::Urgent, seq: Seq(u64::from(number)) },
            position,
            event_ms: at_ms,
            hub_ms: at_ms + 10,
            what: EvidenceOf::Point { point: point(part), value: Some(Value::Integer(1)) },
        }],
        evidence_omitted: 0,
        timeline: vec![Step { at_ms: at_ms + 20, position, what: StepKind::Opened(severity) }],
        timeline_omitted: 0,
        arrival: ArrivalMark::Live,
        clauses: vec!["EN 50131-1 8.3".to_owned()],
        provisional: false,
    }
}
