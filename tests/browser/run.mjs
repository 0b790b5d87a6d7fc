// Starts the development stack for the tests, runs them, and stops it again, however they end:
//
//   node run.mjs <binary> <data directory>
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { whyNot } from './browser.mjs';

const skip = whyNot();
if (skip) {
  console.error(skip);
  process.exit(0);
}

const [binary, dataDirectory] = process.argv.slice(2).map((path) => resolve(path));
// A database that somebody named is not for us to fill: the stack brings its own, in the data directory.
const { DATABASE_URL: _, DATABASE_URL_FILE: __, ...env } = { INFIMA_LOG: 'warn', ...process.env };
const stack = spawn(binary, ['dev', '--port', '0', '--sandbox-port', '0', '--fresh', '--data-dir', dataDirectory], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
  // In a group of its own: Ctrl-C would reach it twice otherwise, which it takes for an order to end at once.
  detached: true,
});
const stackEnded = new Promise((resolve) => {
  stack.on('error', (error) => resolve(error.message));
  stack.on('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);

let code = 1;
let running;
const said = [];
try {
  await Promise.race([storyTold(), stackEnded.then((how) => Promise.reject(new Error(`The stack is not up: ${how}.`)))]);
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
  for (const one of [running, stack]) if (one && !one.killed) one.kill();
}

/** Until the user guide's story has been played: then there is something to look at. */
async function storyTold() {
  for await (const line of createInterface({ input: stack.stdout })) {
    said.push(line);
    if (line.startsWith('The story stopped')) throw new Error('The tests need the whole story.');
    if (line.startsWith('The stack stays up')) break;
  }
  // What else it says must not fill the pipe.
  stack.stdout.resume();
}

function tests() {
  const env = { ...process.env, DEV_JSON: join(dataDirectory, 'dev.json') };
  const file = join(import.meta.dirname, 'playground.test.mjs');
  running = spawn(process.execPath, [file], { env, stdio: 'inherit' });
  return new Promise((resolve) => running.on('exit', (code) => resolve(code ?? 1)));
}
