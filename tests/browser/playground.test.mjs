// The playground's page in a real browser, against the running development stack, and against a
// server in production over the same database: signing in, the menu, the editor behind its tab.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { developmentStack, launch, open, shot, whyNot } from './browser.mjs';
import {
  SIZES,
  answerHas,
  behind,
  callerLabelled,
  chooseClient,
  choosePartner,
  deskIsThere,
  done,
  fitsTheScreen,
  menuOf,
  named,
  openEntry,
  outcome,
  runEntry,
} from './desk.mjs';
import { startProduction } from './production.mjs';

const skip = whyNot() ?? false;
if (skip) console.error(skip);

let stack;
let production;
let browser;
let ask;
let halo;
let resync;
before(async () => {
  if (skip) return;
  stack = developmentStack();
  ({ ask, halo, resync } = behind(stack));
  [production, browser] = await Promise.all([startProduction(stack), launch()]);
});
after(async () => {
  await browser?.close();
  await production?.stop();
});

test('opens signed in, with the menu of saved operations and the editor behind a tab', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  assert.equal(await page.locator('.environment').innerText(), 'DEVELOPMENT');
  assert.deepEqual(await menuOf(page), [
    'Trouble this morning',
    'What changed since yesterday?',
    'Find a partner',
    'Why is this client billed?',
    'What was billed then?',
    'Billing of a month',
    'Who is excluded?',
    'Why did last night fail?',
    'What is wrong with this partner?',
    'Which clients can be mapped?',
    'Preview tonight',
    'Resync this partner',
    'Resync one client',
    'Pause syncs',
    'Resume syncs',
    'Recheck the connection',
    'Recheck a problem',
    'Acknowledge a problem',
    'Snooze a problem',
    'Compare everything with Halo',
    'Confirm a changed Halo',
    'What was sent to webhooks?',
    'Test a webhook',
    'Replay a delivery',
    'Watch a sync',
    'Who changed what?',
  ]);
  assert.ok(!(await page.locator('.graphiql-container').isVisible()), 'who wants the editor opens its tab');
  await page.getByRole('tab', { name: 'GraphQL' }).click();
  const documentation = page.locator('.graphiql-doc-explorer');
  await documentation.getByText('Query', { exact: true }).waitFor();
  await documentation.getByText("INFIMA's Halo PSA integration.").waitFor();
  await shot(page, '1-opened');
  await page.keyboard.press('Alt+3');
  await page.waitForFunction(() => document.activeElement.closest('.graphiql-query-editor'));
  await page.keyboard.press('Control+Enter');
  await answerHas(page, '"viewer"');
  await page.keyboard.press('Control+End');
  await page.keyboard.type('query More { partn');
  await page.locator('.suggest-widget .monaco-list-row').first().waitFor();
  await shot(page, '2-completion');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await shot(page, '2-shortcuts');
  await page.keyboard.press('Escape');
  // The pane that was chosen is in front again after a reload.
  await page.reload();
  await deskIsThere(page);
  assert.equal(await page.getByRole('tab', { name: 'GraphQL' }).getAttribute('aria-selected'), 'true');
  await page.keyboard.press('Alt+2');
  await page.waitForFunction(() => document.activeElement.id === 'answer');
  assert.ok(!(await page.locator('.graphiql-container').isVisible()));
  await done(page);
});

test('keeps the active tab of the editor in sight', { skip }, async () => {
  const page = await open(browser, stack.playground, { viewport: { width: 1100, height: 800 } });
  await deskIsThere(page);
  await choosePartner(page);
  await page.getByRole('tab', { name: 'GraphQL' }).click();
  const titles = ['Trouble this morning', 'Why did last night fail?', 'Preview tonight', 'Who changed what?'];
  for (const title of [...titles, 'Find a partner', titles[0]]) {
    await runEntry(page, title, title === 'Find a partner' ? { Search: 'north' } : {});
    await page.waitForFunction(() => {
      const tab = document.querySelector('.graphiql-tab-active')?.getBoundingClientRect();
      const strip = document.querySelector('.graphiql-tabs').getBoundingClientRect();
      return tab && tab.left >= strip.left - 1 && tab.right <= strip.right + 1;
    });
  }
  const overflows = await page
    .locator('.graphiql-tabs')
    .evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
  assert.ok(overflows, 'there are more tabs than fit');
  await shot(page, '1-tabs');
  await done(page);
});

