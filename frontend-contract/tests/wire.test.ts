// GraphQL over HTTP to the letter, and the subscription over a socket and over server-sent events.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { auditServer } from "graphql-http";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import { print } from "graphql";
import { WebSocket } from "ws";
import { RunChangesDocument, SyncHistoryDocument, documentId, type RunChangesSubscription } from "../src/index.js";
import { ask } from "./ask.js";
import { admin, server, support } from "./server.js";

interface Result {
  readonly data?: RunChangesSubscription | null | undefined;
}

let run = "";
before(async () => {
  const history = await ask(SyncHistoryDocument, { first: 1 });
  run = history.partner?.haloSyncRuns.edges[0]?.node.id ?? assert.fail("the clients' tests have synced");
});

test("every MUST and every SHOULD of the GraphQL over HTTP audit", async () => {
  const authorised: typeof fetch = (url, init) => fetch(url, { ...init, headers: { ...init?.headers, ...support } });
  const results = await auditServer({ url: server.graphql, fetchFn: authorised });
  const failed = results.filter(({ status }) => status !== "ok");
  assert.deepEqual(failed.map((result) => `${result.id} ${result.name}: ${"reason" in result ? result.reason : ""}`), []);
  assert.ok(results.length >= 61, `${results.length} audits`);
});

async function lastOf(results: AsyncIterable<Result>) {
  let last: Result | undefined;
  for await (const result of results) last = result;
  return last?.data?.haloSyncRun;
}

test("a socket (graphql-transport-ws) follows a run to its end", async () => {
  const connectionParams = { authorization: admin.authorization };
  const client = createSocketClient({ url: server.websocket, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });
  try {
    const byText = client.iterate<RunChangesSubscription>({ query: print(RunChangesDocument), variables: { id: run } });
    const last = await lastOf(byText as AsyncIterable<Result>);
    assert.equal(last?.id, run);
    assert.equal(last?.pollAfterMs, null, "it is finished");
  } finally {
    await client.dispose();
  }
});

test("an event stream follows a run to its end", async () => {
  const client = createSseClient({ url: server.graphql, headers: admin, retryAttempts: 0 });
  try {
    const last = await lastOf(
      client.iterate<RunChangesSubscription>({ query: print(RunChangesDocument), variables: { id: run } }) as AsyncIterable<Result>,
    );
    assert.equal(last?.id, run);
  } finally {
    client.dispose();
  }
});

test("an event stream is opened by a document's id too", async () => {
  const response = await fetch(server.graphql, {
    method: "POST",
    headers: { ...admin, "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ documentId: documentId(RunChangesDocument), variables: { id: run } }),
  });
  assert.match(await response.text(), /event: next\ndata: \{"data":\{"haloSyncRun":\{"id":"run_/);
});

test("a socket without a token is closed with 4401, and an unknown document with an error", async () => {
  const client = createSocketClient({ url: server.websocket, webSocketImpl: WebSocket, retryAttempts: 0 });
  const closed = await client.iterate({ query: print(RunChangesDocument), variables: { id: run } }).next().catch((event: unknown) => event);
  assert.ok(["code"].every((key) => key in (closed as object)), String(closed));
  assert.ok([4401, 4403].includes((closed as { code: number }).code), String((closed as { code: number }).code));
  await client.dispose();
});
