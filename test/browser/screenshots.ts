/**
 * `npm run screenshots`: makes the pictures in docs/images/. A small story is played on a whole twin, by hand in a browser: the shop
 * is pushed, a pull request planned and merged with its button, and what then waits for a person is approved with another one.
 * With the argument `dashboard` that of the dashboard instead: `dashboard.ts`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { commitAll, copyShop } from '../../local/cli/demo/shop.ts';
import { git } from '../../local/github/git.ts';
import { servePage } from '../../local/page/serve-page.ts';
import { openWorld, type World } from '../../local/world.ts';
import { pictureOfDashboard } from './dashboard.ts';
import { launchChromium } from './support/chromium.ts';

const root = join(import.meta.dirname, '../..');
const images = join(root, 'docs/images');
/** How long a release may take on a slow machine. Milliseconds. */
const PATIENCE = 15 * 60_000;

/** Of the pictures. Pixels. */
const WIDTH = 1000;

const folder = mkdtempSync(join(tmpdir(), 'belay-screenshots-'));
const shop = join(folder, 'shop');

async function signIn(page: Page, login: string): Promise<void> {
  await page.getByText('Signed in as').click();
  await page.getByLabel('Act as').fill(login);
  await page.getByRole('button', { name: 'Switch' }).click();
  await page.getByText(`Signed in as ${login}`).waitFor();
}

/** Main is deployed, and a branch waits for what merging it would change. */
async function begin(world: World): Promise<void> {
  copyShop(shop, join(folder, 'deployed'));
  await world.putSecret({
    directory: shop,
    name: 'shop/admin-password',
    value: 'correct horse battery staple',
  });
  commitAll(shop, 'The shop');
  await world.push({ directory: shop });
  await world.settled();
  await git(shop, 'switch', '--quiet', '--create', 'title');
  writeFileSync(join(shop, 'components/web/site/title.txt'), 'The Belay Shop: ropes and more\n');
  commitAll(shop, 'A new title for the shop');
  await world.pull({ directory: shop, ref: 'title' });
  await world.settled();
}

/** From the top of the page to the end of what `last` selects. */
async function picture(page: Page, name: string, last: string): Promise<void> {
  await page.mouse.move(0, 0);
  const end = await page.locator(last).first().boundingBox();
  const height = Math.ceil((end?.y ?? 0) + (end?.height ?? 0)) + 24;
  const clip = { x: 0, y: 0, width: WIDTH, height };
  const image = await page.screenshot({ path: join(images, `${name}.png`), clip, fullPage: true });
  process.stdout.write(`docs/images/${name}.png: ${Math.round(image.length / 1024)} KB\n`);
}

async function play(world: World, page: Page, url: string): Promise<void> {
  await page.goto(`${url}/local/shop/pull/1`);
  await signIn(page, 'mira');
  await page.getByText('All checks have passed').last().waitFor({ timeout: PATIENCE });
  await picture(page, 'pull-request', '.merge');
  await page.getByRole('button', { name: 'Merge pull request' }).click();
  await page.getByText('waiting for approval').last().waitFor({ timeout: PATIENCE });
  await signIn(page, 'ada');
  await page.getByRole('link', { name: 'belay/prod/web' }).last().click();
  await picture(page, 'check', '.columns');
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('link', { name: 'a newer run' }).click({ timeout: PATIENCE });
  await page.getByText('Successful in').first().waitFor({ timeout: PATIENCE });
  await world.settled();
  await page.goto(`${url}/local/shop`);
  await page.locator('.sign summary').first().click();
  await picture(page, 'commits', '.popover');
}

async function pages(): Promise<void> {
  const world = await openWorld({
    stateDir: join(folder, 'state'),
    cdkOut: join(root, 'cdk.out'),
    environment: process.env,
    github: 'app',
  });
  const browser = await launchChromium();
  const { url, close } = await servePage(world, { port: 0 });
  try {
    await begin(world);
    const context = await browser.newContext({ viewport: { width: WIDTH, height: 800 } });
    await play(world, await context.newPage(), url);
  } finally {
    await browser.close();
    await close();
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

mkdirSync(images, { recursive: true });
if (process.argv[2] === 'dashboard') {
  rmSync(folder, { recursive: true, force: true });
  await pictureOfDashboard(images, join(root, 'cdk.out'));
} else await pages();
