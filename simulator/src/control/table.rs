//! Devices as a table for a terminal.

use std::fmt::Write;

use super::{Shown, ShownSignal};

const HEADINGS: [&str; 4] = ["signal", "register", "value", "raw"];

pub fn render(devices: &[Shown]) -> String {
    devices.iter().map(device).collect::<Vec<_>>().join("\n")
}

fn device(device: &Shown) -> String {
    let Shown { name, class, unit, address, conduct, signals } = device;
    let cells: Vec<[String; 4]> = signals.iter().map(cells).collect();
    let width = |column: usize| {
        let longest = cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        longest.max(HEADINGS[column].len())
    };
    let widths = [width(0), width(1), width(2), width(3)];
    let mut text = format!("{name}  ({class}, unit {unit}, {address}, {conduct})\n");
    row(&mut text, &HEADINGS.map(str::to_owned), widths, false);
    for (cells, signal) in cells.iter().zip(signals) {
        row(&mut text, cells, widths, signal.held);
    }
    text
}

fn cells(signal: &ShownSignal) -> [String; 4] {
    [signal.name.clone(), signal.place.clone(), signal.value.clone(), signal.raw.to_string()]
}

fn row(text: &mut String, cells: &[String; 4], widths: [usize; 4], held: bool) {
    let mut line = String::from(" ");
    for (cell, width) in cells.iter().zip(widths) {
        write!(line, " {cell:<width$} ").expect("writing to a string cannot fail");
    }
    if held {
        line.push_str(" held by hand");
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_held_values_are_marked() {
        let signal = |name: &str, place: &str, value: &str, raw, held| ShownSignal {
            name: name.into(),
            place: place.into(),
            value: value.into(),
            raw,
            held,
        };
        let door = Shown {
            name: "door-1".into(),
            class: "door".into(),
            unit: 3,
            address: "127.0.0.1:5020".into(),
            conduct: "runs".into(),
            signals: vec![
                signal("contact", "8", "open", 1, false),
                signal("psu_v", "18", "27.24 V", 2724, true),
            ],
        };
        let expected = "\
door-1  (door, unit 3, 127.0.0.1:5020, runs)
  signal   register  value    raw
  contact  8         open     1
  psu_v    18        27.24 V  2724  held by hand
";
        assert_eq!(render(&[door]), expected);
    }
}
