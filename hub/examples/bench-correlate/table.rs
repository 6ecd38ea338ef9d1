//! What was measured, as one table for people.

#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    None,
    AtLeast(f64),
    AtMost(f64),
}

/// One figure: what was run, what of it, how much, what was asked for.
#[derive(Debug)]
struct Figure {
    row: &'static str,
    name: String,
    value: f64,
    unit: &'static str,
    target: Target,
}

#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Figure>);

impl Table {
    pub(crate) fn add(
        &mut self,
        row: &'static str,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        target: Target,
    ) {
        self.0.push(Figure { row, name: name.into(), value, unit, target });
    }

    /// A row's name stands above its figures.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("Correlation alone, on one core\n");
        let mut row = "";
        for figure in &self.0 {
            if figure.row != row {
                row = figure.row;
                text.push_str(&format!("\n{row}\n"));
            }
            let value = format!("{} {}", number(figure.value), figure.unit);
            let line = format!("  {:<44}  {value:>18}  {}", figure.name, figure.verdict());
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

impl Figure {
    fn verdict(&self) -> String {
        let (asked, met) = match self.target {
            Target::None => return String::new(),
            Target::AtLeast(least) => (format!(">= {}", number(least)), self.value >= least),
            Target::AtMost(most) => (format!("<= {}", number(most)), self.value <= most),
        };
        format!("{asked:<12}  {}", if met { "met" } else { "MISSED" })
    }
}

/// Large numbers in groups of three, small ones with the decimals that mean something.
fn number(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.*}", if value < 10.0 { 2 } else { 1 });
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
