// What is made is what would be made now, and the mocks answer as the server did.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { InMemoryCache } from "@apollo/client";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { createClient } from "graphql-ws";
import { setupServer } from "msw/node";
import { WebSocket } from "ws";
import * as contract from "../src/index.js";
import { RunChangesDocument, errorCode, codeInfo, userErrors, type HaloProblemCode, type RunChangesSubscription } from "../src/index.js";
import { errorStatus } from "../src/generated/codes.js";
import { documentIds } from "../src/generated/fixtures.js";
import { answer, fail, handlers, operations, refusals, refuse, scenarios, sockets, type DataOf, type OperationName, type RefusalCode } from "../src/mocks.js";
import { problems } from "../src/errors.js";

// Node 20 has no WebSocket of its own for MSW to stand in for; browsers and later Nodes do.
Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });
const mocked = setupServer(...handlers(), sockets());
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
  const packed = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8" });
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  for (const path of exported()) assert.ok(paths.includes(path), `${path} among ${paths.join(", ")}`);
  assert.deepEqual(paths.filter((path) => path.includes("test")), []);
  // By the names under which a frontend imports it.
  assert.equal((await import("@infima/halo-contract")).userErrors.REQUIRED.handling, userErrors.REQUIRED.handling);
  assert.equal((await import("@infima/halo-contract/mocks")).handlers().length, handlers().length);
});

/** The files that the package exports, each operation for itself. */
function exported(): string[] {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, string> };
  return Object.values(exports).flatMap((path) => {
    const [folder, rest] = path.replace("./", "").split("*");
    return rest === undefined ? [folder ?? ""] : readdirSync(folder ?? "").map((file) => `${folder}${file}`);
  });
}

