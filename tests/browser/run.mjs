// Starts the development stack for the tests, runs them, and stops it again, however they end:
//
//   node run.mjs <binary> <data directory>
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { whyNot } from './browser.mjs';

const skip = whyNot();
if (skip) {
  console.error(skip);
  process.exit(0);
}

const [binary, dataDirectory] = process.argv.slice(2).map((path) => resolve(path));
// Own keys, because production, which uses the same database, refuses the published ones.
const INFIMA_KEYS = `browser:${randomBytes(32).toString('base64')}`;
// A database in the environment is not for these tests to fill: the stack brings its own, in the
// data directory.
// So many syncs within minutes are not to wait for the request budget.
const budget = { INFIMA_HALO_REQUESTS: '700', INFIMA_HALO_WINDOW_SECONDS: '10' };
const { DATABASE_URL: _, DATABASE_URL_FILE: __, ...env } = { INFIMA_LOG: 'warn', ...budget, ...process.env, INFIMA_KEYS };
const stack = spawn(binary, ['dev', '--port', '0', '--sandbox-port', '0', '--fresh', '--data-dir', dataDirectory], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
  // In its own process group: otherwise Ctrl-C would reach it twice, and end it at once.
  detached: true,
});
const stackEnded = new Promise((resolve) => {
  stack.on('error', (error) => resolve(error.message));
  stack.on('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);

let code = 1;
const said = [];
try {
  await Promise.race([setUpDone(), stackEnded.then((how) => Promise.reject(new Error(`The stack is not up: ${how}.`)))]);
  await haloWithoutLimit();
  code = await tests();
} catch (error) {
  console.error(said.join('\n'));
  console.error(error.message);
} finally {
  stop();
  await stackEnded;
}
process.exit(code);

function stop() {
  if (!stack.killed) stack.kill();
}

/** Waits until the user guide's steps are done: then there is something to look at. */
async function setUpDone() {
  for await (const line of createInterface({ input: stack.stdout })) {
    said.push(line);
    if (line.startsWith('The story stopped')) throw new Error('The tests need the whole story.');
    if (line.startsWith('The stack stays up')) break;
  }
  // What else it says must not fill the pipe.
  stack.stdout.resume();
}

/** The tests ask one Halo for more within minutes than a real one answers. */
async function haloWithoutLimit() {
  const { sandbox } = JSON.parse(readFileSync(join(dataDirectory, 'dev.json'), 'utf8'));
  const headers = { 'content-type': 'application/json' };
  await fetch(`${sandbox}/sandbox/settings`, { method: 'POST', headers, body: JSON.stringify({ rate_limit: 100_000 }) });
}

function tests() {
  const env = { ...process.env, INFIMA_KEYS, BINARY: binary, DEV_JSON: join(dataDirectory, 'dev.json') };
  const child = spawn('npm', ['test', '--silent'], { cwd: import.meta.dirname, env, stdio: 'inherit' });
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}
