//! What users, Halo's administrators and time do to a world, beside what every test does.

use chrono::Duration;
use infima_halo::auth::PartnerScope;
use infima_halo::domain::association::{Association, AssociationState, Ending};
use infima_halo::domain::problem::{Overwritten, ProblemKind, QuantityRefusal};
use infima_halo::domain::roster::{ClientRecord, RosterState};
use infima_halo::domain::run::RunState;
use infima_halo::ids::{AssociationId, HaloCustomerId, PartnerId, RunId};
use infima_halo::ops::association::recreate::recreate_subscription;
use infima_halo::ops::association::remove::remove_association;
use infima_halo::ops::association::resolve::{Answer, resolve_subscription};
use infima_halo::ops::connection::disconnect::disconnect;
use infima_halo::ops::roster::import::Roster;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::ops::{OpError, UserErrorCode};
use infima_halo::sandbox::{Act, Subscription};
use infima_halo::storage;

use super::world::{PARTNER, World, request};

impl World {
    /// Every association of the partner that has not ended, including those that are ending.
    pub async fn associations(&self) -> Vec<Association> {
        self.associations_of(self.partner().await).await
    }

    /// The same of another partner.
    pub async fn associations_of(&self, partner: PartnerId) -> Vec<Association> {
        let ids: Vec<(uuid::Uuid,)> =
            sqlx::query_as("select id from associations where state <> 'ended' and partner_id = $1 order by id")
                .bind(partner.0)
                .fetch_all(&self.owner)
                .await
                .expect("the test's database answers");
        let ids: Vec<_> = ids.into_iter().map(|(id,)| AssociationId(id)).collect();
        let scope = PartnerScope::for_worker(partner);
        let mut db = self.ops().db.read(&scope).await.expect("the test's database answers");
        let found = storage::associations::find_many(&mut db, &scope, &ids).await;
        let mut found = found.expect("the test's database answers");
        found.sort_by_key(|association| association.id);
        found
    }

    /// The client's name, as the partner knows it.
    pub async fn name_of(&self, association: &Association) -> String {
        let (name,): (String,) = sqlx::query_as("select name from clients where id = $1")
            .bind(association.client.0)
            .fetch_one(&self.owner)
            .await
            .expect("the client is there");
        name
    }

    /// The client's subscription as Halo has it, deleted or not.
    pub async fn record_of(&self, client: &str) -> Subscription {
        let id = self.association(client).await.subscription.expect("there is one").id;
        self.tenant.subscription(id.0).expect("Halo forgets nothing")
    }

    /// A client of the partner's, with so many active users; not mapped.
    pub async fn add_client(&self, name: &str, users: usize) {
        self.import_client(name, RosterState::Active, 1).await;
        self.set_users(name, users).await;
    }

    pub async fn archive_client(&self, name: &str) {
        self.import_client(name, RosterState::Archived, 99).await;
    }

    async fn import_client(&self, name: &str, state: RosterState, version: i64) {
        let client = ClientRecord {
            external_id: format!("{PARTNER}/{name}"),
            partner_external_id: PARTNER.into(),
            name: name.into(),
            state,
            version,
        };
        self.import(Roster { clients: vec![client], ..Roster::default() }).await;
    }

    pub async fn remove(&self, id: AssociationId, ending: Ending) -> Result<Option<RunId>, OpError> {
        let admin = self.admin().await;
        let removed = remove_association(self.ops(), &request(&admin), self.partner().await, id, ending).await;
        removed.map(|(_, run)| run)
    }

    pub async fn recreate(&self, id: AssociationId) -> Result<RunId, OpError> {
        let admin = self.admin().await;
        let recreated = recreate_subscription(self.ops(), &request(&admin), self.partner().await, id).await;
        recreated.map(|(_, run)| run)
    }

    pub async fn resolve(&self, id: AssociationId, answer: Answer) -> Result<RunId, OpError> {
        let admin = self.admin().await;
        let resolved = resolve_subscription(self.ops(), &request(&admin), self.partner().await, id, answer).await;
        resolved.map(|(_, run)| run)
    }

    /// Does what the association's remedy says, as a partner would. Returns whether there was
    /// anything to do.
    pub async fn resolve_problem(&self, association: &Association) -> bool {
        let Some(problem) = &association.problem else { return false };
        match &problem.kind {
            ProblemKind::SubscriptionDeleted => drop(self.recreate(association.id).await.expect("it is deleted")),
            ProblemKind::SubscriptionInactive { id } => {
                self.tenant.act(Act::SetSubscriptionActive { id: id.0, active: true }).expect("it is there");
            }
            ProblemKind::SubscriptionExists { ids }
            | ProblemKind::AmbiguousRecovery { ids }
            | ProblemKind::DuplicateSubscription { ids } => {
                let id = *ids.last().expect("the problem names the candidates");
                // The subscription may have been offered to two clients, and the other client's
                // answer came first: the next sync offers it again.
                match self.resolve(association.id, Answer::Adopt(Some(id))).await {
                    Err(OpError::Refused(said)) => assert_eq!(said[0].code, UserErrorCode::SubscriptionNotACandidate),
                    resolved => drop(resolved.expect("it is a candidate")),
                }
            }
            ProblemKind::FieldsOverwritten { what } => {
                if let Some(Overwritten::Record { made, .. }) = what {
                    // All of the partner's clients name it.
                    let _ = self.tenant.act(Act::DeleteSubscription { id: made.0 });
                }
                // One acknowledgement counts for all of the partner's clients.
                let _ = self.resolve(association.id, Answer::Continue).await;
            }
            ProblemKind::CustomerDeleted => {
                self.remove(association.id, Ending::KeepQuantity).await.expect("it is the partner's");
            }
            ProblemKind::QuantityRefused { quantity: 0, refusal: QuantityRefusal::Rejected { .. } } => {
                self.set_users(&self.name_of(association).await, 2).await;
            }
            _ => return false,
        }
        true
    }

