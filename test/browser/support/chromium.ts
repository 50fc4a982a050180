/** A headless Chromium for tests of pages; they are skipped, with a printed reason, where none is installed. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from '@jest/globals';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM_PATH ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of the browser; undefined where there is none. */
export const installedChromium = PLACES.find((path) => path !== '' && existsSync(path));

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts it with a profile of its own. */
export async function launchChromium(options: Parameters<typeof chromium.launchPersistentContext>[1] = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'belay-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    ...(installedChromium === undefined ? {} : { executablePath: installedChromium }),
    headless: true,
    // Containers run as root, where the sandbox does not start; only our own pages are shown.
    chromiumSandbox: false,
    args: FLAGS,
    ...options,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

if (installedChromium === undefined)
  process.stderr.write('skipped: no Chromium is installed (CHROMIUM_PATH names one elsewhere)\n');

/** `test`, or a test that is skipped. */
export const withChromium = installedChromium === undefined ? test.skip : test;

/** One browser for all tests of a file; the answer gives a page of it. */
export function useChromium(): (options?: { readonly javaScript?: boolean }) => Promise<Page> {
  let browser: Awaited<ReturnType<typeof launchChromium>> | undefined;
  const contexts: BrowserContext[] = [];
  if (installedChromium !== undefined) {
    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(() => browser?.close());
  }
  return async ({ javaScript = true } = {}) => {
    const owner = browser?.context.browser();
    if (!owner) throw new Error('the browser is not open');
    const context = await owner.newContext({ javaScriptEnabled: javaScript });
    contexts.push(context);
    return context.newPage();
  };
}
