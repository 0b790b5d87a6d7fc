// What is made is what would be made now, and the mocks answer as the server did.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { setupServer } from "msw/node";
import { errorCode, userErrors, type HaloProblemCode } from "../src/index.js";
import { errorStatus } from "../src/generated/codes.js";
import { documentIds } from "../src/generated/fixtures.js";
import { fail, handlers, operations, refusals, refuse, type OperationName, type RefusalCode } from "../src/mocks.js";
import { problems } from "../src/errors.js";

const mocked = setupServer(...handlers());
before(() => mocked.listen({ onUnhandledRequest: "error" }));
after(() => mocked.close());

const url = "https://api.infima.test/graphql";
const names = Object.keys(operations) as OperationName[];

async function send(body: object, headers: Record<string, string> = {}) {
  const request = { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
  return fetch(url, request);
}

test("nothing that is generated is stale", () => {
  const checked = spawnSync(process.execPath, ["scripts/generate.mjs", "--check"], { encoding: "utf8" });
  assert.equal(checked.status, 0, checked.stderr);
});

test("the package holds what it exports, and none of its tests", async () => {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, string> };
  const packed = spawnSync("npm", ["pack", "--dry-run", "--json"], { encoding: "utf8" });
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  for (const path of Object.values(exports)) assert.ok(paths.includes(path.replace("./", "")), `${path} among ${paths.join(", ")}`);
  assert.deepEqual(paths.filter((path) => path.includes("test")), []);
  // By the names under which a frontend imports it.
  assert.equal((await import("@infima/halo-contract")).userErrors.REQUIRED.handling, userErrors.REQUIRED.handling);
  assert.equal((await import("@infima/halo-contract/mocks")).handlers().length, handlers().length);
});

test("no type gives up with `any`", () => {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  assert.ok(sources.length >= 7, sources.join(", "));
  for (const file of sources) {
    const code = readFileSync(`src/${file}`, "utf8").replaceAll(/\/\*.*?\*\/|\/\/.*|"[^"\n]*"/gs, "");
    assert.doesNotMatch(code, /\bany\b/, file);
  }
});

test("the mocks answer every operation, by id and by name, over POST and GET", async () => {
  for (const name of names) {
    const id = documentIds[name];
    const ways = [
      await send({ documentId: id }),
      await send({ extensions: { persistedQuery: { version: 1, sha256Hash: id.replace("sha256:", "") } } }),
      await send({ query: `query ${name} { anything }` }),
      await fetch(`${url}?documentId=${encodeURIComponent(id)}`),
    ];
    for (const answer of ways) assert.deepEqual(await answer.json(), { data: operations[name] }, name);
  }
  const unknown = await send({ query: "query NotOurs { viewer { role } }" });
  const { errors } = (await unknown.json()) as { errors: [{ extensions: { code: string } }] };
  assert.deepEqual([unknown.status, errorCode(errors[0])], [400, "DOCUMENT_NOT_TRUSTED"]);
});

test("a subscription is mocked by server-sent events", async () => {
  const answer = await send({ documentId: documentIds.RunChanges }, { accept: "text/event-stream" });
  assert.match(await answer.text(), /^event: next\ndata: \{"data":\{"haloSyncRun".*\n\nevent: complete/);
});

test("the mocks refuse with every code, and fail as told", async () => {
  for (const code of Object.keys(refusals) as RefusalCode[]) {
    mocked.use(refuse(code));
    const { operation, data } = refusals[code];
    const answer = await send({ documentId: documentIds[operation] });
    assert.deepEqual(await answer.json(), { data });
    const [payload] = Object.values(data) as [{ userErrors: [{ code: keyof typeof userErrors }] }];
    assert.equal(payload.userErrors[0].code, code);
    assert.ok(userErrors[code].handling);
    mocked.resetHandlers();
  }
  mocked.use(fail("MappingTable", "RATE_LIMITED"));
  assert.equal((await send({ documentId: documentIds.MappingTable })).status, errorStatus.RATE_LIMITED);
  assert.equal((await send({ documentId: documentIds.ActivityLog })).status, 200, "others are answered");
});

test("the map of problems has a line for each code", () => {
  for (const code of Object.keys(problems) as HaloProblemCode[]) {
    assert.ok(problems[code].meaning.length > 10 && problems[code].handling.length > 2, code);
  }
  assert.equal(errorCode({ extensions: { code: "OF_A_PROXY" } }), "INTERNAL");
});
