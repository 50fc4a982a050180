/**
 * Keeps `docs/manifest.schema.json` what the schema says. After a change of the schema, write the file anew by running this test
 * with `BELAY_WRITE_SCHEMA=1` in the environment.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { manifestJsonSchema } from '../../../core/manifest/schema.ts';

const file = new URL('../../../docs/manifest.schema.json', import.meta.url);

test('the committed JSON Schema is the one the zod schema gives', () => {
  const schema = manifestJsonSchema();
  if (process.env.BELAY_WRITE_SCHEMA === '1') writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(schema);
});

test('it knows the keys of a component and refuses others', () => {
  expect(manifestJsonSchema()).toMatchObject({
    required: ['version', 'environments', 'components'],
    additionalProperties: false,
    properties: {
      version: { const: 1 },
      components: {
        additionalProperties: {
          required: ['path'],
          additionalProperties: false,
          properties: {
            tool: { enum: ['opentofu', 'terraform', 'shell'] },
            needs: { type: 'array', uniqueItems: true },
            formerly: { type: 'string' },
          },
        },
      },
    },
  });
});
