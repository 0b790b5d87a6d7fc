// The sandbox's own page in a real browser: what a partner does inside Halo, by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { developmentStack, launch, open, shot, whyNot } from './browser.mjs';

const skip = whyNot() ?? false;

let stack;
let browser;
before(async () => {
  if (skip) return;
  stack = developmentStack();
  browser = await launch();
});
after(() => browser?.close());

test('shows the tenant and does there what a partner does', { skip }, async () => {
  const page = await open(browser, stack.sandbox);
  const said = (text) => page.getByRole('status').getByText(text).waitFor();
  const part = (title) => page.getByRole('navigation').getByRole('link', { name: title }).click();
  const dialog = page.getByRole('dialog');

  // What the story left there.
  await page.getByRole('searchbox').fill('INFIMA');
  const row = page.getByRole('row').filter({ hasText: 'Bluewater Dental Group' });
  assert.equal(await page.getByRole('row').count(), 1 + 9);
  const { id } = await subscription();
  assert.equal(await row.getByRole('cell').nth(-1).innerText(), 'none');
  await shot(page, '20-sandbox-subscriptions');

  await row.getByRole('button').click();
  await dialog.getByLabel('Name').fill('Training & <b>phishing</b>');
  await shot(page, '21-sandbox-subscription');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await said('Renamed.');
  await row.getByRole('button', { name: 'Training & <b>phishing</b>' }).click();
  await dialog.getByRole('button', { name: 'Put on an invoice' }).click();
  await said('It is on a recurring invoice now.');
  await row.getByRole('cell').nth(-1).getByText(/^-?\d+$/).waitFor();
  assert.equal((await subscription()).name, 'Training & <b>phishing</b>');

  await part('Recurring invoices');
  const invoice = page.locator('section').filter({ hasText: 'Bluewater Dental Group' });
  await invoice.getByText(`${id} Training & <b>phishing</b>`).waitFor();
  await shot(page, '22-sandbox-invoices');

  await part('Access');
  const secret = await credentials(page);
  await page.getByRole('button', { name: 'Renew the secret' }).click();
  await said('The old secret is worth nothing now.');
  const renewed = await credentials(page);
  assert.ok(renewed.length > 20 && renewed !== secret, renewed);
  await page.getByRole('checkbox', { name: 'read:invoices' }).uncheck();
  await said("The application's permissions are changed.");
  await page.getByLabel('Customers access level').selectOption('None');
  await said("The agent's level is changed.");
  assert.equal(await page.getByLabel('Customers access level').inputValue(), 'none');
  await shot(page, '23-sandbox-access');
  // As Halo has it, and as the page has it when it is opened again.
  const { access } = await state();
  assert.ok(!access.scopes.includes('read:invoices') && access.scopes.includes('read:customers'), access.scopes);
  assert.equal(access.agent.customers, 'none');
  await page.reload();
  assert.equal(await page.getByRole('checkbox', { name: 'read:invoices' }).isChecked(), false);
  assert.equal(await page.getByLabel('Customers access level').inputValue(), 'none');

  await part('Requests');
  await page.getByText('by hand: rotate secret').waitFor();
  await shot(page, '24-sandbox-requests');
  await part('Faults');
  await page.getByRole('button', { name: 'held_before' }).waitFor();
  await shot(page, '25-sandbox-faults');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('is as readable in the dark', { skip }, async () => {
  const page = await open(browser, stack.sandbox, { colorScheme: 'dark' });
  await page.getByRole('row').nth(1).waitFor();
  await shot(page, '26-sandbox-dark');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** The client secret that the page shows. */
async function credentials(page) {
  await page.getByRole('button', { name: 'Show the credentials' }).click();
  const secret = await page.getByRole('dialog').locator('dd').last().innerText();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  return secret;
}

async function state() {
  return (await fetch(`${stack.sandbox}/sandbox/state`)).json();
}

async function subscription() {
  const { subscriptions } = await state();
  return subscriptions.find((one) => one.vendor === 'INFIMA' && one.client_name === 'Bluewater Dental Group');
}
