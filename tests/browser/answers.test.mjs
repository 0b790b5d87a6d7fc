// The answers of the support desk, at the size of a desk's screen and of a phone's: a support
// person's morning, against the running development stack.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { developmentStack, launch, open, shot, whyNot } from './browser.mjs';
import {
  SIZES,
  behind,
  callerLabelled,
  chooseClient,
  choosePartner,
  deskIsThere,
  done,
  fitsTheScreen,
  named,
  openEntry,
  outcome,
  runEntry,
} from './desk.mjs';

const skip = whyNot() ?? false;

let stack;
let browser;
let halo;
let requestSync;
let untilRun;
let resync;
before(async () => {
  if (skip) return;
  stack = developmentStack();
  browser = await launch();
  ({ halo, requestSync, untilRun, resync } = behind(stack));
});
after(() => browser?.close());

for (const [size, viewport] of Object.entries(SIZES)) {
  const desk = (options) => open(browser, stack.playground, { viewport, ...options });
  const picture = (page, title) => shot(page, `answers-${size}-${named(title)}`, { fullPage: size === 'narrow' });

  test(`${size}: each entry of the menu fits the screen, and its answer has most of it`, { skip }, async () => {
    const page = await desk();
    await deskIsThere(page);
    await picture(page, 'opened');
    await fitsTheScreen(page, 'opened');
    await choosePartner(page);
    for (const [title, fields] of [
      ['Trouble this morning', {}],
      ['What changed since yesterday?', {}],
      ['What is wrong with this partner?', {}],
      ['Find a partner', { Search: 'alder' }],
      ['Why did last night fail?', {}],
      ['Preview tonight', {}],
      ['Who is excluded?', {}],
      ['Billing of a month', { Month: new Date().toISOString().slice(0, 7) }],
      ['Which clients can be mapped?', {}],
      ['What was sent to webhooks?', {}],
      ['Who changed what?', {}],
    ]) {
      await runEntry(page, title, fields);
      const heading = page.locator('.outcome > h2', { hasText: title });
      await heading.waitFor();
      await page.locator('.outcome[aria-busy="false"]').waitFor();
      await fitsTheScreen(page, title);
      await picture(page, title);
      // The answer begins on the screen, and at a desk it has most of it.
      const { top, width, height } = await page.locator('#pane-answer').evaluate((pane) => {
        const { top, width, height } = pane.getBoundingClientRect();
        return { top, width, height };
      });
      const { y } = await heading.boundingBox();
      assert.ok(y >= 0 && y < viewport.height, `${title}: its heading is at ${y}`);
      if (size === 'wide')
        assert.ok(width > 1100 && height > 500 && top < 400, `${title}: ${width}×${height} at ${top}`);
    }
    for (const title of ['What was billed then?', 'Resync one client', 'Recheck the connection', 'Confirm a changed Halo', 'Watch a sync']) {
      await openEntry(page, title);
      await page.getByRole('form', { name: title }).waitFor();
      await fitsTheScreen(page, title);
      await picture(page, title);
    }
    await done(page);
  });

  test(`${size}: trouble is listed with since when and what is next, what needs a person first`, { skip }, async () => {
    const page = await desk();
    await deskIsThere(page);
    await openEntry(page, 'Trouble this morning');
    await outcome(page, 'No partner has trouble.').waitFor();
    const [ours] = (await halo('state')).subscriptions.filter(({ vendor }) => vendor === 'INFIMA');
    await halo('act', { act: 'set_subscription_active', id: ours.id, active: false });
    try {
      await resync('Browser test: a client is blocked');
      await halo('faults', { fault: 'maintenance', lasting: 'sticky' });
      await untilRun(await requestSync('Browser test: Halo is down'), ({ problem }) => problem);
      await runEntry(page, 'Trouble this morning');
      await outcome(page, '1 partner has trouble, which needs a person.').waitFor();
      const troubles = page.getByRole('list', { name: 'Trouble', exact: true }).getByRole('listitem');
      const [first, second] = await troubles.allInnerTexts();
      assert.match(first, /is inactive|inactive in Halo/);
      assert.match(first, /The partner has to act since .+ ago\).*Next: Activate it in Halo/s);
      assert.match(second, /HALO_UNAVAILABLE.*No one has to act since .+Next: .*by itself\. That is .+\(in /s);
      await fitsTheScreen(page, 'trouble');
      await picture(page, 'trouble-listed');
      // From there to the partner, and to its night.
      await page.getByRole('button', { name: 'Act for Northwind MSP' }).click();
      await openEntry(page, 'Why did last night fail?');
      await outcome(page, 'What is wrong now').waitFor();
      await picture(page, 'last-night-in-trouble');
    } finally {
      await halo('faults', undefined, 'DELETE');
      await halo('act', { act: 'set_subscription_active', id: ours.id, active: true });
      await resync('Browser test: resolved');
    }
    await done(page);
  });

  test(`${size}: why a client is billed is one page`, { skip }, async () => {
    const { subscriptions } = await halo('state');
    const ours = subscriptions.find(
      ({ vendor, client_name }) => vendor === 'INFIMA' && client_name === 'Drummond Logistics',
    );
    await halo('act', { act: 'put_on_invoice', id: ours.id });
    await halo('act', { act: 'set_count', id: ours.id, count: 999 });
    await resync('Browser test: what was sent');
    const page = await desk();
    await deskIsThere(page);
    await choosePartner(page);
    const title = 'Why is this client billed?';
    await openEntry(page, title);
    await chooseClient(page, title, 'drum');
    await page.getByRole('form', { name: title }).getByRole('button', { name: 'Run' }).click();
    await outcome(page, 'Drummond Logistics is billed 71: that is its 71 users who count.').waitFor();
    for (const said of [
      'Each active user of a client that is not archived counts once',
      /Counted\s*71/,
      new RegExp(`Drummond Logistics \\(\\d+\\).*\\(${ours.id}\\).*Quantity now\\s*71\\s*read just now`, 's'),
      /on recurring invoice -\d+/,
      /Last sent\s*71 \(before: 999\)/,
      /Sent by\s*Sync on demand, requested by/,
      /Last confirmed by Halo\s*71, .+ ago\)/,
      /Deactivated\s*9/,
      /Archived\s*4/,
      /A sync would\s*no change: 71 → 71/,
      /Next nightly sync\s*.+\(in /,
      /What people changed last.*Ada Admin.*association saved/s,
      /The last syncs.*999 → 71\s*changed in Halo/s,
    ])
      await outcome(page, said).waitFor();
    await fitsTheScreen(page, title);
    await picture(page, title);

    // Two days, so that one of them is today for the partner as well.
    const days = 'What was billed then?';
    const day = (ago) => new Date(Date.now() - ago * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
    await openEntry(page, days);
    await chooseClient(page, days, 'drum');
    await runEntry(page, days, { 'First day': day(1), 'Last day': day(-1) });
    await outcome(page, /CONFIRMED.*Quantity\s*71.*ACTIVE_USERS_BY_ADDRESS.*Deactivated\s*9/s).waitFor();
    await fitsTheScreen(page, days);
    await done(page);
  });

  test(`${size}: last night shows what is still broken and what was fixed since`, { skip }, async () => {
    const page = await desk();
    await deskIsThere(page);
    await choosePartner(page);
    // The night of the stack went well: two of its clients are said to have failed, of which one
    // was confirmed since.
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      const [night] = answer.data?.partner?.night?.nodes ?? [];
      if (night?.results) {
        const at = night.finishedAt;
        const problem = {
          code: 'SUBSCRIPTION_INACTIVE',
          message: 'The subscription is inactive in Halo.',
          remedy: 'Activate it in Halo.',
        };
        const failed = (name, haloAssociation) => ({
          client: { name, haloAssociation },
          outcome: 'FAILED',
          problem,
          evidence: null,
          at,
        });
        const since = new Date(Date.parse(at) + 60_000).toISOString();
        night.status = 'PARTIALLY_SUCCEEDED';
        night.results = {
          totalCount: 2,
          nodes: [
            failed('Broken Ltd', { status: 'NEEDS_ATTENTION', lastSyncedAt: null, lastSyncedQuantity: null, problem }),
            failed('Fixed Ltd', { status: 'ACTIVE', lastSyncedAt: since, lastSyncedQuantity: 12, problem: null }),
          ],
        };
      }
      await route.fulfill({ response, json: answer });
    });
    await openEntry(page, 'Why did last night fail?');
    await outcome(page, /Last night \(.+\): finished, some clients failed/).waitFor();
    const broken = page.getByRole('list', { name: 'Still broken' });
    await broken.locator('.problem', { hasText: 'Broken Ltd: The subscription is inactive in Halo.' }).waitFor();
    const fixed = page.getByRole('list', { name: 'Fixed since' });
    await fixed.getByText(/fixed Fixed Ltd: confirmed with 12 on/).waitFor();
    assert.equal(await fixed.locator('.problem').count(), 0, 'what was fixed is not red');
    // Each run has its reason and its time.
    const runs = page.getByRole('table', { name: 'Syncs' }).locator('tbody tr');
    assert.match(await runs.first().innerText(), /Sync on demand, requested by .+Browser test: .+20\d\d, .+finished/s);
    await fitsTheScreen(page, 'last night');
    await picture(page, 'last-night-broken-and-fixed');
    await done(page);
  });

  test(`${size}: a preview never says that nothing would change while something is not known`, { skip }, async () => {
    const page = await desk();
    await deskIsThere(page);
    await choosePartner(page);
    let entriesOf = (entries) => entries;
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      const preview = answer.data?.haloSyncPreview;
      if (preview?.entries) preview.entries = entriesOf(preview.entries);
      await route.fulfill({ response, json: answer });
    });
    const pending = { status: 'PENDING', subscription: null };
    const waiting = (entry) => ({
      ...entry,
      action: 'WAIT',
      association: pending,
      quantityInHalo: null,
      quantityAfter: null,
    });
    const unread = (entry) => ({ ...waiting(entry), action: null });
    entriesOf = ([first, second, ...rest]) => [waiting(first), unread(second), ...rest];
    await runEntry(page, 'Preview tonight');
    await outcome(page, 'What would change is not known for 2 of 9 clients.').waitFor();
    await outcome(page, '1 client waiting for Halo to confirm that the subscription was created').waitFor();
    await outcome(page, /1 client could not be looked at.+1 of them have no subscription yet/s).waitFor();
    await fitsTheScreen(page, 'preview');
    await picture(page, 'preview-not-known');
    entriesOf = (entries) =>
      entries.map((entry, index) => (index === 0 ? { ...entry, action: 'CREATE', quantityAfter: 5 } : unread(entry)));
    await runEntry(page, 'Preview tonight');
    await outcome(page, 'At least 1 of 9 clients would change; for 8 it is not known.').waitFor();
    await done(page);
  });

  test(`${size}: a sync to watch is chosen from the partner's own`, { skip }, async () => {
    await resync('Browser test: to be watched');
    const page = await desk();
    await deskIsThere(page);
    await choosePartner(page);
    await openEntry(page, 'Watch a sync');
    const form = page.getByRole('form', { name: 'Watch a sync' });
    const choice = form.getByRole('combobox', { name: 'Sync', exact: true });
    await choice.locator('option', { hasText: 'finished, 9 of 9' }).first().waitFor({ state: 'attached' });
    const offered = await choice.locator('option').allInnerTexts();
    assert.match(offered[0], /^Sync on demand, requested by .+: finished, 9 of 9$/);
    assert.equal(offered.at(-1), 'Another one, by its id');
    await form.getByRole('button', { name: 'Run' }).click();
    await page.locator('.outcome .progress', { hasText: 'Northwind MSP: finished, 9 of 9' }).waitFor();
    await fitsTheScreen(page, 'watch');
    await picture(page, 'watched');
    await choice.selectOption({ label: 'Another one, by its id' });
    await form.getByLabel('Id of the sync').fill('no such sync');
    await form.getByRole('button', { name: 'Run' }).click();
    await page.locator('.outcome .problem').first().waitFor();
    await done(page);
  });

  test(`${size}: who changed what names clients and customers, and a bulk save is one entry`, { skip }, async () => {
    const page = await desk();
    await deskIsThere(page);
    await choosePartner(page);
    await runEntry(page, 'Who changed what?', { 'Number of entries': '100' });
    const bulk = page.getByRole('list', { name: 'Changes' }).locator(':scope > li', { hasText: 'mapped 9 clients' });
    await bulk.waitFor();
    assert.equal(await bulk.count(), 1, 'the nine mappings are one entry');
    await bulk.getByText('Ada Admin').first().waitFor();
    await bulk.getByText('Bluewater Dental → Bluewater Dental Group').waitFor();
    await fitsTheScreen(page, 'changes');
    await picture(page, 'changes-grouped');
    // Narrowed by what, about whom, by whom and when.
    const title = 'Who changed what?';
    const form = page.getByRole('form', { name: title });
    const entries = page.getByRole('list', { name: 'Changes' }).locator(':scope > li');
    const run = () => form.getByRole('button', { name: 'Run' }).click();
    await form.getByText('Narrow it down').click();
    await form.getByLabel('What').selectOption({ label: 'Saved the connection' });
    await form.getByLabel('Who').fill('ada');
    await run();
    await page.waitForFunction(() => document.querySelectorAll('.changes > li').length === 1);
    assert.match(await entries.innerText(), /Ada Admin saved the connection/);
    await form.getByLabel('What').selectOption({ label: 'Any' });
    await form.getByLabel('Who').fill('');
    await chooseClient(page, title, 'drummond');
    await run();
    await outcome(page, 'mapped Drummond Logistics: Halo customer Drummond Logistics').waitFor();
    await form.getByLabel('Until').fill('2020-01-01');
    await run();
    await outcome(page, 'Nothing was changed.').waitFor();
    await fitsTheScreen(page, 'changes, narrowed');
    await done(page);
  });

  test(`${size}: a missing permission is said once`, { skip }, async () => {
    const { access } = await halo('state');
    const { customers, licensing, invoices } = access.agent;
    await halo('act', { act: 'set_agent_levels', customers: 'none', licensing, invoices });
    try {
      const page = await desk();
      await deskIsThere(page);
      await choosePartner(page);
      await runEntry(page, 'Recheck the connection', { Reason: 'Browser test: a permission is missing' });
      await outcome(page, 'The connection does not work.').waitFor();
      const said = await outcome(page).innerText();
      assert.equal(said.match(/Halo refuses access/g)?.length, 1, said);
      assert.match(said, /grant it to the agent, then recheck/);
      await fitsTheScreen(page, 'a missing permission');
      await picture(page, 'permission-missing');
      await done(page);
    } finally {
      await halo('act', { act: 'set_agent_levels', customers, licensing, invoices });
      await resync('Browser test: the permission is back');
    }
  });

  test(`${size}: a picker without a match covers nothing and swallows no click`, { skip }, async () => {
    const page = await desk();
    await deskIsThere(page);
    const box = page.getByRole('combobox', { name: 'Partner' });
    await box.fill('no such partner');
    await page.getByText('Nothing by that name.').waitFor();
    await picture(page, 'picker-empty');
    // The list of matches, which covers the menu, is not there: one click goes where it is aimed.
    const first = page.locator('.menu > li > button').first();
    const { x, y, width, height } = await first.boundingBox();
    await page.mouse.click(x + width / 2, y + height / 2);
    assert.equal(await first.getAttribute('aria-current'), 'true');

    // A partner that is found by its client says so.
    await box.fill('drummond');
    const found = page.locator('.desk > .picker').getByRole('option');
    await found.getByText('its client Drummond Logistics').waitFor();
    await picture(page, 'picker-found-by-client');
    await box.press('Escape');
    await runEntry(page, 'Find a partner', { Search: 'alder' });
    await outcome(page, 'Found by its client Alder & Finch LLP.').waitFor();
    await done(page);
  });

  test(`${size}: a partner's user finds its own desk`, { skip }, async () => {
    const page = await desk();
    await deskIsThere(page);
    await page.getByLabel('Calling as').selectOption({ label: await callerLabelled(page, /admin/i) });
    await page.locator('.own-partner').waitFor();
    await fitsTheScreen(page, 'a partner');
    await openEntry(page, 'Why did last night fail?');
    await outcome(page, /Last night/).waitFor();
    await fitsTheScreen(page, 'a partner, answered');
    await picture(page, 'partner');
    await done(page);
  });
}
