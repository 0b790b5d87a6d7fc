//! A plan in words, one line for each association, for `sync --dry-run`, for support, and as golden text in tests.

use std::fmt::Write;

use super::diff::{Action, Plan, Step};

/// One line a step, in the order of the plan. Ends with a newline unless the plan is empty.
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
            format!("take back subscription {subscription} and have its quantity be {quantity}")
        }
        Action::SetQuantity { subscription, from: Some(from), to } => {
            format!("set subscription {subscription} from {from} to {to}")
        }
        Action::SetQuantity { subscription, from: None, to } => {
            format!("set subscription {subscription} from no whole number to {to}")
        }
        Action::NoChange { subscription, quantity } => format!("leave subscription {subscription} at {quantity}"),
        Action::End { set_to_zero: Some(subscription) } => format!("end: set subscription {subscription} to 0"),
        Action::End { set_to_zero: None } => "end: nothing to write".to_owned(),
        Action::Defer(problem) => format!("wait: {}", problem.message()),
        Action::Blocked(problem) => format!("report: {}", problem.message()),
    };
    let warning = step.warning.as_ref().map(|problem| format!(" (note: {})", problem.message())).unwrap_or_default();
    // A name of several lines must not look like several steps.
    format!("{}: {what}{warning}", step.client_name).replace(char::is_control, " ")
}
