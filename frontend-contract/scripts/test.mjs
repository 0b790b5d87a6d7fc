// Starts the development stack, which plays the server, and runs the tests beside it.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const binary = resolve(target, "debug/infima-halo");
const folder = resolve(target, "frontend-contract");
const announcement = resolve(folder, "dev.json");
const MAX_WAIT = 120_000;

const built = spawnSync("cargo", ["build", "--quiet"], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);
rmSync(announcement, { force: true });
const options = ["dev", "--no-story", "--port", "0", "--data-dir", folder];
// A database that was given is not emptied.
if (!process.env.DATABASE_URL && !process.env.DATABASE_URL_FILE) options.push("--fresh");
const env = { ...process.env, INFIMA_TRUSTED_DOCUMENTS: "enforce" };
const stack = spawn(binary, options, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stack.kill("SIGTERM"));
let said = "";
for (const stream of [stack.stdout, stack.stderr]) stream.on("data", (text) => (said += text));
const ended = new Promise((done) => stack.on("exit", done));

let status = 1;
try {
  // The last line comes when the roster is in.
  const begun = Date.now();
  while (!(existsSync(announcement) && said.includes("The stack stays up"))) {
    if (stack.exitCode !== null || Date.now() - begun > MAX_WAIT) throw new Error(`the stack did not start:\n${said}`);
    await pause(50);
  }
  const { graphql, websocket, sandbox, tokens, halo } = JSON.parse(readFileSync(announcement, "utf8"));
  const server = JSON.stringify({ graphql, websocket, sandbox, tokens, halo });
  const files = process.argv.slice(2);
  const tests = files.length > 0 ? files : ["made", "schema", "clients", "wire", "relay"].map((file) => `dist/tests/${file}.test.js`);
  const running = spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-timeout=60000", ...tests], {
    stdio: "inherit",
    env: { ...process.env, CONTRACT_SERVER: server },
  });
  status = await new Promise((done) => running.on("exit", (code) => done(code ?? 1)));
  if (status !== 0) console.error(`The stack said:\n${said}`);
} catch (error) {
  console.error(error.message);
} finally {
  stack.kill("SIGTERM");
  await ended;
}
process.exitCode = status;
