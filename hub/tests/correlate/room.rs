//! A room for traces: an edge with a panel, a door, a cabinet and a jammer, whose events become journal entries at once.

use std::collections::BTreeMap;

use bytes::Bytes;
use strongroom_hub::correlate::{World, pack};
use strongroom_hub::incident::{Answer, Incident, IncidentId};
use strongroom_hub::journal::{
    Action, Activated, Body, Command, Entry, Fork, ForkKind, Liveness, LivenessState, Missing, PartBinding,
    Position,
};
use strongroom_hub::situation::{Changes, EdgeState, PointState, Saved};
use wire::envelope::EnvelopeBuilder;
use wire::{
    BootId, ClockState, DeviceEntry, DeviceId, Digest, EdgeId, Epoch, Gap, Header, Kind, Lane, Marks,
    Observation, PartId, PersonId, PointEntry, PointName, PointNo, PointTable, Quality, Record, Seq, Stamp,
    Value, ValueType,
};

pub const EPOCH: Epoch = Epoch([3; 16]);
pub const BOOT: BootId = BootId([4; 16]);

/// Every point of the room: device, point, kind.
const POINTS: &[(&str, &str, &str)] = &[
    ("edge", "arming", "part.arming"),
    ("edge", "clock_health", "edge.clock_health"),
    ("edge", "storage", "edge.storage"),
    ("edge", "disk", "edge.disk"),
    ("panel-1", "tamper", "panel.tamper"),
    ("panel-1", "zone-1", "zone.state"),
    ("panel-1", "link", "device.link"),
    ("panel-1", "zone-2", "zone.state"),
    ("panel-1", "path-1", "panel.path_ok"),
    ("panel-1", "path-2", "panel.path_ok"),
    ("panel-1", "wrong", "panel.wrong_codes"),
    ("panel-1", "action", "panel.last_action"),
    ("panel-1", "maintenance", "panel.maintenance"),
    ("door-1", "contact", "door.contact"),
    ("door-1", "access", "door.access"),
    ("door-1", "rex", "door.rex"),
    ("door-1", "fire", "door.fire_release"),
    ("door-1", "mode", "door.mode"),
    ("door-1", "link", "device.link"),
    ("door-1", "occupancy", "door.occupancy"),
    ("door-1", "badge", "door.credential"),
    ("door-1", "reader", "reader.secure_channel"),
    ("door-2", "contact", "door.contact"),
    ("door-2", "access", "door.access"),
    ("cabinet-1", "bolt", "cabinet.bolt"),
    ("cabinet-1", "closed", "cabinet.door_closed"),
    ("cabinet-1", "link", "device.link"),
    ("cabinet-1", "battery", "cabinet.battery"),
    ("cabinet-1", "wrong", "cabinet.wrong_codes"),
    ("cabinet-1", "duress", "cabinet.duress"),
    ("cabinet-1", "mode", "cabinet.mode"),
    ("cabinet-1", "user-a", "cabinet.user"),
    ("cabinet-1", "user-b", "cabinet.user"),
    ("cabinet-1", "lockout", "cabinet.lockout"),
    ("jammer-1", "cover", "jammer.tamper"),
    ("jammer-1", "link", "device.link"),
    ("jammer-1", "meeting", "jammer.schedule"),
    ("jammer-1", "rf", "jammer.band.rf_on"),
    ("jammer-1", "vswr", "jammer.band.vswr"),
    ("host-1", "outreach", "host.outreach"),
    ("host-1", "agent", "host.agent"),
    ("host-1", "power", "host.power"),
    ("host-1", "blocked", "host.outreach_blocked"),
    ("host-1", "media", "host.media"),
    ("host-1", "copy", "host.media_copy"),
    ("host-1", "reverse", "host.reverse_flow"),
    ("host-1", "agent-tamper", "host.agent_tamper"),
    ("host-1", "logon", "host.logon"),
    ("host-1", "camera", "host.audio_video"),
    ("host-1", "hardware", "host.hardware"),
    ("ups", "runtime", "power.runtime"),
    ("ups", "supply", "power.supply"),
    ("window-1", "glass", "window.glass_break"),
    ("emanation-1", "on", "emanation.on"),
];