test('is as readable in the dark', { skip }, async () => {
  const page = await open(browser, stack.playground, { colorScheme: 'dark' });
  await deskIsThere(page);
  await choosePartner(page);
  await runEntry(page, 'Why did last night fail?');
  await answerHas(page, '"night"');
  await shot(page, '3-dark');
  await done(page);
});

test('runs each saved question about a partner', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  const partner = await choosePartner(page);
  await page.locator('.acting', { hasText: partner }).waitFor();
  // A quantity was changed in Halo.
  const [ours] = (await halo('state')).subscriptions.filter(({ vendor }) => vendor === 'INFIMA');
  await halo('act', { act: 'set_count', id: ours.id, count: 999 });

  await runEntry(page, 'Find a partner', { Search: 'no such partner' });
  await outcome(page, 'No partner matches.').waitFor();
  await runEntry(page, 'Find a partner', { Search: partner });
  await answerHas(page, '"totalCount"');
  await page.getByRole('button', { name: `Act for ${partner}` }).waitFor();
  await outcome(page, 'Connected, 9 of 12 clients mapped').waitFor();
  await shot(page, '4-find-a-partner');

  for (const [title, field, said] of [
    [
      'Why did last night fail?',
      '"night"',
      /Last night \(.+ (GMT|BST)[^)]*\): finished.*unchanged.*The latest syncs.*Sync on demand/s,
    ],
    [
      'Preview tonight',
      '"haloSyncPreview"',
      /1 of 9 clients would change.*: The quantity was changed.*999 → \d+\s*set the quantity\s*changed in Halo/s,
    ],
    [
      'Which clients can be mapped?',
      '"haloMappingSuggestions"',
      /3 of 3 unmapped clients can be mapped at once.*Iona Textiles.*one customer of this name.*Iona Textiles Ltd/s,
    ],
    ['Who changed what?', '"activity"', /Ada Admin mapped 9 clients/],
  ]) {
    await runEntry(page, title, title === 'Who changed what?' ? { 'Number of entries': '100' } : {});
    await answerHas(page, field);
    await outcome(page, said).waitFor();
    // The editor marks what is wrong with the variables: nothing is.
    await page.locator('.graphiql-container .squiggly-error').first().waitFor({ state: 'detached' });
    await shot(page, `5-${named(title)}`);
  }
  await done(page);
});

test('finds the night behind what was run since, and says when there was none', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  await choosePartner(page);
  for (let run = 0; run < 4; run++) await resync('Browser test: after the night');
  await runEntry(page, 'Why did last night fail?', { 'Number of syncs': '1' });
  await outcome(page, /Last night \(.+\): finished.*The latest syncs.*Sync on demand/s).waitFor();
  // The most that can be asked for stays within the limits.
  const answered = page.waitForResponse((response) => response.request().postData()?.includes('"runs":100'));
  await runEntry(page, 'Why did last night fail?', { 'Number of syncs': '100' });
  const { data, errors } = await (await answered).json();
  assert.equal(errors, undefined);
  assert.equal(data.partner.night.nodes.length, 1);
  // The report when no sync came last night: by the partner's clock, with when the next is due.
  await page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    const [night] = answer.data?.partner?.night?.nodes ?? [];
    if (night) night.startedAt = night.queuedAt = '2026-01-03T02:00:00.000Z';
    await route.fulfill({ response, json: answer });
  });
  await runEntry(page, 'Why did last night fail?', { 'Number of syncs': '1' });
  const missing = outcome(page, 'No nightly sync has run since Jan 3, 2026, 02:00 AM GMT.');
  await missing
    .getByText(
      /Nightly syncs start between 01:00 and 05:00 \(Europe\/London\)\. The next is due .+ (GMT|BST|GMT\+1), if/,
    )
    .waitFor();
  await page.unroute('**/graphql');

  await choosePartner(page, 'quay');
  await runEntry(page, 'Why did last night fail?');
  await outcome(page, /No nightly sync has run yet.*Nightly syncs start between .*\(America\/New_York\)/s).waitFor();
  await shot(page, '5-no-night');
  await done(page);
});

