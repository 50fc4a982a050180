/** Hides secret values in everything a job says: the log as it streams, and the texts of its result. */

/** Shorter values are not hidden: they would blot out the log itself and protect nothing. */
export const SHORTEST_SECRET = 4;

const MASK = '***';

/** The set of values to hide; grows while the job learns more (secrets, sensitive inputs, sensitive outputs). */
export class Masking {
  /** The values by their first characters: one look-up per position of the text, however many values there are. */
  readonly #needles = new Map<string, Set<string>>();
  #longest = 0;

  /** Adds a value and its encodings. Objects and lists add every leaf and their whole JSON. */
  add(value: unknown): void {
    for (const text of leaves(value)) {
      for (const form of formsOf(text)) {
        if (form.length < SHORTEST_SECRET) continue;
        const start = form.slice(0, SHORTEST_SECRET);
        this.#needles.set(start, (this.#needles.get(start) ?? new Set()).add(form));
        this.#longest = Math.max(this.#longest, form.length);
      }
    }
  }

  /** Hides the values in a complete text. */
  mask(text: string): string {
    const stream = this.stream();
    return stream.write(text) + stream.end();
  }

  /** A masking of text that arrives in pieces: a value cut by the pieces' borders is still found. */
  stream(): MaskingStream {
    return new MaskingStream(this);
  }

  /** Start and end of every occurrence, sorted and merged. */
  occurrences(text: string): Array<[number, number]> {
    const found: Array<[number, number]> = [];
    for (let at = 0; at <= text.length - SHORTEST_SECRET; at += 1) {
      for (const needle of this.#needles.get(text.slice(at, at + SHORTEST_SECRET)) ?? []) {
        if (text.startsWith(needle, at)) found.push([at, at + needle.length]);
      }
    }
    return merged(found);
  }

  /** Where the longest end of the text begins that could be the beginning of a value. */
  openEnd(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest + 1); at < text.length; at += 1) {
      const end = text.slice(at);
      const mayBegin = (needle: string) => needle.length > end.length && needle.startsWith(end);
      const candidates =
        end.length < SHORTEST_SECRET
          ? this.#needles.keys()
          : (this.#needles.get(end.slice(0, SHORTEST_SECRET)) ?? []);
      if ([...candidates].some(mayBegin)) return at;
    }
    return text.length;
  }
}

/** One stream's masking; made by {@link Masking.stream}. */
export class MaskingStream {
  readonly #masking: Masking;
  #held = '';
  /** So many characters at the start of what is held belong to an occurrence whose mask was already given out. */
  #covered = 0;

  constructor(masking: Masking) {
    this.#masking = masking;
  }

  /** Takes a piece and returns what can be said already. */
  write(piece: string): string {
    this.#held += piece;
    return this.#release(this.#masking.openEnd(this.#held));
  }

  /** Returns the rest. */
  end(): string {
    return this.#release(this.#held.length);
  }

  #release(end: number): string {
    if (end === 0) return '';
    const text = this.#held;
    const hidden = merged([[0, this.#covered], ...this.#masking.occurrences(text)]);
    let said = '';
    let at = 0;
    let covered = 0;
    for (const [from, to] of hidden) {
      if (from >= end) break;
      said += text.slice(at, from);
      if (from > 0 || this.#covered === 0) said += to > from ? MASK : '';
      at = Math.min(to, end);
      covered = Math.max(0, to - end);
    }
    said += text.slice(at, end);
    this.#held = text.slice(end);
    this.#covered = covered;
    return said;
  }
}

function merged(intervals: Array<[number, number]>): Array<[number, number]> {
  const result: Array<[number, number]> = [];
  for (const [from, to] of intervals.filter(([a, b]) => b > a).sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && from < last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

/** Every text to hide in a value: its leaves, the lines of those with several, and the JSON of a whole structure. */
function* leaves(value: unknown): Generator<string> {
  // Hiding every `true` would hide nothing and blot out the log.
  if (value === null || value === undefined || typeof value === 'boolean') return;
  if (typeof value !== 'object') {
    const text = String(value);
    yield text;
    yield text.trim();
    if (text.includes('\n')) for (const line of text.split('\n')) yield line.trim();
    return;
  }
  yield JSON.stringify(value);
  for (const member of Object.values(value)) yield* leaves(member);
}

/** The value itself and the forms it takes when tools quote, encode or wrap it. */
function* formsOf(text: string): Generator<string> {
  yield text;
  const json = JSON.stringify(text).slice(1, -1);
  yield json;
  // Go's encoder (OpenTofu, Terraform, kubectl …) also escapes these three.
  yield json.replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  // Lone surrogates have no UTF-8: the encodings below see what a process would be given.
  const bytes = Buffer.from(text.toWellFormed());
  const uri = encodeURIComponent(text.toWellFormed());
  const strict = uri.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams({ k: text.toWellFormed() }).toString().slice('k='.length);
  for (const encoded of [uri, strict, strict.replaceAll('%20', '+'), form]) {
    yield encoded;
    yield encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  }
  const hex = bytes.toString('hex');
  yield hex;
  yield hex.toUpperCase();
  for (const encoded of base64Forms(bytes)) {
    yield encoded;
    yield encoded.replaceAll('+', '-').replaceAll('/', '_');
  }
  yield* wrappedForms(text);
}

/**
 * The characters of base64 that the bytes alone decide, for each of the three ways they can lie in the encoded text,
 * and the lines of the padded form as `base64` (76) and `openssl` (64) wrap them.
 */
function* base64Forms(bytes: Buffer): Generator<string> {
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const decided = Math.floor(((offset + bytes.length) * 8) / 6);
    yield encoded.slice(Math.ceil((offset * 8) / 6), decided);
  }
  const whole = bytes.toString('base64');
  for (const width of [64, 76]) {
    if (whole.length <= width) continue;
    for (let at = 0; at < whole.length; at += width) {
      yield whole.slice(at, at + width).replace(/=+$/, '');
    }
  }
}

/** Error texts are wrapped at spaces, and drawn with a bar at the left. */
function* wrappedForms(text: string): Generator<string> {
  for (let at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) {
    for (const wrap of ['\n', '\n│ ']) yield `${text.slice(0, at)}${wrap}${text.slice(at + 1)}`;
  }
}
