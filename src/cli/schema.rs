//! `schema`: the GraphQL schema, as `schema.graphql` keeps it. Needs nothing that runs.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::graphql;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    io::stdout().write_all(graphql::sdl().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
