/** JSON values and the payload limit of Step Functions, used all over the interpreter. */

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Bytes (UTF-8) that one input, output, argument or assignment may have.
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export const PAYLOAD_LIMIT = 262_144;

/** Whether the JSON text of `value` has more bytes than one payload may have. */
export function exceedsPayloadLimit(value: Json): boolean {
  return Buffer.byteLength(JSON.stringify(value)) > PAYLOAD_LIMIT;
}

/** The JSON word for the type of `value`, as Step Functions writes it in its messages. */
export function jsonType(value: Json): 'array' | 'boolean' | 'null' | 'number' | 'object' | 'string' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'boolean' | 'number' | 'object' | 'string';
}
