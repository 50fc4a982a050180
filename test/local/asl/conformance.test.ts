/**
 * Runs state machines whose histories were recorded on AWS and compares event for event. The recordings are not
 * part of the project; without them (BELAY_RECORDINGS, or ../shared/recordings beside the repository) this skips.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { InvalidDefinition } from '../../../local/asl/definition.ts';
import { StatesError } from '../../../local/asl/errors.ts';
import type { Json } from '../../../local/asl/json.ts';
import { type Handler, World } from './support.ts';

interface Case {
  id: string;
  runs: { definition: string; input: string; lambdas: Record<string, string> }[];
  expected: Record<string, { events?: Json[] }>;
}

const folder = process.env.BELAY_RECORDINGS ?? path.join(process.cwd(), '../shared/recordings');
const file = path.join(folder, 'asl-jsonata.json');
const recorded = existsSync(file) ? test : test.skip;

recorded('agrees with the histories recorded on AWS', async () => {
  const cases: Case[] = JSON.parse(readFileSync(file, 'utf8'));
  const leftOut: string[] = [];
  const disagreed: string[] = [];
  let agreed = 0;
  for (const one of cases) {
    const name = one.id.replace(/^.*::/, '');
    const events = Object.values(one.expected).find((answer) => answer.events !== undefined)?.events;
    const run = one.runs[0];
    if (events === undefined || run === undefined || one.runs.length !== 1) {
      leftOut.push(`${name}: not one execution with one history`);
      continue;
    }
    try {
      const actual = await replay(run);
      const difference = compare(actual, events);
      if (difference === undefined) agreed += 1;
      else disagreed.push(`${name}: ${difference}`);
    } catch (error) {
      if (!(error instanceof InvalidDefinition) && !(error instanceof LeftOut)) throw error;
      leftOut.push(`${name}: ${error.message.replace(/\n/g, ' ')}`);
    }
  }
  const summary = `agreed ${agreed} / applicable ${agreed + disagreed.length} / left out ${leftOut.length}`;
  process.stdout.write(`${[summary, ...leftOut.map((reason) => `  left out: ${reason}`)].join('\n')}\n`);
  expect(disagreed).toEqual([]);
  expect(agreed).toBeGreaterThan(0);
});

class LeftOut extends Error {}

async function replay({ definition, input, lambdas }: Case['runs'][number]): Promise<Json[]> {
  if (definition.includes('.$"')) throw new LeftOut('JSONPath');
  const needs: string[] = [];
  const world = new World(handler(lambdas, needs));
  const { execution } = await world.run(inJsonata(JSON.parse(definition)), JSON.parse(input));
  if (needs.length > 0) throw new LeftOut(`needs ${needs.join(', ')}`);
  return world.events(execution) as unknown as Json[];
}

/** A state without any data-flow field means the same in both query languages. */
function inJsonata(machine: { QueryLanguage?: string; States: Record<string, { QueryLanguage?: string }> }) {
  const states = Object.entries(machine.States).map(([name, { QueryLanguage: _, ...state }]) => [
    name,
    state,
  ]);
  return { ...machine, QueryLanguage: 'JSONata', States: Object.fromEntries(states) };
}

/** The AWS services as far as the recorded machines use them. */
function handler(lambdas: Record<string, string>, needs: string[]): Handler {
  const missing = (what: string): Json => {
    needs.push(what);
    throw new StatesError('Missing', what);
  };
  const invoke = (functionName: string, payload: Json): Json => {
    const [, source] = Object.entries(lambdas).find(([name]) => functionName.endsWith(name)) ?? [];
    if (source === 'id_function.py') return payload;
    if (source !== 'raise_exception.py') return missing(`the function ${source ?? functionName}`);
    const failure = {
      errorMessage: 'Some exception was raised.',
      errorType: 'Exception',
      requestId: 'id',
      stackTrace: [
        '  File "/var/task/handler.py", line 2, in handler\n    raise Exception("Some exception was raised.")\n',
      ],
    };
    throw new StatesError('Exception', JSON.stringify(failure));
  };
  return async ({ arguments: args }, resource) => {
    if (/:function:/.test(resource)) return invoke(resource, args);
    const call = args as Record<string, Json>;
    if (resource.endsWith(':lambda:invoke')) {
      const payload = invoke(String(call.FunctionName), call.Payload ?? {});
      return { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: 200 };
    }
    if (resource.endsWith(':s3:getObject')) {
      throw new StatesError(
        'S3.NoSuchKeyException',
        'The specified key does not exist. (Service: S3, Status Code: 404, Request ID: id, Extended Request ID: id)',
      );
    }
    return missing(resource);
  };
}

/** What the first difference is; `undefined` when there is none. */
function compare(actual: Json[], expected: Json[]): string | undefined {
  const collapsed =
    JSON.stringify(expected).includes('"id":[0]') || JSON.stringify(expected).includes('"id":0');
  const ours = actual.map((event) => comparable(event, collapsed));
  const theirs = expected.map((event) => comparable(event, collapsed));
  if (collapsed) {
    for (const event of theirs) {
      const found = ours.findIndex((candidate) => matches(event, candidate));
      if (found < 0) return `missing ${JSON.stringify(event)}`;
      ours.splice(found, 1);
    }
    return ours.length > 0 ? `unexpected ${JSON.stringify(ours[0])}` : undefined;
  }
  for (let index = 0; index < Math.max(ours.length, theirs.length); index += 1) {
    const [our = null, their = null] = [ours[index], theirs[index]];
    if (!matches(their, our)) return `\n  AWS  ${JSON.stringify(their)}\n  here ${JSON.stringify(our)}`;
  }
  return undefined;
}

const IGNORED = ['timestamp', 'SdkHttpMetadata', 'SdkResponseMetadata', 'RedriveCount'];

/** Without what differs between runs, and with JSON texts read. */
function comparable(value: Json, withoutIds: boolean): Json {
  if (typeof value === 'string') {
    if (!/^[[{]/.test(value)) return value;
    try {
      return comparable(JSON.parse(value), withoutIds);
    } catch {
      return value;
    }
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => comparable(item, withoutIds));
  const ignored = withoutIds ? [...IGNORED, 'id', 'previousEventId'] : IGNORED;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !ignored.includes(key))
      .map(([key, item]) => [key, comparable(item, withoutIds)]),
  );
}

/** Names the recording replaced by fixed words. */
const REPLACED = ['timestamp', 'date', 'snf_role_arn', 'bucket-name'];

function matches(expected: Json, actual: Json): boolean {
  if (typeof expected === 'string' && typeof actual === 'string') {
    if (REPLACED.includes(expected)) return true;
    const pattern = expected
      .split(/<[\w:-]+>|lambda_function_name/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*');
    return new RegExp(`^${pattern}$`, 's').test(actual);
  }
  if (expected === null || actual === null || typeof expected !== 'object' || typeof actual !== 'object') {
    return expected === actual;
  }
  const keys = Object.keys(expected);
  const [left, right] = [expected as Record<string, Json>, actual as Record<string, Json>];
  return (
    keys.length === Object.keys(actual).length &&
    keys.every((key) => key in right && matches(left[key] ?? null, right[key] ?? null))
  );
}
