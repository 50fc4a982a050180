/** The keys of a bucket in S3's order, kept sorted as keys come and go; used by bucket.ts. */

/** UTF-8 byte order, the order S3 lists keys in (JavaScript's own differs for characters beyond U+FFFF). */
export function compareKeys(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** The index of the first key that is not below `key`. */
export function firstNotBelow(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle] ?? '', key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds a key unless it is there. */
export function insertKey(keys: string[], key: string): void {
  const at = firstNotBelow(keys, key);
  if (keys[at] !== key) keys.splice(at, 0, key);
}

/** Takes a key away. */
export function removeKey(keys: string[], key: string): void {
  const at = firstNotBelow(keys, key);
  if (keys[at] === key) keys.splice(at, 1);
}
