//! Permissions: every root field, every field that leads from one record to another, `node`, every
//! mutation and the subscription, by every kind of caller, on its own partner and on another's. The
//! outcomes are a golden file, so that a change of permissions is reviewed. A schema field without
//! a row fails the test.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::{
    parse_query, parse_schema,
    types::{OperationType, Selection, SelectionSet, Type, TypeKind, TypeSystemDefinition},
};
use axum::Router;
use infima_halo::auth::Role;
use infima_halo::config::Variables;
use infima_halo::domain::webhook::EventType;
use infima_halo::graphql::sdl;
use infima_halo::ids::{PartnerId, ProblemId, RunId};
use infima_halo::ops::association::exclude::exclude_clients;
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::problem::acknowledge::acknowledge_problem;
use infima_halo::ops::webhook::{register::register_webhook, send_test::send_test};
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use serde_json::{Value, json};

use crate::support::served::{Reply, Served};
use crate::support::world::{PARTNER, World, details_of, request};

/// The operations, executed once by each caller. `$name` stands for an id of the partner
/// `northwind`. In each operation, the first field, its first field and so on lead to what the row
/// is about.
pub(crate) const ROWS: &[(&str, &str)] = &[
    ("Query.viewer", "{ viewer { role } }"),
    ("Viewer.partner", "{ viewer { partner { id } } }"),
    ("Query.partner", "{ partner(id: $partner) { name } }"),
    ("Query.partners", "{ partners(first: 5) { nodes { name } edges { node { name } } pageInfo { hasNextPage } } }"),
    (
        "Query.haloCustomers",
        "{ haloCustomers(search: \"\", first: 3, partnerId: $partner) {
            nodes { name } edges { node { name } } pageInfo { hasNextPage } } }",
    ),
    (
        "HaloCustomer.associatedClients",
        "{ haloCustomers(search: \"Alder\", first: 3, partnerId: $partner) { nodes { associatedClients { name } } } }",
    ),
    ("Query.haloSyncPreview", "{ haloSyncPreview(partnerId: $partner) { entries { action problem { code } } } }"),
    ("HaloSyncPreviewEntry.client", "{ haloSyncPreview(partnerId: $partner) { entries { client { name } } } }"),
    (
        "HaloSyncPreviewEntry.haloCustomer",
        "{ haloSyncPreview(partnerId: $partner) { entries { haloCustomer { name } } } }",
    ),
    (
        "HaloSyncPreviewEntry.association",
        "{ haloSyncPreview(partnerId: $partner) { entries { association { status } } } }",
    ),
    ("Query.haloSyncRun", "{ haloSyncRun(id: $run) { status } }"),
    ("Query.node, a partner", "{ node(id: $partner) { id } }"),
    ("Query.node, a client", "{ node(id: $client) { id } }"),
    ("Query.node, a connection", "{ node(id: $connection) { id } }"),
    ("Query.node, an association", "{ node(id: $association) { id } }"),
    ("Query.node, a run", "{ node(id: $run) { id } }"),
    ("Query.nodes", "{ nodes(ids: [$partner, $client, $connection, $association, $run]) { id } }"),
    (
        "Query.partnersInTrouble",
        "{ partnersInTrouble(first: 5) { nodes { name } edges { node { name } } pageInfo { hasNextPage } } }",
    ),
    ("Partner.haloTroubles", "{ partner(id: $partner) { haloTroubles { kind } } }"),
    ("HaloTrouble.problem", "{ partner(id: $partner) { haloTroubles { problem { code } } } }"),
    ("HaloTrouble.run", "{ partner(id: $partner) { haloTroubles { run { id } } } }"),
    (
        "Query.haloProblems",
        "{ haloProblems(first: 5) { nodes { state } edges { node { state } } pageInfo { hasNextPage } } }",
    ),
    (
        "Partner.haloProblems",
        "{ partner(id: $partner) {
            haloProblems(first: 5) { nodes { state } edges { node { state } } pageInfo { hasNextPage } } } }",
    ),
    ("Partner.haloProblemCounts", "{ partner(id: $partner) { haloProblemCounts { open } } }"),
    ("Query.node, a problem", "{ node(id: $inbox) { id } }"),
    ("HaloProblemRecord.partner", "{ node(id: $inbox) { ... on HaloProblemRecord { partner { name } } } }"),
    ("HaloProblemRecord.client", "{ node(id: $inbox) { ... on HaloProblemRecord { client { name } } } }"),
    ("HaloProblemRecord.association", "{ node(id: $inbox) { ... on HaloProblemRecord { association { status } } } }"),
    ("HaloProblemRecord.problem", "{ node(id: $inbox) { ... on HaloProblemRecord { problem { code } } } }"),
    (
        "HaloProblemRecord.acknowledgement",
        "{ node(id: $inbox) { ... on HaloProblemRecord { acknowledgement { note } } } }",
    ),
    (
        "HaloProblemAcknowledgement.by",
        "{ node(id: $inbox) { ... on HaloProblemRecord { acknowledgement { by { name } } } } }",
    ),
    (
        "Partner.haloWebhooks",
        "{ partner(id: $partner) { haloWebhooks { state secrets { id } deliveries(first: 5) {
            nodes { state } edges { node { state } } pageInfo { hasNextPage } } } } }",
    ),
    ("Query.node, a webhook", "{ node(id: $hook) { id } }"),
    ("HaloWebhook.secrets", "{ node(id: $hook) { ... on HaloWebhook { secrets { id } } } }"),
    (
        "HaloWebhook.deliveries",
        "{ node(id: $hook) { ... on HaloWebhook { deliveries(first: 5) {
            nodes { state } edges { node { state } } pageInfo { hasNextPage } } } } }",
    ),
    ("Partner.haloReconciliation", "{ partner(id: $partner) { haloReconciliation { rightCount } } }"),
    (
        "HaloReconciliation.findings",
        "{ partner(id: $partner) { haloReconciliation { findings { client { name } haloCustomer { name } } } } }",
    ),
    ("Partner.clientCounts", "{ partner(id: $partner) { clientCounts { total } } }"),
    ("Partner.haloConnection", "{ partner(id: $partner) { haloConnection { status } } }"),
    ("Partner.haloSyncSettings", "{ partner(id: $partner) { haloSyncSettings { nightly } } }"),
    ("Partner.haloSyncPause", "{ partner(id: $partner) { haloSyncPause { pausedBy { name } } } }"),
    (
        "Partner.clients",
        "{ partner(id: $partner) {
            clients(first: 5) { nodes { name } edges { node { name } } pageInfo { hasNextPage } } } }",
    ),
    (
        "Partner.haloMappingSuggestions",
        "{ partner(id: $partner) { haloMappingSuggestions(first: 5) {
            counts { exact } nodes { kind } edges { node { kind } } pageInfo { hasNextPage } } } }",
    ),
    (
        "HaloMappingSuggestion.client",
        "{ partner(id: $partner) { haloMappingSuggestions(first: 5) { nodes { client { name } } } } }",
    ),
    (
        "HaloMappingSuggestion.candidates",
        "{ partner(id: $partner) { haloMappingSuggestions(first: 5) {
            nodes { candidates { customer { name } } } } } }",
    ),
    (
        "Partner.haloSyncRuns",
        "{ partner(id: $partner) {
            haloSyncRuns(first: 5) { nodes { id } edges { node { id } } pageInfo { hasNextPage } } } }",
    ),
    (
        "Partner.activity",
        "{ partner(id: $partner) {
            activity(first: 5) { nodes { action } edges { node { action } } pageInfo { hasNextPage } } } }",
    ),
    ("Activity.actor", "{ partner(id: $partner) { activity(first: 5) { nodes { actor { name } } } } }"),
    ("Activity.changes", "{ partner(id: $partner) { activity(first: 5) { nodes { changes { name } } } } }"),
    (
        "Activity.subject",
        "{ partner(id: $partner) { activity(first: 20, changesOnly: true) { nodes { subject { id } } } } }",
    ),
    (
        "Activity.clients",
        "{ partner(id: $partner) { activity(first: 20, changesOnly: true) { nodes { clients { name } } } } }",
    ),
    ("Client.userCounts", "{ node(id: $client) { ... on Client { userCounts { counted } } } }"),
    (
        "Client.users",
        "{ node(id: $client) { ... on Client {
            users(first: 5) { nodes { email } edges { node { email } } pageInfo { hasNextPage } } } } }",
    ),
    (
        "Partner.billingEvidence",
        "{ partner(id: $partner) { billingEvidence(month: \"2026-11\", first: 5) {
            nodes { changes } edges { node { changes } } pageInfo { hasNextPage } } } }",
    ),
    (
        "BillingEvidence.client",
        "{ partner(id: $partner) { billingEvidence(month: \"2026-11\", first: 5) { nodes { client { name } } } } }",
    ),
    (
        "BillingEvidence.days",
        "{ partner(id: $partner) { billingEvidence(month: \"2026-11\", first: 5) { nodes { days { date } } } } }",
    ),
    (
        "Client.billingEvidence",
        "{ node(id: $client) { ... on Client { billingEvidence(from: \"2026-11-24\", to: \"2026-11-24\") { date } } } }",
    ),
    (
        "BillingDay.haloCustomer",
        "{ node(id: $client) { ... on Client {
            billingEvidence(from: \"2026-11-24\", to: \"2026-11-24\") { haloCustomer { name } } } } }",
    ),
    (
        "BillingDay.userCounts",
        "{ node(id: $client) { ... on Client {
            billingEvidence(from: \"2026-11-24\", to: \"2026-11-24\") { userCounts { counted } } } } }",
    ),
    (
        "BillingDay.problem",
        "{ partner(id: $partner) { billingEvidence(month: \"2026-11\", first: 5) {
            nodes { days { problem { code } } } } } }",
    ),
    (
        "BillingDay.run",
        "{ node(id: $client) { ... on Client {
            billingEvidence(from: \"2026-11-24\", to: \"2026-11-24\") { run { id } } } } }",
    ),
    (
        "BillingDay.result",
        "{ node(id: $client) { ... on Client {
            billingEvidence(from: \"2026-11-24\", to: \"2026-11-24\") { result { outcome } } } } }",
    ),
    (
        "HaloSyncResult.userCounts",
        "{ haloSyncRun(id: $run) { results(first: 5) { nodes { userCounts { counted } } } } }",
    ),
    (
        "HaloSyncResult.haloCustomer",
        "{ haloSyncRun(id: $run) { results(first: 5) { nodes { haloCustomer { name } } } } }",
    ),
    ("Client.haloExclusion", "{ node(id: $excluded) { ... on Client { haloExclusion { reason } } } }"),
    (
        "HaloClientExclusion.excludedBy",
        "{ node(id: $excluded) { ... on Client { haloExclusion { excludedBy { name } } } } }",
    ),
    ("Client.haloAssociation", "{ node(id: $client) { ... on Client { haloAssociation { status } } } }"),
    (
        "Client.suggestedHaloCustomers",
        "{ node(id: $unmapped) { ... on Client { suggestedHaloCustomers { customer { name } } } } }",
    ),
    ("HaloConnection.checks", "{ node(id: $connection) { ... on HaloConnection { checks { outcome } } } }"),
    (
        "HaloConnection.tenantChange",
        "{ node(id: $connection) { ... on HaloConnection { tenantChange { found total } } } }",
    ),
    ("HaloConnection.problem", "{ node(id: $connection) { ... on HaloConnection { problem { code } } } }"),
    ("HaloClientAssociation.client", "{ node(id: $association) { ... on HaloClientAssociation { client { name } } } }"),
    (
        "HaloClientAssociation.haloCustomer",
        "{ node(id: $association) { ... on HaloClientAssociation { haloCustomer { name } } } }",
    ),
    (
        "HaloClientAssociation.subscription",
        "{ node(id: $association) { ... on HaloClientAssociation { subscription { name } } } }",
    ),
    ("HaloSubscription.url", "{ node(id: $association) { ... on HaloClientAssociation { subscription { url } } } }"),
    ("HaloClientAssociation.problem", "{ node(id: $doubtful) { ... on HaloClientAssociation { problem { code } } } }"),
    (
        "HaloClientAssociation.history",
        "{ node(id: $association) { ... on HaloClientAssociation {
            history(first: 5) { nodes { outcome } edges { node { outcome } } pageInfo { hasNextPage } } } } }",
    ),
    ("HaloSyncRun.partner", "{ haloSyncRun(id: $run) { partner { name } } }"),
    ("HaloSyncRun.requestedBy", "{ haloSyncRun(id: $run) { requestedBy { name } } }"),
    ("HaloSyncRun.progress", "{ haloSyncRun(id: $run) { progress { done } summary { created } } }"),
    ("HaloSyncRun.continuedBy", "{ haloSyncRun(id: $handed) { continuedBy { status } } }"),
    ("HaloSyncRun.problem", "{ haloSyncRun(id: $troubled) { problem { code } } }"),
    (
        "HaloSyncRun.results",
        "{ haloSyncRun(id: $run) {
            results(first: 5) { nodes { outcome } edges { node { outcome } } pageInfo { hasNextPage } } } }",
    ),
    ("HaloSyncResult.client", "{ haloSyncRun(id: $run) { results(first: 5) { nodes { client { name } } } } }"),
    ("HaloSyncResult.run", "{ haloSyncRun(id: $run) { results(first: 5) { nodes { run { id } } } } }"),
    ("HaloSyncResult.problem", "{ haloSyncRun(id: $troubled) { results(first: 5) { nodes { problem { code } } } } }"),
    ("HaloSyncResult.evidence", "{ haloSyncRun(id: $troubled) { results(first: 5) { nodes { evidence } } } }"),
    ("Subscription.haloSyncRun", "subscription { haloSyncRun(id: $run) { status } }"),
    (
        "Mutation.testHaloConnection, stored",
        "mutation { testHaloConnection(input: { partnerId: $partner, reason: \"a test\" }) {
            test { works checks { outcome } problem { code } } haloConnection { url } userErrors { code } } }",
    ),
    (
        "Mutation.testHaloConnection, typed",
        "mutation { testHaloConnection(input: { partnerId: $partner, url: $url, reason: \"a test\" }) {
            test { works } userErrors { code } } }",
    ),
    (
        "Mutation.confirmHaloTenantChange",
        "mutation { confirmHaloTenantChange(input: {
            partnerId: $partner, decision: CARRY_OVER, reason: \"a test\" }) {
            haloConnection { status } run { id } userErrors { code } } }",
    ),
    (
        "Mutation.saveHaloConnection",
        "mutation { saveHaloConnection(input: { partnerId: $partner, url: $url, clientSecret: $secret }) {
            haloConnection { status } run { id } checks { outcome } userErrors { code } } }",
    ),
    (
        "Mutation.requestHaloSync",
        "mutation { requestHaloSync(input: { partnerId: $partner, reason: \"a test\" }) {
            run { status } userErrors { code } } }",
    ),
    (
        "Mutation.reconcileHalo",
        "mutation { reconcileHalo(input: { partnerId: $partner, reason: \"a test\" }) {
            reconciliation { rightCount } userErrors { code } } }",
    ),
    (
        "Mutation.recheckHaloProblem",
        "mutation { recheckHaloProblem(input: { partnerId: $partner, problemId: $inbox, reason: \"a test\" }) {
            problem { state } run { status } userErrors { code } } }",
    ),
    (
        "Mutation.acknowledgeHaloProblem",
        "mutation { acknowledgeHaloProblem(input: {
            partnerId: $partner, problemId: $inbox, note: \"a note\", reason: \"a test\" }) {
            problem { state } userErrors { code } } }",
    ),
    (
        "Mutation.snoozeHaloProblem",
        "mutation { snoozeHaloProblem(input: { partnerId: $partner, problemId: $inbox, reason: \"a test\" }) {
            problem { state } userErrors { code } } }",
    ),
    (
        "Mutation.saveHaloClientAssociations",
        "mutation { saveHaloClientAssociations(input: { partnerId: $partner, associations: [
            { clientId: $unmapped, haloCustomerId: $customer }] }) {
            associations { status } run { id } userErrors { code } } }",
    ),
    (
        "Mutation.acceptHaloMappingSuggestions",
        "mutation { acceptHaloMappingSuggestions(input: { partnerId: $partner }) {
            result { mapped } partner { name } run { id } userErrors { code } } }",
    ),
    (
        "Mutation.excludeHaloClients",
        "mutation { excludeHaloClients(input: { partnerId: $partner, clientIds: [$excluded], reason: \"a test\" }) {
            clients { name } userErrors { code } } }",
    ),
    (
        "Mutation.includeHaloClients",
        "mutation { includeHaloClients(input: { partnerId: $partner, clientIds: [$excluded] }) {
            clients { name } userErrors { code } } }",
    ),
    (
        "Mutation.importHaloMappings",
        "mutation { importHaloMappings(input: { partnerId: $partner, csv: \"infima_client_id,halo_customer_id\" }) {
            result { mapped } partner { name } run { id } userErrors { code } } }",
    ),
    (
        "Mutation.removeHaloClientAssociation",
        "mutation { removeHaloClientAssociation(input: {
            partnerId: $partner, associationId: $doubtful, quantity: KEEP_QUANTITY }) {
            association { status } run { id } userErrors { code } } }",
    ),
    (
        "Mutation.recreateHaloSubscription",
        "mutation { recreateHaloSubscription(input: { partnerId: $partner, associationId: $association }) {
            association { status } run { id } userErrors { code } } }",
    ),
    (
        "Mutation.resolveHaloSubscription",
        "mutation { resolveHaloSubscription(input: {
            partnerId: $partner, associationId: $association, answer: CREATE_NEW }) {
            association { status } run { id } userErrors { code } } }",
    ),
    (
        "Mutation.updateHaloSyncSettings",
        "mutation { updateHaloSyncSettings(input: { partnerId: $partner, nightly: true }) {
            partner { name } userErrors { code } } }",
    ),
    (
        "Mutation.pauseHaloSyncs",
        "mutation { pauseHaloSyncs(input: { partnerId: $partner, until: \"2027-06-01\", reason: \"a test\" }) {
            partner { name } userErrors { code } } }",
    ),
    (
        "Mutation.resumeHaloSyncs",
        "mutation { resumeHaloSyncs(input: { partnerId: $partner, reason: \"a test\" }) {
            partner { name } run { id } userErrors { code } } }",
    ),
    (
        "Mutation.registerHaloWebhook",
        "mutation { registerHaloWebhook(input: {
            partnerId: $partner, url: \"https://8.8.8.8/\", eventTypes: [SYNC_FAILED] }) {
            webhook { state } secret userErrors { code } } }",
    ),
    (
        "Mutation.updateHaloWebhook",
        "mutation { updateHaloWebhook(input: { partnerId: $partner, webhookId: $hook, enabled: true }) {
            webhook { state } userErrors { code } } }",
    ),
    (
        "Mutation.rotateHaloWebhookSecret",
        "mutation { rotateHaloWebhookSecret(input: { partnerId: $partner, webhookId: $hook }) {
            webhook { state } secret userErrors { code } } }",
    ),
    (
        "Mutation.removeHaloWebhookSecret",
        "mutation { removeHaloWebhookSecret(input: { partnerId: $partner, webhookId: $hook, secretId: $sealed }) {
            webhook { state } userErrors { code } } }",
    ),
    (
        "Mutation.sendTestHaloWebhook",
        "mutation { sendTestHaloWebhook(input: { partnerId: $partner, webhookId: $hook, reason: \"a test\" }) {
            delivery { state } userErrors { code } } }",
    ),
    (
        "Mutation.replayHaloWebhookDelivery",
        "mutation { replayHaloWebhookDelivery(input: {
            partnerId: $partner, deliveryId: $delivery, reason: \"a test\" }) {
            delivery { state } userErrors { code } } }",
    ),
    (
        "Mutation.removeHaloWebhook",
        "mutation { removeHaloWebhook(input: { partnerId: $partner, webhookId: $hook }) {
            removedWebhookId userErrors { code } } }",
    ),
    ("Mutation.importRoster", "mutation { importRoster(input: {}) { imported { stored } userErrors { code } } }"),
    (
        "Mutation.disconnectHalo",
        "mutation { disconnectHalo(input: { partnerId: $partner }) { partner { name } userErrors { code } } }",
    ),
];

