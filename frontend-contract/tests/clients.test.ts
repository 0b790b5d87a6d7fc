// The clients that people use, against the running server, which trusts the contract's documents
// and no others.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { print } from "graphql";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createSocketClient, type Client as SocketClient } from "graphql-ws";
import { firstValueFrom } from "rxjs";
import { WebSocket } from "ws";
import * as contract from "../src/index.js";
import {
  ActivityLogDocument,
  AssociationHistoryDocument,
  ConnectionFormDocument,
  CustomerSearchDocument,
  CustomerSuggestionsDocument,
  IntegrationStatusDocument,
  MappingTableDocument,
  RecreateSubscriptionDocument,
  RemoveAssociationDocument,
  ResolveSubscriptionDocument,
  RunProgressDocument,
  RunResultsDocument,
  SaveAssociationsDocument,
  SaveConnectionDocument,
  SyncHistoryDocument,
  SyncNowDocument,
  SyncPreviewDocument,
  SyncSettingsDocument,
  TestConnectionDocument,
  UpdateSyncSettingsDocument,
  documentId,
  errorCode,
  sha256,
} from "../src/index.js";
import type { OperationName, VariablesOf } from "../src/mocks.js";
import { ask } from "./ask.js";
import { admin, server } from "./server.js";

let run = "";
let association = "";
let unmapped = "";
let details = { url: server.sandbox, applicationClientId: "", clientSecret: "" };

before(async () => {
  const given = (await (await fetch(`${server.sandbox}/sandbox/credentials`)).json()) as Record<string, string>;
  details = { ...details, applicationClientId: given["client_id"] ?? "", clientSecret: given["client_secret"] ?? "" };
  const { saveHaloConnection } = await ask(SaveConnectionDocument, { input: details });
  assert.deepEqual(saveHaloConnection.userErrors, []);
  assert.equal(saveHaloConnection.haloConnection?.status, "CONNECTED");
});

test("plain fetch goes through all screens", async () => {
  const table = await ask(MappingTableDocument, { associated: false, orderBy: "NAME_ASC", first: 3 });
  const clients = table.partner?.clients.edges.map(({ node }) => node) ?? [];
  unmapped = clients.pop()?.id ?? "";
  assert.equal(clients.length, 2);
  const associations = await Promise.all(
    clients.map(async ({ id, name }) => {
      const { haloCustomers } = await ask(CustomerSearchDocument, { search: name.slice(0, 9) });
      const customer = haloCustomers?.edges[0]?.node;
      assert.ok(customer, `Halo has a customer like ${name}`);
      return { clientId: id, haloCustomerId: customer.haloId, allowSharedCustomer: false };
    }),
  );
  await ask(CustomerSuggestionsDocument, { clientId: clients[0]!.id });
  const saved = (await ask(SaveAssociationsDocument, { input: { associations } })).saveHaloClientAssociations;
  assert.deepEqual(saved.userErrors, []);
  association = saved.associations?.[0]?.id ?? "";
  run = saved.run?.id ?? "";
  let wait: number | null | undefined = 0;
  while (wait !== null && wait !== undefined) {
    await pause(wait);
    wait = (await ask(RunProgressDocument, { id: run })).haloSyncRun?.pollAfterMs;
  }
  const results = (await ask(RunResultsDocument, { id: run, outcome: ["CREATED"] })).haloSyncRun?.results;
  assert.equal(results?.totalCount, 2);
  assert.equal((await ask(SyncPreviewDocument, {})).haloSyncPreview?.complete, true);
  assert.equal((await ask(IntegrationStatusDocument, {})).viewer.partner?.clientCounts.mapped, 2);
  assert.equal((await ask(ConnectionFormDocument, {})).partner?.haloConnection?.status, "CONNECTED");
  assert.ok((await ask(TestConnectionDocument, { input: {} })).testHaloConnection.test?.works);
  assert.ok((await ask(SyncHistoryDocument, {})).partner?.haloSyncRuns.edges.length);
  const history = (await ask(AssociationHistoryDocument, { associationId: association })).node;
  assert.ok(history?.__typename === "HaloClientAssociation" && history.history.edges.length > 0);
  assert.ok((await ask(ActivityLogDocument, { first: 5 })).partner?.activity.edges.length);
  assert.equal((await ask(SyncSettingsDocument, {})).partner?.haloSyncSettings.nightly, true);
  await ask(UpdateSyncSettingsDocument, { input: { nightStart: "02:00" } });
  const refusals = [
    (await ask(RecreateSubscriptionDocument, { input: { associationId: association } })).recreateHaloSubscription,
    (await ask(ResolveSubscriptionDocument, { input: { associationId: association, answer: "CREATE_NEW" } }))
      .resolveHaloSubscription,
    (await ask(RemoveAssociationDocument, { input: { associationId: "none", quantity: "KEEP_QUANTITY" } }))
      .removeHaloClientAssociation,
  ];
  assert.deepEqual(
    refusals.map(({ userErrors }) => userErrors[0]?.code),
    ["SUBSCRIPTION_NOT_DELETED", "NOTHING_TO_RESOLVE", "ASSOCIATION_NOT_FOUND"],
  );
});

