/** Pages through sorted keys with a prefix and a delimiter; the pure part of ListObjectsV2 and ListObjectVersions. */
import { firstNotBelow } from './sorted-keys.ts';

/** One line of a listing: a key, or the common prefix of several. */
export interface ListEntry {
  readonly kind: 'key' | 'prefix';
  readonly name: string;
}

/** What to list. */
export interface ListQuery {
  readonly prefix: string;
  /** Empty: no grouping. */
  readonly delimiter: string;
  /** The entry after which to go on. */
  readonly after?: ListEntry | undefined;
}

function startIndex(keys: readonly string[], { prefix, after }: ListQuery): number {
  const first = firstNotBelow(keys, prefix);
  if (after === undefined) return first;
  let index = Math.max(first, firstNotBelow(keys, after.name));
  if (after.kind === 'key') return keys[index] === after.name ? index + 1 : index;
  while (keys[index]?.startsWith(after.name)) index++;
  return index;
}

/** Yields the entries in S3's order; keys for which `include` is false do not exist for the listing. */
export function* listEntries(
  keys: readonly string[],
  query: ListQuery,
  include: (key: string) => boolean,
): Generator<ListEntry> {
  const { prefix, delimiter } = query;
  let group: string | undefined;
  for (let index = startIndex(keys, query); ; index++) {
    const key = keys[index];
    if (key === undefined || !key.startsWith(prefix)) return;
    if (group !== undefined && key.startsWith(group)) continue;
    if (!include(key)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) {
      yield { kind: 'key', name: key };
    } else {
      group = key.slice(0, end + delimiter.length);
      yield { kind: 'prefix', name: group };
    }
  }
}

/** The first `limit` entries and whether there are more. */
export function takePage(entries: Iterable<ListEntry>, limit: number): { page: ListEntry[]; more: boolean } {
  const page: ListEntry[] = [];
  if (limit === 0) return { page, more: false };
  for (const entry of entries) {
    if (page.length === limit) return { page, more: true };
    page.push(entry);
  }
  return { page, more: false };
}

/** A continuation token: opaque to clients. */
export function encodeToken(entry: ListEntry): string {
  return Buffer.from(`${entry.kind}:${entry.name}`).toString('base64url');
}

/** Reads a continuation token; undefined when it is none of ours. */
export function decodeToken(token: string): ListEntry | undefined {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const kind = text.startsWith('key:') ? 'key' : text.startsWith('prefix:') ? 'prefix' : undefined;
  return kind && { kind, name: text.slice(kind.length + 1) };
}