pub struct Room {
    pub edge: EdgeId,
    pub world: World,
    pub journal: Vec<Entry>,
    pub incidents: BTreeMap<IncidentId, Incident>,
    pub answers: Vec<Answer>,
    /// How the points stood after the last entry that moved one.
    pub points: Vec<Option<PointState>>,
    /// The edge after the last entry that changed it.
    pub edge_state: Option<EdgeState>,
    /// Hub time; the edge's monotonic clock stands 1,000,000 ms behind it.
    pub now_ms: i64,
    table: PointTable,
    next: [u64; 2],
    boot: BootId,
}

impl Room {
    /// Live, unset, everything closed, and all of it known.
    pub fn new() -> Self {
        let mut room = Self::unknown();
        room.live();
        room.wait_ms(5_000);
        room.event("edge:arming", "unset");
        for (device, point, kind) in POINTS {
            let at_rest = match Kind::from_name(kind).unwrap().value_type() {
                ValueType::Flag => {
                    if matches!(*point, "closed" | "path-1" | "path-2" | "reader" | "storage" | "on") {
                        "yes"
                    } else {
                        "no"
                    }
                }
                // An act, and no state to be in at rest.
                ValueType::State(_) if matches!(*kind, "part.arming" | "host.media_copy" | "door.access") => {
                    continue;
                }
                ValueType::State(names) => names[0],
                _ => continue,
            };
            room.event(&format!("{device}:{point}"), at_rest);
        }
        assert_eq!(room.open(), Vec::<String>::new(), "a room at rest has no incident");
        room
    }

    /// Activated and known by its table, and nothing has been heard.
    pub fn unknown() -> Self {
        Self::of_edge("edge-1", "room", pack::DEFAULT)
    }

    /// The same for another edge, part and pack.
    pub fn of_edge(edge: &str, part: &str, pack: &str) -> Self {
        let edge = EdgeId::parse(edge).unwrap();
        let mut room = Self {
            edge: edge.clone(),
            world: World::restore(Saved::default()),
            journal: Vec::new(),
            incidents: BTreeMap::new(),
            answers: Vec::new(),
            points: Vec::new(),
            edge_state: None,
            now_ms: 2_000_000,
            table: table(|_, _| true),
            next: [0, 0],
            boot: BOOT,
        };
        let part = PartBinding { part: PartId::parse(part).unwrap(), name: "Room".into(), edges: vec![edge] };
        room.entry(Body::HubStarted);
        room.entry(Body::Activated(Activated { pack: pack.to_owned(), parts: vec![part] }));
        room.send_table();
        room
    }

    pub fn entry(&mut self, body: Body) {
        let position = self.world.next();
        let entry = Entry { hub_ms: self.now_ms, body };
        self.world.apply(position, &entry, None);
        self.journal.push(entry);
        let changes = self.world.take_changes();
        self.keep(changes);
    }

    fn keep(&mut self, changes: Changes) {
        for incident in changes.incidents {
            self.incidents.insert(incident.id, incident);
        }
        for part in changes.parts {
            self.points = part.state.points;
        }
        self.edge_state =
            changes.edges.into_iter().map(|(state, _)| state).next_back().or(self.edge_state.take());
        self.answers.extend(changes.answers.into_iter().map(|(_, answer)| answer));
    }

    pub fn envelope(&mut self, lane: Lane, happened_ms: i64, records: Vec<Record>) {
        let mut builder = EnvelopeBuilder::new(Header {
            edge: self.edge.clone(),
            lane,
            epoch: EPOCH,
            first: Seq(self.next[lane.index()]),
            previous: Digest([0; 32]),
            boot: self.boot,
            mono_ms: happened_ms.saturating_sub(1_000_000) as u64,
            wall_ms: happened_ms,
            clock: ClockState::Free,
            table: self.table.version(),
            watermark: Seq(0),
        });
        self.next[lane.index()] += records.len() as u64;
        for record in records {
            builder.push(record).unwrap();
        }
        self.entry(Body::Envelope(Bytes::from(builder.seal().unwrap().bytes)));
    }

    fn point(&self, point: &str) -> (PointNo, Kind) {
        let (device, name) = point.split_once(':').unwrap();
        let named = |entry: &PointEntry| {
            entry.point.as_str() == name && self.table.device_of(entry).device.as_str() == device
        };
        let found = self.table.points().find(|(_, entry)| named(entry));
        let (place, entry) = found.unwrap_or_else(|| panic!("the room has no point {point}"));
        (place, entry.kind().unwrap())
    }

