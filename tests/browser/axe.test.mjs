// axe over everything that is ours on the page, in light and dark, at the size of a desk's screen
// and of a phone's: no rule of a serious or critical impact is broken. The editor is GraphiQL's
// own.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { developmentStack, launch, open, whyNot } from './browser.mjs';
import {
  SIZES,
  behind,
  chooseClient,
  choosePartner,
  deskIsThere,
  done,
  openEntry,
  outcome,
  runEntry,
} from './desk.mjs';
import { startProduction } from './production.mjs';

const skip = whyNot() ?? false;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let stack;
let production;
let browser;
before(async () => {
  if (skip) return;
  stack = developmentStack();
  [production, browser] = await Promise.all([startProduction(stack), launch()]);
});
after(async () => {
  await browser?.close();
  await production?.stop();
});

/** Asserts that axe finds nothing serious on the page as it is. */
async function isAccessible(page, where) {
  await page.evaluate(axe);
  const broken = await page.evaluate(async () => {
    const { violations } = await window.axe.run({ exclude: ['.graphiql-container'] });
    return violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  assert.deepEqual(broken, [], where);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    const how = `${size}, ${colorScheme}`;

    test(`nothing serious at the desk (${how})`, { skip }, async () => {
      const { halo, resync } = behind(stack);
      const [ours] = (await halo('state')).subscriptions.filter(({ vendor }) => vendor === 'INFIMA');
      await halo('act', { act: 'set_subscription_active', id: ours.id, active: false });
      await resync('Browser test: something to see');
      try {
        const page = await open(browser, stack.playground, { viewport, colorScheme });
        await deskIsThere(page);
        await isAccessible(page, 'opened');
        await page.getByRole('combobox', { name: 'Partner' }).fill('drummond');
        await page.locator('.desk > .picker').getByRole('option').first().waitFor();
        await isAccessible(page, 'a list of matches');
        await page.getByRole('combobox', { name: 'Partner' }).fill('no such partner');
        await page.getByText('Nothing by that name.').waitFor();
        await isAccessible(page, 'no match');
        await choosePartner(page);
        for (const [title, fields, said] of [
          ['Trouble this morning', {}, 'needs a person'],
          ['Find a partner', { Search: 'drummond' }, 'Found by its client'],
          ['Why did last night fail?', {}, 'The latest syncs'],
          ['Preview tonight', {}, 'with a problem'],
          ['Which clients can be mapped?', {}, 'can be mapped at once'],
          ['Who changed what?', {}, 'requested a sync'],
          ['Recheck the connection', { Reason: 'Browser test: axe' }, 'The connection works'],
          ['Confirm a changed Halo', {}, ''],
          ['Resync one client', {}, ''],
        ]) {
          if (said) await runEntry(page, title, fields);
          else await openEntry(page, title);
          await outcome(page, said).waitFor();
          await isAccessible(page, title);
        }
        await openEntry(page, 'Why is this client billed?');
        await chooseClient(page, 'Why is this client billed?', 'alder');
        await page
          .getByRole('form', { name: 'Why is this client billed?' })
          .getByRole('button', { name: 'Run' })
          .click();
        await outcome(page, 'The last syncs').waitFor();
        await isAccessible(page, 'Why is this client billed?');
        await runEntry(page, 'Watch a sync');
        await page.locator('.outcome progress').waitFor();
        await isAccessible(page, 'Watch a sync');
        await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
        await isAccessible(page, 'the shortcuts');
        await page.keyboard.press('Escape');
        await done(page);
      } finally {
        await halo('act', { act: 'set_subscription_active', id: ours.id, active: true });
        await resync('Browser test: resolved');
      }
    });

    test(`nothing serious in production (${how})`, { skip }, async () => {
      const { playground, idp } = production;
      const page = await open(browser, playground, { allowed: [idp.issuer], viewport, colorScheme });
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await isAccessible(page, 'signing in');
      const signIn = async () => {
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.getByRole('button', { name: 'Sign in as support' }).click();
      };
      await signIn();
      await deskIsThere(page);
      await choosePartner(page);
      await runEntry(page, 'Resync this partner', { Reason: 'Browser test: axe' });
      await page.getByRole('dialog').waitFor();
      await isAccessible(page, 'the confirmation');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Sign out' }).click();

      const claims = { ...idp.client.claims };
      idp.client.claims = { sub: 'ada', name: 'Ada Admin', role: 'partner_admin', partner: 'northwind-msp' };
      try {
        await signIn();
        await page.locator('.menu').getByRole('button', { name: 'Mapping table' }).click();
        await outcome(page, 'Alder & Finch LLP').waitFor();
        await isAccessible(page, 'the operations of the contract');
      } finally {
        idp.client.claims = claims;
      }
      // The browser notes the refusal, and the editor that it was ended in the middle of its work.
      page.faults = page.faults.filter((fault) => !/400 \(Bad Request\)|Canceled/.test(fault));
      await done(page);
    });
  }
}
