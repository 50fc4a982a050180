/** Checks a document's value against the schema: findings in people's words, and a draft of what was right. Called by `parse.ts`. */
import * as z from 'zod';
import { type Draft, draftOf } from './draft.ts';
import type { Finding } from './problem.ts';
import { type Manifest, manifestSchema } from './schema.ts';
import { didYouMean } from './suggest.ts';

/** The manifest where every value fits the schema; else what does not fit, and the rest as a draft. */
export type Shape =
  | { manifest: Manifest; draft: Draft<Manifest> }
  | { findings: Finding[]; draft: Draft<Manifest> };

/** Checks every value on its own: types, formats, known keys. */
export function checkShape(value: unknown): Shape {
  const result = manifestSchema.safeParse(value, { error: messageOf });
  if (result.success) return { manifest: result.data, draft: result.data };
  const findings = result.error.issues.flatMap(findingsOf);
  return {
    findings,
    draft: draftOf(
      value,
      findings.map(({ path }) => path),
    ),
  };
}

function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  // Only what YAML can write comes here, so no step is a symbol.
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      at: 'key',
      message: `\`${key}\` is not a known key${didYouMean(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    return [{ path, at: 'key', message: `\`${path.at(-1)}\` ${issue.issues[0]?.message}` }];
  }
  const isMissing = issue.message === missing;
  return [{ path, at: isMissing ? 'key' : 'value', message: issue.message }];
}

const missing = 'is missing';

/** Messages for what the schema has no words of its own for. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value'))
    return missing;
  if (issue.code === 'invalid_type') {
    const quote =
      issue.expected === 'string' && ['number', 'boolean'].includes(typeof issue.input)
        ? ': write it in quotes'
        : '';
    return `must be ${typeWords[issue.expected] ?? issue.expected}, not ${nameOfType(issue.input)}${quote}`;
  }
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String);
    return `must be one of ${known.join(', ')}${didYouMean(String(issue.input), known)}`;
  }
  if (issue.code === 'too_small') return 'must not be empty';
  return undefined;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function nameOfType(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return value === true || value === false
    ? String(value)
    : typeof value === 'object'
      ? 'a map'
      : `a ${typeof value}`;
}

/** The keys the schema knows at a place of the document. */
function knownKeys(path: readonly (string | number)[]): string[] {
  let schema: z.core.$ZodType = manifestSchema;
  for (const step of [...path, undefined]) {
    while (schema instanceof z.ZodOptional) schema = schema.unwrap();
    if (step === undefined) break;
    if (schema instanceof z.ZodObject) schema = schema.shape[step];
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
