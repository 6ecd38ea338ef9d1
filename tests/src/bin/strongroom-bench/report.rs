//! What was measured, as one table for people and as JSON for programs.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

/// One figure. Its row is what was run; its name is what of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) row: &'static str,
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<Target>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: String,
    pub(crate) figures: Vec<Figure>,
}

impl Figure {
    pub(crate) fn new(row: &'static str, name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { row, name: name.into(), value, unit, target: None, note: String::new() }
    }

    pub(crate) fn target(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    fn cells(&self) -> [String; 5] {
        let (target, verdict) = match self.target {
            None => (String::new(), String::new()),
            Some(Target::AtLeast(least)) => (format!(">= {}", number(least)), verdict(self.value >= least)),
            Some(Target::AtMost(most)) => (format!("<= {}", number(most)), verdict(self.value <= most)),
        };
        [
            self.name.clone(),
            format!("{} {}", number(self.value), self.unit),
            target,
            verdict,
            self.note.clone(),
        ]
    }
}

fn verdict(met: bool) -> String {
    (if met { "met" } else { "MISSED" }).to_owned()
}

impl Report {
    pub(crate) fn find(&self, row: &str, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.row == row && figure.name == name).map(|figure| figure.value)
    }

    /// One table; a row's name stands above its figures.
    pub(crate) fn table(&self) -> String {
        let cells: Vec<[String; 5]> = self.figures.iter().map(Figure::cells).collect();
        let width =
            |column: usize| cells.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        let mut table = format!("{}\n", self.machine);
        let mut row = "";
        for (figure, [name, value, target, verdict, note]) in self.figures.iter().zip(&cells) {
            if figure.row != row {
                row = figure.row;
                // Writing to a string cannot fail.
                let _ = writeln!(table, "\n{row}");
            }
            let line = format!(
                "  {name:<w0$}  {value:>w1$}  {target:<w2$}  {verdict:<w3$}  {note}",
                w0 = widths[0],
                w1 = widths[1],
                w2 = widths[2],
                w3 = widths[3],
            );
            let _ = writeln!(table, "{}", line.trim_end());
        }
        table
    }

    pub(crate) fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self)?;
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Large numbers in groups of three, small ones with the decimals that mean something.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude < 10.0 {
        return format!("{value:.2}");
    }
    if magnitude < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{magnitude:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0.0 { format!("-{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([0.1234, 12.34, 999.6, 1_234_567.0].map(number), ["0.12", "12.3", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_missed_target_is_said() {
        let figure = Figure::new("ingest", "events", 90.0, "events/s").target(Target::AtLeast(100.0));
        let report = Report { machine: "here".to_owned(), figures: vec![figure] };
        assert!(report.table().contains("MISSED"));
    }
}
