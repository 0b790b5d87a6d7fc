//! Holds a write that would let a quantity fall far, until a user confirms it, where the partner
//! wants that.

use chrono::{DateTime, Utc};

use super::desired::DesiredAssociation;
use super::step::{Action, Step};
use crate::domain::problem::{Problem, ProblemKind};

/// By how many percent a quantity may fall at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FallLimit(u8);

impl FallLimit {
    /// `None` unless it is 1 to 99: a fall to zero is one by 100 percent.
    pub fn new(percent: i64) -> Option<Self> {
        u8::try_from(percent).ok().filter(|percent| (1..=99).contains(percent)).map(Self)
    }

    pub fn percent(self) -> u8 {
        self.0
    }

    fn is_exceeded(self, from: u32, to: u32) -> bool {
        let fall = u64::from(from.saturating_sub(to));
        fall * 100 > u64::from(from) * u64::from(self.0)
    }
}

/// The step, or the problem in place of its write. A quantity that a user has confirmed may be
/// written, and each one above it. What a user's own act sets to zero is not held.
pub(super) fn held(step: Step, association: &DesiredAssociation, limit: Option<FallLimit>, now: DateTime<Utc>) -> Step {
    let to = match step.action {
        Action::SetQuantity { to, .. } => to,
        Action::Readopt { quantity, .. } => quantity,
        _ => return step,
    };
    // A quantity in Halo that is not whole is measured by the one before it.
    let from = step.observed.as_ref().and_then(|observed| observed.quantity).or(association.last_synced_quantity);
    let (Some(limit), Some(from)) = (limit, from) else { return step };
    let is_confirmed = association.confirmed_fall.is_some_and(|confirmed| confirmed <= to);
    if is_confirmed || !limit.is_exceeded(from, to) {
        return step;
    }
    let problem = Problem::new(ProblemKind::QuantityHeld { from, to, limit: limit.percent() }, now);
    let problem = problem.with_first_seen_from(association.problem.as_ref());
    Step { action: Action::Blocked(problem), warning: None, ..step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_exceeded_by_more_than_its_percentage() {
        let limit = FallLimit::new(20).unwrap();
        for (from, to, exceeded) in [(10, 8, false), (10, 7, true), (1, 0, true), (0, 0, false), (8, 10, false)] {
            assert_eq!(limit.is_exceeded(from, to), exceeded, "{from} to {to}");
        }
        assert!(FallLimit::new(99).unwrap().is_exceeded(u32::MAX, 0));
    }

    #[test]
    fn limit_is_a_part_of_the_whole() {
        for percent in [-1, 0, 100, 256 + 20] {
            assert_eq!(FallLimit::new(percent), None, "{percent}");
        }
    }
}