/// The callers about `northwind`: role and partner of the token. Those who may do least come first,
/// since mutations leave traces.
const CALLERS: [(&str, Option<Role>, Option<&str>); 8] = [
    ("anonymous", None, None),
    ("platform", Some(Role::Platform), None),
    ("not in the roster", Some(Role::PartnerAdmin), Some("unheard-of")),
    ("foreign viewer", Some(Role::PartnerViewer), Some("other")),
    ("foreign admin", Some(Role::PartnerAdmin), Some("other")),
    ("own viewer", Some(Role::PartnerViewer), Some(PARTNER)),
    ("support", Some(Role::Support), None),
    ("own admin", Some(Role::PartnerAdmin), Some(PARTNER)),
];

pub(crate) struct Asked {
    pub(crate) served: Served,
    pub(crate) values: BTreeMap<&'static str, Value>,
}

impl Asked {
    /// Two partners, each with a Halo of its own, associated clients and a sync; one sync of
    /// `northwind` has a problem.
    async fn start() -> Self {
        Self::start_with(|_| {}, Router::new()).await
    }

    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Variables) + Send + 'static, others: Router) -> Self {
        let world = World::builder()
            .clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 2), ("Grove", 1)])
            .adjust(adjust)
            .only(&["Alder"])
            .mapped()
            .build()
            .await;
        let run = world.open_run().await.expect("there is something to create");
        world.work(run).await;
        world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Create), Lasting::Sticky);
        let troubled = world.map(&["Birch"]).await.run.expect("there is something to create");
        world.work(troubled).await;
        world.tenant.clear_faults();
        add_other_partner(&world).await;
        let (admin, grove) = (world.admin().await, world.client("Grove").await);
        let partner = world.partner().await;
        let excluded = exclude_clients(world.ops(), &request(&admin), partner, &[Some(grove)], "a trial", None).await;
        assert_eq!(excluded.expect("it may").errors, []);
        // An association's problem serves as the connection's problem, too.
        sqlx::query(
            "update connections set state = 'needs_attention', problem = a.problem
             from associations a where a.partner_id = connections.partner_id and a.problem is not null",
        )
        .execute(&world.database.owner().await)
        .await
        .expect("the test's database answers");
        let handed: uuid::Uuid = sqlx::query_scalar(
            "insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at, continued_by)
             select gen_random_uuid(), partner_id, trigger, 'cancelled', false, now(), id from sync_runs where id = $1
             returning id",
        )
        .bind(run.0)
        .fetch_one(&world.database.owner().await)
        .await
        .expect("the test's database answers");
        let inbox: uuid::Uuid =
            sqlx::query_scalar("select id from problems where client_id is not null and partner_id = $1")
                .bind(partner.0)
                .fetch_one(&world.database.owner().await)
                .await
                .expect("Birch has a problem");
        let inbox = Some(ProblemId(inbox));
        let noted = acknowledge_problem(world.ops(), &request(&admin), partner, inbox, "a note").await;
        let inbox = noted.expect("it may").id;
        let kinds = [EventType::SyncFailed];
        let hooked = register_webhook(world.ops(), &request(&admin), partner, "https://8.8.8.8/", &kinds).await;
        let hook = hooked.expect("it may").0;
        let sent = send_test(world.ops(), &request(&admin), partner, Some(hook.id)).await.expect("it may");
        let values = BTreeMap::from([
            ("hook", json!(hook.id.to_string())),
            ("sealed", json!(hook.secrets[0].id.to_string())),
            ("delivery", json!(sent.id.to_string())),
            ("inbox", json!(inbox.to_string())),
            ("handed", json!(RunId(handed).to_string())),
            ("partner", json!(world.partner().await.to_string())),
            ("client", json!(world.client("Alder").await.to_string())),
            ("excluded", json!(grove.to_string())),
            ("unmapped", json!(world.client("Cedar").await.to_string())),
            ("association", json!(world.association("Alder").await.id.to_string())),
            ("doubtful", json!(world.association("Birch").await.id.to_string())),
            ("connection", json!(world.connection().await.id.to_string())),
            ("run", json!(run.to_string())),
            ("troubled", json!(troubled.to_string())),
            ("customer", json!(world.customer("Cedar").0)),
            ("url", json!(world.tenant.url())),
            ("secret", json!(world.tenant.client_secret())),
        ]);
        Self { served: Served::beside(world, others, |_, _| {}).await, values }
    }

    fn token(&self, role: Option<Role>, partner: Option<&str>) -> String {
        role.map(|role| self.served.token(role, partner)).unwrap_or_default()
    }

    /// The response to `document` with these values in it, without what differs from one request to
    /// the next.
    async fn ask(&self, token: &str, document: &str, values: &BTreeMap<&'static str, Value>) -> Value {
        let document = filled_in(document, values);
        let mut answer = if document.starts_with("subscription") {
            self.served.events(token, &document, json!({})).await.into_iter().next().expect("an event or a refusal")
        } else {
            Reply::of(self.served.post(token).json(&json!({ "query": document }))).await.body
        };
        for error in answer["errors"].as_array_mut().into_iter().flatten() {
            let id = error["extensions"].as_object_mut().and_then(|extensions| extensions.remove("requestId"));
            assert!(id.is_some(), "an error without a request id: {error}");
        }
        answer
    }

    /// Ids of the same kinds that belong to no record.
    fn unknown(&self) -> BTreeMap<&'static str, Value> {
        let unknown = |value: &Value| match value.as_str().and_then(|id| id.split_once('_')) {
            Some((kind, digits)) if digits.len() == 32 => json!(format!("{kind}_{}", "0".repeat(32))),
            _ => value.clone(),
        };
        self.values.iter().map(|(name, value)| (*name, unknown(value))).collect()
    }
}