test('shows changes beside later reads, and pages on to older ones', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  const asked = [];
  page.on('request', (request) => request.postData()?.includes('PickPartner') && asked.push(request));
  await page.getByRole('combobox', { name: 'Partner' }).click();
  await page.getByText('Type at least 2 characters.').waitFor();
  await page.keyboard.type('n');
  // Longer than it takes to ask.
  await page.waitForTimeout(500);
  assert.equal(asked.length, 0, 'no partner was looked for yet');
  await choosePartner(page);
  for (let look = 0; look < 3; look++) await ask('query Look { partners { nodes { name } } }');
  await runEntry(page, 'Who changed what?', { 'Number of entries': '4' });
  const changes = page.getByRole('list', { name: 'Changes' }).locator(':scope > li');
  // At first, as many as are asked for without a number.
  await page.waitForFunction(() => document.querySelectorAll('.changes > li').length === 4);
  const entries = await changes.allInnerTexts();
  assert.ok(!entries.join().includes('support read'));
  await page.getByRole('button', { name: 'Older changes' }).click();
  await page.waitForFunction((newest) => !document.querySelector('.changes')?.innerText.includes(newest), entries[0]);
  await changes.first().waitFor();
  await done(page);
});

test('shows the clients with trouble before a sync and while it runs', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  const [ours] = (await halo('state')).subscriptions.filter(({ vendor }) => vendor === 'INFIMA');
  await halo('act', { act: 'set_subscription_active', id: ours.id, active: false });
  try {
    await choosePartner(page);
    await runEntry(page, 'Preview tonight');
    const problem = page.locator('.outcome .problem', { hasText: `${ours.client_name.slice(0, 5)}` });
    await problem.getByText('inactive in Halo').waitFor();
    await problem.getByText('Activate it in Halo').waitFor();
    await runEntry(page, 'Resync this partner', { Reason: 'Browser test: trouble' });
    await page.getByRole('button', { name: 'Watch it live' }).click();
    await page.locator('.outcome .summary', { hasText: /8 unchanged, 1 failed|1 failed/ }).waitFor();
    await problem.getByText('Activate it in Halo').waitFor();
    await shot(page, '7-live-trouble');
  } finally {
    await halo('act', { act: 'set_subscription_active', id: ours.id, active: true });
    await resync('Browser test: resolved');
  }
  await done(page);
});

test('has problems as an inbox, from the sync that finds one to the one that does not', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  const [ours] = (await halo('state')).subscriptions.filter(({ vendor }) => vendor === 'INFIMA');
  const partner = await choosePartner(page);
  const card = page.getByRole('list', { name: 'Problems' }).locator('> li', { hasText: 'SUBSCRIPTION_INACTIVE' }).first();
  const choose = async (title, fields) => {
    await openEntry(page, title);
    const form = page.getByRole('form', { name: title });
    const problem = form.getByLabel('Problem');
    await problem.getByRole('option', { name: /Subscription inactive/ }).waitFor({ state: 'attached' });
    await problem.selectOption({ index: 1 });
    for (const [label, value] of Object.entries(fields)) await form.getByLabel(label).fill(value);
    await form.getByRole('button', { name: 'Run' }).click();
  };
  await halo('act', { act: 'set_subscription_active', id: ours.id, active: false });
  try {
    await resync('Browser test: a problem');
    await openEntry(page, 'What changed since yesterday?');
    await card.getByText('Open', { exact: true }).waitFor();
    await card.getByRole('heading', { name: partner }).waitFor();
    await card.getByText("The client's count is not written to Halo.").waitFor();
    await shot(page, '7-what-changed');
    await choose('Acknowledge a problem', { Note: 'They know of it', Reason: 'Browser test: note' });
    await outcome(page, 'Done.').waitFor();
    await choose('Snooze a problem', { Until: dayAfterTomorrow(), Reason: 'Browser test: snooze' });
    await outcome(page, 'Done.').waitFor();
    await openEntry(page, 'What is wrong with this partner?');
    await card.getByText('Snoozed', { exact: true }).waitFor();
    await card.getByText('They know of it').waitFor();
    await shot(page, '7-problems-of-a-partner');
  } finally {
    await halo('act', { act: 'set_subscription_active', id: ours.id, active: true });
  }
  await choose('Recheck a problem', { Reason: 'Browser test: fixed' });
  await page.getByRole('button', { name: 'Watch it live' }).click();
  await page.locator('.outcome .summary', { hasText: /1 unchanged|1 updated/ }).waitFor();
  await openEntry(page, 'What is wrong with this partner?');
  await card.getByText('Closed', { exact: true }).waitFor();
  await shot(page, '7-closed');
  await done(page);
});

