//! The API as a process of its own, over a world's database and tenants.

use std::net::SocketAddr;

use infima_halo::seal;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::program::{Running, program};
use super::world::{World, rules};

pub struct ApiProcess {
    pub running: Running,
    pub address: SocketAddr,
}

impl ApiProcess {
    pub async fn start(world: &World, settings: &[(&str, &str)]) -> Self {
        let keys = world.publish_keys().await;
        let mut command = program(&["serve"]);
        command
            .env("INFIMA_LOG", "off,infima_halo::cli=info")
            .env("INFIMA_ENV", "development")
            .env("INFIMA_KEYS", seal::DEVELOPMENT_KEYS)
            .env("DATABASE_URL", world.database.app_url().expose_secret())
            .env("INFIMA_LISTEN", "127.0.0.1:0")
            .env("INFIMA_DRAIN_SECONDS", "0")
            .env("INFIMA_HALO_DEVELOPMENT_ADDRESSES", format!("127.0.0.1:{}", world.tenant.port()))
            .env("INFIMA_AUTH_JWKS_URL", keys)
            .env("INFIMA_AUTH_ISSUER", rules().issuer)
            .env("INFIMA_AUTH_AUDIENCE", rules().audience)
            .env("INFIMA_TRUSTED_DOCUMENTS", "off")
            .envs(settings.iter().copied());
        let mut running = Running::start(&mut command);
        let line: Value = serde_json::from_str(&running.logs("\"serving\"").await).expect("it logs JSON");
        let address = line["address"].as_str().expect("its address").parse().expect("an address");
        Self { running, address }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
