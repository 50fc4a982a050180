/** The page of the local GitHub in a real browser: read, pressed, written to, and kept up to date. */
import { expect, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { servePage } from '../../local/page/serve-page.ts';
import { filledGitHub } from '../local/page/filled.ts';
import { useChromium, withChromium } from './support/with-chromium.ts';

jest.setTimeout(120_000);

const newPage = useChromium();

/** A page in the browser on a GitHub with records. */
async function visited(options: { readonly javaScript?: boolean }) {
  const world = await filledGitHub();
  const { url, close } = await servePage(world.twin, { port: 0 });
  const page = await newPage(options);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  const leave = async () => {
    await page.context().close();
    await close();
  };
  return { ...world, page, to: (path: string) => page.goto(url + path), leave, complaints };
}

/** A test with a page; what the browser complains about fails it. */
function inBrowser(
  name: string,
  body: (visit: Awaited<ReturnType<typeof visited>>) => Promise<void>,
  options: { readonly javaScript?: boolean } = {},
) {
  withChromium(name, async () => {
    const visit = await visited(options);
    try {
      await body(visit);
    } finally {
      await visit.leave();
    }
    expect(visit.complaints).toEqual([]);
  });
}

/** Markup of what can be pressed or filled in without a name. */
const NAMELESS = `[...document.querySelectorAll('a, button, summary, input:not([type=hidden]), textarea')]
  .filter((control) => !control.textContent.trim() && !control.labels?.length)
  .map((control) => control.outerHTML)`;

const text = (page: Page, selector: string) => page.locator(selector).first().innerText();

inBrowser(
  'everything can be read without JavaScript, and nothing in a check becomes a script',
  async ({ page, to, asking }) => {
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
      page.evaluate<string>(`getComputedStyle(document.querySelector('.diff .${kind}')).backgroundColor`);
    expect(await colour('removed')).not.toBe(await colour('added'));
    await page.getByText('More').click();
    expect(await text(page, '.markdown details')).toContain(
      "the rest of it <script>document.title = 'taken'</script>",
    );
  },
);

inBrowser(
  'a button sends the delivery that GitHub sends, signed, as whoever is signed in',
  async ({ page, to, asking, heard }) => {
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
  },
);

inBrowser(
  'what changes is put in its place; what somebody writes, has folded out and looks at stays',
  async ({ page, to, change }) => {
    await page.setViewportSize({ width: 900, height: 400 });
    await to('/local/shop/pull/1');
    await page.locator('.sign summary').first().click();
    const field = page.getByLabel(/Add a comment/);
    await field.fill('/belay app');
    const scrolled = await page.evaluate<number>('window.scrollY');
    expect(scrolled).toBeGreaterThan(0);
    await change();
    await page.getByRole('region', { name: 'Checks' }).getByText('Successful in 2 min 0 s').waitFor();
    await page.keyboard.type('rove dev');
    expect(await field.inputValue()).toBe('/belay approve dev');
    expect(await page.locator('.sign').first().getAttribute('open')).toBe('');
    expect(await page.evaluate<number>('window.scrollY')).toBe(scrolled);
  },
);

inBrowser(
  'a page that was left open shows the buttons of its change no more when there is another one',
  async ({ page, to, asking, run, change }) => {
    await to(`/local/shop/runs/${asking}`);
    await page.getByRole('button', { name: 'Approve' }).focus();
    await run('belay/dev/app', { status: 'in_progress' });
    await change();
    await page.getByRole('link', { name: 'a newer run' }).waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
  },
);

inBrowser('a comment is written and a pull request merged by hand', async ({ page, to, heard, main }) => {
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

inBrowser(
  'on a phone nothing leaves the screen, in the dark it is dark, and what can be pressed has a name',
  async ({ page, to, asking, head }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    const colours = new Set<string>();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ['', '/pulls', '/pull/1', `/runs/${asking}`, `/commit/${head}`]) {
        await to(`/local/shop${path}`);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect([path, width]).toEqual([path, 360]);
        expect(await page.locator('h1').count()).toBe(1);
        expect(await page.evaluate<string[]>(NAMELESS)).toEqual([]);
      }
      colours.add(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'));
    }
    expect([...colours]).toEqual(['rgb(255, 255, 255)', 'rgb(13, 17, 23)']);
  },
);