/// A second partner with a Halo of its own, an associated client and a sync.
pub(crate) async fn add_other_partner(world: &World) -> PartnerId {
    world.import_partner("other", &[("Dogwood", 1)]).await;
    let (partner, admin) = (world.partner_named("other").await, world.caller(Role::PartnerAdmin, Some("other")).await);
    let tenant = world.sandbox.tenant("other");
    save_connection(world.ops(), &request(&admin), partner, details_of(&tenant)).await.expect("the details are right");
    let client = sqlx::query_scalar("select id from clients where external_id = 'other/Dogwood'")
        .fetch_one(&world.database.owner().await)
        .await
        .expect("the client was imported");
    let mapping = Mapping {
        client: Some(infima_halo::ids::ClientId(client)),
        customer: infima_halo::ids::HaloCustomerId(tenant.customers()[0].id),
        allow_shared: false,
        replace: None,
    };
    let mapped = associate_clients(world.ops(), &request(&admin), partner, &[mapping]).await.expect("it may");
    world.work(mapped.run.expect("there is something to create")).await;
    partner
}

pub(crate) fn filled_in(document: &str, values: &BTreeMap<&'static str, Value>) -> String {
    let mut text = document.to_owned();
    for (name, value) in values.iter().rev() {
        text = text.replace(&format!("${name}"), &value.to_string());
    }
    assert!(!text.contains('$'), "a value is missing: {text}");
    text
}

