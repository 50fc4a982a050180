/** A headless Chromium, where one is installed. Used by the tests beside it and by `screenshots.ts`. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

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

/** Starts it. Every context has a profile of its own in the memory of the browser. @throws Error when none is installed. */
export function launchChromium(): Promise<Browser> {
  if (installedChromium === undefined)
    throw new Error('starting Chromium: none is installed; CHROMIUM_PATH names one elsewhere');
  return chromium.launch({
    executablePath: installedChromium,
    headless: true,
    // Containers run as root, where the sandbox does not start; only our own pages are shown.
    chromiumSandbox: false,
    args: FLAGS,
  });
}
