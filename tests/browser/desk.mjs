// What the tests do at the support desk, as a person would, and what they do behind its back: in
// Halo, and past the page.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** The sizes at which everything is usable: a desk's screen, and a phone's. */
export const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };

export async function deskIsThere(page) {
  await page.locator('.menu > li').first().waitFor({ timeout: 20_000, state: 'attached' });
  await page.locator('.graphiql-query-editor textarea').waitFor({ state: 'attached' });
}

/** Chooses the first partner that the desk offers for a text, and gives its name. */
export async function choosePartner(page, text = 'northwind') {
  const box = page.getByRole('combobox', { name: 'Partner' });
  await box.fill(text);
  await page
    .locator('.desk > .picker')
    .getByRole('option', { name: new RegExp(text, 'i') })
    .first()
    .click();
  return box.inputValue();
}

/** Opens the form of an entry. On a narrow page the menu is unfolded first. */
export async function openEntry(page, title) {
  const button = page.locator('.menu').getByRole('button', { name: title, includeHidden: true });
  if ((await button.getAttribute('aria-current')) === 'true') return;
  if (!(await button.isVisible())) await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await button.click();
}

export async function runEntry(page, title, fields = {}) {
  await openEntry(page, title);
  const form = page.getByRole('form', { name: title });
  for (const [label, value] of Object.entries(fields)) await form.getByLabel(label).fill(value);
  await form.getByRole('button', { name: 'Run' }).click();
}

/** Chooses a client in the form of the open entry. */
export async function chooseClient(page, title, text) {
  const form = page.getByRole('form', { name: title });
  await form.getByRole('combobox', { name: 'Client' }).fill(text);
  await form.locator('.picker').getByRole('option').first().click();
}

export const outcome = (page, text) => page.locator('.outcome', text === undefined ? {} : { hasText: text });

/** Waits for the answer's editor to show a text. Spaces do not count: the editor wraps lines. */
export async function answerHas(page, text) {
  await page.waitForFunction((wanted) => {
    const shown = document.querySelector('.graphiql-response .view-lines')?.textContent ?? '';
    return shown.replace(/\s/g, '').includes(wanted.replace(/\s/g, ''));
  }, text);
}

export const menuOf = (page) =>
  page.locator('.menu > li > button').evaluateAll((buttons) => buttons.map((button) => button.firstChild.textContent));

export async function callerLabelled(page, pattern) {
  const labels = await page.getByLabel('Calling as').locator('option').allInnerTexts();
  return labels.find((label) => pattern.test(label));
}

/** Nothing is wider than the screen, and nothing that a person uses is cut off at its side. */
export async function fitsTheScreen(page, where) {
  const wider = await page.evaluate(() => {
    const found = [];
    if (document.scrollingElement.scrollWidth > innerWidth)
      found.push(`the page: ${document.scrollingElement.scrollWidth}`);
    for (const element of document.querySelectorAll('.page *')) {
      if (element.closest('.graphiql-container, [hidden], .visually-hidden')) continue;
      const { left, right, width } = element.getBoundingClientRect();
      if (width > 0 && (right > innerWidth + 1 || left < -1))
        found.push(`${element.className || element.tagName}: ${left}–${right}`);
    }
    return found;
  });
  assert.deepEqual(wider, [], where);
}

/** Ends a test: the browser noted no error, and the page asked no one else. */
export async function done(page) {
  assert.deepEqual(page.faults, []);
  // A changed answer may still be under way, which no test waits for.
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.context().close();
}

/** The file name of a screenshot. */
export const named = (title) => title.toLowerCase().replace(/\W+/g, '-').replace(/-$/, '');

/** The stack, past the page. */
export function behind(stack) {
  /** Something is asked of the API as support. */
  async function ask(query, variables) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${stack.tokens.support}` };
    const response = await fetch(stack.graphql, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    assert.equal(errors, undefined, JSON.stringify(errors));
    return data;
  }

  async function northwind() {
    const { partners } = await ask('query Whom { partners(search: "northwind") { nodes { id } } }');
    return partners.nodes[0].id;
  }

  /** Requests a sync of the first partner. */
  async function requestSync(reason) {
    const sync = 'mutation Sync($input: RequestHaloSyncInput!) { requestHaloSync(input: $input) { run { id } } }';
    const { requestHaloSync } = await ask(sync, { input: { partnerId: await northwind(), reason } });
    return requestHaloSync.run.id;
  }

  /** Waits until a run is as wanted. */
  async function untilRun(id, wanted) {
    const follow = 'query Follow($id: ID!) { haloSyncRun(id: $id) { status finishedAt problem { code } } }';
    for (;;) {
      const { haloSyncRun } = await ask(follow, { id });
      if (wanted(haloSyncRun)) return;
      await pause(100);
    }
  }

  return {
    ask,
    requestSync,
    untilRun,
    /** Syncs the first partner, to the end. */
    async resync(reason) {
      await untilRun(await requestSync(reason), ({ finishedAt }) => finishedAt);
    },
    /** The sandbox's own face: what happens inside Halo. */
    async halo(path, body, method = body ? 'POST' : 'GET') {
      const headers = body && { 'content-type': 'application/json' };
      const response = await fetch(`${stack.sandbox}/sandbox/${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
      });
      assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
      return response.json();
    },
  };
}
