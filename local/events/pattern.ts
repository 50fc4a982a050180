/**
 * EventBridge event patterns: checked as PutRule does, and matched as the bus does. The twin's rules use them.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
import { isIP } from 'node:net';
import type { Json } from '../asl/json.ts';

type Fields = Record<string, Json>;

/** Tells whether a leaf value of an event matches; `undefined` stands for a missing field. */
type Test = (value: Json | undefined) => boolean;

/** Tells whether an event matches. */
export type Matcher = (event: unknown) => boolean;

/** A pattern EventBridge refuses; `name` and message are what its API answers. */
export class InvalidEventPatternException extends Error {
  constructor(reason: string) {
    super(`Event pattern is not valid. Reason: ${reason}`);
    this.name = 'InvalidEventPatternException';
  }
}

/** Reads a pattern (JSON text or value). Throws InvalidEventPatternException. */
export function compilePattern(pattern: unknown): Matcher {
  const fields = typeof pattern === 'string' ? parse(pattern) : (pattern as Json);
  if (!isObject(fields)) throw new InvalidEventPatternException('Filter is not an object');
  const paths: string[] = [];
  const matches = compileObject(fields, [], paths);
  const isAsked = (path: string) => paths.some((asked) => asked === path || asked.startsWith(`${path}.`));
  return (event) => flatten(event as Json, isAsked).some(matches);
}

/**
 * The leaves of an event by dotted path. Objects inside an array stay apart: what matches one element must not
 * be mixed with another, so every choice of elements makes a reading of its own.
 */
type Reading = Map<string, Json[]>;
type OneReading = (reading: Reading) => boolean;

/** Compiles the fields of one object; `paths` collects every path that is asked for. */
function compileObject(fields: Fields, path: string[], paths: string[]): OneReading {
  if (Object.keys(fields).length === 0)
    throw new InvalidEventPatternException('Empty objects are not allowed');
  const tests = Object.entries(fields).map(([key, value]): OneReading => {
    if (key === '$or' && isAlternatives(value)) {
      const alternatives = value.map((alternative) => compileObject(alternative, path, paths));
      return (reading) => alternatives.some((matches) => matches(reading));
    }
    const inner = [...path, key];
    if (isObject(value)) return compileObject(value, inner, paths);
    if (Array.isArray(value)) {
      paths.push(inner.join('.'));
      return compileLeaf(value, inner.join('.'));
    }
    throw new InvalidEventPatternException(`"${key}" must be an object or an array`);
  });
  return (reading) => tests.every((matches) => matches(reading));
}

/** `$or` is only special when it holds at least two alternatives; otherwise it is the name of a field. */
function isAlternatives(value: Json): value is Fields[] {
  return Array.isArray(value) && value.length > 1 && value.every(isObject);
}

function compileLeaf(conditions: Json[], path: string): OneReading {
  if (conditions.length === 0) throw new InvalidEventPatternException('Empty arrays are not allowed');
  const tests = conditions.map(compileCondition);
  return (reading) => {
    const values = reading.get(path);
    return tests.some((matches) => (values === undefined ? matches(undefined) : values.some(matches)));
  };
}

function compileCondition(condition: Json): Test {
  if (Array.isArray(condition))
    throw new InvalidEventPatternException('Arrays inside arrays are not allowed');
  if (!isObject(condition)) return (value) => value === condition;
  const [operator, ...others] = Object.entries(condition);
  if (operator === undefined || others.length > 0) {
    throw new InvalidEventPatternException('Only one key allowed in match expression');
  }
  return compileOperator(...operator);
}

function compileOperator(operator: string, operand: Json): Test {
  switch (operator) {
    case 'exists':
      if (typeof operand !== 'boolean') {
        throw new InvalidEventPatternException('exists match pattern must be either true or false');
      }
      return (value) => (value !== undefined) === operand;
    case 'prefix':
    case 'suffix':
      return compileAffix(operator, operand);
    case 'equals-ignore-case':
      return compileText(operator, operand);
    case 'wildcard':
      return compileText(operator, operand);
    case 'cidr':
      return compileCidr(text('cidr', operand));
    case 'numeric':
      return compileNumeric(operand);
    case 'anything-but':
      return compileAnythingBut(operand);
    default:
      throw new InvalidEventPatternException(`Unrecognized match type ${operator}`);
  }
}

const TEXT_TESTS: Record<string, (operand: string) => (value: string) => boolean> = {
  prefix: (start) => (value) => value.startsWith(start),
  suffix: (end) => (value) => value.endsWith(end),
  'equals-ignore-case': (same) => (value) => value.toLowerCase() === same.toLowerCase(),
  wildcard: wildcard,
};

function compileText(operator: string, operand: Json): Test {
  const test = TEXT_TESTS[operator]?.(text(operator, operand));
  return (value) => typeof value === 'string' && test?.(value) === true;
}

/** `{"prefix": "a"}` or `{"prefix": {"equals-ignore-case": "a"}}`. */
function compileAffix(operator: 'prefix' | 'suffix', operand: Json): Test {
  if (!isObject(operand)) return compileText(operator, operand);
  const [key, ...others] = Object.keys(operand);
  if (key !== 'equals-ignore-case' || others.length > 0) {
    throw new InvalidEventPatternException(
      `${operator} match pattern must be a string or equals-ignore-case`,
    );
  }
  const test = compileText(operator, text(operator, operand[key]).toLowerCase());
  return (value) => typeof value === 'string' && test(value.toLowerCase());
}

