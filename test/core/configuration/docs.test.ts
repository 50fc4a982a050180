/** Keeps docs/configuration.md true: it names every field with its default, and its example is a valid configuration. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from '@jest/globals';
import { checkConfiguration, readConfiguration } from '../../../core/configuration/read.ts';

const text = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
const rows = new Map(
  [...text.matchAll(/^\| `([\w.]+)` \| ([^|]+) \|/gm)].map(([, field = '', value = '']) => [field, value]),
);

test('the example is a valid configuration', () => {
  const [, example = ''] = text.match(/```ts\n.*?export default (.*?);\n```/s) ?? [];
  const value = new Function('defineConfig', `return ${stripTypeScriptTypes(example)}`)(
    (one: unknown) => one,
  );
  expect(Object.keys(value)).toContain('repositories');
  expect(checkConfiguration(value)).toHaveProperty('configuration');
});

const written = (value: unknown) => {
  if (Array.isArray(value)) return value.map((one) => `\`${one}\``).join(' ') || 'none';
  return typeof value === 'string' ? `\`'${value}'\`` : `\`${value}\``;
};

test('every field has its row, with its default', () => {
  const { jobs, ...others } = readConfiguration({});
  const fields = (part: object, path = ''): [string, string][] =>
    Object.entries(part).flatMap(([name, value]): [string, string][] =>
      typeof value === 'object' && !Array.isArray(value)
        ? fields(value, `${path}${name}.`)
        : [[path + name, written(value)]],
    );
  const expected = new Map([...fields(others), ...fields(jobs.plan)]);
  expect(expected.size).toBeGreaterThan(10);
  expect(rows).toEqual(
    new Map([
      ...expected,
      ['accounts', 'the account Belay is deployed in'],
      ['regions', 'the region Belay is deployed in'],
      // Of other kinds of networks.
      ['network.natGateways', '`1`'],
      ['network.endpoints', 'none'],
      ['network.vpcId', 'required'],
      ['network.subnetIds', 'required'],
      ['network.assignPublicIp', '`false`'],
    ]),
  );
});
