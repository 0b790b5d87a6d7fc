// The clients that people use, against the running server, which trusts the contract's documents and no others.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { persistedExchange } from "@urql/exchange-persisted";
import { Client, cacheExchange, fetchExchange } from "@urql/core";
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
} from "../src/index.js";
import { ask } from "./ask.js";
import { admin, server } from "./server.js";

let run = "";
let association = "";

before(async () => {
  const details = (await (await fetch(`${server.sandbox}/sandbox/credentials`)).json()) as Record<string, string>;
  const { saveHaloConnection } = await ask(SaveConnectionDocument, {
    input: {
      url: server.sandbox,
      applicationClientId: details["client_id"] ?? "",
      clientSecret: details["client_secret"] ?? "",
    },
  });
  assert.deepEqual(saveHaloConnection.userErrors, []);
  assert.equal(saveHaloConnection.haloConnection?.status, "CONNECTED");
});

test("plain fetch goes through all screens", async () => {
  const table = await ask(MappingTableDocument, { associated: false, orderBy: "NAME_ASC", first: 2 });
  const clients = table.partner?.clients.edges.map(({ node }) => node) ?? [];
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
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

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

test("a document of another release is refused with what to do", async () => {
  const response = await fetch(server.graphql, {
    method: "POST",
    headers: { ...admin, "content-type": "application/json" },
    body: JSON.stringify({ documentId: documentId(MappingTableDocument).replace(/.$/, "x"), operationName: "MappingTable" }),
  });
  const { errors } = (await response.json()) as { errors: [{ message: string; extensions: { code: string } }] };
  assert.equal(errorCode(errors[0]), "DOCUMENT_NOT_TRUSTED");
  assert.match(errors[0].message, /"MappingTable".*contract, version \d+\.\d+\.\d+/);
});
