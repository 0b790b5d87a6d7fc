//! The words for users: what happened, why, what to do about it, and which step of the published
//! guide describes that. Every text about a problem or a check of the connection stands here.

mod check;
mod problem;
mod problem_record;
mod trouble;
