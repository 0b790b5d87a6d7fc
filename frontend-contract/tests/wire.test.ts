// GraphQL over HTTP to the letter, and the subscription over a socket and over server-sent events.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { auditServer } from "graphql-http";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createSocketClient, type Client as SocketClient } from "graphql-ws";
import { print } from "graphql";
import { WebSocket } from "ws";
import { RunChangesDocument, SyncNowDocument, documentId, errorCode, type RunChangesSubscription } from "../src/index.js";
import { ask } from "./ask.js";
import { admin, server, support } from "./server.js";

interface Result {
  readonly data?: RunChangesSubscription | null | undefined;
}

test("every MUST and every SHOULD of the GraphQL over HTTP audit", async () => {
  const authorised: typeof fetch = (url, init) => fetch(url, { ...init, headers: { ...init?.headers, ...support } });
  const results = await auditServer({ url: server.graphql, fetchFn: authorised });
  const failed = results.filter(({ status }) => status !== "ok");
  assert.deepEqual(failed.map((result) => `${result.id} ${result.name}: ${"reason" in result ? result.reason : ""}`), []);
  assert.ok(results.length >= 61, `${results.length} audits`);
});

/** Asks for a sync of what the clients' tests have mapped. */
async function newRun(): Promise<string> {
  const { run, userErrors } = (await ask(SyncNowDocument, { input: {} })).requestHaloSync;
  return run?.id ?? assert.fail(JSON.stringify(userErrors));
}

/** Follows a run until the server ends the subscription. */
async function follow(results: AsyncIterable<unknown>) {
  const seen = [];
  for await (const result of results) seen.push((result as Result).data?.haloSyncRun);
  return seen;
}

function assertFollowed(seen: Awaited<ReturnType<typeof follow>>, run: string): void {
  assert.ok(seen.every((state) => state?.id === run));
  assert.deepEqual([seen.at(-1)?.status, seen.at(-1)?.pollAfterMs], ["SUCCEEDED", null]);
  const done = seen.map((state) => state?.progress.done ?? 0);
  assert.deepEqual(done, done.toSorted((a, b) => a - b), "progress does not go back");
}

const sockets: SocketClient[] = [];
after(() => Promise.all(sockets.map((socket) => socket.dispose())));

function socket(connectionParams: Record<string, string>): SocketClient {
  const opened = createSocketClient({ url: server.websocket, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams });
  sockets.push(opened);
  return opened;
}

test("a socket (graphql-transport-ws) follows a run to its end", async () => {
  const run = await newRun();
  const client = socket(admin);
  assertFollowed(await follow(client.iterate({ query: print(RunChangesDocument), variables: { id: run } })), run);
});

test("an event stream follows a run to its end", async () => {
  const run = await newRun();
  const client = createSseClient({ url: server.graphql, headers: admin, retryAttempts: 0 });
  assertFollowed(await follow(client.iterate({ query: print(RunChangesDocument), variables: { id: run } })), run);
  client.dispose();
});

test("an event stream is opened by a document's id", async () => {
  const response = await fetch(server.graphql, {
    method: "POST",
    headers: { ...admin, "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ documentId: documentId(RunChangesDocument), variables: { id: await newRun() } }),
  });
  assert.match(await response.text(), /event: next\ndata: \{"data":\{"haloSyncRun":\{"id":"run_/);
});

test("a socket without a token is closed with 4403", async () => {
  const client = socket({});
  const asked = client.iterate({ query: print(RunChangesDocument), variables: { id: "run" } }).next();
  const closed = await asked.then(() => assert.fail("it was answered"), (event: unknown) => event as { code?: number });
  assert.equal(closed.code, 4403);
});

test("a socket says which document is outdated", async () => {
  const client = socket(admin);
  const asked = client.iterate({ query: "subscription RunChanges($id: ID!) { haloSyncRun(id: $id) { old } }", variables: { id: "run" } });
  const refused = await asked.next().then(() => assert.fail("it was answered"), (errors: unknown) => errors as [{ message: string; extensions: object }]);
  assert.equal(errorCode(refused[0] as { extensions: { [name: string]: unknown } }), "DOCUMENT_NOT_TRUSTED");
  assert.match(refused[0].message, /"RunChanges".*version \d/);
});
