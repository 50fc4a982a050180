/** The page of the local GitHub in a real browser: read, pressed, written to, and kept up to date. */
import { afterEach, expect, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { servePage } from '../../local/page/serve-page.ts';
import { filledGitHub } from '../local/page/filled.ts';
import { useChromium, withChromium } from './support/chromium.ts';

jest.setTimeout(120_000);

const newPage = useChromium();
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A page in the browser on a GitHub with records; what the browser complains about fails the test at its end. */
async function visited(options: { readonly javaScript?: boolean } = {}) {
  const world = await filledGitHub();
  const { url, close } = await servePage(world.twin, { port: 0 });
  const page = await newPage(options);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  open.push(
    () => page.context().close(),
    close,
    async () => expect(complaints).toEqual([]),
  );
  const to = (path: string) => page.goto(url + path);
  return { ...world, page, to, url };
}

const text = (page: Page, selector: string) => page.locator(selector).first().innerText();

withChromium(
  'everything can be read without JavaScript, and nothing in a check becomes a script',
  async () => {
    const { page, to, asking } = await visited({ javaScript: false });
    await to('/');
    await page.getByRole('link', { name: 'local/shop' }).click();
    await page.getByRole('link', { name: /Pull requests/ }).click();
    await page.getByRole('link', { name: 'A bigger <machine>' }).click();
    expect(await text(page, '.comment .markdown table')).toContain('dev/app');
    await page.getByRole('link', { name: 'belay/dev/app' }).last().click();
    expect(page.url()).toMatch(new RegExp(`/local/shop/runs/${asking}$`));
    expect(await page.title()).toBe('belay/dev/app · Action required · Belay’s local GitHub');
    expect(await text(page, '.diff .removed')).toBe('- aws_db_instance.main');
    const colour = (kind: string) =>
      page
        .locator(`.diff .${kind}`)
        .first()
        .evaluate((line) => getComputedStyle(line).backgroundColor);
    expect(await colour('removed')).not.toBe(await colour('added'));
    await page.getByText('More').click();
    expect(await text(page, '.markdown details')).toContain(
      "the rest of it <script>document.title = 'taken'</script>",
    );
  },
);

withChromium('a button sends the delivery that GitHub sends, signed, as whoever is signed in', async () => {
  const { page, to, asking, heard } = await visited();
  await to(`/local/shop/runs/${asking}`);
  await page.getByText('Signed in as').click();
  await page.getByLabel('Act as').fill('ada');
  await page.getByRole('button', { name: 'Switch' }).click();
  await page.getByText('Signed in as ada').waitFor();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('“Approve” was sent to Belay.').waitFor();
  expect(await heard()).toMatchObject({
    event: 'check_run',
    payload: {
      ...{ action: 'requested_action', requested_action: { identifier: 'approve:0123456789ab' } },
      ...{ check_run: { id: asking, external_id: 'r1/belay/dev/app' }, sender: { login: 'ada' } },
    },
  });
  await page.getByRole('button', { name: 'Re-run' }).click();
  await page.getByText('“Re-run” was sent to Belay.').waitFor();
  expect(await heard()).toMatchObject({ payload: { action: 'rerequested', check_run: { id: asking } } });
});

withChromium(
  'what changes is put in its place; what somebody writes, has folded out and looks at stays',
  async () => {
    const { page, to, change } = await visited();
    await page.setViewportSize({ width: 900, height: 400 });
    await to('/local/shop/pull/1');
    await page.locator('.sign summary').first().click();
    const field = page.getByLabel(/Add a comment/);
    await field.fill('/belay app');
    const scrolled = await page.evaluate(() => window.scrollY);
    expect(scrolled).toBeGreaterThan(0);
    await change();
    await page.locator('section').getByText('Successful in 2 min 0 s').waitFor();
    await page.keyboard.type('rove dev');
    expect(await field.inputValue()).toBe('/belay approve dev');
    expect(await page.locator('.sign').first().getAttribute('open')).toBe('');
    expect(await page.evaluate(() => window.scrollY)).toBe(scrolled);
  },
);

withChromium(
  'a page that was left open shows the buttons of its change no more when there is another one',
  async () => {
    const { page, to, asking, run, change } = await visited();
    await to(`/local/shop/runs/${asking}`);
    await page.getByRole('button', { name: 'Approve' }).focus();
    await run('belay/dev/app', { status: 'in_progress' });
    await change();
    await page.getByRole('link', { name: 'a newer run' }).waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
  },
);

withChromium('a comment is written and a pull request merged by hand', async () => {
  const { page, to, heard, main } = await visited();
  await to('/local/shop/pull/1');
  await page.getByLabel(/Add a comment/).fill('Looks right.\n\n/belay status');
  await page.getByRole('button', { name: 'Comment' }).click();
  await page.locator('#issuecomment-2').getByText('/belay status').waitFor();
  expect(await heard()).toMatchObject({
    event: 'issue_comment',
    payload: { action: 'created', comment: { body: 'Looks right.\n\n/belay status' } },
  });
  await page.getByRole('button', { name: 'Merge pull request' }).click();
  await page.getByText(/Merged as \w{7} into main/).waitFor();
  expect(await heard()).toMatchObject({ event: 'push', payload: { ref: 'refs/heads/main', before: main } });
});

withChromium(
  'on a phone nothing leaves the screen, in the dark it is dark, and what can be pressed has a name',
  async () => {
    const { page, to, asking, head } = await visited();
    await page.setViewportSize({ width: 360, height: 740 });
    const colours = new Set<string>();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ['', '/pulls', '/pull/1', `/runs/${asking}`, `/commit/${head}`]) {
        await to(`/local/shop${path}`);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect([path, width]).toEqual([path, 360]);
        expect(await page.locator('h1').count()).toBe(1);
        for (const control of await page
          .locator('a, button, summary, input:not([type=hidden]), textarea')
          .all())
          expect(
            await control.evaluate((it) => it.innerText || ('labels' in it && it.labels?.length)),
          ).toBeTruthy();
      }
      colours.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    }
    expect([...colours]).toEqual(['rgb(255, 255, 255)', 'rgb(13, 17, 23)']);
  },
);
