//! Every row of `docs/register-maps.md` is served at its place, with its coding. The tables of the document are read here
//! as they stand; what it says in prose is repeated in the lists below.
#![allow(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

mod stage;

use std::collections::BTreeMap;

use stage::Stage;
use strongroom_simulator::device::signal::{self, Coding, Element, Signal, Table};
use strongroom_simulator::device::{CLASSES, Class, header};
use tokio_modbus::client::{Context, Reader};

const DOCUMENT: &str = include_str!("../../docs/register-maps.md");

const SITE: &str = r#"
    [device.panel]
    class = "panel"
    listen = "127.0.0.1:0"
    unit = 11
    [device.cabinet]
    class = "cabinet"
    listen = "127.0.0.1:0"
    unit = 12
    [device.door]
    class = "door"
    listen = "127.0.0.1:0"
    unit = 13
    [device.jammer]
    class = "jammer"
    listen = "127.0.0.1:0"
    unit = 14
    bands = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    [device.window]
    class = "window"
    listen = "127.0.0.1:0"
    unit = 15
    [device.emanation]
    class = "emanation"
    listen = "127.0.0.1:0"
    unit = 16
    [device.ups]
    class = "ups"
    listen = "127.0.0.1:0"
    unit = 17
    [device.environment]
    class = "environment"
    listen = "127.0.0.1:0"
    unit = 18
"#;

const DEVICES: [(&str, u8); 8] = [
    ("panel", 11),
    ("cabinet", 12),
    ("door", 13),
    ("jammer", 14),
    ("window", 15),
    ("emanation", 16),
    ("ups", 17),
    ("environment", 18),
];

/// One signal as the document describes it.
#[derive(Debug, Clone, PartialEq)]
struct Described {
    name: String,
    table: Table,
    address: u16,
    coding: Kind,
    count: u16,
    stride: u16,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    U16,
    I16,
    U32,
    Bit(u8),
    Flag,
    Choice(Vec<String>),
}

fn word(name: &str, address: u16, coding: Kind) -> Described {
    Described { name: name.into(), table: Table::InputRegisters, address, coding, count: 1, stride: 0 }
}

/// The rows of the section whose heading contains `heading`.
fn rows(heading: &str) -> Vec<[String; 3]> {
    let section =
        DOCUMENT.split("\n## ").find(|section| section.lines().next().unwrap().contains(heading)).unwrap();
    let cells =
        |line: &str| line.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    let tables = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| register"));
    tables.map(cells).filter_map(|cells| cells.try_into().ok()).collect()
}

fn described(heading: &str) -> Vec<Described> {
    rows(heading).iter().flat_map(describe).collect()
}

fn describe([register, name, meaning]: &[String; 3]) -> Vec<Described> {
    let Ok(address) = register.split(['–', ',']).next().unwrap().trim().parse::<u16>() else {
        return Vec::new(); // Bands, which are described below.
    };
    if name.starts_with("reader ") {
        return Vec::new(); // Reader blocks, which are described below.
    }
    if name == "bits" || name == "status" {
        return bits(address, meaning);
    }
    if let Some((first, second)) = name.split_once(", ") {
        return vec![word(first, address, Kind::U16), word(second, address + 1, Kind::U16)];
    }
    if let Some((array, count)) = name.split_once('[') {
        let count = count.trim_end_matches(']').parse().unwrap();
        let coding = coding(meaning, register);
        return vec![Described { name: format!("{array}[]"), count, stride: 1, ..word("", address, coding) }];
    }
    vec![word(name, address, coding(meaning, register))]
}

/// `0 panel_tamper, 1 siren_tamper, …`, or in the header `bit 0: self-test failed, …`.
fn bits(address: u16, meaning: &str) -> Vec<Described> {
    let described = meaning.split(", ").map(|bit| {
        let (number, name) = bit.trim_start_matches("bit ").split_once([' ', ':']).unwrap();
        let name = name.trim().replace(['-', ' '], "_").replace("_since_start", "");
        word(&name, address, Kind::Bit(number.parse().unwrap()))
    });
    described.collect()
}