/// An outcome in a word or two.
fn outcome(document: &str, answer: &Value) -> String {
    if let Some(errors) = answer["errors"].as_array() {
        let codes: BTreeSet<_> = errors.iter().filter_map(|error| error["extensions"]["code"].as_str()).collect();
        return codes.into_iter().collect::<Vec<_>>().join(" ");
    }
    let data = answer["data"].as_object().expect("data, or errors");
    let root = data.values().next().expect("a row asks for one field");
    if let Some(errors) = root["userErrors"].as_array().filter(|errors| !errors.is_empty()) {
        return errors.iter().map(|error| error["code"].to_string().replace('"', "")).collect::<Vec<_>>().join(" ");
    }
    let mut path = Vec::new();
    let operation = parse_query(document.replace('$', "")).expect("a row is GraphQL");
    let (_, operation) = operation.operations.iter().next().expect("a row has one operation");
    lead(&operation.node.selection_set.node, &mut path);
    if leads_somewhere(&answer["data"], &path) { "shown".into() } else { "null".into() }
}

/// Whether there is a value at the end of the path; in a list, for any of its entries.
fn leads_somewhere(at: &Value, path: &[String]) -> bool {
    match (at, path) {
        (Value::Array(entries), _) => entries.iter().any(|entry| leads_somewhere(entry, path)),
        (at, [name, rest @ ..]) => leads_somewhere(&at[name], rest),
        (at, []) => !at.is_null(),
    }
}

