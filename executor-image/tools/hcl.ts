/**
 * Just enough of HCL to know what a file declares: blocks, their labels, and attributes that are plain strings. Used to find
 * backends, module sources and file references before the tool runs; the tool itself judges the code.
 */

export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  /** Attributes whose whole value is one quoted string without interpolation. */
  readonly strings: Readonly<Record<string, string>>;
  readonly blocks: readonly Block[];
  /** First line of the block, from 1. */
  readonly line: number;
}

type Token =
  | { readonly kind: 'name' | 'string' | 'sign'; readonly text: string; readonly line: number }
  | { readonly kind: 'newline'; readonly text: '\n'; readonly line: number };

/** Top-level blocks of an HCL file. Never throws: what is not understood is passed over. */
export function readBlocks(text: string): Block[] {
  return new BodyReader([...tokens(text)]).body();
}

/** The same of a file in JSON syntax: https://developer.hashicorp.com/terraform/language/syntax/json */
export function readJsonBlocks(text: string): Block[] {
  try {
    return jsonBlocks(JSON.parse(text), 2);
  } catch {
    return [];
  }
}

/** Every quoted string of an HCL file as it is written, with its interpolations. */
export const quotedStrings = (text: string) =>
  [...tokens(text)].filter(({ kind }) => kind === 'string').map((token) => token.text);

class BodyReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(read: readonly Token[]) {
    this.#tokens = read;
  }

  body(): Block[] {
    return this.#body().blocks;
  }

  #body(): { blocks: Block[]; strings: Record<string, string> } {
    const blocks: Block[] = [];
    const strings: Record<string, string> = {};
    for (let token = this.#next(); token && token.text !== '}'; token = this.#next()) {
      if (token.kind !== 'name') continue;
      const labels: string[] = [];
      let after = this.#next();
      while (after && (after.kind === 'string' || after.kind === 'name')) {
        labels.push(after.text);
        after = this.#next();
      }
      if (after?.kind === 'sign' && after.text === '{') {
        blocks.push({ type: token.text, labels, line: token.line, ...this.#body() });
      } else if (after?.kind === 'sign' && after.text === '=' && labels.length === 0) {
        const value = this.#expression();
        if (value !== undefined) strings[token.text] = value;
      }
    }
    return { blocks, strings };
  }

  /** Passes over a value up to the end of its line, brackets counted; answers it when it is one plain string. */
  #expression(): string | undefined {
    const value: Token[] = [];
    let depth = 0;
    for (let token = this.#tokens[this.#at]; token; token = this.#tokens[this.#at]) {
      const sign = token.kind === 'sign' ? token.text : '';
      if (depth === 0 && (token.kind === 'newline' || sign === '}')) break;
      if ('([{'.includes(sign) && sign) depth += 1;
      if (')]}'.includes(sign) && sign) depth -= 1;
      value.push(token);
      this.#at += 1;
    }
    const [only, ...more] = value;
    return only?.kind === 'string' && more.length === 0 && !/[$%]\{/.test(only.text) ? only.text : undefined;
  }

  #next(): Token | undefined {
    this.#at += 1;
    return this.#tokens[this.#at - 1];
  }
}

const SKIPPED = /[ \t\r]+|(?:#|\/\/)[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const HEREDOC = /<<-?([A-Za-z_][\w-]*)[^\n]*\n[\s\S]*?\n[ \t]*\1(?=\s|$)/y;
const NAME = /[A-Za-z_][\w-]*/y;

function* tokens(text: string): Generator<Token> {
  let line = 1;
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const start = line;
    const passed = take(SKIPPED) ?? take(HEREDOC);
    const name = passed === undefined ? take(NAME) : undefined;
    let taken = passed ?? name ?? text.charAt(at);
    if (taken === '"' && passed === undefined) {
      taken = quoted(text, at);
      yield { kind: 'string', text: taken.slice(1, -1), line: start };
    } else if (name !== undefined) yield { kind: 'name', text: name, line: start };
    else if (taken === '\n' && passed === undefined) yield { kind: 'newline', text: '\n', line: start };
    else if (passed === undefined) yield { kind: 'sign', text: taken, line: start };
    else if (passed.startsWith('<<')) yield { kind: 'sign', text: '<<', line: start };
    at += taken.length;
    line += taken.split('\n').length - 1;
  }
}

/** A quoted template with its quotes, from `at`; interpolations may hold quotes and braces of their own. */
function quoted(text: string, at: number): string {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') {
    if (text[end] === '\\') end += 2;
    else if (/^[$%]\{/.test(text.slice(end, end + 2)) && text[end - 1] !== text[end]) {
      end = interpolationEnd(text, end + 2);
    } else end += 1;
  }
  return text.slice(at, end + 1);
}

function interpolationEnd(text: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < text.length && depth > 0) {
    if (text[at] === '"') {
      at += quoted(text, at).length;
      continue;
    }
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    at += 1;
  }
  return at;
}

/** `{"module": {"vpc": {"source": …}}}`: objects nested `labels + 1` deep are blocks; lists of them repeat. */
function jsonBlocks(value: unknown, depth: number): Block[] {
  if (typeof value !== 'object' || value === null) return [];
  const bodies = Array.isArray(value) ? value : [value];
  return bodies.flatMap((body) =>
    Object.entries(body ?? {}).flatMap(([type, content]) => jsonBlock(type, [], content, depth)),
  );
}

function jsonBlock(type: string, labels: readonly string[], content: unknown, depth: number): Block[] {
  if (typeof content !== 'object' || content === null) return [];
  if (Array.isArray(content)) return content.flatMap((item) => jsonBlock(type, labels, item, depth));
  const strings = Object.fromEntries(
    Object.entries(content).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  const own: Block = {
    type,
    labels,
    strings,
    blocks: depth > 0 ? jsonBlocks(content, depth - 1) : [],
    line: 1,
  };
  const labelled =
    labels.length === 0
      ? Object.entries(content).flatMap(([label, inner]) => jsonBlock(type, [label], inner, depth - 1))
      : [];
  return [own, ...labelled];
}
