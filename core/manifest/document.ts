/** The text of `belay.yaml` read as YAML 1.2 with positions; the first step of `parse.ts`, and the only file that knows the `yaml` library. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Range,
  visit,
} from 'yaml';
import type { Place, Problem } from './problem.ts';

/** A readable document: its value as plain JSON data, and where in the text each part of it stands. */
export interface ManifestDocument {
  readonly value: unknown;
  /** What the text itself makes wrong (a key written twice) although it can be read. */
  readonly problems: Problem[];
  /** 1-based line and column; for a place that is not there (a missing key) of the nearest one around it. */
  positionOf(place: Place): { line: number; column: number };
}

/** Reads the text, or says why it cannot be read; never throws. */
export function readDocument(text: string): ManifestDocument | { problems: Problem[] } {
  const lines = new LineCounter();
  const problemAt = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), message };
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.2',
      uniqueKeys: true,
    });
    if (document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) throw tooDeep;
    const problems = [
      ...[...document.errors, ...document.warnings].map(({ code, message, pos }) =>
        problemAt(pos[0], code === 'DUPLICATE_KEY' ? 'this key is written twice' : firstSentence(message)),
      ),
      ...unservedYaml(document).map(({ offset, message }) => problemAt(offset, message)),
    ];
    // A key written twice hides one value but spoils no other: go on and report everything at once.
    const isReadable =
      problems.length === document.errors.filter(({ code }) => code === 'DUPLICATE_KEY').length;
    if (!isReadable) return { problems };
    const value: unknown = document.toJS();
    if (isDeeperThan(deepest, value)) throw tooDeep;
    return {
      value,
      problems,
      positionOf: (place) => {
        const { line, column } = problemAt(offsetOf(document, place), '');
        return { line, column };
      },
    };
  } catch (error) {
    // The library recurses: text nested thousands of levels deep, or aliases that multiply, end here.
    const reason = error instanceof Error ? error.message : String(error);
    return { problems: [{ line: 1, column: 1, message: `cannot be read as YAML: ${reason}` }] };
  }
}

/** YAML that is legal but has no meaning as JSON data, or a surprising one. */
function unservedYaml(document: Document.Parsed): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  const add = (node: unknown, message: string) => found.push({ offset: rangeOf(node)?.[0] ?? 0, message });
  if (document.directives.yaml.version !== '1.2')
    add(document.contents, 'must be YAML 1.2: remove the `%YAML` line');
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && typeof key.value === 'string') {
        if (key.value === '__proto__') add(key, '`__proto__` cannot be a key');
      } else if (isScalar(key) && key.value !== null)
        add(key, `a key must be a string: write it in quotes, \`"${key.source}"\``);
      else add(key ?? value, 'a key must be a string');
    },
    Scalar(key, node) {
      const { value } = node;
      if (key === 'key' || typeof value !== 'number') return;
      if (!Number.isFinite(value)) add(node, `\`${node.source}\` is not a number that JSON can hold`);
      else if (Number.isInteger(value) && !Number.isSafeInteger(value))
        add(node, `\`${node.source}\` is too large to be kept exactly: write it in quotes`);
    },
    Alias(_, node) {
      const target = node.resolve(document);
      const [around, own] = [rangeOf(target), rangeOf(node)];
      if (target === undefined) add(node, `no anchor \`&${node.source}\` stands before this alias`);
      else if (around && own && around[0] <= own[0] && own[0] < around[1])
        add(node, `\`*${node.source}\` stands inside itself`);
    },
  });
  return found;
}

function offsetOf(document: Document.Parsed, { path, at }: Place): number {
  let node: unknown = document.contents;
  let key: unknown;
  for (const step of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) {
      // Of a key written twice the last value counts, so its place does too.
      const pair = container.items.findLast((one) => isScalar(one.key) && one.key.value === step);
      if (pair === undefined) return rangeOf(key ?? node)?.[0] ?? 0;
      key = pair.key;
      node = pair.value;
    } else if (isSeq(container) && typeof step === 'number' && step < container.items.length) {
      key = undefined;
      node = container.items[step];
    } else break;
  }
  const range = rangeOf(node);
  const isNothing = range === undefined || (isScalar(node) && node.value === null && range[0] === range[1]);
  return (at === 'key' || isNothing ? rangeOf(key) : undefined)?.[0] ?? range?.[0] ?? 0;
}

function rangeOf(node: unknown): Range | undefined {
  return isNode(node as Node) ? ((node as Node).range ?? undefined) : undefined;
}

/** Far more than any manifest needs, far less than what overflows a stack. */
const deepest = 50;
const tooDeep = new Error(`it is nested more than ${deepest} levels deep`);

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

/** The library's messages may go on with advice about its own API. */
function firstSentence(message: string): string {
  return message.split('; please use ')[0] ?? message;
}