/** The day after tomorrow, which has to come yet in every time zone. */
function dayAfterTomorrow() {
  return new Date(Date.now() + 2 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}

test('acts for the partner that was typed, however it was typed', { skip }, async () => {
  const page = await open(browser, stack.playground, { permissions: ['clipboard-read', 'clipboard-write'] });
  await deskIsThere(page);
  const box = page.getByRole('combobox', { name: 'Partner' });
  const previewed = () => page.waitForRequest((request) => request.postData()?.includes('PreviewTonight'));
  const partnerOf = async (request) => JSON.parse((await request).postData()).variables.partnerId;
  const first = await choosePartner(page, 'northwind');
  await openEntry(page, 'Preview tonight');
  const run = page.getByRole('form', { name: 'Preview tonight' }).getByRole('button', { name: 'Run' });
  let request = previewed();
  await run.click();
  const northwind = await partnerOf(request);

  // Typed over the choice: nothing of it is swallowed, and what is chosen is what was typed.
  await box.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('quay', { delay: 20 });
  assert.equal(await box.inputValue(), 'quay');
  assert.ok(await run.isDisabled(), 'no partner is chosen while the user types');
  // Before a search, Enter chooses no partner.
  await page.keyboard.press('Enter');
  assert.equal(await box.inputValue(), 'quay');
  await page
    .locator('.picker')
    .getByRole('option', { name: /Quayside/ })
    .waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await box.inputValue(), 'Quayside IT');
  request = previewed();
  await run.click();
  const quayside = await partnerOf(request);
  assert.notEqual(quayside, northwind);

  // Pasted over the choice.
  await page.evaluate((text) => navigator.clipboard.writeText(text), first);
  await box.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+v');
  assert.equal(await box.inputValue(), first);
  await page.locator('.picker').getByRole('option', { name: first }).waitFor();
  await page.keyboard.press('Enter');
  request = previewed();
  await run.click();
  assert.equal(await partnerOf(request), northwind);

  // A client of one partner is not sent for another.
  await openEntry(page, 'Resync one client');
  const form = page.getByRole('form', { name: 'Resync one client' });
  await form.getByRole('combobox', { name: 'Client' }).click();
  await form.locator('.picker').getByRole('option').first().click();
  await form.getByLabel('Reason').fill('Browser test: another partner');
  await choosePartner(page, 'quay');
  assert.equal(await form.getByRole('combobox', { name: 'Client' }).inputValue(), '');
  assert.equal(await form.getByLabel('Reason').inputValue(), '');
  assert.ok(await form.getByRole('button', { name: 'Run' }).isDisabled());
  await done(page);
});

test('says whom the desk acts for, whom an answer is about, and forgets it for another partner', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  const partner = await choosePartner(page);
  await runEntry(page, 'Preview tonight');
  const title = page.locator('.outcome > h2');
  await title.filter({ hasText: 'Preview tonight' }).filter({ hasText: partner }).waitFor();
  assert.match(await title.innerText(), /\d\d?:\d\d/);

  await choosePartner(page, 'quay');
  assert.equal(
    await page.locator('.outcome', { hasText: partner }).count(),
    0,
    'the answer about another partner is gone',
  );
  const acting = page.locator('.acting');
  await acting.getByText('Acting for Quayside IT').waitFor();
  // The editor's tab is for the other one, and Ctrl-Enter in it still is.
  await page.getByRole('tab', { name: 'GraphQL' }).click();
  await acting.getByText(`The active tab is for ${partner}`).waitFor();
  await shot(page, '5-two-partners');
  await page.getByRole('tab', { name: 'Answer' }).click();
  await runEntry(page, 'Who changed what?');
  await title.filter({ hasText: 'Quayside IT' }).waitFor();
  await acting.locator('.other').waitFor({ state: 'detached' });
  await done(page);
});