fn coding(meaning: &str, register: &str) -> Kind {
    let choices: Option<Vec<String>> = meaning
        .split(", ")
        .enumerate()
        .map(|(number, choice)| choice.strip_prefix(&format!("{number} ")).map(str::to_owned))
        .collect();
    match choices {
        _ if meaning.contains("i16") => Kind::I16,
        _ if meaning.contains("u32")
            || register.contains('–') && !meaning.contains("u16") && choices.is_none() =>
        {
            Kind::U32
        }
        Some(choices) => Kind::Choice(choices),
        None => Kind::U16,
    }
}

fn in_blocks(name: &str, offset: u16, coding: Kind, first: u16, count: u16) -> Described {
    Described { count, stride: 8, ..word(name, first + offset, coding) }
}

/// "Reader block", from the prose under the door's table.
fn readers() -> Vec<Described> {
    let results = [
        "none",
        "granted",
        "denied_unknown",
        "denied_time",
        "denied_second_person",
        "duress",
        "anti_passback",
    ];
    let results = results.map(str::to_owned).to_vec();
    let reader = |name: &str, offset, coding| in_blocks(&format!("reader[].{name}"), offset, coding, 24, 2);
    vec![
        reader("online", 0, Kind::Bit(0)),
        reader("tamper", 0, Kind::Bit(1)),
        reader("secure_channel", 0, Kind::Bit(2)),
        reader("last_credential_hash", 1, Kind::U32),
        reader("last_result", 3, Kind::Choice(results)),
        reader("read_count", 4, Kind::U32),
        reader("reserved_6", 6, Kind::U16),
        reader("reserved_7", 7, Kind::U16),
    ]
}

/// "32 + 8k", the row of the jammer's table that describes a whole block.
fn bands() -> Vec<Described> {
    let band = |name: &str, offset, coding| in_blocks(&format!("band[].{name}"), offset, coding, 32, 9);
    vec![
        band("band_id", 0, Kind::U16),
        band("enabled_cmd", 1, Kind::Bit(0)),
        band("rf_on", 1, Kind::Bit(1)),
        band("fault", 1, Kind::Bit(2)),
        band("fwd_power", 2, Kind::I16),
        band("refl_power", 3, Kind::I16),
        band("vswr", 4, Kind::U16),
        band("pa_temp", 5, Kind::I16),
        band("pa_current", 6, Kind::U16),
        band("reserved", 7, Kind::U16),
    ]
}

/// "128 + 8k", the row of the panel's table that describes a slot of its log.
fn events() -> Vec<Described> {
    let event = |name: &str, offset, coding| in_blocks(&format!("event[].{name}"), offset, coding, 128, 32);
    vec![
        event("seq", 0, Kind::U32),
        event("ts", 2, Kind::U32),
        event("code", 4, Kind::U16),
        event("partition", 5, Kind::U16),
        event("number", 6, Kind::U16),
        event("qualifier", 7, Kind::U16),
    ]
}

/// "Discrete inputs", from the prose under the panel's table.
fn sectors() -> Vec<Described> {
    let sector = |name: &str, address| Described {
        table: Table::DiscreteInputs,
        count: 8,
        stride: 1,
        ..word(name, address, Kind::Flag)
    };
    vec![sector("sector_alarm[]", 0x1401), sector("sector_armed[]", 0x3001)]
}

fn document() -> BTreeMap<&'static str, Vec<Described>> {
    BTreeMap::from([
        ("panel", [described("(type 1)"), sectors(), events()].concat()),
        ("cabinet", described("(type 2)")),
        ("door", [described("(type 3)"), readers()].concat()),
        ("window", described("(type 4)")),
        ("jammer", [described("(type 5)"), bands()].concat()),
        ("emanation", described("(type 6)")),
        ("ups", described("(type 7)")),
        ("environment", described("(type 8)")),
    ])
}

fn as_described(signal: &Signal) -> Described {
    let coding = match signal.coding {
        Coding::U16 => Kind::U16,
        Coding::I16 => Kind::I16,
        Coding::U32 => Kind::U32,
        Coding::Bit(bit) => Kind::Bit(bit),
        Coding::Flag => Kind::Flag,
        Coding::Choice(names) => Kind::Choice(names.iter().map(|name| (*name).to_owned()).collect()),
    };
    let Signal { table, address, count, stride, .. } = *signal;
    Described { name: signal.name.into(), table, address, coding, count, stride }
}