test("a page of a hundred rows stays within the limits", async () => {
  const table = await ask(MappingTableDocument, { first: 100, orderBy: "NAME_DESC" });
  assert.ok(table.partner);
  await ask(ActivityLogDocument, { first: 100 });
  await ask(SyncHistoryDocument, { first: 100 });
});

const http = { uri: server.graphql, headers: admin };

for (const [how, link] of [
  ["texts", () => new HttpLink(http)],
  ["ids", () => new PersistedQueryLink({ sha256 }).concat(new HttpLink(http))],
  ["ids by GET", () => new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(new HttpLink(http))],
] as const) {
  test(`Apollo Client sends ${how}`, async () => {
    const typePolicies = { Partner: { fields: { clients: relayStylePagination(["search", "orderBy"]) } } };
    const client = new ApolloClient({ link: link(), cache: new InMemoryCache({ typePolicies }) });
    const table = { query: MappingTableDocument, variables: { first: 2, orderBy: "NAME_ASC" } } as const;
    const { data } = await client.query(table);
    const after = data?.partner?.clients.pageInfo.endCursor ?? assert.fail("there is another page");
    await client.query({ ...table, variables: { ...table.variables, after }, fetchPolicy: "network-only" });
    assert.equal(client.readQuery(table)?.partner?.clients.edges.length, 4, "two pages in one list");
    const requested = await client.mutate({ mutation: SyncNowDocument, variables: { input: {} } });
    const id = requested.data?.requestHaloSync.run?.id ?? "";
    const progress = await client.query({ query: RunProgressDocument, variables: { id } });
    assert.equal(progress.data?.haloSyncRun?.id, id);
  });

  test(`urql sends ${how}`, async () => {
    const byId = persistedExchange({
      preferGetForPersistedQueries: how === "ids by GET" && "force",
      enforcePersistedQueries: true,
      enableForMutation: true,
      // urql prints documents its own way, so their ids are taken from this package.
      generateHash: (_, document) => Promise.resolve(documentId(document)),
    });
    const client = new Client({
      url: server.graphql,
      exchanges: how === "texts" ? [cacheExchange, fetchExchange] : [cacheExchange, byId, fetchExchange],
      preferGetMethod: false,
      fetchOptions: { headers: admin },
    });
    const table = await client.query(MappingTableDocument, { first: 2, orderBy: "NAME_ASC" }).toPromise();
    assert.equal(table.error, undefined, String(table.error));
    assert.equal(table.data?.partner?.clients.edges.length, 2);
    const requested = await client.mutation(SyncNowDocument, { input: {} }).toPromise();
    assert.ok(requested.data?.requestHaloSync.run, String(requested.error));
  });
}

type Variables<Name extends OperationName> = { readonly [Key in Name]: readonly [(typeof contract)[`${Key}Document`], VariablesOf<Key>] };