for (const width of [1280, 800]) {
  test(`shows whom it is for, and what came of it, on a page ${width} wide`, { skip }, async () => {
    const page = await open(browser, stack.playground, { viewport: { width, height: 720 } });
    await deskIsThere(page);
    const partner = await choosePartner(page);
    const whole = await page.locator('.acting').evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth);
    assert.ok(whole && (await page.locator('.acting').innerText()).includes(partner), 'the partner is not cut off');
    for (const title of ['Why did last night fail?', 'Preview tonight', 'Who changed what?', 'Find a partner']) {
      await runEntry(page, title, title === 'Find a partner' ? { Search: partner } : {});
      const heading = page.locator('.outcome > h2', { hasText: title });
      await heading.waitFor();
      const within = await heading.evaluate((heading) => {
        const pane = document.querySelector('#pane-answer').getBoundingClientRect();
        const { top, bottom } = heading.getBoundingClientRect();
        return top >= pane.top - 1 && bottom <= innerHeight;
      });
      assert.ok(within, `${title}: the outcome is in view`);
      await shot(page, `13-${width}-${named(title)}`);
    }
    await done(page);
  });
}

test('resyncs a partner and shows it live, to the end', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  await choosePartner(page);
  // All quantities were changed in Halo, and in the middle of the sync Halo is slow.
  const { subscriptions } = await halo('state');
  const ours = subscriptions.filter(({ vendor }) => vendor === 'INFIMA');
  for (const { id, count } of ours) await halo('act', { act: 'set_count', id, count: count + 100 });
  await halo('faults', { fault: 'held_before', matching: { call: 'update', nth: 4 } });

  await runEntry(page, 'Resync this partner', { Reason: 'Browser test: resync' });
  await answerHas(page, '"requestHaloSync"');
  await page.getByRole('button', { name: 'Watch it live' }).click();
  await page.locator('.outcome .progress', { hasText: /running, [1-8] of 9/ }).waitFor();
  await shot(page, '6-live-progress');
  await halo('release', {});
  await page.locator('.outcome .progress', { hasText: 'finished, 9 of 9' }).waitFor();
  const bar = page.locator('.outcome progress');
  assert.equal(await bar.getAttribute('value'), await bar.getAttribute('max'));
  await shot(page, '7-live-finished');
  await done(page);
});

test('resyncs one client and rechecks the connection', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  await choosePartner(page);
  await openEntry(page, 'Resync one client');
  const form = page.getByRole('form', { name: 'Resync one client' });
  await chooseClient(page, 'Resync one client', '');
  await form.getByLabel('Reason').fill('Browser test: one client');
  await shot(page, '8-form');
  await form.getByRole('button', { name: 'Run' }).click();
  await answerHas(page, '"requestHaloSync"');
  await runEntry(page, 'Recheck the connection', { Reason: 'Browser test: recheck' });
  await answerHas(page, '"testHaloConnection"');
  await outcome(page, 'The connection works.').waitFor();
  await shot(page, '8-rechecked');
  await done(page);
});

test('says in words what went wrong', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  await runEntry(page, 'Watch a sync', { Sync: 'no such sync' });
  await page.locator('.outcome .problem').first().waitFor();
  await answerHas(page, '"errors"');
  await shot(page, '9-error');
  await done(page);
});

test('works by keyboard alone', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  const keys = page.keyboard;
  await keys.press('Alt+1');
  await keys.type('north');
  await page.locator('.picker').getByRole('option').first().waitFor();
  await keys.press('Enter');
  await page.locator('.acting', { hasNotText: 'no partner yet' }).waitFor();
  await keys.press('Tab');
  await keys.press('Enter');
  await answerHas(page, '"partnersInTrouble"');
  await keys.press('Alt+3');
  await page.waitForFunction(() => document.activeElement.closest('.graphiql-query-editor'));
  await keys.press('Alt+2');
  await page.waitForFunction(() => document.activeElement.id === 'answer');
  await keys.press('Alt+3');
  await keys.press('Alt+1');
  await keys.press('Tab');
  // Whatever the Tab key comes to shows that it is there.
  const stops = new Set();
  for (let stop = 0; stop < 30; stop++) {
    const { name, seen } = await page.evaluate(() => {
      const at = document.activeElement;
      const { outlineStyle, boxShadow } = getComputedStyle(at);
      const name = at.getAttribute('aria-label') || at.textContent.trim() || at.outerHTML;
      return { name, seen: outlineStyle !== 'none' || boxShadow !== 'none' || Boolean(at.closest('.monaco-editor')) };
    });
    assert.ok(seen, `nothing shows that the focus is at "${name}"`);
    stops.add(name);
    if (await page.evaluate(() => document.activeElement.closest('.monaco-editor'))) break;
    await keys.press('Tab');
  }
  for (const stop of ['Run', 'Who changed what?', 'GraphQL']) assert.ok(stops.has(stop), [...stops].join(', '));
  await keys.press('Alt+1');
  await keys.press('Tab');
  await keys.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await keys.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await done(page);
});

