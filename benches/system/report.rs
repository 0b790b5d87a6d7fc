//! The table of results, and the statistics in it.

use std::fmt::Write as _;
use std::path::Path;

use super::machine::Machine;

/// One row: what was measured, the figures, what they should be, and what stands beside them.
struct Row {
    what: String,
    value: String,
    target: &'static str,
    beside: String,
}

#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds a row and prints it at once.
    pub fn add(
        &mut self,
        what: impl Into<String>,
        value: impl Into<String>,
        target: &'static str,
        beside: impl Into<String>,
    ) {
        let row = Row { what: what.into(), value: value.into(), target, beside: beside.into() };
        println!("{}: {} (target: {}) {}", row.what, row.value, row.target, row.beside);
        self.rows.push(row);
    }

    /// Writes the table with the machine's facts.
    pub fn write(&self, file: &Path, machine: &Machine, arguments: &str) -> std::io::Result<()> {
        let today = infima_halo::clock::Clock::system().now().date_naive();
        let mut text = format!(
            "# Results\n\nMeasured on {today} at {} with `{arguments}`: {} cores ({}), load {} at the start.\n\n\
             | What | Measured | Target | Beside it |\n| --- | --- | --- | --- |\n",
            machine.commit, machine.cores, machine.cpu, machine.load
        );
        for row in &self.rows {
            let _ = writeln!(text, "| {} | {} | {} | {} |", row.what, row.value, row.target, row.beside);
        }
        std::fs::write(file, text)
    }
}

/// The median of several rounds, and their spread.
pub struct Rounds(Vec<f64>);

impl Rounds {
    pub fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    pub fn median(&self) -> f64 {
        self.percentile(50)
    }

    pub fn percentile(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((self.0.len() * percent / 100).min(last)).copied().unwrap_or(f64::NAN)
    }

    /// The median with the smallest and the largest value.
    pub fn show(&self, unit: &str) -> String {
        let (least, most) = (self.percentile(0), self.percentile(100));
        format!("{} {unit} ({}–{})", round(self.median()), round(least), round(most))
    }
}

/// Three digits are all that such a measurement has.
pub fn round(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
