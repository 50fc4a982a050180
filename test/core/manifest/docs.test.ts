/** Keeps `docs/manifest.md` true: its examples are valid manifests, and it names every key there is. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseManifest } from '../../../core/manifest/parse.ts';
import { manifestJsonSchema } from '../../../core/manifest/schema.ts';

const text = readFileSync(new URL('../../../docs/manifest.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, example = '']) => example);

test('there are three examples', () => {
  expect(examples.length).toBe(3);
});

test.each(examples)('this example is a valid manifest:\n%s', (example) => {
  expect(parseManifest(example)).toHaveProperty('manifest');
});

test('every key of the schema is named', () => {
  const keys = new Set<string>();
  const collect = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [word, part] of Object.entries(schema)) {
      if (word === 'properties') for (const key of Object.keys(part)) keys.add(key);
      collect(part);
    }
  };
  collect(manifestJsonSchema());
  expect(keys.size).toBeGreaterThan(30);
  expect([...keys].filter((key) => !text.includes(`\`${key}\``) && !text.includes(`{ ${key}: `))).toEqual([]);
});
