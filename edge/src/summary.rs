//! What `check` and `kinds` print, for people. Pure.

use std::fmt::Write;

use wire::{Kind, ValueType};

use crate::app::Plan;

/// What a correct configuration will make the edge do.
pub fn plan(Plan { config, site }: &Plan) -> String {
    let points: usize = site.devices.iter().map(|device| device.profile.points.len()).sum();
    let mut rows = vec![["DEVICE", "PROFILE", "ADDRESS", "UNIT", "POLL", "POINTS"].map(str::to_owned)];
    for device in &site.devices {
        rows.push([
            device.id.to_string(),
            device.profile.name.to_string(),
            device.address.to_string(),
            device.unit.to_string(),
            format!("{:?}", device.poll_interval),
            device.profile.points.len().to_string(),
        ]);
    }
    let arming = match &config.arming {
        Some(device) => format!("arming comes from {device}"),
        None => "no device tells the arming of the part: it counts as set".to_owned(),
    };
    format!(
        "edge {edge} → hub {hub} (certificate name {name})\n{devices} devices, {points} points, point table {version}\n\
         spool {spool}, at most {bytes} bytes of envelopes (the file may take 2.3 times that)\n{arming}\n\n{table}",
        edge = config.edge,
        hub = config.uplink.hub,
        name = config.uplink.server_name,
        devices = site.devices.len(),
        version = site.table.version(),
        spool = config.spool.path.display(),
        bytes = config.spool.bytes_max,
        table = aligned(&rows),
    )
}

/// The catalogue of kinds.
pub fn kinds() -> String {
    let mut rows = vec![["KIND", "LANE", "VALUE", "UNIT"].map(str::to_owned)];
    for kind in Kind::ALL {
        let value = match kind.value_type() {
            ValueType::Flag => "yes or no".to_owned(),
            ValueType::State(states) => states.join(" "),
            ValueType::Count(_) => "count".to_owned(),
            ValueType::Measure(_) => "measure".to_owned(),
            ValueType::Text => "text".to_owned(),
        };
        rows.push([
            kind.name().to_owned(),
            kind.lane().to_string(),
            value,
            kind.value_type().unit().to_owned(),
        ]);
    }
    aligned(&rows)
}

/// Columns under each other. The widths are counted in characters.
fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            write!(line, "{cell:width$}  ").expect("writing to memory cannot fail");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_line() {
        let text = kinds();
        assert_eq!(text.lines().count(), Kind::ALL.len() + 1);
        assert!(text.contains("door.contact"));
        let columns = |line: &str| line.find("urgent").or(line.find("routine"));
        let lanes: Vec<_> = text.lines().skip(1).map(columns).collect();
        assert!(lanes.windows(2).all(|pair| pair[0] == pair[1]), "the columns stand under each other");
    }
}
