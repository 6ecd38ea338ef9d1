//! One question about the past costs a bounded amount of work, and its pages give every event exactly once.

use std::collections::BTreeSet;

use strongroom_hub::history::{EventCursor, EventFilter, EventRow, History};
use strongroom_hub::journal::{Append, Body, Entry, Writer};
use strongroom_hub::situation::memory::EdgeMemory;
use strongroom_hub::situation::{Attachment, Changes, EdgeState, LivenessView};
use strongroom_hub::store::{Page, Store};
use tempfile::TempDir;
use wire::envelope::EnvelopeBuilder;
use wire::{
    BootId, ClockState, DeviceEntry, Digest, Envelope, Header, Kind, Lane, Marks, Observation, PointEntry,
    PointNo, PointTable, Quality, Record, Seq, Value,
};

use crate::disks::Disks;
use crate::traces::{EPOCH, edge, small};

const HUB_MS: i64 = 1_000;

struct Past {
    _folder: TempDir,
    writer: Writer,
    history: History,
    next: u64,
}

fn table() -> PointTable {
    let devices = vec![DeviceEntry { device: "door-1".parse().unwrap(), profile: "a-profile".into() }];
    let kind = Kind::DoorContact.name().into();
    PointTable::new(devices, vec![PointEntry { device: 0, point: "contact".parse().unwrap(), kind }]).unwrap()
}

impl Past {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, mut state) = Store::open(&folder.path().join("state.redb")).unwrap();
        let known = EdgeState {
            edge: edge(1),
            part: "doc".parse().unwrap(),
            liveness: LivenessView::Live,
            since_ms: 0,
            boots: Vec::new(),
            registered: true,
            proved: None,
            unproved: None,
            lost: Vec::new(),
            attachment: Attachment::Detached,
        };
        let edges = vec![(known, EdgeMemory::default())];
        state.commit(&Changes { edges, tables: vec![(edge(1), table())], ..Changes::default() }).unwrap();
        let (writer, reader) = Writer::open(Disks::spared(), small()).unwrap();
        Self { _folder: folder, writer, history: History::new(reader, store), next: 1 }
    }

    /// An envelope with as many events as it can hold, or fewer.
    fn envelope(&mut self, events_max: usize) -> Entry {
        let mut envelope = EnvelopeBuilder::new(Header {
            edge: edge(1),
            lane: Lane::Urgent,
            epoch: EPOCH,
            first: Seq(self.next),
            previous: Digest::of(b"the one before"),
            boot: BootId([1; 16]),
            mono_ms: 0,
            wall_ms: 0,
            clock: ClockState::Unset,
            table: table().version(),
            watermark: Seq::FIRST,
        });
        for _ in 0..events_max {
            let value = Some(Value::Integer(1));
            let event = Observation {
                point: PointNo(0),
                value,
                quality: Quality::Good,
                offset_ms: 0,
                marks: Marks::NONE,
            };
            if envelope.push(Record::Event(event)).is_err() {
                break;
            }
            self.next += 1;
        }
        let bytes = envelope.seal().unwrap().bytes;
        assert!(Envelope::decode(&bytes).is_ok());
        Entry { hub_ms: HUB_MS, body: Body::Envelope(bytes.into()) }
    }

    fn append(&mut self, entries: impl IntoIterator<Item = Entry>) {
        let mut append = Append::default();
        entries.into_iter().for_each(|entry| append.push(entry));
        self.writer.append(&mut append).unwrap();
    }

    fn page(&self, before: Option<EventCursor>, limit: usize) -> Page<EventRow, EventCursor> {
        self.history.events(&EventFilter::default(), before, limit).unwrap()
    }
}

fn cursor(text: &str) -> EventCursor {
    text.parse().unwrap()
}

fn tick() -> Entry {
    Entry { hub_ms: HUB_MS, body: Body::Tick }
}

#[test]
fn a_cursor_beyond_the_end_begins_at_the_end() {
    let mut past = Past::new();
    let entries = [past.envelope(3), past.envelope(3)];
    past.append(entries);
    let newest = past.page(None, 4);
    assert_eq!(newest.items.iter().map(|row| row.seq.0).collect::<Vec<_>>(), [6, 5, 4, 3]);
    for beyond in ["0-9000000000000000000_0", "0-18446744073709551615_4294967295"] {
        assert_eq!(past.page(Some(cursor(beyond)), 4), newest);
    }
}

#[test]
fn a_cursor_of_another_shard_gives_nothing() {
    let mut past = Past::new();
    let entries = [past.envelope(3)];
    past.append(entries);
    assert_eq!(past.page(Some(cursor("1-0_2")), 4), Page { items: Vec::new(), next: None });
    assert_eq!(past.page(Some(cursor("0-0_2")), 4).items.len(), 2);
}

#[test]
fn a_page_ends_after_so_many_entries_and_says_where_to_go_on() {
    let mut past = Past::new();
    let event = past.envelope(1);
    past.append([event]);
    past.append((0..45_000).map(|_| tick()));
    let (mut before, mut pages) = (None, 0);
    loop {
        let page = past.page(before, 10);
        pages += 1;
        assert!(pages < 10, "the list does not end");
        before = page.next;
        if before.is_none() {
            assert_eq!(page.items.len(), 1);
            break;
        }
        assert!(page.items.is_empty());
    }
    assert_eq!(pages, 3);
}

#[test]
fn a_page_ends_after_so_many_records_and_says_where_to_go_on() {
    let mut past = Past::new();
    let envelopes: Vec<Entry> = (0..1_600).map(|_| past.envelope(usize::MAX)).collect();
    let records = past.next;
    past.append(envelopes);
    let filter = EventFilter { kind: Some("no.such".to_owned()), ..EventFilter::default() };
    let (mut before, mut pages) = (None, 0);
    loop {
        let page = past.history.events(&filter, before, 10).unwrap();
        assert!(page.items.is_empty());
        pages += 1;
        assert!(pages < 100, "the list does not end");
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert!(pages > records / 300_000, "{pages} pages looked at {records} records");
}

#[test]
fn full_envelopes_are_paged_without_loss_or_repetition() {
    let mut past = Past::new();
    let envelopes: Vec<Entry> = (0..40).map(|_| past.envelope(usize::MAX)).collect();
    past.append(envelopes);
    let mut seen = BTreeSet::new();
    let (mut before, mut last) = (None, u64::MAX);
    loop {
        let page = past.page(before, 997);
        assert!(page.items.len() <= 997);
        for row in page.items {
            assert!(row.seq.0 < last, "newest first");
            last = row.seq.0;
            seen.insert(last);
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen.len() as u64, past.next - 1);
    assert!(past.next > 3_000);
}