/**
 * Every operation, with variables under which it is answered and harms nothing; at the end the
 * connection is saved again.
 */
function everything(): Variables<OperationName> {
  const first = 2;
  return {
    ActivityLog: [contract.ActivityLogDocument, { first, changesOnly: false }],
    AssociationHistory: [contract.AssociationHistoryDocument, { associationId: association, first, changesOnly: true }],
    BillingDay: [contract.BillingDayDocument, { clientId: unmapped, date: "2026-11-24" }],
    BillingDays: [contract.BillingDaysDocument, { clientId: unmapped, from: "2026-11-01", to: "2026-11-30" }],
    BillingMonth: [contract.BillingMonthDocument, { month: "2026-11", first }],
    ClientRow: [contract.ClientRowDocument, { clientId: unmapped }],
    ClientRows: [contract.ClientRowsDocument, { clientIds: [unmapped] }],
    ConnectionForm: [contract.ConnectionFormDocument, {}],
    CountedUsers: [contract.CountedUsersDocument, { clientId: unmapped, first }],
    CustomerSearch: [contract.CustomerSearchDocument, { search: "", first }],
    CustomerSuggestions: [contract.CustomerSuggestionsDocument, { clientId: unmapped }],
    ExcludeClients: [contract.ExcludeClientsDocument, { input: { clientIds: ["none"], reason: "a test" } }],
    IncludeClients: [contract.IncludeClientsDocument, { input: { clientIds: ["none"] } }],
    IntegrationStatus: [contract.IntegrationStatusDocument, {}],
    LatestReconciliation: [contract.LatestReconciliationDocument, {}],
    MappingSuggestions: [contract.MappingSuggestionsDocument, { first, kind: ["EXACT", "NONE"] }],
    MappingTable: [contract.MappingTableDocument, { first, orderBy: "NAME_ASC", search: "a", associated: true }],
    ProblemInbox: [contract.ProblemInboxDocument, { first, state: ["OPEN", "ACKNOWLEDGED"] }],
    RecheckProblem: [contract.RecheckProblemDocument, { input: { problemId: "none" } }],
    AcknowledgeProblem: [contract.AcknowledgeProblemDocument, { input: { problemId: "none", note: "a test" } }],
    SnoozeProblem: [contract.SnoozeProblemDocument, { input: { problemId: "none", until: null } }],
    RecreateSubscription: [contract.RecreateSubscriptionDocument, { input: { associationId: association } }],
    RemoveAssociation: [contract.RemoveAssociationDocument, { input: { associationId: "none", quantity: "SET_TO_ZERO" } }],
    ResolveSubscription: [contract.ResolveSubscriptionDocument, { input: { associationId: association, answer: "CREATE_NEW" } }],
    RunChanges: [contract.RunChangesDocument, { id: run }],
    RunProgress: [contract.RunProgressDocument, { id: run }],
    RunResults: [contract.RunResultsDocument, { id: run, first, outcome: ["CREATED", "FAILED"] }],
    SaveAssociations: [
      contract.SaveAssociationsDocument,
      { input: { associations: [{ clientId: "none", haloCustomerId: 1, allowSharedCustomer: false }] } },
    ],
    SyncHistory: [contract.SyncHistoryDocument, { first, trigger: "NIGHTLY", changesOnly: false }],
    SyncNow: [contract.SyncNowDocument, { input: { clientIds: [] } }],
    SyncPreview: [contract.SyncPreviewDocument, {}],
    SyncSettings: [contract.SyncSettingsDocument, {}],
    TestConnection: [contract.TestConnectionDocument, { input: { url: "no address" } }],
    UpdateSyncSettings: [contract.UpdateSyncSettingsDocument, { input: { nightStart: "02:00" } }],
    PauseSyncs: [contract.PauseSyncsDocument, { input: { until: "2020-01-01", reason: "a test" } }],
    ResumeSyncs: [contract.ResumeSyncsDocument, { input: {} }],
    Webhooks: [contract.WebhooksDocument, {}],
    WebhookDeliveries: [contract.WebhookDeliveriesDocument, { webhookId: association, first, state: ["PENDING"] }],
    RegisterWebhook: [contract.RegisterWebhookDocument, { input: { url: "no address", eventTypes: ["SYNC_FAILED"] } }],
    UpdateWebhook: [contract.UpdateWebhookDocument, { input: { webhookId: "none", enabled: true } }],
    RemoveWebhook: [contract.RemoveWebhookDocument, { input: { webhookId: "none" } }],
    RotateWebhookSecret: [contract.RotateWebhookSecretDocument, { input: { webhookId: "none" } }],
    RemoveWebhookSecret: [contract.RemoveWebhookSecretDocument, { input: { webhookId: "none", secretId: "none" } }],
    SendTestWebhook: [contract.SendTestWebhookDocument, { input: { webhookId: "none" } }],
    ReplayWebhookDelivery: [contract.ReplayWebhookDeliveryDocument, { input: { deliveryId: "none" } }],
    SubscriptionNames: [contract.SubscriptionNamesDocument, { template: "INFIMA {client}" }],
    Disconnect: [contract.DisconnectDocument, { input: {} }],
    Reconcile: [contract.ReconcileDocument, { input: {} }],
    ImportMappings: [contract.ImportMappingsDocument, { input: { csv: "infima_client_id,halo_customer_id", skipInvalid: true } }],
    AcceptMappingSuggestions: [contract.AcceptMappingSuggestionsDocument, { input: { exceptClientIds: [unmapped] } }],
    ConfirmTenantChange: [contract.ConfirmTenantChangeDocument, { input: { decision: "CARRY_OVER" } }],
    SaveConnection: [contract.SaveConnectionDocument, { input: details }],
  };
}

