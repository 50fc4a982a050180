/**
 * The JSONata functions Step Functions adds to the language; expressions.ts registers them.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Json } from './json.ts';

/** A function for JSONata: what it does, and its JSONata signature. */
interface Definition {
  // biome-ignore lint/suspicious/noExplicitAny: JSONata has checked the arguments against the signature
  run: (...args: any[]) => unknown;
  signature: string;
}

const LONGEST_RANGE = 1000;
const HASHES = ['MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];

/** By name, without the `$`. */
export const STEP_FUNCTIONS_FUNCTIONS: Record<string, Definition> = {
  partition: { run: partition, signature: '<an:a>' },
  range: { run: range, signature: '<nnn:a>' },
  hash: { run: hash, signature: '<xs:s>' },
  random: { run: random, signature: '<n?:n>' },
  uuid: { run: () => randomUUID(), signature: '<:s>' },
  parse: { run: (text: string) => JSON.parse(text), signature: '<s:x>' },
};

function partition(items: Json[], size: number): Json[][] {
  if (!Number.isInteger(size) || size < 1) throw new Error('$partition: the size must be a positive integer');
  const chunks: Json[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

function range(first: number, last: number, step: number): number[] {
  if (![first, last, step].every(Number.isInteger) || step === 0) {
    throw new Error('$range: first, last and step must be integers, and step not 0');
  }
  const length = Math.floor((last - first) / step) + 1;
  if (length > LONGEST_RANGE) throw new Error(`$range: at most ${LONGEST_RANGE} elements, not ${length}`);
  return Array.from({ length: Math.max(length, 0) }, (_, index) => first + index * step);
}

function hash(value: Json, algorithm: string): string {
  if (!HASHES.includes(algorithm))
    throw new Error(`$hash: the algorithm must be one of ${HASHES.join(', ')}`);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return createHash(algorithm.replace('-', '').toLowerCase()).update(text).digest('hex');
}

/** A number in [0, 1); the same for the same seed (mulberry32). */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  const a = (seed + 0x6d2b79f5) | 0;
  const b = Math.imul(a ^ (a >>> 15), 1 | a);
  const c = (b + Math.imul(b ^ (b >>> 7), 61 | b)) ^ b;
  return ((c ^ (c >>> 14)) >>> 0) / 2 ** 32;
}
