/** The attributes a change touches, as lines of a diff; values that are marked sensitive are never told. Called by `plan-diff.ts`. */

/** Values before and after, and what is known of them: https://developer.hashicorp.com/terraform/internals/json-format#change-representation */
export interface AttributeChange {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly after_unknown?: unknown;
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
}

/** Longer values are cut. Characters. */
const MAX_VALUE = 200;

/** A value that is not told. */
export const HIDDEN = '(sensitive)';
const UNKNOWN = '(known after apply)';

/** `+ path: value`, `- path: value`; `path` is where the change is, empty for a resource itself. */
export function attributeLines(path: string, change: AttributeChange): string[] {
  const { before, after, after_unknown: unknown } = change;
  if (isMarked(change.before_sensitive) || isMarked(change.after_sensitive)) {
    return unknown !== true && same(before, after) ? [] : hiddenLines(path, change);
  }
  if (unknown !== true && (isTree(before) || isTree(after))) return treeLines(path, change);
  if (unknown !== true && same(before, after)) return [];
  const [old, now] = [shown(before), unknown === true ? UNKNOWN : shown(after)];
  return [
    ...(old === undefined ? [] : [`- ${path}: ${old}`]),
    ...(now === undefined ? [] : [`+ ${path}: ${now}`]),
  ];
}

/** That it changes is told, and not to what. */
function hiddenLines(path: string, { before, after, after_unknown }: AttributeChange): string[] {
  const isNew = before === undefined || before === null;
  const isGone = after_unknown !== true && (after === undefined || after === null);
  const sign = isNew ? '+' : isGone ? '-' : '!';
  return isNew && isGone ? [] : [`${sign} ${path}: ${HIDDEN}`];
}

function treeLines(path: string, change: AttributeChange): string[] {
  const trees = [change.before, change.after, change.after_unknown].filter(isTree);
  const keys = [...new Set(trees.flatMap((tree) => Object.keys(tree)))];
  const single = [change.before, change.after].flatMap((value) => (isTree(value) ? [] : [value]));
  // A value that becomes a tree, or the other way round.
  const [other] = single.filter((value) => value !== undefined && value !== null);
  const replaced =
    other === undefined
      ? []
      : attributeLines(path, isTree(change.before) ? { after: other } : { before: other });
  const lines = keys.flatMap((key) =>
    attributeLines(joined(path, key, isList(change)), {
      before: member(change.before, key),
      after: member(change.after, key),
      after_unknown: member(change.after_unknown, key),
      before_sensitive: member(change.before_sensitive, key),
      after_sensitive: member(change.after_sensitive, key),
    }),
  );
  return [...replaced, ...lines];
}

const isMarked = (mark: unknown) => mark === true;
const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isList = ({ before, after }: AttributeChange) => Array.isArray(before) || Array.isArray(after);
const member = (value: unknown, key: string): unknown =>
  isTree(value) && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
const same = (before: unknown, after: unknown) =>
  JSON.stringify(before ?? null) === JSON.stringify(after ?? null);

function joined(path: string, key: string, inList: boolean): string {
  if (inList) return `${path}[${key}]`;
  const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
  return path === '' ? name : `${path}.${name}`;
}

/** Null and nothing are the same to the tools. */
function shown(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE
    ? text
    : `${text.slice(0, MAX_VALUE).replace(/[\ud800-\udbff]$/, '')}… (${text.length} characters)`;
}