type Sendable = TypedDocumentNode<unknown, Record<string, unknown>>;
type Send = (document: Sendable, variables: Record<string, unknown>, kind: string) => Promise<unknown>;

/** Sends every operation and gives what was answered, by name. */
async function sendEverything(send: Send): Promise<void> {
  for (const [name, [document, variables]] of Object.entries(everything())) {
    const definition = document.definitions.find(({ kind }) => kind === "OperationDefinition");
    const kind = definition?.kind === "OperationDefinition" ? definition.operation : "";
    const data = await send(document as Sendable, variables as Record<string, unknown>, kind);
    assert.ok(Object.values(data as object).some((field) => field !== null), `${name}: ${JSON.stringify(data)}`);
    if (name === "SaveConnection") assert.deepEqual((data as { saveHaloConnection: { userErrors: unknown } }).saveHaloConnection.userErrors, []);
  }
}

const sockets: SocketClient[] = [];
after(() => Promise.all(sockets.map((socket) => socket.dispose())));

function socket(): SocketClient {
  const opened = createSocketClient({ url: server.websocket, webSocketImpl: WebSocket, connectionParams: admin, retryAttempts: 0 });
  sockets.push(opened);
  return opened;
}

test("fetch sends every operation", async () => {
  const events = createSseClient({ url: server.graphql, headers: admin, retryAttempts: 0 });
  await sendEverything(async (document, variables, kind) => {
    if (kind !== "subscription") return ask(document, variables);
    const results = events.iterate({ query: print(document), variables });
    return ((await results.next()).value as { data: unknown }).data;
  });
  events.dispose();
});

test("Apollo Client sends every operation, the subscription over a socket", async () => {
  const overSocket = new GraphQLWsLink(socket());
  const link = ApolloLink.split(({ operationType }) => operationType === "subscription", overSocket, new HttpLink(http));
  const client = new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes: { Node: ["Client", "HaloClientAssociation"] } }) });
  await sendEverything(async (document, variables, kind) => {
    if (kind === "mutation") return (await client.mutate({ mutation: document, variables })).data;
    if (kind === "query") return (await client.query({ query: document, variables, fetchPolicy: "network-only" })).data;
    return (await firstValueFrom(client.subscribe({ query: document, variables }))).data;
  });
  client.stop();
});

