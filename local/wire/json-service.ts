/** Helpers that turn plain functions into JSON services: X-Amz-Target ones (SQS, Step Functions …) and REST ones (Batch, Lambda). */
import type { Readable } from 'node:stream';
import type { ZodType } from 'zod';
import { AwsError, notServed } from './errors.ts';
import type { Permission, Service, WireRequest, WireResponse } from './service.ts';

/** The parsed JSON input of an operation, still unchecked. */
export type JsonInput = Readonly<Record<string, unknown>>;
/** One operation: input to output, both JSON; the output undefined is answered as `{}`. */
export type Operation = (input: JsonInput, request: WireRequest) => unknown | Promise<unknown>;

/** The largest JSON request AWS itself takes is DynamoDB's 16 MiB. */
const maxJsonBytes = 16 * 1024 * 1024;

/** Reads a whole body; refuses one over `limit` bytes. */
export async function readBody(body: Readable, limit = maxJsonBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > limit) {
      throw new AwsError('RequestEntityTooLargeException', `The request is larger than ${limit} bytes.`, 413);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** Reads a JSON object; an empty body is `{}`. */
export async function readJson(body: Readable): Promise<JsonInput> {
  const text = (await readBody(body)).toString('utf8');
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonInput;
  } catch {
    // Answered below like any other body that is no JSON object.
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}

/**
 * An operation whose input is checked first. Use strict schemas: a parameter the twin does not know is then refused
 * with its name instead of being ignored.
 */
export function parsed<T>(
  schema: ZodType<T>,
  run: (input: T, request: WireRequest) => unknown | Promise<unknown>,
): Operation {
  return (input, request) => {
    const result = schema.safeParse(input);
    if (result.success) return run(result.data, request);
    const problems = result.error.issues.map(
      (issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`,
    );
    throw new AwsError(
      'ValidationException',
      `The local twin cannot serve this input. ${problems.join('; ')}`,
    );
  };
}

/** What jsonService and restJsonService need to know about a service. */
export interface JsonServiceDefinition {
  /** Signing name and IAM prefix, for example `states`. */
  readonly name: string;
  /** Prefix of X-Amz-Target, for example `AWSStepFunctions`; REST services have none. */
  readonly target?: string;
  /** The permissions an operation needs. @default one, `<name>:<operation>` without a resource */
  readonly permissions?: (operation: string, input: JsonInput, request: WireRequest) => readonly Permission[];
}

async function answer(
  definition: JsonServiceDefinition,
  operation: { name: string; run: Operation },
  request: WireRequest,
  parameters: JsonInput,
): Promise<WireResponse> {
  const input = { ...(await readJson(request.body)), ...parameters };
  const needed = definition.permissions?.(operation.name, input, request) ?? [
    { action: `${definition.name}:${operation.name}` },
  ];
  for (const permission of needed) request.authorize(permission);
  const output = (await operation.run(input, request)) ?? {};
  const sent = request.headers['content-type'];
  const contentType = sent?.startsWith('application/x-amz-json') ? sent : 'application/json';
  return { status: 200, headers: { 'content-type': contentType }, body: JSON.stringify(output) };
}

/** A service spoken as `X-Amz-Target: <target>.<Operation>` with JSON bodies (json-1.0 and json-1.1). */
export function jsonService(
  definition: JsonServiceDefinition,
  operations: Readonly<Record<string, Operation>>,
): Service {
  return {
    name: definition.name,
    errors: 'json',
    ...(definition.target === undefined ? {} : { target: definition.target }),
    async handle(request) {
      const run = Object.hasOwn(operations, request.operation) ? operations[request.operation] : undefined;
      if (run === undefined) throw notServed(definition.name, `the operation "${request.operation}"`);
      return answer(definition, { name: request.operation, run }, request, {});
    },
  };
}

/** A REST-JSON operation: `{name}` segments of the path and query parameters join the input under their own names. */
export interface RestRoute {
  readonly method: string;
  /** For example `/v1/submitjob` or `/v1/tags/{resourceArn}`. */
  readonly path: string;
  readonly operation: string;
  readonly run: Operation;
}

function pathParameters(pattern: string, path: string): JsonInput | undefined {
  const expected = pattern.split('/');
  const given = path.split('/');
  if (expected.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of expected.entries()) {
    const value = given[index] ?? '';
    const name = /^\{(.+)\}$/.exec(segment)?.[1];
    if (name !== undefined) parameters[name] = decodeURIComponent(value);
    else if (segment !== value) return undefined;
  }
  return parameters;
}

/** A service spoken as method and path with JSON bodies (Batch; Lambda where the payload is JSON). */
export function restJsonService(definition: JsonServiceDefinition, routes: readonly RestRoute[]): Service {
  return {
    name: definition.name,
    errors: 'json',
    async handle(request) {
      for (const route of routes) {
        if (route.method !== request.method) continue;
        const parameters = pathParameters(route.path, request.path);
        if (parameters === undefined) continue;
        const input = { ...Object.fromEntries(request.query), ...parameters };
        return answer(definition, { name: route.operation, run: route.run }, request, input);
      }
      throw notServed(definition.name, `the operation "${request.method} ${request.path}"`);
    },
  };
}
