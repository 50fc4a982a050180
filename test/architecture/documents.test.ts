/** What the documents point at is there: files, headings, and the tests that show what is promised. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { APP_PERMISSIONS } from '../../core/app-manifest.ts';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

/** As GitHub makes anchors of headings: small letters, no punctuation, hyphens for blanks. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (path: string) =>
  [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** Links whose file, or whose heading in it, is not there. */
function deadLinks(document: string): string[] {
  const links = [...textOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^(https?|mailto):/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? document : normalize(join(dirname(document), path));
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && !anchorsOf(file).includes(anchor);
  });
}

test.each(documents)('links of %s lead somewhere', (document) => {
  expect(deadLinks(document)).toEqual([]);
});

describe('tests that are said to show something are there', () => {
  const shown = ['docs/guarantees.md', 'docs/threat-model.md'].flatMap((document) =>
    [...textOf(document).matchAll(/^- `(\S+)` · (.+)$/gm)].map(([, file = '', title = '']) => ({
      file,
      title,
    })),
  );

  test.each(shown)('$file has a test "$title"', ({ file, title }) => {
    const source = textOf(file).replaceAll("\\'", "'");
    expect(["'", '"', '`'].some((quote) => source.includes(quote + title + quote))).toBe(true);
  });
});

describe('docs/guarantees.md', () => {
  const guarantees = textOf('docs/guarantees.md');

  test('every promise is shown by tests', () => {
    const promises = guarantees.split(/^## /m).slice(1);
    expect(promises).toHaveLength(9);
    for (const promise of promises) expect(promise).toMatch(/^- `\S+` · /m);
  });

  test('what to run is there, and holds every test that is named beside it', () => {
    const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => relative(root, join(root, 'test', path)));
    for (const promise of guarantees.split(/^## /m).slice(1)) {
      const [, command = ''] = promise.match(/\*\*All of it:\*\*.*`npm test -- ([^`]+)`/) ?? [];
      const patterns = command.split(' ');
      for (const pattern of patterns) expect(tests.some((path) => path.includes(pattern))).toBe(true);
    }
  });
});

test('docs/github.md says of the App what the set-up page asks GitHub for', () => {
  const [, section = ''] = textOf('docs/github.md').split(/^## The App$/m);
  const rows = [...section.matchAll(/^\| ([A-Z][\w ]+): (read|write)( \(organisation\))? \|/gm)];
  const names: Record<string, string> = { 'Commit statuses': 'statuses' };
  const documented = rows.map(([, name = '', level = '']) => [
    names[name] ?? name.toLowerCase().replaceAll(' ', '_'),
    level,
  ]);
  expect(Object.fromEntries(documented)).toEqual(APP_PERMISSIONS);
});
