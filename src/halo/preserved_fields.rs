//! The promise that only the quantity is written, made checkable.

use serde::{Deserialize, Serialize};

/// The fields a partner may change and a write must leave alone; a sample that would show it if
/// Halo replaced a record instead of merging into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreservedFields {
    pub name: String,
    pub price: Option<f64>,
    pub cost: Option<f64>,
    pub notes: Option<String>,
}

/// What became of the fields between two looks at one record. The lists name the fields in Halo's
/// screens' words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All as before.
    All,
    /// Changed, but to values that a user must have typed: the partner edited the record at the
    /// same time.
    Edited(Vec<&'static str>),
    /// Fields that had a value are blank or zero now: Halo replaced the record.
    Blanked(Vec<&'static str>),
}

impl PreservedFields {
    /// Compares this, read before a write, with what was read after it.
    pub fn kept_in(&self, after: &PreservedFields) -> Kept {
        // (field, differs, lost its value)
        let fields = [
            ("name", self.name != after.name, !self.name.is_empty() && after.name.trim().is_empty()),
            ("price", money(self.price) != money(after.price), money(after.price) == 0.0),
            ("cost", money(self.cost) != money(after.cost), money(after.cost) == 0.0),
            ("notes", text(&self.notes) != text(&after.notes), text(&after.notes).is_empty()),
        ];
        let changed = fields.iter().filter(|(_, differs, _)| *differs);
        let blanked: Vec<_> = changed.clone().filter(|(_, _, lost)| *lost).map(|(name, ..)| *name).collect();
        let edited: Vec<_> = changed.map(|(name, ..)| *name).collect();
        match (edited.is_empty(), blanked.is_empty()) {
            (true, _) => Kept::All,
            (false, true) => Kept::Edited(edited),
            (false, false) => Kept::Blanked(blanked),
        }
    }
}

/// Halo writes "no price" as 0, as `null`, or not at all, and not the same way in each answer.
fn money(amount: Option<f64>) -> f64 {
    amount.unwrap_or(0.0)
}

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str, price: Option<f64>, cost: Option<f64>, notes: Option<&str>) -> PreservedFields {
        PreservedFields { name: name.into(), price, cost, notes: notes.map(str::to_owned) }
    }

    #[test]
    fn partners_edit_differs_from_a_replaced_record() {
        let before = fields("Training", Some(2.5), None, Some("billed monthly"));
        assert_eq!(before.kept_in(&before), Kept::All);
        assert_eq!(before.kept_in(&fields("Training", Some(2.5), Some(0.0), Some("billed monthly "))), Kept::All);
        assert_eq!(
            before.kept_in(&fields("Schulung", Some(3.0), None, Some("billed monthly"))),
            Kept::Edited(vec!["name", "price"])
        );
        assert_eq!(before.kept_in(&fields("", Some(0.0), None, None)), Kept::Blanked(vec!["name", "price", "notes"]));
        assert_eq!(before.kept_in(&fields("Training", None, None, Some("new"))), Kept::Blanked(vec!["price"]));
    }
}
