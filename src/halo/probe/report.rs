//! The result of a probe. It holds shapes, statuses, counts and times: no secret, no name and no
//! address.

use std::fmt::{self, Display};

use super::checks::{CHECKS, Check};

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The statement holds, as far as this tenant shows.
    Holds {
        seen: String,
    },
    /// This tenant behaves differently.
    Refuted {
        seen: String,
    },
    NotTestable {
        reason: String,
    },
}

/// The verdicts of one probe.
#[derive(Clone, Debug, Default)]
pub struct ProbeReport {
    verdicts: Vec<(&'static str, Verdict)>,
    pub(super) requests: u32,
    pub(super) tried_writes: bool,
}

impl ProbeReport {
    /// Returns the verdict of a check.
    pub fn verdict(&self, id: &str) -> Verdict {
        let found = self.verdicts.iter().find(|(known, _)| *known == id).map(|(_, verdict)| verdict.clone());
        found.unwrap_or_else(|| Verdict::NotTestable { reason: "a request before it failed".into() })
    }

    /// Returns the number of refuted statements.
    pub fn refuted(&self) -> usize {
        self.verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Refuted { .. })).count()
    }

    /// Returns whether Halo issued a token, without which nothing else can be tested.
    pub fn has_token(&self) -> bool {
        !matches!(self.verdict("token.answer"), Verdict::NotTestable { .. })
    }

    /// Records the first verdict of a check, or a refutation after it.
    fn set(&mut self, id: &'static str, verdict: Verdict) {
        debug_assert!(CHECKS.iter().any(|check| check.id == id), "{id} is not in the table");
        match self.verdicts.iter_mut().find(|(known, _)| *known == id) {
            None => self.verdicts.push((id, verdict)),
            Some((_, known)) if matches!(verdict, Verdict::Refuted { .. }) => *known = verdict,
            Some(_) => {}
        }
    }

    pub(super) fn judge(&mut self, id: &'static str, holds: bool, seen: impl Into<String>) {
        let seen = seen.into();
        self.set(id, if holds { Verdict::Holds { seen } } else { Verdict::Refuted { seen } });
    }

    pub(super) fn not_testable(&mut self, id: &'static str, reason: impl Into<String>) {
        self.set(id, Verdict::NotTestable { reason: reason.into() });
    }

    fn shown(&self) -> impl Iterator<Item = &'static Check> {
        CHECKS.iter().filter(|check| self.tried_writes || !check.writes)
    }
}

/// Writes the report as text.
impl Display for ProbeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in self.shown() {
            let (word, label, text) = match self.verdict(check.id) {
                Verdict::Holds { seen } => ("holds", "seen", seen),
                Verdict::Refuted { seen } => ("REFUTED", "seen", seen),
                Verdict::NotTestable { reason } => ("not testable", "reason", reason),
            };
            writeln!(f, "{word:12}  {}  (docs/halo-api.md, section {})", check.id, check.section)?;
            writeln!(f, "              {}", check.statement)?;
            writeln!(f, "              tested by: {}", check.method)?;
            writeln!(f, "              {label}: {text}")?;
        }
        let all = self.shown().count();
        let holds = self.shown().filter(|check| matches!(self.verdict(check.id), Verdict::Holds { .. })).count();
        let refuted = self.refuted();
        let open = all - holds - refuted;
        writeln!(f, "\n{all} statements: {holds} hold, {refuted} refuted, {open} not testable.")?;
        writeln!(f, "{} requests were sent to Halo.", self.requests)
    }
}