test('shows a partner only its own', { skip }, async () => {
  const page = await open(browser, stack.playground);
  await deskIsThere(page);
  await page.getByLabel('Calling as').selectOption({ label: await callerLabelled(page, /admin/i) });
  await page.locator('.own-partner').waitFor();
  assert.equal(await page.getByRole('combobox', { name: 'Partner' }).count(), 0);
  await page.locator('.menu').getByText('Who changed what?').waitFor();
  const [first, second] = await menuOf(page);
  assert.deepEqual([first, second], ['Why is this client billed?', 'What was billed then?']);
  await page.locator('.acting', { hasNotText: 'no partner yet' }).waitFor();
  await page.getByLabel('Calling as').selectOption({ label: await callerLabelled(page, /viewer/i) });
  await page.locator('.who', { hasText: 'partner viewer' }).waitFor();
  await page.locator('.menu').getByText('Who changed what?').waitFor();
  assert.deepEqual(await menuOf(page), [
    'Why is this client billed?',
    'What was billed then?',
    'Billing of a month',
    'Who is excluded?',
    'Why did last night fail?',
    'What is wrong with this partner?',
    'Which clients can be mapped?',
    'Preview tonight',
    'What was sent to webhooks?',
    'Watch a sync',
    'Who changed what?',
  ]);
  await done(page);
});

