/** `belay.config.ts` checked: the configuration, or everything that is wrong with it at once. Called by `bin/app.ts` and `doctor/`. */
import * as z from 'zod';
import { didYouMean } from '../manifest/suggest.ts';
import { type Configuration, configurationSchema } from './schema.ts';

/** The configuration's file name, at the root of this project. */
export const CONFIGURATION_FILE = 'belay.config.ts';

/** Checks every field; each problem begins with the field, as it would be written in TypeScript. */
export function checkConfiguration(
  value: unknown,
): { readonly configuration: Configuration } | { readonly problems: readonly string[] } {
  const result = configurationSchema.safeParse(value, { error: messageOf });
  if (result.success) return { configuration: result.data };
  return { problems: result.error.issues.flatMap((issue) => problemsOf(issue, [], value)) };
}

/** @throws Error naming the file and every field to put right, one a line. */
export function readConfiguration(value: unknown): Configuration {
  const checked = checkConfiguration(value);
  if ('configuration' in checked) return checked.configuration;
  const lines = checked.problems.map((problem) => `${CONFIGURATION_FILE}: ${problem}`).join('\n');
  throw new Error(`reading the configuration: put right what docs/configuration.md says otherwise\n${lines}`);
}

type Path = readonly PropertyKey[];

function problemsOf(issue: z.core.$ZodIssue, around: Path, value: unknown): string[] {
  const path = [...around, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    return issue.keys.map(
      (key) => `${fieldOf([...path, key])} is not a known field${didYouMean(key, known)}`,
    );
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // Of `'any'` or a list, a list is judged as a list.
    const ofList = Array.isArray(valueAt(value, path)) ? issue.errors.at(-1) : undefined;
    if (ofList === undefined) return [`${fieldOf(path)} must be a list, or 'any'`];
    return ofList.flatMap((inner) => problemsOf(inner, path, value));
  }
  return [`${fieldOf(path)} ${issue.message}`];
}

/** Messages for what the schema has no words of its own for. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    const expected = TYPE_WORDS[issue.expected] ?? issue.expected;
    return `must be ${expected}, not ${JSON.stringify(issue.input) ?? 'undefined'}`;
  }
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return undefined;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** `repositories[0]`, `jobs.plan.vcpu`. */
function fieldOf(path: Path): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text === '' ? 'what it exports' : text.replace(/^\./, '');
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (part, step) => (part as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
}

/** The fields the schema knows at a place. */
function knownKeys(path: Path): string[] {
  let schema: z.core.$ZodType = configurationSchema;
  for (const step of path) {
    const object = unwrapped(schema);
    if (!(object instanceof z.ZodObject)) return [];
    schema = object.shape[String(step)];
  }
  const object = unwrapped(schema);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapped =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapped ? unwrapped(schema.unwrap() as z.core.$ZodType) : schema;
}