    pub async fn disconnect(&self) {
        let admin = self.admin().await;
        let partner = self.partner().await;
        disconnect(self.ops(), &request(&admin), partner).await.expect("the partner may disconnect");
    }

    /// The partner's run that waits or is under way.
    pub async fn open_run(&self) -> Option<RunId> {
        let found: Option<(uuid::Uuid,)> =
            sqlx::query_as("select id from sync_runs where state in ('queued', 'running') and partner_id = $1")
                .bind(self.partner().await.0)
                .fetch_optional(&self.owner)
                .await
                .expect("the test's database answers");
        found.map(|(id,)| RunId(id))
    }

    /// Whether the time of a run has come.
    pub async fn is_due(&self, run: RunId) -> bool {
        sqlx::query_scalar("select next_attempt_at <= now() from sync_runs where id = $1")
            .bind(run.0)
            .fetch_one(&self.owner)
            .await
            .expect("the run is there")
    }

    /// Ends the pauses that Halo asked for. They are judged by Postgres' clock, which no test waits
    /// for.
    pub async fn end_pauses(&self) {
        self.change(sqlx::query("update halo_budgets set limited_until = null")).await;
    }

    /// Lets time pass until a dead worker holds no lease any more, and has no request under way.
    pub async fn end_leases(&self) {
        let ago = "update sync_runs set lease_until = now() - interval '1 hour' where lease_until is not null";
        self.change(sqlx::query(ago)).await;
    }

    /// Lets time pass until every waiting run is due and every create-confirmation timeout is over.
    /// A run looks first, as runs do within that timeout.
    pub async fn wait_out(&self) {
        self.end_pauses().await;
        self.look().await;
        self.clock.advance(Duration::hours(1));
        let ago = "update associations set create_sent_at = create_sent_at - interval '1 hour',
                       pending_write_at = pending_write_at - interval '1 hour'";
        self.change(sqlx::query(ago)).await;
        self.end_pauses().await;
        self.look().await;
    }

    /// Executes the waiting run, whatever its time, until it waits again or is over.
    pub async fn look(&self) -> Option<RunOutcome> {
        let run = self.open_run().await?;
        self.bring_forward(run).await;
        Some(self.work(run).await)
    }

    /// Whether every associated client is billed for its active users, on one subscription each.
    pub async fn is_billed_right(&self) -> Result<(), String> {
        for association in self.associations().await {
            let name = self.name_of(&association).await;
            if association.state != AssociationState::Active {
                return Err(format!("{name} is {:?}: {:?}", association.state, association.problem));
            }
            let (users,): (i32,) = sqlx::query_as("select active_user_count($1)")
                .bind(association.client.0)
                .fetch_one(&self.owner)
                .await
                .expect("the test's database answers");
            let live = self.live_at(association.customer.id);
            let [only] = &live[..] else { return Err(format!("{name} has {} subscriptions", live.len())) };
            if only.count != f64::from(users) {
                return Err(format!("{name} is billed {} instead of {users}", only.count));
            }
        }
        Ok(())
    }

    /// The live subscriptions of a customer, of whichever client.
    pub fn live_at(&self, customer: HaloCustomerId) -> Vec<Subscription> {
        let all = self.tenant.subscriptions().into_iter();
        all.filter(|it| it.is_active && it.client_id == customer.0).collect()
    }

    /// What our integration changed in this Halo beside quantities, by Halo's own audit trail from
    /// its entry `since` on.
    pub fn touched_beside_quantities(&self, since: usize) -> Vec<String> {
        let changes = self.tenant.changes().into_iter().skip(since);
        let ours = changes.filter(|change| change.who == "Integration" && change.field_name != "count");
        ours.map(|it| format!("{} of {}: {} -> {}", it.field_name, it.licence_id, it.old_value, it.new_value)).collect()
    }
}

/// The codes with which an input was refused.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, OpError>) -> Vec<UserErrorCode> {
    match result {
        Err(OpError::Refused(errors) | OpError::ChecksFailed { errors, .. }) => {
            errors.into_iter().map(|error| error.code).collect()
        }
        other => panic!("this should have been refused: {other:?}"),
    }
}

/// The outcome of a successful run.
pub const SUCCEEDED: RunOutcome = RunOutcome::Finished(RunState::Succeeded);
