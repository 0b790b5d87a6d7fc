//! `sandbox`: only the Halo tenants of `dev`, for developers who run a database and an API
//! themselves.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::signals::stop_at_signal;
use crate::clock::Clock;
use crate::dev;

#[derive(clap::Args)]
pub(super) struct SandboxArgs {
    /// Port of the first tenant at its first start; if it is taken, another port is used
    #[arg(long, default_value_t = dev::SANDBOX_PORT, value_parser = dev::port)]
    port: u16,
    /// Directory of the tenants' data
    #[arg(long, value_name = "DIRECTORY", default_value = dev::DATA_DIR)]
    data_dir: PathBuf,
}

pub(super) async fn run(args: SandboxArgs) -> anyhow::Result<ExitCode> {
    let sandbox = dev::sandbox(&args.data_dir, args.port, Clock::system()).await;
    let sandbox =
        sandbox.with_context(|| format!("the sandbox cannot start in {} (--data-dir)", args.data_dir.display()))?;
    for port in sandbox.taken_ports() {
        println!("Port {port} is taken; another port is used.");
    }
    let stopping = CancellationToken::new();
    stop_at_signal(stopping.clone())?;
    for tenant in dev::TENANTS.map(|name| sandbox.tenant(name)) {
        println!("{}", tenant.name());
        println!("  Halo PSA URL   {}", tenant.url());
        println!("  Client ID      {}", tenant.client_id());
        println!("  Client Secret  {}", tenant.client_secret());
    }
    println!("The first address shows the tenant in a browser. Ctrl-C stops.");
    stopping.cancelled().await;
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}
