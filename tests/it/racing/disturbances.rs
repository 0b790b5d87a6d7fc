//! What happens to the processes, the database and the Halos meanwhile.

use infima_halo::ops::sync::run::Failpoint;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use strum::VariantArray;

use super::stage::Stage;
use crate::support::hostile_halo::Attack;
use crate::support::random::Random;
use crate::support::worker::Worker;

const WORKERS: usize = 2;
const FAULTS: [(Fault, Call); 10] = [
    (Fault::CutBefore, Call::Create),
    (Fault::CutAfter, Call::Create),
    (Fault::CutHalfway, Call::Create),
    (Fault::ServerErrorAfter, Call::Create),
    (Fault::GatewayTimeoutAfter, Call::Create),
    (Fault::CutAfter, Call::Update),
    (Fault::ServerErrorAfter, Call::Update),
    (Fault::RateLimitedSeconds(1), Call::Update),
    (Fault::HtmlOk, Call::SubscriptionSingle),
    (Fault::TruncatedJson, Call::CustomerSingle),
];

/// The processes under test.
pub struct Processes {
    serve: Option<Worker>,
    workers: Vec<Worker>,
    disturbances: usize,
    logs: String,
}

impl Processes {
    pub async fn start(stage: &Stage) -> Self {
        let workers = (0..WORKERS).map(|_| worker(stage, None)).collect();
        let mut processes = Self { serve: None, workers, disturbances: 0, logs: String::new() };
        processes.replace_serve(stage).await;
        processes
    }

    /// Does one bad thing.
    pub async fn disturb(&mut self, stage: &Stage, random: &mut Random) {
        self.disturbances += 1;
        match random.below(8) {
            0 => self.replace_serve(stage).await,
            // Half of the workers stop themselves at a failpoint, and are killed there later.
            1..4 => {
                let failpoint = (random.below(2) == 0).then(|| random.one_of(Failpoint::VARIANTS));
                self.replace_worker(stage, random.below(WORKERS), failpoint).await;
            }
            4 => {
                let cut = "select pg_terminate_backend(pid) from (
                               select pid from pg_stat_activity
                               where datname = current_database() and usename = 'infima_app'
                               order by random() limit 3) as chosen";
                sqlx::query(cut).execute(&stage.world.owner).await.expect("the owner may do that");
            }
            5..7 => {
                let tenants: Vec<_> = stage.parties.iter().flat_map(|party| &party.tenants).collect();
                let (fault, call) = random.one_of(&FAULTS);
                random.one_of(&tenants).inject(fault, Matching::call(call), Lasting::Once);
            }
            _ => stage.halo.set(Some(random.one_of(Attack::VARIANTS)).filter(|_| random.below(3) > 0)),
        }
        stage.bring_forward().await;
        stage.pass_a_minute().await;
    }

    /// From now on everything works.
    pub async fn calm_down(&mut self, stage: &Stage) {
        stage.halo.set(None);
        stage.parties.iter().flat_map(|party| &party.tenants).for_each(|tenant| tenant.clear_faults());
        self.replace_serve(stage).await;
        for place in 0..WORKERS {
            self.replace_worker(stage, place, None).await;
        }
    }

    async fn replace_serve(&mut self, stage: &Stage) {
        if let Some(serve) = self.serve.take() {
            self.logs.push_str(&serve.everything());
            serve.kill().await;
        }
        let settings = stage.settings();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, &**value)).collect();
        let (serve, url) = Worker::serve(&stage.world, &settings).await;
        self.serve = Some(serve);
        stage.address.send_replace(url);
    }

    async fn replace_worker(&mut self, stage: &Stage, place: usize, failpoint: Option<Failpoint>) {
        let killed = std::mem::replace(&mut self.workers[place], worker(stage, failpoint));
        self.logs.push_str(&killed.everything());
        killed.kill().await;
    }

    pub fn disturbances(&self) -> usize {
        self.disturbances
    }

    /// What all of them have logged.
    pub fn logs(&self) -> String {
        let alive = self.workers.iter().chain(&self.serve).map(Worker::everything);
        [self.logs.clone()].into_iter().chain(alive).collect::<Vec<_>>().join("\n")
    }
}

fn worker(stage: &Stage, failpoint: Option<Failpoint>) -> Worker {
    let mut settings = stage.settings();
    settings.extend(failpoint.map(|failpoint| ("INFIMA_FAILPOINTS", failpoint.to_string())));
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, &**value)).collect();
    Worker::start_with(&stage.world, &settings)
}