    fn observation(&self, point: &str, state: &str, quality: Quality) -> (Observation, Lane) {
        let (place, kind) = self.point(point);
        let value = match kind.value_type() {
            ValueType::Flag => Value::Flag(state == "yes"),
            _ => Value::Integer(kind.state(state).unwrap_or_else(|| panic!("{kind} has no state {state}"))),
        };
        (
            Observation { point: place, value: Some(value), quality, offset_ms: 0, marks: Marks::NONE },
            kind.lane(),
        )
    }

    /// Something happens now and is journaled now.
    pub fn event(&mut self, point: &str, state: &str) {
        self.event_at(self.now_ms, point, state);
    }

    /// A reading of any value, with the quality and the marks that it comes with.
    pub fn reading(&mut self, point: &str, value: Value, quality: Quality, marks: Marks) {
        let (place, kind) = self.point(point);
        let value = Some(value);
        let observation = Observation { point: place, value, quality, offset_ms: 0, marks };
        self.envelope(kind.lane(), self.now_ms, vec![Record::Event(observation)]);
    }

    pub fn kind(&self, point: &str) -> Kind {
        self.point(point).1
    }

    pub fn number(&mut self, point: &str, number: i64) {
        self.reading(point, Value::Integer(number), Quality::Good, Marks::NONE);
    }

    /// Something happened then and is journaled now.
    pub fn event_at(&mut self, happened_ms: i64, point: &str, state: &str) {
        let (observation, lane) = self.observation(point, state, Quality::Good);
        self.envelope(lane, happened_ms, vec![Record::Event(observation)]);
    }

    pub fn event_with(&mut self, point: &str, state: &str, quality: Quality) {
        let (observation, lane) = self.observation(point, state, quality);
        self.envelope(lane, self.now_ms, vec![Record::Event(observation)]);
    }

    /// A reading of the cabinet's battery, which is a routine kind, with its marks.
    pub fn battery(&mut self, lane: Lane, read_ms: i64, volts: f64, marks: Marks) {
        let (point, _) = self.battery_point();
        let value = Some(Value::Number(volts));
        let observation = Observation { point, value, quality: Quality::Good, offset_ms: 0, marks };
        self.envelope(lane, read_ms, vec![Record::Event(observation)]);
    }

    /// How the hub believes that the battery stands.
    pub fn battery_state(&self) -> PointState {
        let (_, place) = self.battery_point();
        self.points[place].clone().expect("the battery was heard of")
    }

    fn battery_point(&self) -> (PointNo, usize) {
        let mut points = self.table.points();
        let found = points.find(|(_, entry)| entry.kind() == Some(Kind::CabinetBattery));
        let (point, _) = found.expect("the room has a battery");
        (point, usize::from(point.0))
    }

    /// Something happened and is marked as late.
    pub fn late_event_at(&mut self, happened_ms: i64, point: &str, state: &str) {
        let (observation, lane) = self.observation(point, state, Quality::Good);
        let observation = Observation { marks: Marks::LATE, ..observation };
        self.envelope(lane, happened_ms, vec![Record::Event(observation)]);
    }

    pub fn snapshot_at(&mut self, read_ms: i64, point: &str, state: &str) {
        let (observation, _) = self.observation(point, state, Quality::Good);
        self.envelope(Lane::Routine, read_ms, vec![Record::Snapshot(observation)]);
    }

    pub fn live(&mut self) {
        let mono_ms = (self.now_ms - 1_000_000) as u64;
        let state = LivenessState::Live { boot: BOOT, mono_ms };
        self.entry(Body::Liveness(Liveness { edge: self.edge.clone(), state }));
    }

    /// The edge's machine starts again, and no heartbeat has come yet.
    pub fn reboot_unseen(&mut self) {
        self.boot = BootId([5; 16]);
    }

    /// Records of the boot before come after all.
    pub fn boot_again(&mut self) {
        self.boot = BOOT;
    }

    /// Another table holds from now on: these points are gone.
    pub fn without(&mut self, gone: &str) {
        self.table = table(|device, _| device != gone);
        self.send_table();
    }

    /// A table is named before it has come.
    pub fn with_table_to_come(&mut self, gone: &str) {
        self.table = table(|device, _| device != gone);
    }

    pub fn send_table(&mut self) {
        let parts: Vec<Record> = self.table.parts().into_iter().map(Record::TablePart).collect();
        self.envelope(Lane::Urgent, self.now_ms, parts);
    }

