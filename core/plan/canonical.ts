/** One JSON text per value, whatever order its keys were written in: what digests of documents are made of. */
import { createHash } from 'node:crypto';

/** JSON with sorted keys; keys whose value is undefined are left out, as JSON.stringify does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 (hex) of the canonical JSON. */
export const documentDigest = (value: unknown) =>
  createHash('sha256').update(canonicalJson(value)).digest('hex');