test("urql sends every operation, the subscription over a socket", async () => {
  const overSocket = socket();
  const subscriptions = subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: overSocket.subscribe(
          { query: query ?? "", variables: variables as Record<string, unknown> },
          // The two libraries differ in what may be undefined and what left out.
          { ...sink, next: ({ data, errors }) => sink.next({ data: data ?? null, ...(errors && { errors }) }) },
        ),
      }),
    }),
  });
  const client = new Client({
    url: server.graphql,
    exchanges: [cacheExchange, fetchExchange, subscriptions],
    preferGetMethod: false,
    requestPolicy: "network-only",
    fetchOptions: { headers: admin },
  });
  await sendEverything(async (document, variables, kind) => {
    const operation = kind as "query" | "mutation" | "subscription";
    const result = await client[operation](document, variables).toPromise();
    assert.equal(result.error, undefined, String(result.error));
    return result.data;
  });
});

test("screens that are open at once do not take each other's data out of Apollo's cache", async () => {
  let asked = 0;
  const count = new ApolloLink((operation, forward) => {
    asked += 1;
    return forward(operation);
  });
  const client = new ApolloClient({ link: count.concat(new HttpLink(http)), cache: new InMemoryCache() });
  const settings = client.watchQuery({ query: SyncSettingsDocument });
  const screens: readonly { subscribe(observer: object): { unsubscribe(): void }; getCurrentResult(): { dataState: string } }[] = [
    client.watchQuery({ query: IntegrationStatusDocument }),
    client.watchQuery({ query: ConnectionFormDocument }),
    settings,
    client.watchQuery({ query: MappingTableDocument, variables: { orderBy: "NAME_ASC" } }),
    client.watchQuery({ query: SyncHistoryDocument, variables: {} }),
    client.watchQuery({ query: ActivityLogDocument, variables: {} }),
  ];
  const shown = [];
  // One after the other, the one that shows most of the viewer first.
  for (const screen of screens) {
    shown.push(screen.subscribe({}));
    while (screen.getCurrentResult().dataState !== "complete") await pause(20);
  }
  // A screen with missing data would send another request.
  await pause(300);
  assert.equal(asked, screens.length);
  await client.mutate({ mutation: UpdateSyncSettingsDocument, variables: { input: { nightEnd: "04:30" } } });
  await pause(300);
  assert.equal(settings.getCurrentResult().data?.partner?.haloSyncSettings?.nightEnd, "04:30");
  assert.deepEqual(screens.map((screen) => screen.getCurrentResult().dataState), screens.map(() => "complete"));
  assert.equal(asked, screens.length + 1);
  for (const screen of shown) screen.unsubscribe();
  // Each is shown again from the cache alone, as when a user returns to it.
  const { viewer } = client.readQuery({ query: IntegrationStatusDocument }) ?? assert.fail("the status is not whole");
  assert.ok(viewer.partner?.haloConnection);
  for (const query of [ConnectionFormDocument, SyncSettingsDocument]) assert.ok(client.readQuery<unknown>({ query }));
  client.stop();
});

test("a document of another release is refused with what to do", async () => {
  const response = await fetch(server.graphql, {
    method: "POST",
    headers: { ...admin, "content-type": "application/json" },
    body: JSON.stringify({ documentId: documentId(MappingTableDocument).replace(/.$/, "x"), operationName: "MappingTable" }),
  });
  const { errors } = (await response.json()) as { errors: [{ message: string; extensions: Record<string, unknown> }] };
  assert.equal(errorCode(errors[0]), "DOCUMENT_NOT_TRUSTED");
  const { operation, contractVersion: version } = errors[0].extensions;
  assert.deepEqual([operation, version], ["MappingTable", contract.contractVersion]);
  assert.match(errors[0].message, /"MappingTable".*contract, version \d+\.\d+\.\d+/);
});