fn sorted(mut rows: Vec<Described>) -> Vec<Described> {
    rows.sort_by(|a, b| (a.table, a.address, &a.name).cmp(&(b.table, b.address, &b.name)));
    rows
}

fn class(name: &str) -> &'static Class {
    Class::named(name).unwrap()
}

#[test]
fn the_tables_are_those_of_the_document() {
    let header: Vec<_> = header::SIGNALS.iter().map(as_described).collect();
    assert_eq!(sorted(header), sorted(described("Header")));
    for (name, rows) in document() {
        let ours: Vec<_> = class(name).signals.iter().map(as_described).collect();
        let (ours, theirs) = (sorted(ours), sorted(rows));
        for (our, their) in ours.iter().zip(&theirs) {
            assert_eq!(our, their, "{name}");
        }
        assert_eq!(ours.len(), theirs.len(), "{name}");
    }
    assert_eq!(document().len(), CLASSES.len(), "every class is compared");
}

/// The raw value of an element, straight from the bus.
async fn read(client: &mut Context, element: &Element) -> i64 {
    let (signal, address) = (element.signal, element.signal.address_of(element.index));
    if signal.table == Table::DiscreteInputs {
        return i64::from(client.read_discrete_inputs(address, 1).await.unwrap().unwrap()[0]);
    }
    let words = client.read_input_registers(address, signal.coding.width()).await.unwrap().unwrap();
    match signal.coding {
        Coding::I16 => i64::from(words[0].cast_signed()),
        Coding::U32 => i64::from(words[0]) << 16 | i64::from(words[1]),
        Coding::Bit(bit) => i64::from(words[0] >> bit & 1),
        _ => i64::from(words[0]),
    }
}

/// Values that show a wrong place, sign, width or order of words. Texts, as a person sets them.
fn telling_values(signal: &Signal) -> Vec<String> {
    match signal.coding {
        Coding::Choice(names) => names.iter().map(|name| (*name).to_owned()).collect(),
        Coding::Bit(_) | Coding::Flag => vec!["on".into(), "off".into()],
        Coding::U32 => vec!["66051".into(), "16909060".into()],
        Coding::I16 => vec!["-20".into(), "30".into()],
        Coding::U16 => vec!["20".into(), "40".into()],
    }
}

#[tokio::test]
async fn what_is_set_is_served_at_its_place() {
    let stage = Stage::start(SITE).await;
    for (device, unit) in DEVICES {
        let mut client = stage.client(device, unit).await;
        for row in stage.site.pictures(Some(device)).unwrap().remove(0).rows {
            let element = signal::find(class(device).signals, &row.signal)
                .or_else(|_| signal::find(header::SIGNALS, &row.signal))
                .unwrap();
            for value in telling_values(&element.signal) {
                stage.set(&format!("{device}.{}={value}", row.signal));
                let wanted = strongroom_simulator::device::value::parse(&element.signal, &value).unwrap();
                assert_eq!(read(&mut client, &element).await, wanted, "{device}.{} = {value}", row.signal);
            }
        }
    }
    stage.stop().await;
}

#[tokio::test]
async fn every_described_address_is_served_and_no_other() {
    let stage = Stage::start(SITE).await;
    for (device, unit) in DEVICES {
        let mut client = stage.client(device, unit).await;
        let rows = [described("Header"), document()[device].clone()].concat();
        let words = rows.iter().filter(|row| row.table == Table::InputRegisters);
        let served: Vec<u16> = words
            .flat_map(|row| {
                let width = if row.coding == Kind::U32 { 2 } else { 1 };
                (0..row.count).flat_map(move |n| (0..width).map(move |w| row.address + n * row.stride + w))
            })
            .collect();
        for address in 0..130 + 256 {
            let answer = client.read_input_registers(address, 1).await.unwrap();
            assert_eq!(answer.is_ok(), served.contains(&address), "{device} register {address}");
        }
    }
    stage.stop().await;
}
