/** JSON in one form only, so that equal values have equal text and equal hashes; used by the content key and by the manifest's rules. */

/** JSON without spaces, the keys of every object in code-unit order; members that are `undefined` are left out, as in `JSON.stringify`. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
