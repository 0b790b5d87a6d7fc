//! A plan as text, one line for each association: for `sync --dry-run`, for support, and as golden
//! text in tests.

use std::fmt::Write;

use super::step::{Action, Plan, Step};

/// One line per step, in the order of the plan. Ends with a newline unless the plan is empty.
pub fn render(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{}", line(step));
    }
    text
}

fn line(step: &Step) -> String {
    let what = match &step.action {
        Action::Create { name, quantity, .. } => {
            format!("create a subscription for customer {} with quantity {quantity}: {name:?}", step.customer)
        }
        Action::Readopt { subscription, quantity } => {
            format!("re-adopt subscription {subscription} with quantity {quantity}")
        }
        Action::SetQuantity { subscription, from: Some(from), to } => {
            format!("set subscription {subscription} from {from} to {to}")
        }
        Action::SetQuantity { subscription, from: None, to } => {
            format!("set subscription {subscription} from something other than a whole number to {to}")
        }
        Action::NoChange { subscription, quantity } => {
            format!("no change: subscription {subscription} has {quantity}")
        }
        Action::AwaitUsers => "no subscription before the first active user".to_owned(),
        Action::End { set_to_zero: Some(subscription) } => format!("end: set subscription {subscription} to 0"),
        Action::End { set_to_zero: None } => "end: nothing to write".to_owned(),
        Action::Defer(problem) => format!("defer: {}", problem.message()),
        Action::Blocked(problem) => format!("blocked: {}", problem.message()),
    };
    let warning = step.warning.as_ref().map(|problem| format!(" (warning: {})", problem.message())).unwrap_or_default();
    // A client name with line breaks must not look like several steps.
    format!("{}: {what}{warning}", step.client_name).replace(char::is_control, " ")
}
