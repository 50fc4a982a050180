/** The ledger in memory, for tests of logic; held to the same suite as the DynamoDB adapter. */
import type { LedgerKey } from '../../core/ledger/keys.ts';
import type { Change, Condition, Ledger } from '../../lambdas/ports.ts';

type Item = Record<string, unknown>;

/** `items` is the table's content, by `pk sk`, for assertions. */
export interface LedgerMemory extends Ledger {
  readonly items: ReadonlyMap<string, Item>;
}

export function ledgerMemory(): LedgerMemory {
  const items = new Map<string, Item>();
  const nameOf = ({ pk, sk }: LedgerKey) => `${pk} ${sk}`;
  return {
    items,
    async get(key) {
      return items.get(nameOf(key));
    },
    async query(pk, prefix = '') {
      const found = [...items.values()].filter(
        (item) => item.pk === pk && String(item.sk).startsWith(prefix),
      );
      found.sort((one, other) => (String(one.sk) < String(other.sk) ? -1 : 1));
      return found;
    },
    async put(key, item, condition) {
      if (!holds(items.get(nameOf(key)), condition)) return false;
      items.set(nameOf(key), storable({ ...item, ...key }));
      return true;
    },
    async update(key, change, condition) {
      const before = items.get(nameOf(key));
      if (!holds(before, condition)) return undefined;
      const after = storable(changed(thawed(before ?? { ...key }), change));
      items.set(nameOf(key), after);
      return after;
    },
    async remove(key, condition) {
      if (!holds(items.get(nameOf(key)), condition)) return false;
      items.delete(nameOf(key));
      return true;
    },
    async backOff() {},
  };
}

function holds(item: Item | undefined, condition: Condition = {}): boolean {
  if (condition.absent && item !== undefined) return false;
  if (condition.present && item === undefined) return false;
  const equal = Object.entries(condition.equals ?? {}).every(([path, value]) => {
    // DynamoDB compares maps, but its local stand-ins do so by the order of their members.
    if (typeof value === 'object') throw new Error(`compare the single values of ${path}, not the whole`);
    return at(item, path) === value;
  });
  return equal && (condition.missing ?? []).every((path) => at(item, path) === undefined);
}

function changed(item: Item, { set = {}, remove = [], addTo = {}, deleteFrom = {} }: Change): Item {
  for (const [path, value] of Object.entries(set)) {
    if (value === undefined) throw new Error(`the ledger cannot set ${path} to undefined`);
    place(item, path, (parent, name) => {
      parent[name] = storable(value);
    });
  }
  for (const path of remove) place(item, path, (parent, name) => delete parent[name]);
  for (const [path, values] of Object.entries(addTo)) {
    place(item, path, (parent, name) => {
      parent[name] = new Set([...setAt(parent, name), ...values]);
    });
  }
  for (const [path, values] of Object.entries(deleteFrom)) {
    place(item, path, (parent, name) => {
      const left = new Set(setAt(parent, name));
      for (const value of values) left.delete(value);
      if (left.size > 0) parent[name] = left;
      else delete parent[name];
    });
  }
  return item;
}

/** DynamoDB creates no parents on the way: a path into nowhere is an error there too. */
function place(item: Item, path: string, act: (parent: Item, name: string) => void) {
  const parts = path.split('.');
  const name = parts.pop() ?? '';
  const parent = parts.length === 0 ? item : at(item, parts.join('.'));
  if (!isItem(parent)) throw new Error(`the ledger has no ${parts.join('.')} to change ${path} in`);
  act(parent, name);
}

function at(item: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((part, name) => (isItem(part) ? part[name] : undefined), item);
}

const isItem = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !(value instanceof Set);

function setAt(parent: Item, name: string): Set<unknown> {
  const value = parent[name] ?? new Set();
  if (!(value instanceof Set)) throw new Error(`the ledger's ${name} is not a string set`);
  return value;
}

/** A copy that may be changed. Sets are never changed: another takes their place. */
function thawed<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Set) return value;
  if (Array.isArray(value)) return value.map(thawed) as T;
  const copy: Item = {};
  for (const name in value) copy[name] = thawed((value as Item)[name]);
  return copy as T;
}

/**
 * A frozen copy without `undefined` members, so that readers need none of their own (`structuredClone` would make Sets of another
 * realm under jest); an empty set cannot be stored, as in DynamoDB.
 */
function storable<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Set) {
    if (value.size === 0) throw new Error('the ledger cannot store an empty set');
    return new Set(value) as T;
  }
  if (Array.isArray(value)) return Object.freeze(value.map(storable)) as T;
  const copy: Item = {};
  for (const name in value) {
    const part = (value as Item)[name];
    if (part !== undefined) copy[name] = storable(part);
  }
  return Object.freeze(copy) as T;
}
