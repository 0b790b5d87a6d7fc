// The example in a real browser, against the development stack as production would answer: with no
// operation but those of the contract. What it shows is kept in screenshots/, at two sizes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { launch, open, whyNot } from '../../../tests/browser/browser.mjs';

const skip = whyNot() ?? false;
if (skip) console.error(skip);
const here = resolve(import.meta.dirname, '..');
const repository = resolve(here, '../..');
const target = resolve(repository, process.env.CARGO_TARGET_DIR ?? 'target');
const data = join(target, 'example');
const announcement = join(data, 'dev.json');
const screenshots = join(here, 'screenshots');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

let stack;
let said = '';
let pages;
let browser;
let dev;
let halo;

before(async () => {
  if (skip) return;
  rmSync(announcement, { force: true });
  rmSync(screenshots, { recursive: true, force: true });
  mkdirSync(screenshots, { recursive: true });
  const { DATABASE_URL: _, DATABASE_URL_FILE: __, ...env } = { ...process.env, INFIMA_TRUSTED_DOCUMENTS: 'enforce' };
  const options = ['dev', '--no-story', '--port', '0', '--sandbox-port', '0', '--fresh', '--data-dir', data];
  stack = spawn(join(target, 'debug/infima-halo'), options, { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [stack.stdout, stack.stderr]) stream.on('data', (text) => (said += text));
  while (!(existsSync(announcement) && said.includes('The stack stays up'))) {
    assert.equal(stack.exitCode, null, `the stack did not start:\n${said}`);
    await pause(50);
  }
  dev = JSON.parse(readFileSync(announcement, 'utf8'));
  halo = await (await fetch(`${dev.sandbox}/sandbox/credentials`)).json();
  pages = createServer((request, response) => {
    const file = join(here, 'dist', new URL(request.url, 'http://x').pathname.replace(/\/$/, '/index.html'));
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    return createReadStream(file).pipe(response);
  });
  await new Promise((listening) => pages.listen(0, '127.0.0.1', listening));
  browser = await launch();
});

after(async () => {
  await browser?.close();
  pages?.close();
  if (stack && stack.exitCode === null) {
    const ended = new Promise((done) => stack.on('exit', done));
    stack.kill('SIGTERM');
    await ended;
  }
});

test('the screens of the guide work under enforced trusted documents', { skip }, async () => {
  const address = `http://127.0.0.1:${pages.address().port}/`;
  const page = await open(browser, 'about:blank', { allowed: [new URL(address).origin, new URL(dev.graphql).origin] });
  const sent = [];
  page.on('request', (request) => {
    if (request.url() !== dev.graphql || request.method() !== 'POST') return;
    const { query, extensions } = request.postDataJSON();
    sent.push({ text: query, id: extensions?.persistedQuery?.sha256Hash });
  });
  await page.goto(address);
  const shot = async (name) => {
    for (const [size, viewport] of [['desk', { width: 1440, height: 900 }], ['telephone', { width: 390, height: 844 }]]) {
      await page.setViewportSize(viewport);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= viewport.width, `${name} is ${width} wide at ${viewport.width}`);
      await page.screenshot({ path: join(screenshots, `${name}-${size}.png`), fullPage: true });
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  };
  const go = (title) => page.getByRole('navigation').getByRole('link', { name: title }).click();
  const press = (name, within = page) => within.getByRole('button', { name, exact: true }).click();
  const row = (client) => page.locator('[data-test=mapping] tbody tr').filter({ has: page.getByRole('cell', { name: client, exact: true }) });

  await page.getByLabel('Address of the API').fill(dev.graphql);
  await page.getByLabel('Token').fill(dev.tokens.partner_admin);
  await press('Sign in');
  await page.getByText('Not connected yet.').waitFor();

  // The connection: what is wrong stands at its field, and what Halo says is listed.
  await go('Connection');
  await page.getByLabel('Halo PSA URL').fill('our halo');
  await page.getByLabel('Client ID').fill(halo.client_id);
  await page.getByLabel('Client Secret').fill('not the secret');
  await press('Save');
  await page.locator('label', { hasText: 'Halo PSA URL' }).getByRole('alert').waitFor();
  await page.getByLabel('Halo PSA URL').fill(halo.url ?? dev.sandbox);
  await press('Save');
  await page.locator('label', { hasText: 'Client Secret' }).getByText('Halo does not accept').waitFor();
  await shot('1-connection-refused');
  await page.getByLabel('Client Secret').fill(halo.client_secret);
  await press('Save');
  await page.getByText('Connected. Details saved').waitFor();
  await shot('2-connection');

  // A client is found by its words, without accents, and mapped to the customer that is suggested.
  await go('Clients');
  await page.getByLabel('Search', { exact: true }).fill('zoe cafe');
  await row('Bluewater Dental').waitFor({ state: 'detached' });
  await row('Café Zoë').waitFor();
  assert.equal(await page.locator('[data-test=mapping] tbody tr').count(), 1);
  await press('Map', row('Café Zoë'));
  await page.getByRole('dialog').getByRole('button', { name: 'Café Zoë' }).waitFor();
  await shot('3-suggestion');
  await press('Café Zoë', page.getByRole('dialog'));
  // The row changes by itself once Halo has confirmed it, and so does the Last Sync Date.
  await row('Café Zoë').getByText(/^Active/).waitFor();
  await page.locator('[data-test=progress]').getByText('Succeeded: 1 of 1.').waitFor();
  await page.locator('[data-test=last-sync]').filter({ hasNotText: 'never' }).waitFor();

  // Two customers of one name differ by where they are. One that is mapped already is asked about.
  await page.getByLabel('Search', { exact: true }).fill('alder');
  await press('Map', row('Alder & Finch LLP'));
  const search = page.getByRole('dialog').getByLabel('Search in Halo');
  await search.fill('Springfield');
  await page.getByText('Shelbyville · shelbyvillevets.example').waitFor();
  await shot('4-two-of-one-name');
  await search.fill('Café');
  await page.getByRole('dialog').getByText('(mapped to Café Zoë)').waitFor();
  await press('Café Zoë', page.getByRole('dialog'));
  await page.getByRole('dialog').getByText('confirm that both clients belong to it').waitFor();
  await shot('5-shared-customer');
  await search.fill('Alder');
  await press('Alder & Finch LLP', page.getByRole('dialog'));
  await row('Alder & Finch LLP').getByText(/^Active/).waitFor();
  await page.getByLabel('Search', { exact: true }).fill('');
  await row('Bluewater Dental').waitFor();
  await shot('6-clients');

  // Who is counted, and who is not.
  await row('Alder & Finch LLP').getByRole('cell').nth(1).getByRole('button').click();
  await page.getByRole('dialog').getByText('users count.').waitFor();
  await page.getByRole('dialog').getByText('@').first().waitFor();
  await shot('7-who-is-counted');
  await page.getByRole('dialog').getByLabel('Show who is not counted').check();
  await page.getByRole('dialog').getByText(/\((Deactivated|Archived|Same address)\)/).first().waitFor();
  await press('Close', page.getByRole('dialog'));

  // What a sync would change, the sync, and its results.
  await go('Syncs');
  await press('What would change?');
  await page.locator('[data-test=preview]').getByText('Café Zoë at Café Zoë: No change').waitFor();
  await press('Sync now');
  await page.locator('[data-test=progress]').getByText('Succeeded: 2 of 2. 2 unchanged').waitFor();
  await page.getByLabel('Changes only').check();
  await page.getByRole('cell', { name: 'Association saved by' }).first().waitFor();
  await page.getByRole('cell', { name: 'On demand by' }).waitFor({ state: 'detached' });
  await page.getByRole('row').nth(1).getByRole('button').click();
  await page.locator('[data-test=results]').getByText('Created').first().waitFor();
  await shot('8-syncs');

  // What was typed wrong stands at its field.
  await go('Nightly sync');
  await page.getByLabel('Not before').fill('25:00');
  await press('Save');
  await page.locator('label', { hasText: 'Not before' }).getByText('This is not a time of day.').waitFor();
  await shot('9-settings');
  await page.getByLabel('Not before').fill('02:30');
  await press('Save');
  await page.getByText('This is not a time of day.').waitFor({ state: 'detached' });

  await go('Activity');
  await page.locator('[data-test=activity]').getByText('Night start: 01:00 → 02:30').waitFor();
  await page.getByLabel('What').selectOption('ASSOCIATION_SAVED');
  const log = page.locator('[data-test=activity] tbody tr');
  await log.filter({ hasText: 'Settings changed' }).waitFor({ state: 'detached' });
  await log.filter({ hasText: 'Alder & Finch LLP' }).waitFor();
  assert.deepEqual(await log.getByRole('cell').nth(3).allInnerTexts(), ['Alder & Finch LLP']);
  await shot('10-activity');

  assert.deepEqual(page.faults, []);
  assert.ok(sent.length > 20);
  for (const { text, id } of sent) assert.ok(id !== undefined && text === undefined, 'operations go by their ids');
  assert.ok(!said.includes('DOCUMENT_NOT_TRUSTED'));
});
