/** A manifest with holes where values were wrong, so that the rules can check the rest and everything is reported at once. */
import type { JsonValue } from './json-value.ts';

/** `T` in which any value may be a hole (`undefined`): it was missing or wrong and has been reported. */
export type Draft<T> = JsonValue extends T
  ? T
  : T extends readonly (infer Item)[]
    ? (Draft<Item> | undefined)[]
    : T extends object
      ? { [Key in keyof T]?: Draft<T[Key]> | undefined }
      : T;

type Path = readonly (string | number)[];

/**
 * A copy of `value` with a hole at each of the `wrong` paths: keys and list positions stay, their values go.
 * What is left fits `T` because every value that does not is at or under a wrong path.
 */
export function draftOf<T extends object>(value: unknown, wrong: readonly Path[]): Draft<T> {
  const holes = new Set(wrong.map((path) => JSON.stringify(path)));
  const copy = (part: unknown, path: Path): unknown => {
    if (holes.has(JSON.stringify(path))) return undefined;
    if (Array.isArray(part)) return part.map((item, index) => copy(item, [...path, index]));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, copy(inner, [...path, key])]));
  };
  return (copy(value, []) ?? {}) as Draft<T>;
}

/** Whether anything in this part of a draft was wrong. */
export function hasHole(part: unknown): boolean {
  if (part === undefined) return true;
  return typeof part === 'object' && part !== null && Object.values(part).some(hasHole);
}
