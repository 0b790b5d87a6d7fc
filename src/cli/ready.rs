//! `ready`: asks a process of ours on this machine whether it is ready. A container's image has no
//! other program that could.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than any answer of a health check.
const MAX_ANSWER: u64 = 16 * 1024;

#[derive(clap::Args)]
pub(super) struct ReadyArgs {
    /// The port of INFIMA_LISTEN or INFIMA_WORKER_LISTEN
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

pub(super) async fn run(args: ReadyArgs) -> anyhow::Result<ExitCode> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let answer = tokio::time::timeout(TIMEOUT, ask(address)).await;
    let answer = answer.with_context(|| format!("{address} does not answer within {} seconds", TIMEOUT.as_secs()))?;
    let answer = answer.with_context(|| format!("{address} does not answer"))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    say!("{body}");
    Ok(if answer.starts_with("HTTP/1.1 200 ") { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER).read_to_string(&mut answer).await?;
    Ok(answer)
}
