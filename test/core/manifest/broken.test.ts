/** Golden errors: each `broken/*.yaml` with the exact lines it must be refused with, in the `.txt` beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseManifest } from '../../../core/manifest/parse.ts';
import { formatProblems } from '../../../core/manifest/problem.ts';

const folder = new URL('broken/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
const cases = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

test('there are broken manifests to read', () => {
  expect(cases.length).toBeGreaterThan(7);
});

test.each(cases)('%s', (file) => {
  const result = parseManifest(read(file));
  const lines = 'problems' in result ? formatProblems(result.problems) : 'no problem';
  expect(lines.split('\n')).toEqual(read(file.replace('.yaml', '.txt')).trimEnd().split('\n'));
});
