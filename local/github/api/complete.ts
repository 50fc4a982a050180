/** Fills what the twin's GitHub knows up to what GitHub's description promises; called by `rest.ts` for every good answer, and for payloads of webhooks. */
import { answerSchema, payloadSchema, resolved, type Schema } from './description.ts';

/** The answer's body: `known`, and neutral values for every other field that GitHub always answers with. */
export function completeAnswer(operation: string, status: number, known: unknown): unknown {
  const schema = answerSchema(operation, status);
  return schema === undefined ? undefined : complete(schema, known);
}

/** A webhook's payload, filled up in the same way. */
export const completePayload = (event: string, action: string, known: object): object =>
  complete(payloadSchema(event, action), { action, ...known }) as object;

function complete(reference: Schema, known: unknown): unknown {
  const schema = resolved(reference);
  if (known === null) return null;
  const branch = (schema.anyOf ?? schema.oneOf)?.[0];
  if (branch !== undefined && schema.type === undefined) return complete(branch, known);
  if (schema.allOf !== undefined) return complete(merged(schema.allOf), known);
  if (known === undefined) return schema.nullable ? null : neutral(schema);
  if (Array.isArray(known) && schema.items !== undefined) {
    const { items } = schema;
    return known.map((one) => complete(items, one));
  }
  if (typeof known !== 'object' || Array.isArray(known)) return known;
  return object(schema, known as Record<string, unknown>);
}

function object({ properties = {}, required = [] }: Schema, known: Record<string, unknown>): object {
  const names = [...new Set([...required, ...Object.keys(known)])];
  return Object.fromEntries(
    names.map((name) => {
      const schema = properties[name];
      return [name, schema === undefined ? known[name] : complete(schema, known[name])];
    }),
  );
}

function neutral(schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  switch (schema.type) {
    case 'array':
      return [];
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 0;
    case 'string':
      if (schema.format === 'uri') return 'https://github.example/';
      return schema.format === 'date-time' ? '2000-01-01T00:00:00Z' : '';
    default:
      return object(schema, {});
  }
}

function merged(schemas: readonly Schema[]): Schema {
  const all = schemas.map(resolved);
  return {
    type: 'object',
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required = [] }) => required),
  };
}