/// The names of the first field, of the first field of it, and so on.
fn lead(set: &SelectionSet, path: &mut Vec<String>) {
    match set.items.first().map(|item| &item.node) {
        Some(Selection::Field(field)) => {
            path.push(field.node.name.node.to_string());
            lead(&field.node.selection_set.node, path);
        }
        Some(Selection::InlineFragment(inline)) => lead(&inline.node.selection_set.node, path),
        _ => {}
    }
}

#[tokio::test]
async fn each_field_is_permitted_as_recorded() {
    let asked = Asked::start().await;
    let unknown = asked.unknown();
    let mut table = String::new();
    for (name, document) in ROWS {
        table.push_str(name);
        table.push('\n');
        for (caller, role, partner) in CALLERS {
            let token = asked.token(role, partner);
            let answer = asked.ask(&token, document, &asked.values).await;
            table.push_str(&format!("    {caller:<18} {}\n", outcome(document, &answer)));
            if role.is_some_and(Role::belongs_to_a_partner) && partner != Some(PARTNER) {
                // The response to another partner's record equals that to a record that does not
                // exist, byte for byte.
                let of_nothing = asked.ask(&token, document, &unknown).await;
                assert_eq!(answer, of_nothing, "{name}, asked by {caller}");
            }
        }
    }
    insta::assert_snapshot!(table);
}

