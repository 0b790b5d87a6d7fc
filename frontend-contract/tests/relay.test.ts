// The Relay compiler takes the schema: Node, connections, @refetchable.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

test("the Relay compiler makes its artefacts from the schema", () => {
  const compiler = createRequire(import.meta.url)("relay-compiler") as string;
  const project = "dist/relay";
  rmSync(project, { recursive: true, force: true });
  cpSync("tests/relay", project, { recursive: true });
  copyFileSync("../schema.graphql", `${project}/schema.graphql`);
  mkdirSync(`${project}/made`);
  const compiled = spawnSync(compiler, ["relay.config.json"], { cwd: project, encoding: "utf8" });
  assert.equal(compiled.status, 0, compiled.stdout + compiled.stderr);
  const made = readdirSync(`${project}/made`);
  for (const artefact of ["MappingQuery", "MappingPageQuery", "ConnectionRefetchQuery", "FollowSubscription"]) {
    assert.ok(made.includes(`${artefact}.graphql.ts`), `${artefact} is among ${made.join(", ")}`);
  }
});
