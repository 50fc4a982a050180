/** Tests of pages in a browser: part of `npm run thorough`, and skipped, with a printed reason, where none is installed. */
import { afterAll, beforeAll, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { sampled } from '../../support/thorough.ts';
import { installedChromium, launchChromium } from './chromium.ts';

if (sampled(installedChromium === undefined, false))
  process.stderr.write('skipped: no Chromium is installed (CHROMIUM_PATH names one elsewhere)\n');

/** `test`, or a test that is skipped. */
export const withChromium = installedChromium === undefined ? test.skip : sampled(test, test.skip);

/** One browser for all tests of a file; the answer gives pages that know nothing of each other. */
export function useChromium(): (options: { readonly javaScript?: boolean }) => Promise<Page> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (installedChromium !== undefined) browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  return async ({ javaScript = true }) => {
    if (browser === undefined) throw new Error('the browser is not open');
    const context = await browser.newContext({ javaScriptEnabled: javaScript });
    return context.newPage();
  };
}