/// Ids of another partner's records, named within one's own partner.
#[tokio::test]
async fn foreign_id_in_any_argument_is_unknown() {
    let asked = Asked::start().await;
    let (own, admin) = (asked.served.world.partner_named("other").await, Some(Role::PartnerAdmin));
    let token = asked.token(admin, Some("other"));
    let rows = [
        "mutation { requestHaloSync(input: { clientIds: [$client] }) { run { id } userErrors { code field message } } }",
        "mutation { saveHaloClientAssociations(input: { associations: [
            { clientId: $client, haloCustomerId: 1 }] }) { associations { id } userErrors { code field message } } }",
        "mutation { acceptHaloMappingSuggestions(input: { exceptClientIds: [$client] }) {
            result { mapped } userErrors { code field message } } }",
        "mutation { removeHaloClientAssociation(input: { associationId: $association, quantity: SET_TO_ZERO }) {
            association { id } userErrors { code field message } } }",
        "mutation { recreateHaloSubscription(input: { associationId: $association }) {
            association { id } userErrors { code field message } } }",
        "mutation { excludeHaloClients(input: { clientIds: [$unmapped], reason: \"a test\" }) {
            clients { id } userErrors { code field message } } }",
        "mutation { includeHaloClients(input: { clientIds: [$excluded] }) {
            clients { id } userErrors { code field message } } }",
        "mutation { resolveHaloSubscription(input: { associationId: $association, answer: CREATE_NEW }) {
            association { id } userErrors { code field message } } }",
        "mutation { recheckHaloProblem(input: { problemId: $inbox }) {
            problem { id } userErrors { code field message } } }",
        "mutation { acknowledgeHaloProblem(input: { problemId: $inbox, note: \"a note\" }) {
            problem { id } userErrors { code field message } } }",
        "mutation { snoozeHaloProblem(input: { problemId: $inbox }) {
            problem { id } userErrors { code field message } } }",
        "mutation { updateHaloWebhook(input: { webhookId: $hook, enabled: false }) {
            webhook { id } userErrors { code field message } } }",
        "mutation { removeHaloWebhook(input: { webhookId: $hook }) {
            removedWebhookId userErrors { code field message } } }",
        "mutation { rotateHaloWebhookSecret(input: { webhookId: $hook }) {
            secret userErrors { code field message } } }",
        "mutation { removeHaloWebhookSecret(input: { webhookId: $hook, secretId: $sealed }) {
            webhook { id } userErrors { code field message } } }",
        "mutation { sendTestHaloWebhook(input: { webhookId: $hook }) {
            delivery { id } userErrors { code field message } } }",
        "mutation { replayHaloWebhookDelivery(input: { deliveryId: $delivery }) {
            delivery { id } userErrors { code field message } } }",
        "{ haloSyncPreview(clientIds: [$client]) { entries { client { id } } } }",
    ];
    for (values, unknown) in [(asked.values.clone(), asked.unknown())] {
        for document in rows {
            let (foreign, nothing) =
                (asked.ask(&token, document, &values).await, asked.ask(&token, document, &unknown).await);
            assert_eq!(foreign, nothing, "{document}");
            let own = own.to_string();
            let named = document.replacen("input: {", &format!("input: {{ partnerId: \"{own}\","), 1);
            assert_eq!(asked.ask(&token, &named, &values).await, foreign, "{named}");
        }
    }
}

