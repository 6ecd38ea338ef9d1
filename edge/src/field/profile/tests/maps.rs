//! The profiles of the library read what `docs/register-maps.md` describes: each point stands in a row of its device's
//! table, and is read as that row says.

use super::super::{BUILT_IN, Encoding, Profile, Raw, Register, Table, WordOrder};

const DOCUMENT: &str = include_str!("../../../../../docs/register-maps.md");

/// A row of the document, as far as a reader needs it.
#[derive(Debug)]
struct Row {
    first: u16,
    last: u16,
    name: String,
    meaning: String,
}

/// The rows of the section whose heading contains `heading`, without those of blocks that are described in prose.
fn rows(heading: &str) -> Vec<Row> {
    let section =
        DOCUMENT.split("\n## ").find(|part| part.lines().next().unwrap().contains(heading)).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> =
            line.strip_prefix('|')?.trim_end_matches('|').split('|').map(str::trim).collect();
        let [places, name, meaning] = cells[..] else { return None };
        let mut places = places.split(['–', ',']).map(|place| place.trim().parse::<u16>());
        let first = places.next()?.ok()?;
        let last = places.next_back().map_or(Some(first), Result::ok)?;
        Some(Row { first, last, name: name.into(), meaning: meaning.into() })
    };
    section.lines().filter_map(row).filter(|row| row.meaning != "see below").collect()
}

/// What is wrong with a point in view of the row that it stands in.
fn wrong(register: Register, row: &Row) -> Option<&'static str> {
    let says = |word: &str| row.meaning.contains(word);
    match register.encoding {
        Encoding::BitOf(bit) => {
            let named = row
                .meaning
                .split(", ")
                .any(|named| named.trim_start_matches("bit ").starts_with(&bit.to_string()));
            let bits = row.name == "bits" || row.name == "status";
            (!bits || !named).then_some("the row names no such bit")
        }
        Encoding::U32(WordOrder::HighFirst) => {
            let pair = register.address == row.first && row.last == row.first + 1;
            (!pair).then_some("the row is no pair of registers")
        }
        Encoding::I16 => (!says("i16")).then_some("the row is not signed"),
        Encoding::U16 => (says("i16") || says("u32")).then_some("the row is no unsigned register"),
        _ => Some("no row is read like that"),
    }
}

fn modbus() -> impl Iterator<Item = Profile> {
    BUILT_IN.iter().map(|built_in| built_in.profile().unwrap()).filter(|profile| profile.protocol.is_polled())
}

#[test]
fn every_point_stands_in_a_row_of_its_devices_table() {
    for profile in modbus() {
        let own = rows(&format!("(type {})", profile.header.unwrap().device_type));
        let header = rows("Header");
        assert!(own.len() > 3 && header.len() == 7, "{}", profile.name);
        for point in &profile.points {
            // Readers, bands and slots are described in prose, and discrete inputs too.
            let Some(register) = point.source.register().filter(|register| register.table == Table::Input)
            else {
                continue;
            };
            let row =
                own.iter().chain(&header).find(|row| (row.first..=row.last).contains(&register.address));
            match row {
                Some(row) => {
                    assert_eq!(wrong(register, row), None, "{}: {} in {row:?}", profile.name, point.name);
                }
                None => assert!(
                    point.element.is_some() || point.name.as_str().starts_with(['o', 'i']),
                    "{}: {} stands at {}, of which the document says nothing",
                    profile.name,
                    point.name,
                    register.address
                ),
            }
        }
    }
}

#[test]
fn the_scales_are_those_of_the_document() {
    let mut checked = 0;
    for profile in modbus() {
        let own = rows(&format!("(type {})", profile.header.unwrap().device_type));
        for point in &profile.points {
            let Some(register) = point.source.register() else { continue };
            let row = own.iter().find(|row| row.first == register.address && register.table == Table::Input);
            let Some((_, unit)) = row.and_then(|row| row.meaning.split_once(", ")) else { continue };
            let step = unit.split([' ', '°']).next().and_then(|step| step.parse::<f64>().ok());
            let Some(step) = step.filter(|_| !row.is_some_and(|row| row.meaning.starts_with("0 "))) else {
                continue;
            };
            let one = point.value(Raw::Whole(1)).map(|(value, _)| value.to_string());
            assert_eq!(one, Some(step.to_string()), "{}: {}", profile.name, point.name);
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked} points have a row with a step");
}