    pub fn activate(&mut self, pack: &str, part: &str) {
        let edges = vec![self.edge.clone()];
        let part = PartBinding { part: PartId::parse(part).unwrap(), name: "Room".into(), edges };
        self.entry(Body::Activated(Activated { pack: pack.to_owned(), parts: vec![part] }));
    }

    pub fn detached(&mut self) {
        let edge = self.edge.clone();
        self.entry(Body::Liveness(Liveness { edge, state: LivenessState::Detached }));
    }

    pub fn silent(&mut self) {
        let state = LivenessState::Silent { last_ms: Some(self.now_ms - 15_000) };
        self.entry(Body::Liveness(Liveness { edge: self.edge.clone(), state }));
    }

    pub fn missing(&mut self, first: u64, next: u64) {
        self.entry(Body::Missing(Missing {
            edge: self.edge.clone(),
            lane: Lane::Routine,
            epoch: EPOCH,
            first: Seq(first),
            next: Seq(next),
            before: None,
            after: None,
        }));
    }

    pub fn gap(&mut self, first: u64, next: u64) {
        self.gap_between(first, next, None, None);
    }

    pub fn gap_between(&mut self, first: u64, next: u64, oldest: Option<Stamp>, newest: Option<Stamp>) {
        let gap = Gap {
            epoch: EPOCH,
            lane: Lane::Routine,
            first: Seq(first),
            next: Seq(next),
            before: Digest([0; 32]),
            after: Digest([1; 32]),
            reason: wire::GapReason::SpoolFull,
            oldest,
            newest,
        };
        self.envelope(Lane::Urgent, self.now_ms, vec![Record::Gap(gap)]);
    }

    pub fn fork(&mut self) {
        let how = ForkKind::AnotherContent;
        let edge = self.edge.clone();
        self.entry(Body::Fork(Fork { edge, lane: Lane::Urgent, epoch: EPOCH, seq: Seq(9), how }));
    }

    /// Time passes, and the hub notices it.
    pub fn wait_ms(&mut self, ms: i64) {
        self.now_ms += ms;
        self.entry(Body::Tick);
    }

    pub fn act(&mut self, person: &str, action: Action) -> Answer {
        self.entry(Body::Command(Command { person: PersonId::parse(person).unwrap(), action }));
        self.answers.pop().unwrap()
    }

    /// The one incident of a rule.
    pub fn incident(&self, rule: &str) -> &Incident {
        let mut found = self.incidents.values().filter(|incident| incident.rule == rule);
        let incident = found.next().unwrap_or_else(|| panic!("{rule} has not fired"));
        assert!(found.next().is_none(), "{rule} has fired more than once");
        incident
    }

    /// Open incidents as `rule severity subject state`.
    pub fn open(&self) -> Vec<String> {
        let open = self.incidents.values().filter(|incident| incident.is_open());
        let mut lines: Vec<String> = open
            .map(|incident| {
                let (state, subject) = (incident.state().name(), &incident.subject);
                format!("{} {} {subject} {state}", incident.rule, incident.severity)
            })
            .collect();
        lines.sort();
        lines
    }

    /// Reads the same journal anew.
    pub fn replayed(&self) -> BTreeMap<IncidentId, Incident> {
        judged(&self.journal)
    }
}

/// What a journal says, read in one go.
pub fn judged(journal: &[Entry]) -> BTreeMap<IncidentId, Incident> {
    let mut world = World::restore(Saved::default());
    for entry in journal {
        let position: Position = world.next();
        world.apply(position, entry, None);
    }
    let changes = world.take_changes();
    changes.incidents.into_iter().map(|incident| (incident.id, incident)).collect()
}

fn table(wanted: impl Fn(&str, &str) -> bool) -> PointTable {
    let points: Vec<_> = POINTS.iter().filter(|(device, point, _)| wanted(device, point)).collect();
    let mut devices: Vec<&str> = points.iter().map(|(device, _, _)| *device).collect();
    devices.dedup();
    let entry = |(device, point, kind): &&(&str, &str, &str)| PointEntry {
        device: devices.iter().position(|known| known == device).unwrap() as u16,
        point: PointName::parse(point).unwrap(),
        kind: (*kind).into(),
    };
    let points = points.iter().map(entry).collect();
    let devices = devices
        .iter()
        .map(|device| DeviceEntry { device: DeviceId::parse(device).unwrap(), profile: "test".into() });
    PointTable::new(devices.collect(), points).unwrap()
}