#[test]
fn every_schema_field_has_a_row() {
    let schema = Shape::read();
    let mut covered = BTreeSet::new();
    for (name, document) in ROWS {
        let parsed = parse_query(document.replace('$', "")).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (_, operation) in parsed.operations.iter() {
            let root = match operation.node.ty {
                OperationType::Query => "Query",
                OperationType::Mutation => "Mutation",
                OperationType::Subscription => "Subscription",
            };
            schema.walk(root, &operation.node.selection_set.node, &mut covered);
        }
    }
    let missing: Vec<_> = schema.to_cover().difference(&covered).cloned().collect();
    assert!(missing.is_empty(), "fields of the schema without a row in ROWS:\n{}", missing.join("\n"));
}

#[test]
fn schema_walk_reports_a_missing_field() {
    let schema = Shape::read();
    let all = schema.to_cover();
    for field in ["Query.partners", "Mutation.disconnectHalo", "HaloSyncResult.run", "PartnerEdge.node"] {
        assert!(all.contains(field), "{field}");
    }
    assert!(!all.contains("Partner.name"), "a name leads nowhere");
}

/// Type → field → the type it leads to.
pub(crate) struct Shape(BTreeMap<String, BTreeMap<String, String>>);

impl Shape {
    pub(crate) fn read() -> Self {
        let document = parse_schema(sdl()).expect("the schema is GraphQL");
        let mut types = BTreeMap::new();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(face) => face.fields,
                _ => continue,
            };
            let fields = fields.into_iter().map(|field| (field.node.name.node.to_string(), base(&field.node.ty.node)));
            types.insert(definition.node.name.node.to_string(), fields.collect());
        }
        Self(types)
    }

    pub(crate) fn fields_of(&self, of: &str) -> BTreeSet<String> {
        self.0[of].keys().cloned().collect()
    }

    /// All root fields, and all fields that lead to a type with fields.
    fn to_cover(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for (of, fields) in &self.0 {
            let root = matches!(of.as_str(), "Query" | "Mutation" | "Subscription");
            all.extend(
                fields
                    .iter()
                    .filter(|(_, to)| root || self.0.contains_key(*to))
                    .map(|(name, _)| format!("{of}.{name}")),
            );
        }
        all
    }

    fn walk(&self, of: &str, set: &SelectionSet, covered: &mut BTreeSet<String>) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    let to = self.0[of].get(name).unwrap_or_else(|| panic!("{of} has no field {name}"));
                    covered.insert(format!("{of}.{name}"));
                    if self.0.contains_key(to) {
                        self.walk(to, &field.node.selection_set.node, covered);
                    }
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                    self.walk(on, &inline.node.selection_set.node, covered);
                }
                Selection::FragmentSpread(_) => panic!("rows have no named fragments"),
            }
        }
    }
}

fn base(ty: &Type) -> String {
    match &ty.base {
        async_graphql::parser::types::BaseType::Named(name) => name.to_string(),
        async_graphql::parser::types::BaseType::List(inner) => base(inner),
    }
}