test("a package made from a fresh clone works in an empty folder", () => {
  const folder = mkdtempSync(`${tmpdir()}/contract-`);
  const run = (command: string, args: string[], cwd: string) => {
    const done = spawnSync(command, args, { cwd, encoding: "utf8" });
    assert.equal(done.status, 0, `${command} ${args.join(" ")}: ${done.stdout}${done.stderr}`);
    return done.stdout;
  };
  try {
    // What a clone has and no more, with the packages that `npm ci` puts beside it.
    const files = run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", ".", "../schema.graphql"], ".");
    for (const file of files.split("\0").filter((file) => file !== "" && existsSync(file))) {
      cpSync(file, join(folder, "clone/frontend-contract", file), { recursive: true });
    }
    const clone = join(folder, "clone/frontend-contract");
    assert.ok(!existsSync(join(clone, "dist")), "nothing is built yet");
    symlinkSync(resolve("node_modules"), join(clone, "node_modules"));
    run("npm", ["pack", "--pack-destination", folder], clone);
    const [tarball] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));

    const frontend = join(folder, "frontend");
    const installed = join(frontend, "node_modules/@infima/halo-contract");
    mkdirSync(installed, { recursive: true });
    run("tar", ["-xzf", join(folder, tarball ?? ""), "--strip-components=1", "-C", installed], folder);
    // What a package manager would put beside it.
    for (const name of ["graphql", "msw", "@graphql-typed-document-node"]) {
      symlinkSync(resolve("node_modules", name), join(frontend, "node_modules", name));
    }
    writeFileSync(join(frontend, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(frontend, "use.mjs"),
      `import { createRequire } from "node:module";
       import { readFileSync } from "node:fs";
       import { MappingTableDocument, contractVersion, documentId } from "@infima/halo-contract";
       import { handlers, operations } from "@infima/halo-contract/mocks";
       const find = createRequire(import.meta.url).resolve;
       const read = (name) => readFileSync(find("@infima/halo-contract/" + name), "utf8");
       const trusted = JSON.parse(read("persisted-documents.json"));
       if (!(documentId(MappingTableDocument) in trusted)) throw new Error("not trusted");
       if (JSON.parse(read("package.json")).version !== contractVersion) throw new Error("another version");
       if (!read("schema.graphql").includes("type Query") || !read("operations/shared.graphql").includes("fragment Run")) throw new Error("not whole");
       if (!read("CHANGELOG.md").includes("## ") || handlers().length === 0) throw new Error("not whole");
       console.log(operations.MappingTable.partner.__typename);`,
    );
    assert.equal(run(process.execPath, ["use.mjs"], frontend), "Partner\n");
    writeFileSync(
      join(frontend, "use.ts"),
      `import { codeInfo, userErrors, type MappingTableQuery } from "@infima/halo-contract";
       import { answer, operations } from "@infima/halo-contract/mocks";
       export const table: MappingTableQuery = operations.MappingTable;
       export const handling: string = codeInfo(userErrors, "NEWER").handling;
       export const handler = answer("MappingTable", ({ search }) => (search === "x" ? table : { ...table, partner: null }));`,
    );
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck", "use.ts"];
    run(process.execPath, [resolve("node_modules/typescript/bin/tsc"), ...options], frontend);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

// MSW 3 and graphql 17 need a newer Node than this package does, so the folder brings one.
const matrix = resolve("tests/matrix/node_modules");
const newer = join(matrix, `node-${process.platform}-${process.arch}/bin/node`);
const node = existsSync(newer) ? newer : process.execPath;

for (const graphql of ["graphql-16", "graphql-17"]) {
  for (const msw of ["msw-2", "msw-3"]) {
    test(`the package works with ${graphql} and ${msw}`, () => {
      assert.ok(existsSync(join(matrix, graphql)), "run `npm ci` in tests/matrix");
      const folder = mkdtempSync(`${tmpdir()}/contract-`);
      try {
        const modules = join(folder, "node_modules");
        const installed = join(modules, "@infima/halo-contract");
        mkdirSync(installed, { recursive: true });
        for (const path of ["package.json", "dist/src"]) cpSync(path, join(installed, path), { recursive: true });
        symlinkSync(resolve("node_modules/@graphql-typed-document-node"), join(modules, "@graphql-typed-document-node"));
        symlinkSync(join(matrix, graphql), join(modules, "graphql"));
        symlinkSync(join(matrix, msw), join(modules, "msw"));
        writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
        writeFileSync(
          join(folder, "use.mjs"),
          `import { print, version } from "graphql";
           import { setupServer } from "msw/node";
           import * as contract from "@infima/halo-contract";
           import { handlers, operations, refuse, sockets } from "@infima/halo-contract/mocks";
           const server = setupServer(...handlers(), sockets());
           server.listen({ onUnhandledRequest: "error" });
           const send = async (body) =>
             (await fetch("https://api.infima.test/graphql", { method: "POST", body: JSON.stringify(body) })).json();
           for (const name of Object.keys(operations)) {
             const document = contract[name + "Document"];
             // The text that this graphql prints has the id that the server trusts.
             const hash = "sha256:" + (await contract.sha256(print(document)));
             if (hash !== contract.documentId(document)) throw new Error(name + " is printed otherwise");
             for (const body of [{ documentId: hash }, { query: print(document) }]) {
               const { data } = await send(body);
               if (JSON.stringify(data) !== JSON.stringify(operations[name])) throw new Error(name);
             }
           }
           server.use(refuse("REQUIRED"));
           const { data } = await send({ documentId: contract.documentId(contract.SaveConnectionDocument) });
           if (data.saveHaloConnection.userErrors[0].code !== "REQUIRED") throw new Error("not refused");
           server.close();
           console.log(version.split(".")[0]);`,
        );
        const used = spawnSync(node, ["use.mjs"], { cwd: folder, encoding: "utf8" });
        assert.equal(used.stdout, `${graphql.slice(-2)}\n`, used.stderr);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
}

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
  assert.deepEqual(new Set(names), new Set(Object.keys(documentIds)), "each operation has a fixture");
  const unknown = await send({ query: "query NotOurs { viewer { role } }" });
  const { errors } = (await unknown.json()) as { errors: [{ extensions: { code: string } }] };
  assert.deepEqual([unknown.status, errorCode(errors[0])], [400, "DOCUMENT_NOT_TRUSTED"]);
});

test("a subscription is mocked by server-sent events", async () => {
  const answer = await send({ documentId: documentIds.RunChanges }, { accept: "text/event-stream" });
  const [, ...events] = (await answer.text()).split("event: ");
  const results = events.filter((event) => event.startsWith("next")).map((event) => event.split("data: ")[1] ?? "");
  const states = results.map((text) => (JSON.parse(text) as { data: RunChangesSubscription }).data.haloSyncRun);
  assert.deepEqual(states.map(({ status, progress }) => [status, progress.done]), [["QUEUED", 0], ["RUNNING", 1], ["SUCCEEDED", 2]]);
  assert.ok(events.at(-1)?.startsWith("complete"));
});

test("a subscription is mocked over a socket", async () => {
  const client = createClient({ url: "wss://api.infima.test/graphql", retryAttempts: 0 });
  const follow = async (query: string) => {
    const seen = [];
    for await (const { data } of client.iterate<RunChangesSubscription>({ query })) seen.push(data?.haloSyncRun.status);
    return seen;
  };
  assert.deepEqual(await follow(print(RunChangesDocument)), ["QUEUED", "RUNNING", "SUCCEEDED"]);
  const refused = await follow("subscription NotOurs { haloSyncRun(id: 1) { id } }").catch((errors: unknown) => errors);
  assert.equal(errorCode((refused as [{ extensions: { code: string } }])[0]), "DOCUMENT_NOT_TRUSTED");
  await client.dispose();
});

test("the mocks can answer by the variables, and with what is special", async () => {
  mocked.use(answer("MappingTable", ({ needsAttention }) => (needsAttention === true ? scenarios.MappingTable.needsAttention : operations.MappingTable)));
  const ask = async (variables: object) => {
    const answered = await send({ documentId: documentIds.MappingTable, variables });
    return ((await answered.json()) as { data: DataOf<"MappingTable"> }).data;
  };
  const troubled = (await ask({ needsAttention: true })).partner?.clients.edges ?? [];
  const asks = troubled.find(({ node }) => node.haloAssociation?.problem?.code === "SUBSCRIPTION_EXISTS");
  assert.ok(asks?.node.haloAssociation?.problem?.haloSubscriptionIds.length, "the candidates to choose from");
  assert.deepEqual(await ask({}), operations.MappingTable);
  mocked.resetHandlers();
  assert.equal(scenarios.RunProgress.failed.haloSyncRun?.status, "FAILED");
  assert.equal(scenarios.IntegrationStatus.credentialsRejected.viewer.partner?.haloConnection?.problem?.code, "CREDENTIALS_REJECTED");
});

test("a cache that holds the answers to all queries holds one truth", () => {
  const { partner } = operations.MappingTable;
  const clients = partner?.clients.edges.map(({ node }) => node) ?? [];
  // A mapped client in every state, and a Last Sync Date.
  const states = new Set(clients.map(({ haloAssociation }) => haloAssociation?.status ?? "unmapped"));
  assert.deepEqual([...states].sort(), ["ACTIVE", "ENDING", "NEEDS_ATTENTION", "PENDING", "unmapped"]);
  assert.ok(operations.IntegrationStatus.viewer.partner?.haloConnection?.lastSyncedAt);
  assert.ok(operations.ConnectionForm.partner?.haloConnection?.lastSyncedAt);
  assert.equal(clients.length, partner?.clientCounts.total);
  assert.equal(clients.filter(({ haloAssociation }) => haloAssociation?.status === "NEEDS_ATTENTION").length, partner?.clientCounts.needingAttention);

  const cache = new InMemoryCache({ possibleTypes: { Node: ["Partner", "Client", "HaloConnection", "HaloClientAssociation", "HaloSyncRun", "HaloWebhook"] } });
  const queries = names.flatMap((name) => {
    const query = contract[`${name}Document`] as TypedDocumentNode<unknown, Record<string, unknown>>;
    const definition = query.definitions.find(({ kind }) => kind === "OperationDefinition");
    if (definition?.kind !== "OperationDefinition" || definition.operation !== "query") return [];
    // Whatever the variables were: a record is the same under all of them.
    const required = definition.variableDefinitions?.filter(({ type, defaultValue }) => type.kind === "NonNullType" && !defaultValue) ?? [];
    const variables = Object.fromEntries(required.map(({ variable }) => [variable.name.value, `of ${name}`]));
    return [{ name, query, variables, data: operations[name] as Record<string, unknown> }];
  });
  assert.ok(queries.length > 12);
  for (const { query, variables, data } of queries) cache.writeQuery({ query, variables, data });
  for (const { name, query, variables, data } of queries) {
    assert.deepEqual(cache.readQuery({ query, variables }), data, `${name} is as it was recorded`);
  }
});

test("the fixtures are of one world", () => {
  const recorded = JSON.stringify([operations, scenarios]);
  for (const kind of ["partner", "connection", "viewer"]) {
    assert.deepEqual(new Set(recorded.match(new RegExp(`"${kind}_[0-9a-f]{32}"`, "g"))).size, 1, kind);
  }
});

test("the mocks refuse with every code, and fail on request", async () => {
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
  assert.equal(errorCode({ extensions: { code: "toString" } }), "INTERNAL");
  assert.equal(codeInfo(userErrors, "REQUIRED"), userErrors.REQUIRED);
  for (const code of ["OF_A_NEWER_SERVER", "toString"]) {
    assert.equal(codeInfo(userErrors, code).handling, "show");
    assert.equal(codeInfo(problems, code).handling, "show");
  }
});