function wildcard(pattern: string): (value: string) => boolean {
  if (/(?<!\\)\*\*/.test(pattern)) {
    throw new InvalidEventPatternException('Consecutive wildcard characters are not allowed');
  }
  if (/\\(?![*\\])/.test(pattern)) throw new InvalidEventPatternException('Invalid escape character');
  const parts = [...pattern.matchAll(/\\([*\\])|\*|[^*\\]+/g)].map(([token, escaped]) =>
    token === '*' ? '.*' : (escaped ?? token).replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  const expression = new RegExp(`^${parts.join('')}$`, 's');
  return (value) => expression.test(value);
}

/** A missing field never matches; a value of another type than the unwanted ones does. */
function compileAnythingBut(operand: Json): Test {
  const unwanted = isObject(operand) ? compileUnwantedTexts(operand) : compileUnwantedValues(operand);
  return (value) => value !== undefined && !unwanted(value);
}

function compileUnwantedValues(operand: Json): Test {
  const values = Array.isArray(operand) ? operand : [operand];
  const types = new Set(values.map((value) => typeof value));
  const [type] = types;
  if (types.size !== 1 || (type !== 'string' && type !== 'number')) {
    throw new InvalidEventPatternException(
      'Value of anything-but must be an array or single string/number value.',
    );
  }
  return (value) => value !== undefined && values.includes(value);
}

function compileUnwantedTexts(operand: Fields): Test {
  const [operator, ...others] = Object.entries(operand);
  if (operator === undefined || others.length > 0 || !(operator[0] in TEXT_TESTS)) {
    throw new InvalidEventPatternException('Unsupported anything-but pattern');
  }
  const [name, value] = operator;
  const texts = Array.isArray(value) ? value : [value];
  if (texts.length === 0) throw new InvalidEventPatternException('Empty arrays are not allowed');
  if ((name === 'prefix' || name === 'suffix') && texts.includes('')) {
    throw new InvalidEventPatternException('Null prefix/suffix not allowed');
  }
  const tests = texts.map((one) => compileText(name, one));
  return (candidate) => tests.some((matches) => matches(candidate));
}

const COMPARISONS: Record<string, (left: number, right: number) => boolean> = {
  '=': (left, right) => left === right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

/** `["=", 5]`, `["<", 10]`, or a range with its lower bound first: `[">", 0, "<=", 5]`. */
function compileNumeric(operand: Json): Test {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw new InvalidEventPatternException('Value of numeric must be an array of operators and numbers.');
  }
  const [first, low, second, high] = operand;
  const bounds = [[first, low], ...(operand.length === 4 ? [[second, high]] : [])].map(
    ([operator, bound]) => {
      const compare = COMPARISONS[String(operator)];
      if (compare === undefined) {
        throw new InvalidEventPatternException(`Unrecognized numeric range operator: ${operator}`);
      }
      if (typeof bound !== 'number' || Math.abs(bound) > 5e9) {
        throw new InvalidEventPatternException('Value of numeric must be a number between -5.0e9 and 5.0e9');
      }
      return { compare, bound };
    },
  );
  if (operand.length === 4) {
    const isRange = String(first).startsWith('>') && String(second).startsWith('<');
    if (!isRange || Number(low) >= Number(high)) {
      throw new InvalidEventPatternException(
        'Bad numeric range: the lower bound must come first and be smaller',
      );
    }
  }
  return (value) => typeof value === 'number' && bounds.every(({ compare, bound }) => compare(value, bound));
}

function compileCidr(block: string): Test {
  const [address = '', mask = '', ...others] = block.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  const width = Number(mask);
  if (others.length > 0 || isIP(address) === 0 || !/^\d{1,3}$/.test(mask) || width > bits) {
    throw new InvalidEventPatternException('Malformed CIDR, one slash required');
  }
  const shift = BigInt(bits - width);
  const network = addressValue(address) >> shift;
  return (value) =>
    typeof value === 'string' && isIP(value) === isIP(address) && addressValue(value) >> shift === network;
}

function addressValue(address: string): bigint {
  if (isIP(address) === 4) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n);
}

/** Every reading of the asked part of an event, arrays of objects taken apart. */
function flatten(value: Json, isAsked: (path: string) => boolean, path?: string): Reading[] {
  if (path !== undefined && !isAsked(path)) return [new Map()];
  if (isObject(value)) {
    return Object.entries(value).reduce<Reading[]>(
      (readings, [key, inner]) =>
        combine(readings, flatten(inner, isAsked, path === undefined ? key : `${path}.${key}`)),
      [new Map()],
    );
  }
  const key = path ?? '';
  if (!Array.isArray(value)) return [new Map([[key, [value]]])];
  const items = unnest(value);
  const leaves = items.filter((item) => !isObject(item));
  const own: Reading[] = leaves.length > 0 ? [new Map([[key, leaves]])] : [];
  const all = [...own, ...items.filter(isObject).flatMap((item) => flatten(item, isAsked, key))];
  return all.length > 0 ? all : [new Map()];
}

function unnest(items: Json[]): Json[] {
  return items.flatMap((item) => (Array.isArray(item) ? unnest(item) : [item]));
}

function combine(left: Reading[], right: Reading[]): Reading[] {
  return left.flatMap((one) =>
    right.map((other) => {
      const both = new Map(one);
      for (const [path, values] of other) both.set(path, [...(both.get(path) ?? []), ...values]);
      return both;
    }),
  );
}

function text(operator: string, operand: Json | undefined): string {
  if (typeof operand !== 'string') {
    throw new InvalidEventPatternException(`${operator} match pattern must be a string`);
  }
  return operand;
}

function parse(pattern: string): Json {
  try {
    return JSON.parse(pattern);
  } catch {
    throw new InvalidEventPatternException('Filter is not valid JSON');
  }
}

function isObject(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