test('in production, signs in with OpenID Connect, leaving no token behind', { skip }, async () => {
  const { playground, idp } = production;
  const page = await open(browser, playground, { allowed: [idp.issuer] });
  const addresses = [];
  page.on('request', (request) => addresses.push(request.url()));
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.equal(await page.locator('.environment').innerText(), 'PRODUCTION');
  assert.equal(await page.getByLabel('Calling as').count(), 0, 'there are no ready-made callers');
  await shot(page, '11-sign-in');
  await signIn(page);

  assert.deepEqual(idp.refused, []);
  assert.equal(page.url(), playground, 'the code is gone from the address');
  await page.locator('.who', { hasText: 'Robin Support' }).waitFor();
  const token = idp.given.at(-1);
  const kept = () => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  assert.ok(!(await kept()).includes(token), 'the token is in storage');
  assert.ok(!(await kept()).includes('verifier'), 'the verifier is still in storage');
  assert.ok(![...addresses, ...idp.asked].some((address) => address.includes(token)), 'the token was in an address');

  // The redirect's address works once, and a tab that is loaded again has no token.
  const back = addresses.find((address) => address.includes('code='));
  await page.goto(back);
  await page.getByRole('alert').getByText('was not started in this tab').waitFor();
  assert.equal(page.url(), playground);
  await signIn(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await done(page);
});

test('in production, asks for confirmation before a mutation', { skip }, async () => {
  const { playground, idp } = production;
  const page = await open(browser, playground, { allowed: [idp.issuer] });
  await signIn(page);
  const partner = await choosePartner(page);
  const sent = [];
  page.on('request', (request) => request.postData()?.includes('ResyncPartner') && sent.push(request));

  await runEntry(page, 'Resync this partner', { Reason: 'Browser test: confirmation' });
  const dialog = page.getByRole('dialog', { name: 'Run this in production?' });
  await dialog.getByText(partner).waitFor();
  await dialog.getByText('Robin Support').waitFor();
  await shot(page, '10-production-asks');
  await page.keyboard.press('Escape');
  await answerHas(page, 'Nothing was sent');
  assert.equal(sent.length, 0);

  await page.getByRole('form', { name: 'Resync this partner' }).getByRole('button', { name: 'Run' }).click();
  await dialog.getByRole('button', { name: 'Yes, run it' }).click();
  await answerHas(page, '"run"');
  assert.equal(sent.length, 1);

  // The work is done by the development stack's worker: another process than the one that is asked.
  await page.getByRole('button', { name: 'Watch it live' }).click();
  await page.locator('.outcome .progress', { hasText: 'finished, 9 of 9' }).waitFor();
  await done(page);
});

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`in production, a partner's user runs the operations of the contract (${size})`, { skip }, async () => {
    const { playground, idp } = production;
    const page = await open(browser, playground, { allowed: [idp.issuer], viewport });
    const claims = { ...idp.client.claims };
    Object.assign(idp.client.claims, {
      sub: 'ada',
      name: 'Ada Admin',
      role: 'partner_admin',
      partner: 'northwind-msp',
    });
    try {
      await signInButton(page);
      await page.locator('.menu > li').first().waitFor();
      await page.locator('.acting', { hasText: 'Northwind MSP' }).waitFor();
      assert.equal(
        await page.locator('.graphiql-container').count(),
        0,
        'there is no editor, which would need the schema',
      );
      const titles = await menuOf(page);
      for (const title of ['Integration status', 'Mapping table', 'Save associations'])
        assert.ok(titles.includes(title), titles.join());
      await openEntry(page, 'Integration status');
      await outcome(page, /Name\s*Northwind MSP.*Mapped\s*9/s).waitFor();
      await fitsTheScreen(page, 'an operation of the contract');
      await shot(page, `14-${size}-trusted`);

      await openEntry(page, 'Mapping table');
      const form = page.getByRole('form', { name: 'Mapping table' });
      await form.getByLabel('first').fill('2');
      await form.getByRole('button', { name: 'Run' }).click();
      await outcome(page, 'Alder & Finch LLP').waitFor();
      await fitsTheScreen(page, 'a list of the contract');
      await shot(page, `14-${size}-trusted-list`);

      await openEntry(page, 'Sync now');
      const sync = page.getByRole('form', { name: 'Sync now' });
      await sync.getByLabel('input').fill('{ not JSON');
      await sync.getByRole('button', { name: 'Run' }).click();
      await sync.getByRole('alert').getByText('A field is not JSON.').waitFor();
      await sync.getByLabel('input').fill('{}');
      await sync.getByRole('button', { name: 'Run' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Yes, run it' }).click();
      await outcome(page, /Request halo sync.*Status\s*(QUEUED|RUNNING)/s).waitFor();
    } finally {
      Object.assign(idp.client.claims, claims);
      delete idp.client.claims.partner;
    }
    // The browser itself notes that the API refuses to say who the caller is in other words.
    page.faults = page.faults.filter((fault) => !fault.includes('400 (Bad Request)'));
    await done(page);
  });
}

test('in production, says so when the sign-in has ended, and when the API does not take it', { skip }, async () => {
  const { playground, idp } = production;
  const page = await open(browser, playground, { allowed: [idp.issuer] });
  idp.client.lifetime = 4;
  await signIn(page);
  await page.getByRole('alert').getByText('Your sign-in has ended').waitFor();
  await shot(page, '12-ended');

  // A token under a key that the issuer does not publish.
  Object.assign(idp.client, { lifetime: 3600, key: 'unpublished' });
  await signInButton(page);
  await page.getByRole('alert').getByText('no longer accepts your sign-in').waitFor();
  idp.client.key = 'published';
  // The browser itself notes the refusals of the API.
  page.faults = page.faults.filter((fault) => !fault.includes('401 (Unauthorized)'));
  await done(page);
});

test('refuses a sign-in that this tab did not start', { skip }, async () => {
  const { playground, idp } = production;
  const page = await open(browser, `${playground}?code=stolen&state=unknown`, { allowed: [idp.issuer] });
  await page.getByRole('alert').getByText('was not started in this tab').waitFor();
  assert.equal(page.url(), playground);
  assert.deepEqual(idp.refused, [], 'the issuer was not even asked');
  await done(page);
});

/** Signs in through the issuer. */
async function signIn(page) {
  await signInButton(page);
  await deskIsThere(page);
}

async function signInButton(page) {
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Sign in as support' }).click();
}
