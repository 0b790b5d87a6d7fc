//! `schema`: prints the GraphQL schema, as `schema.graphql` holds it. It needs no running service.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::graphql;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    io::stdout().write_all(graphql::sdl().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
