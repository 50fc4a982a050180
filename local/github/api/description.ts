/** GitHub's own description of its REST API, as far as Belay uses it: what the twin's GitHub checks requests, and payloads of webhooks, against. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** A schema of OpenAPI 3.0, as far as the slice uses them. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Operation {
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly body?: Schema;
  /** Status of a good answer → schema of its body, null for none. */
  readonly answers: Readonly<Record<string, Schema | null>>;
}

/** Committed, and cut by a script: its form is known. */
const slice = JSON.parse(readFileSync(join(import.meta.dirname, 'slice.json'), 'utf8')) as {
  readonly operations: Readonly<Record<string, Operation>>;
  /** Event and action → schema of the payload. */
  readonly webhooks: Readonly<Record<string, Schema>>;
  readonly schemas: Readonly<Record<string, Schema>>;
};
const { operations, webhooks, schemas: definitions } = slice;

/** A described operation and what its path says. */
export interface Match {
  /** `GET /repos/{owner}/{repo}`. */
  readonly operation: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Refs may hold slashes; every other part of a path is one segment. */
const LONG = ['ref', 'branch', 'basehead'];

const templates = Object.keys(operations)
  .map((operation) => {
    const names = [...operation.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const pattern = operation.replace(/\{(\w+)\}/g, (_, name) => (LONG.includes(name) ? '(.+)' : '([^/]+)'));
    return { operation, names, pattern: new RegExp(`^${pattern}$`) };
  })
  // The more of a path is fixed, the better it fits: `commits/{ref}/status` before `commits/{ref}`.
  .sort((a, b) => b.operation.replace(/\{\w+\}/g, '').length - a.operation.replace(/\{\w+\}/g, '').length);

/** The operation a request is for; undefined when GitHub's slice has none. */
export function matchOperation(method: string, path: string): Match | undefined {
  for (const { operation, names, pattern } of templates) {
    const found = pattern.exec(`${method} ${path}`);
    if (found === null) continue;
    const values = names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]);
    return { operation, values: Object.fromEntries(values) };
  }
  return undefined;
}

/** What of a request GitHub's description does not know or allow; also fields that GitHub would pass over in silence. */
export function requestProblems(
  { operation, values }: Match,
  query: URLSearchParams,
  body: unknown,
): string[] {
  const { parameters, body: schema } = operationOf(operation);
  const problems = parameters.flatMap(({ name, in: place, required, schema: of }) => {
    const text = place === 'path' ? values[name] : (query.get(name) ?? undefined);
    if (text === undefined) return required ? [`${name} is missing`] : [];
    return problemsOf(of, of.type === 'integer' ? Number(text) : text).map(
      (problem) => `${name}: ${problem}`,
    );
  });
  const known = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  const unknown = [...query.keys()].filter((name) => !known.includes(name));
  problems.push(...unknown.map((name) => `no query parameter is called ${name}`));
  if (schema === undefined) return body === undefined ? problems : [...problems, 'no body is expected'];
  return [...problems, ...problemsOf(schema, body ?? {}), ...unknownFields(schema, body, [])];
}

/** How an answer differs from what GitHub's description promises. */
export function answerProblems(operation: string, status: number, body: unknown): string[] {
  const schema = operationOf(operation).answers[status];
  if (schema === undefined) return [`${operation} is not described to answer ${status}`];
  return schema === null ? [] : problemsOf(schema, body);
}

/** The schema of an operation's good answer; undefined when it has no body. */
export function answerSchema(operation: string, status: number): Schema | undefined {
  return operationOf(operation).answers[status] ?? undefined;
}

/** How the payload of a webhook differs from what GitHub's description promises. */
export const payloadProblems = (event: string, action: string, payload: unknown): string[] =>
  problemsOf(payloadSchema(event, action), payload);

/** @throws Error when the slice does not have the webhook. */
export function payloadSchema(event: string, action: string): Schema {
  const name = `${event}-${action}`.replaceAll('_', '-');
  const schema = webhooks[name];
  if (schema === undefined) throw new Error(`the slice of GitHub's API has no webhook ${name}: cut it again`);
  return schema;
}

/** The schema itself, or the one it refers to. */
export function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/definitions/', '');
  const found = definitions[name];
  if (found === undefined) throw new Error(`the slice of GitHub's API has no schema ${name}: cut it again`);
  return resolved(found);
}

function operationOf(name: string): Operation {
  const operation = operations[name];
  if (operation === undefined) throw new Error(`the slice of GitHub's API has no ${name}: cut it again`);
  return operation;
}

const compiled = new Map<Schema, z.ZodType>();

function problemsOf(schema: Schema, value: unknown): string[] {
  let compiledSchema = compiled.get(schema);
  if (compiledSchema === undefined) {
    const whole = { ...schema, definitions } as z.core.JSONSchema.JSONSchema;
    compiledSchema = z.fromJSONSchema(whole, { defaultTarget: 'openapi-3.0' });
    compiled.set(schema, compiledSchema);
  }
  const result = compiledSchema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
}

function unknownFields(schema: Schema, value: unknown, path: readonly string[]): string[] {
  const { properties, items, additionalProperties } = resolved(schema);
  if (Array.isArray(value)) {
    return items === undefined
      ? []
      : value.flatMap((one, index) => unknownFields(items, one, [...path, `${index}`]));
  }
  if (typeof value !== 'object' || value === null || properties === undefined) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const of = properties[name];
    if (of !== undefined) return unknownFields(of, member, [...path, name]);
    return additionalProperties ? [] : [`no field is called ${[...path, name].join('.')}`];
  });
}
