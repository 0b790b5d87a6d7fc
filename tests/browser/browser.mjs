// Chromium with a page under watch: every error of the network and the console is kept.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
const screenshots = join(here, 'screenshots');

/**
 * The running development stack, as it describes itself: `{ graphql, websocket, playground, tokens,
 * … }`.
 */
export function developmentStack() {
  const file = process.env.DEV_JSON ?? join(here, '../../.data/dev.json');
  if (!existsSync(file))
    throw new Error(`${file} is not there. Start \`cargo run -- dev\`, or name its dev.json in DEV_JSON.`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Why the tests cannot run here, or null. In CI they have to. */
export function whyNot() {
  if (chromiumPath() || process.env.CI) return null;
  return `${missing} THE BROWSER TESTS DID NOT RUN.`;
}

const missing = 'No Chromium here: install it (on Debian: sudo apt-get install chromium), or name one in CHROMIUM.';

function chromiumPath() {
  const usual = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];
  return [process.env.CHROMIUM, ...usual].find((path) => path && existsSync(path));
}

export function launch() {
  if (!chromiumPath()) throw new Error(missing);
  // Chromium's own sandbox does not start for root, which is what containers run tests as.
  const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: chromiumPath(), args });
}

/**
 * A new tab. `page.faults` fills with console errors, uncaught errors and requests to hosts other
 * than `allowed`.
 */
export async function open(browser, address, { allowed = [], ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const origins = [new URL(address).origin, ...allowed];
  page.faults = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => page.faults.push(`uncaught: ${error.message}`));
  page.on('websocket', (socket) => {
    if (!origins.includes(new URL(socket.url()).origin.replace('ws', 'http')))
      page.faults.push(`socket to ${socket.url()}`);
  });
  await page.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (!origins.includes(url.origin) && url.protocol !== 'data:') {
      page.faults.push(`request to ${url.href}`);
      return route.abort();
    }
    return route.continue();
  });
  await page.goto(address);
  return page;
}

export async function shot(page, name, options) {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`), ...options });
}
